"""What can be done with takes and reels. Each verb leaves rows a person can understand."""

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from avatar import engine_keys, workshop
from avatar.choices import CHOICES as CHOICES
from avatar.choices import DEFAULTS as DEFAULTS
from avatar.choices import ENGINES as ENGINES
from avatar.choices import LISTENING, PHOTO, settled, sha256, voice_settings
from avatar.choices import PICTURE as PICTURE
from avatar.choices import ReelRefused as ReelRefused
from avatar.choices import recipe_sha256 as recipe_sha256
from avatar.engine.errors import InputError
from avatar.engine.options import ReelOptions
from avatar.engine.registry import order_of
from avatar.models import Look, Reel, ReelQuerySet, Take
from avatar.purging import purge_orders
from avatar.signals import reel_withdrawn
from avatar.source_links import lacks_address
from creators.models import Backdrop, Consent, Creator, Portrait
from creators.services import live_consent, may_leave, remove_backdrop
from scripts_gen.models import Script
from scripts_gen.services import FILM
from studio.lib.engines import Kind
from studio.lib.jobs import enqueue
from studio.lib.leases import NOBODYS

log = logging.getLogger(__name__)

COVER_LETTERS = 90  # a longer hook is too small to read on a poster
FILES = ("video", "cover", "srt", "vtt")

IN_A_SENTENCE: dict[str, str] = {
    Reel.State.QUEUED: "waits to be made",
    Reel.State.RENDERING: "is being made",
    Reel.State.READY: "is ready",
    Reel.State.FAILED: "could not be made",
    Reel.State.CANCELLED: "was cancelled",
}

NO_APPROVAL = "This script is not approved as it stands, so no reel is made of it."
NO_PORTRAIT = "There is no photo that can be used yet."
PHOTO_NEEDED = (
    "{label} was asked to move a photo, and there is only a video. Add a photo, or choose “Your"
    " video” and a performer that takes it."
)
NO_FOOTAGE = "There is no video of you that can be used yet."
NO_CONSENT = "There is no consent for the current photo and voice, so no reel is made."
A_FILM = "This film was made elsewhere; no reel can be made of the words beside it."
STAYS_HERE = (
    "The agreement says that photo and voice stay in this installation, and {label} works"
    " elsewhere. Agree to the new wording, or choose another engine."
)
CHANGED = "The photo, the voice or the text changed after this reel was asked for."


def request_reel(
    script: Script, *, options: dict[str, Any] | None = None, label: str | None = None
) -> Reel:
    """The reel of this approved text with these options, on its way to be made.

    options: any of CHOICES; what is missing is as in the creator's look.
    label: words shown in every frame; None: the creator's own.

    Asking again for the same gives the same reel. Raises ReelRefused.
    """
    consent = _permission(script)
    chosen = settled({**look(script.creator), **(options or {})})
    _check_leaving(consent, chosen)
    _check_reach(script.creator, chosen)
    portrait, footage = _faces(script.creator, chosen)
    label = script.creator.reel_label if label is None else label
    take = _take(script, consent, chosen)
    key = recipe_sha256(portrait, chosen, label, footage)
    live = take.reels.filter(
        recipe_sha256=key,
        state__in=(Reel.State.QUEUED, Reel.State.RENDERING, Reel.State.READY),
    )
    if reel := live.first():
        return reel
    try:
        with transaction.atomic():
            reel = Reel.objects.create(
                take=take,
                portrait=portrait,
                footage_sha256=footage,
                options=chosen,
                label=label,
                recipe_sha256=key,
            )
    except IntegrityError:  # another request was quicker
        return live.get()
    wake(reel.pk)
    return reel


def request_if_possible(script_id: int) -> None:
    """The reel of a script that was approved; without photo or consent it is due later."""
    script = Script.objects.select_related("slot__creator").get(pk=script_id)
    try:
        request_reel(script)
    except ReelRefused as e:
        log.info("No reel of script %s yet: %s", script_id, e)


