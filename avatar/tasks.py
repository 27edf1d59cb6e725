"""What a worker runs. Each task takes the id of a row and may run twice."""

import logging
import tempfile
from pathlib import Path
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from avatar import following, process, purging, rendering, services, source_links
from avatar.choices import FOOTAGE
from avatar.models import Charge, Look, Reel
from creators.models import Consent, Creator, Footage, Portrait, Voice
from creators.services import (
    record_footage_report,
    record_portrait_report,
    record_voice_report,
)
from scripts_gen.models import Script
from studio.lib.files import local_path

log = logging.getLogger(__name__)

INSPECT_LIMIT_S = 60
NEXT_REELS = 3  # a minute's worth; more would pile up doubles in the queue behind a long render
AT_ONCE = 20
COULD_NOT = "Something in the program went wrong while checking this file. Try another one."


def render(pk: int) -> None:
    """Make the reel, unless it is made already, cancelled, or another worker is at it."""
    if hold := rendering.claim(pk):
        rendering.make(hold)


def request(script_pk: int) -> None:
    """Ask for the reel of an approved script whose signal was lost."""
    services.request_if_possible(script_pk)


def purge(creator_pk: int) -> None:
    """Delete what a revoked consent no longer covers, when the signal was lost."""
    services.withdraw_consent(creator_pk)


def forget_voice(charge_pk: int) -> None:
    """Have a vendor delete the voice it made after a sample, once the consent is revoked."""
    purging.forget_voice(charge_pk)


def withdraw_link(pk: int) -> None:
    """Delete a copy that a vendor could fetch, once its order is over."""
    source_links.withdraw(source_links.over().filter(pk=pk))


def follow_order(charge_pk: int) -> None:
    """Look at an order whose reel was cancelled or failed while its vendor worked on it."""
    following.follow(charge_pk)


def inspect_portrait(pk: int) -> None:
    """Look at a photo and record what was found."""
    portrait = Portrait.objects.filter(pk=pk, state=Portrait.State.CHECKING).first()
    if portrait is None:
        return
    try:
        with local_path(portrait.image) as path:
            job = {"do": "inspect_portrait", "image": str(path), "face_index": portrait.face_index}
            report = _inspect(job, f"Photo {pk}")
    except FileNotFoundError:
        report = _unusable("The photo's file is gone. Add it again.")
    record_portrait_report(pk, report)


def inspect_voice(pk: int) -> None:
    """Listen to a voice sample and record what was heard."""
    voice = Voice.objects.filter(pk=pk, state=Voice.State.CHECKING).first()
    if voice is None:
        return
    try:
        with local_path(voice.sample) as path:
            report = _inspect({"do": "inspect_voice", "sample": str(path)}, f"Voice sample {pk}")
            report["problems"] = [
                problem.replace(path.name, "The recording")  # our name for it says nothing
                for problem in report["problems"]
            ]
    except FileNotFoundError:
        report = _unusable("The recording's file is gone. Add it again.")
    record_voice_report(pk, report)


def inspect_footage(pk: int) -> None:
    """Look at a creator's video and record what was seen."""
    footage = Footage.objects.filter(pk=pk, state=Footage.State.CHECKING).first()
    if footage is None:
        return
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        still = Path(folder) / "still.jpg"
        try:
            with local_path(footage.video) as path:
                job = {"do": "inspect_footage", "video": str(path), "still": str(still)}
                report = _inspect(job, f"Video {pk}")
                report["problems"] = [
                    problem.replace(path.name, "The video") for problem in report["problems"]
                ]
        except FileNotFoundError:
            report = _unusable("The video's file is gone. Add it again.")
        record_footage_report(pk, report, still if still.is_file() else None)


