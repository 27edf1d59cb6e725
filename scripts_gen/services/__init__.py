"""The verbs of the calendar and of approval. Every change of a script's state happens here.

notes.py      what is written down
planning.py   slots in the calendar
writing.py    scripts asked for, written, translated
approving.py  yes, no, and not any more
editing.py    the creator's own wording
versions.py   what these share: one version after the other, one decision at a time
"""

from scripts_gen.learning import learn
from scripts_gen.services.approving import FILM, approve, record_film, reject, withdraw
from scripts_gen.services.editing import CREATOR, edit
from scripts_gen.services.notes import add_note
from scripts_gen.services.planning import delete_slot, local_today, open_places, plan_week
from scripts_gen.services.writing import (
    ask_for_script,
    ask_for_translation,
    configured_writer,
    write_asked,
    write_script,
    write_week,
)

__all__ = [
    "CREATOR",
    "FILM",
    "add_note",
    "approve",
    "ask_for_script",
    "ask_for_translation",
    "configured_writer",
    "delete_slot",
    "edit",
    "learn",
    "local_today",
    "open_places",
    "plan_week",
    "record_film",
    "reject",
    "withdraw",
    "write_asked",
    "write_script",
    "write_week",
]