def _check_leaving(consent: Consent, chosen: dict[str, Any]) -> None:
    """Files leave only under an agreement that says so. Raises ReelRefused."""
    kinds = {"voice": Kind.VOICE, "performer": Kind.PERFORMER, **LISTENING}
    named = [(chosen[name], kind) for name, kind in kinds.items() if chosen[name]]
    engines = [engine for names, kind in named for engine in order_of(names, kind)]
    elsewhere = next((engine for engine in engines if engine.is_hosted), None)
    if elsewhere is not None and not may_leave(consent):
        raise ReelRefused(STAYS_HERE.format(label=elsewhere.label))


def _check_reach(creator: Creator, chosen: dict[str, Any]) -> None:
    """Performers that fetch footage reach this installation. Raises ReelRefused."""
    for engine in order_of(chosen["performer"], Kind.PERFORMER):
        if engine.public_url and (lacks := lacks_address(engine, engine_keys.access_of(creator))):
            raise ReelRefused(lacks)


def _faces(creator: Creator, chosen: dict[str, Any]) -> tuple[Portrait | None, str]:
    """The photo there is, and the hash of the video that is to speak; empty: the photo speaks.

    Raises ReelRefused when what is to speak is not there.
    """
    portrait, footage = creator.portrait, creator.footage
    if chosen["source"] != PHOTO:
        if footage is None:
            raise ReelRefused(NO_FOOTAGE)
        return portrait, footage.sha256
    if portrait is None:
        first, *_ = order_of(chosen["performer"], Kind.PERFORMER)
        raise ReelRefused(PHOTO_NEEDED.format(label=first.label) if footage else NO_PORTRAIT)
    return portrait, ""


def look(creator: Creator) -> dict[str, Any]:
    """How this creator's reels look: all of CHOICES."""
    kept = Look.objects.filter(creator=creator).values_list("options", flat=True).first()
    return {**DEFAULTS, **{k: v for k, v in (kept or {}).items() if k in CHOICES}}


def keep_look(creator: Creator, *, options: dict[str, Any]) -> None:
    """From now on reels look like this. options: any of CHOICES. Raises ReelRefused."""
    Look.objects.update_or_create(creator=creator, defaults={"options": settled(options)})


def drop_backdrop(backdrop: Backdrop) -> None:
    """Delete a picture; a look that used it shows the photo's own background again."""
    kept = look(backdrop.creator)
    if kept["background"] == PICTURE + backdrop.sha256:
        keep_look(backdrop.creator, options={**kept, "background": DEFAULTS["background"]})
    remove_backdrop(backdrop)


def backdrop_of(reel: Reel) -> Backdrop | None:
    """The picture that this reel asks for; None when it asks for none, or it is deleted."""
    background = str(reel.options.get("background", ""))
    if not background.startswith(PICTURE):
        return None
    return reel.creator.backdrops.filter(sha256=background.removeprefix(PICTURE)).first()


def why_not(script: Script, options: dict[str, Any] | None = None) -> str:
    """Why no reel can be made of this script now, in a sentence; empty when one can.

    options: as of a reel; None: as reels of this creator usually look.
    """
    creator = script.creator
    chosen = look(creator) if options is None else {**DEFAULTS, **options}
    try:
        consent = _permission(script)
        _faces(creator, chosen)
        _check_leaving(consent, chosen)
        _check_reach(creator, chosen)
    except (ReelRefused, InputError) as e:  # or an engine that is no longer there
        return str(e)
    return ""


def why_never(script: Script) -> str:
    """Why no reel can be made of this script now, whatever is chosen; empty when one can."""
    try:
        _permission(script)
    except ReelRefused as e:
        return str(e)
    return ""