def _inspect(job: dict[str, Any], what: str) -> dict[str, Any]:
    """A report always comes of it, so that nothing stays 'being looked at' for ever.

    In a process of its own: decoders meet files made to break them.
    """
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        try:
            reply = process.answer(job, Path(folder) / "log.txt", limit_s=INSPECT_LIMIT_S)
        except process.ChildDied as e:
            log.warning("%s: the inspection %s", what, e)
            return _unusable("This file could not be read. Try another one.")
        except process.TooSlow:
            return _unusable(f"Reading this file took longer than {INSPECT_LIMIT_S} seconds.")
        if "result" in reply:
            return dict(reply["result"])
        log.warning("%s: %s: %s\n%s", what, reply["error"], reply["message"], reply["detail"])
        return _unusable(COULD_NOT if reply["error"] == "Fault" else reply["message"])


def _unusable(problem: str) -> dict[str, Any]:
    return {"usable": False, "problems": [problem], "warnings": [], "faces": []}


def due() -> list[tuple[str, int, str]]:
    """What should be running and is not: lost signals, dead workers, reels whose turn has come.

    (task, id, cluster), the most urgent first. A few of each, so that it stays cheap; the next
    call goes on where this one stopped.
    """
    return [
        *(("avatar.tasks.purge", pk, "default") for pk in _unpurged()),
        *(("avatar.tasks.forget_voice", pk, "default") for pk in purging.voices_to_forget()),
        *(("avatar.tasks.withdraw_link", pk, "default") for pk in _old_links()),
        *(("avatar.tasks.follow_order", pk, "default") for pk in following.orders_to_follow()),
        *(("avatar.tasks.inspect_portrait", pk, "default") for pk in _checking(Portrait)),
        *(("avatar.tasks.inspect_voice", pk, "default") for pk in _checking(Voice)),
        *(("avatar.tasks.inspect_footage", pk, "default") for pk in _checking(Footage)),
        *(("avatar.tasks.render", pk, "render") for pk in _renders()),
        *(("avatar.tasks.request", pk, "default") for pk in _unrequested()),
    ]


def _checking(model: type[Portrait] | type[Voice] | type[Footage]) -> list[int]:
    waiting = model.objects.filter(state=model.State.CHECKING).order_by("pk")
    return list(waiting.values_list("pk", flat=True)[:AT_ONCE])


def _renders() -> list[int]:
    now = timezone.now()
    dead = Reel.objects.expired(now).filter(state=Reel.State.RENDERING)
    waiting = Reel.objects.filter(Q(retry_at=None) | Q(retry_at__lte=now), state=Reel.State.QUEUED)
    oldest = [rows.order_by("created_at").values_list("pk", flat=True) for rows in (dead, waiting)]
    return [*oldest[0][:NEXT_REELS], *oldest[1][:NEXT_REELS]]


def _unrequested() -> list[int]:
    """Approved scripts that never had a reel and could have one."""
    looks = Look.objects.filter(creator=OuterRef("pk"), options__source=FOOTAGE)
    agreed = Creator.objects.agreed().filter(
        (~Exists(looks) & Q(portrait_pk__isnull=False))
        | (Exists(looks) & Q(footage_pk__isnull=False))
    )  # what is to speak is there
    reels = Reel.objects.filter(take__script=OuterRef("pk"))
    scripts = Script.objects.filter(
        ~Exists(reels), state=Script.State.APPROVED, slot__creator__in=agreed.values("pk")
    ).prefetch_related("decisions")
    return [script.pk for script in scripts.order_by("pk")[:AT_ONCE] if script.is_approved]


def _old_links() -> list[int]:
    return list(source_links.over().values_list("pk", flat=True)[:AT_ONCE])


def _unpurged() -> list[int]:
    """Creators with films or orders of a face or voice whose consent was revoked."""
    films = Reel.objects.exclude(video="").uncovered()
    revoked = Consent.objects.filter(revoked_at__isnull=False)
    creators = Creator.objects.filter(
        Exists(revoked.filter(creator=OuterRef("pk"))),
        Exists(films.filter(take__script__slot__creator=OuterRef("pk"))),
    )
    ordered = Charge.objects.revoked().exclude(forget_at__isnull=False)
    owing = ordered.order_by().values_list("creator", flat=True).distinct()
    return list(
        dict.fromkeys([*creators.values_list("pk", flat=True)[:AT_ONCE], *owing[:AT_ONCE]])
    )
