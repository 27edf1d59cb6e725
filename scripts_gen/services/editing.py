"""The creator's own wording."""

import re
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from scripts_gen.errors import Changed, NotPossible
from scripts_gen.models import Decision, Script
from scripts_gen.research.sentences import split
from scripts_gen.services.versions import decide, locked, new_version, send, set_state
from scripts_gen.signals import approval_withdrawn
from studio.lib.owned import User

State = Script.State

PARTS_OF_A_SCRIPT = ("hook", "body", "call_to_action", "caption", "hashtags")
CREATOR = "creator"  # who wrote a version that a person edited


@transaction.atomic
def edit(script: Script, user: User, *, seen_sha256: str | None = None, **parts: Any) -> Script:
    """The creator's own wording as a new version that waits for approval.

    parts: any of hook, body, call_to_action, caption, hashtags. A caption that is left as it was
    and quotes the hook quotes the new one. The old version is replaced and, when it was approved,
    its approval withdrawn. Without a change the script itself comes back.
    Raises Changed when the text is not what the person started from, NotPossible for a replaced
    version.
    """
    unknown = parts.keys() - set(PARTS_OF_A_SCRIPT)
    if unknown:
        raise TypeError(f"A script has no {', '.join(sorted(unknown))}.")
    current = locked(script)
    if seen_sha256 is not None and seen_sha256 != current.text_sha256:
        raise Changed("This script changed since you looked.")
    if current.state == State.SUPERSEDED:
        raise NotPossible("A newer version has replaced this script. Edit the newer one.")
    wanted = {name: parts.get(name, getattr(current, name)) for name in PARTS_OF_A_SCRIPT}
    if all(wanted[name] == getattr(current, name) for name in PARTS_OF_A_SCRIPT):
        return current
    wanted["caption"] = _caption_after(current, wanted["hook"], wanted["caption"])
    was_approved = current.state == State.APPROVED
    others = current.slot.scripts.exclude(pk=current.pk)
    others.filter(state__in=(State.PROPOSED, State.DRAFT)).update(state=State.SUPERSEDED)
    set_state(current, State.SUPERSEDED)
    if was_approved:
        decide(current, user, Decision.Verdict.WITHDRAWN, "Edited.")
        send(approval_withdrawn, current)
    version = new_version(
        current.slot,
        **wanted,
        language=current.language,
        writer=CREATOR,
        remarks=[],
    )
    version.evidence = evidence_of(version, current.evidence)
    version.save(update_fields=["evidence"])
    return version


def _caption_after(script: Script, hook: str, caption: str) -> str:
    """The caption of an edited script. Writers begin captions with the hook: as long as nobody
    wrote another caption, the new hook stands there too.
    """
    if caption != script.caption or not script.hook.strip():
        return caption
    quoted = rf"(?<!\w){re.escape(script.hook.strip())}(?!\w)"
    followed = re.sub(quoted, lambda _: hook, caption, count=1)
    longest = Script._meta.get_field("caption").max_length
    return followed if longest is None or len(followed) <= longest else caption


def evidence_of(script: Script, known: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where each spoken sentence comes from, after an edit: kept ones keep their note."""
    by_sentence = {entry["sentence"]: entry for entry in known}
    found = []
    for part in (script.hook, script.body, script.call_to_action):
        for paragraph in part.splitlines():
            for sentence in split(paragraph, script.language):
                fresh = {"sentence": sentence, "note_id": None, "quote": "", "edited": True}
                found.append(by_sentence.get(sentence, fresh))
    return found