def _permission(script: Script) -> Consent:
    if script.writer == FILM:
        raise ReelRefused(A_FILM)
    if not script.is_approved:
        raise ReelRefused(NO_APPROVAL)
    creator = script.creator
    if creator.portrait is None and creator.footage is None:
        raise ReelRefused(NO_PORTRAIT)
    consent = live_consent(creator)
    if consent is None:
        raise ReelRefused(NO_CONSENT)
    return consent


def why_stop(reel: Reel) -> str:
    """Why this very reel may not be made (any more), asked of the database; empty when it may."""
    script = Script.objects.select_related("slot__creator").get(pk=reel.take.script_id)
    chosen = {**DEFAULTS, **reel.options, "voice": reel.take.engine}
    try:
        consent = _permission(script)
        _check_leaving(consent, chosen)
        portrait, _ = _faces(script.creator, chosen)
    except ReelRefused as e:
        return str(e)
    same = (
        reel.portrait_id == (portrait.pk if portrait else None)
        and reel.take.voice_sha256 == consent.voice_sha256
        and reel.take.text_sha256 == script.text_sha256
        and reel.footage_sha256 in ("", consent.footage_sha256)
    )
    return "" if same else CHANGED


def _take(script: Script, consent: Consent, chosen: dict[str, Any]) -> Take:
    settings = voice_settings(chosen)
    take, _ = Take.objects.get_or_create(
        script=script,
        engine=chosen["voice"],
        settings_sha256=sha256(settings) if settings else "",
        text_sha256=script.text_sha256,
        voice_sha256=consent.voice_sha256,
        defaults={"settings": settings},
    )
    return take


def spoken_take(script: Script, chosen: dict[str, Any]) -> Take | None:
    """The voice-over that a reel with these options would use, if it is spoken already."""
    consent = live_consent(script.creator)
    settings = voice_settings(chosen)
    takes = script.takes.filter(
        engine=chosen["voice"],
        settings_sha256=sha256(settings) if settings else "",
        text_sha256=script.text_sha256,
        voice_sha256=consent.voice_sha256 if consent else "",
    )
    return takes.exclude(audio="").first()


def render_options(reel: Reel) -> ReelOptions:
    """What the engine is told for this reel, but for the paths of voice sample and background."""
    chosen = {**DEFAULTS, **{k: v for k, v in reel.options.items() if k in CHOICES}}
    chosen.pop("source")
    hook = reel.script.hook.strip()
    on_cover = chosen["captions"] != "none" and len(hook) <= COVER_LETTERS
    return ReelOptions(
        **{**chosen, "voice": reel.take.engine},
        cover_text=hook if on_cover else "",
        language=reel.script.language,
        label=reel.label,
        seed=reel.take.script_id,  # no two scripts nod and blink alike
        face_index=reel.portrait.face_index if reel.portrait else None,
    )


def cancel(reel: Reel, *, reason: str = "You cancelled this reel.") -> None:
    """Stop making it: a waiting reel at once, a running one within a second. One that could not be
    made is put away, with what it said.

    Raises ReelRefused when it is finished already.
    """
    one = Reel.objects.filter(pk=reel.pk)
    stopped = _stop(one, reason) or _put_away(one)
    reel.refresh_from_db()
    if not stopped and reel.state != Reel.State.CANCELLED:
        raise ReelRefused(f"Nothing to cancel: the reel {IN_A_SENTENCE[reel.state]}.")


def _stop(reels: ReelQuerySet, reason: str) -> int:
    """Cancel what waits and ask what runs to stop, in one step. Returns how many that were."""
    runs = Q(state=Reel.State.RENDERING, lease_until__gte=timezone.now())
    return reels.unfinished().update(
        state=Case(When(runs, then=F("state")), default=Value(Reel.State.CANCELLED)),
        cancel_requested=True,
        error=reason,
    )


def _put_away(reels: ReelQuerySet) -> int:
    """Failed reels are nobody's concern any more. Returns how many that were."""
    return reels.filter(state=Reel.State.FAILED).update(state=Reel.State.CANCELLED)


def retry(reel: Reel) -> Reel:
    """Make a failed or cancelled reel after all, of the photo, voice and text as they are now.

    Returns the reel that is being made: this one, or another when something changed since.
    Raises ReelRefused.
    """
    if reel.state not in (Reel.State.FAILED, Reel.State.CANCELLED):
        raise ReelRefused(f"Nothing to try again: the reel {IN_A_SENTENCE[reel.state]}.")
    if problem := why_not(reel.script, reel.options):
        raise ReelRefused(problem)
    if why_stop(reel):
        return request_reel(reel.script, options={**DEFAULTS, **reel.options}, label=reel.label)
    fresh: dict[str, Any] = {
        "state": Reel.State.QUEUED,
        **NOBODYS,
        "attempts": 0,
        "error": "",
        "stage": "",
        "progress": 0.0,
        "cancel_requested": False,
        "retry_at": None,
        "waits_since": None,
        "purged_at": None,
    }
    try:
        with transaction.atomic():
            Reel.objects.filter(pk=reel.pk, state=reel.state).update(**fresh)
    except IntegrityError:  # its like was asked for meanwhile
        return request_reel(reel.script, options={**DEFAULTS, **reel.options}, label=reel.label)
    reel.refresh_from_db()
    wake(reel.pk)
    return reel


def withdraw_script(script_id: int) -> None:
    """Its approval is gone: stop what is being made of it, and tell who wants to post it."""
    reels = Reel.objects.filter(take__script_id=script_id)
    withdrawn = _not_over(reels)
    _stop(reels, "The approval of its script was withdrawn.")
    _announce(withdrawn)


def withdraw_consent(creator_id: int) -> None:
    """Consent is gone: stop what is being made, delete what was made of that face and voice.

    The rows stay and say what happened and when; each deletion is an audit line in the log.
    What another live consent still covers stays. Safe to repeat.
    """
    reels = Reel.objects.of_creator(creator_id).uncovered()
    withdrawn = _not_over(reels)
    _stop(reels, "The consent was withdrawn.")
    _put_away(reels)
    for reel in reels.exclude(video=""):
        _purge(reel)
    purge_orders(creator_id)
    if workshop.clear(creator_id):
        log.warning("Audit: consent withdrawn, work files of creator %s deleted.", creator_id)
    _announce(withdrawn)


def _purge(reel: Reel) -> None:
    emptied: dict[str, Any] = dict.fromkeys(FILES, "")
    Reel.objects.filter(pk=reel.pk).update(
        state=Reel.State.CANCELLED,
        error="The consent was withdrawn, so the video was deleted.",
        purged_at=timezone.now(),
        **emptied,
    )
    delete_files(reel, FILES)
    log.warning("Audit: consent withdrawn, files of reel %s deleted.", reel.pk)
    take = reel.take
    if take.audio and not take.reels.exclude(video="").exists():
        Take.objects.filter(pk=take.pk).update(audio="", alignment={}, duration_ms=0)
        delete_files(take, ("audio",))
        log.warning("Audit: consent withdrawn, voice-over of take %s deleted.", take.pk)


def _not_over(reels: ReelQuerySet) -> list[int]:
    over = (Reel.State.FAILED, Reel.State.CANCELLED)
    return list(reels.exclude(state__in=over).values_list("pk", flat=True))


def _announce(reel_ids: list[int]) -> None:
    for pk in reel_ids:
        transaction.on_commit(partial(reel_withdrawn.send_robust, sender=Reel, reel_id=pk))


def delete_files(row: Reel | Take, names: Iterable[str]) -> None:
    """Delete the stored files of these fields; the row is not touched."""
    for name in names:
        file = getattr(row, name)
        if file:
            file.storage.delete(file.name)


def wake(reel_id: int) -> None:
    """Tell a render worker that this reel waits."""
    enqueue("avatar.tasks.render", reel_id, cluster="render")
