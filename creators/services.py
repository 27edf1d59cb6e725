"""What happens to creators, their photos, voices and consents."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from creators.models import FILM, Backdrop, Consent, Creator, Footage, Portrait, Voice
from creators.signals import consent_revoked, footage_added, portrait_added, voice_added
from creators.wording import WORDINGS, current
from studio.lib import disk
from studio.lib.files import random_name, store_file
from studio.lib.photos import PhotoError, encode_photo, preview, read_photo
from studio.lib.sniff import HEAD_BYTES, Kind, sniff
from studio.lib.uploads import NO_ROOM

MAX_VOICE_BYTES = 50 * 2**20  # a quarter of an hour of CD sound; fifteen seconds are asked for
MAX_FOOTAGE_BYTES = 500 * 2**20  # four minutes of a phone's 1080p, one of its 4K


class UploadError(ValueError):
    """The file cannot be used; the message is a sentence for the person who chose it."""


class ConsentError(ValueError):
    """The agreement cannot be recorded as asked; the message says why."""


class FaceError(ValueError):
    """There is no such face to choose."""


# Creators


def create_creator(
    owner: AbstractBaseUser,
    *,
    name: str,
    handle: str,
    language: str = "en",
    time_zone: str = "UTC",
    **fields: Any,
) -> Creator:
    """Raises ValidationError, by field, for what cannot be."""
    creator = Creator(
        owner_id=owner.pk,
        name=name,
        handle=handle,
        language=language,
        time_zone=time_zone,
        **fields,
    )
    creator.full_clean()
    try:
        with transaction.atomic():
            creator.save()
    except IntegrityError as e:  # somebody took the handle since full_clean looked
        raise ValidationError({"handle": "This handle is taken already."}) from e
    return creator


# Photos


def add_portrait(creator: Creator, upload: "UploadedFile[bytes]") -> Portrait:
    """Keep the photo, re-encoded without metadata, and have a worker look at it.

    Raises UploadError with a sentence.
    """
    try:
        image = read_photo(upload)
    except PhotoError as e:
        raise UploadError(str(e)) from e
    data, sha256 = encode_photo(image)
    portrait = Portrait(creator=creator, sha256=sha256, width=image.width, height=image.height)
    small, _ = encode_photo(preview(image))
    with (
        _stored(portrait.image, ContentFile(data, random_name(".jpg"))),
        _stored(portrait.preview, ContentFile(small, random_name(".jpg"))),
        transaction.atomic(),
    ):
        portrait.save()
        _announce_portrait(portrait)
    return portrait


def choose_face(portrait: Portrait, index: int | None) -> None:
    """Use the face `index` of the report's faces, counted from the left; it is looked at again.

    Raises FaceError when there is no such face.
    """
    faces = portrait.report.get("faces", [])
    if index is None or not 0 <= index < len(faces):
        raise FaceError("There is no such face in this photo; choose one of those marked.")
    with transaction.atomic():
        portrait.face_index = index
        portrait.state = Portrait.State.CHECKING
        portrait.save(update_fields=["face_index", "state"])
        _announce_portrait(portrait)


def record_portrait_report(portrait_id: int, report: dict[str, Any]) -> None:
    """Keep what a worker found (avatar.engine.face: PhotoReport as JSON) and decide by it.

    A report that comes twice, or about another face than the one chosen by now, changes nothing.
    """
    with transaction.atomic():
        portrait = Portrait.objects.select_for_update().filter(pk=portrait_id).first()
        if portrait is None or portrait.state != Portrait.State.CHECKING:
            return
        about = report.get("face_index")
        if about is not None and portrait.face_index not in (None, about):
            return
        portrait.report = report
        portrait.state = _portrait_state(portrait, report)
        portrait.save(update_fields=["report", "state"])


def _portrait_state(portrait: Portrait, report: dict[str, Any]) -> str:
    if len(report.get("faces", [])) > 1 and portrait.face_index is None:
        return Portrait.State.CHOOSE
    return Portrait.State.READY if report.get("usable") else Portrait.State.REFUSED


def _announce_portrait(portrait: Portrait) -> None:
    transaction.on_commit(partial(portrait_added.send, sender=Portrait, portrait_id=portrait.pk))


# Backgrounds


def add_backdrop(creator: Creator, upload: "UploadedFile[bytes]") -> Backdrop:
    """Keep a picture to stand behind the creator, re-encoded without metadata.

    The same picture twice is one. Raises UploadError with a sentence.
    """
    try:
        image = read_photo(upload)
    except PhotoError as e:
        raise UploadError(str(e)) from e
    data, sha256 = encode_photo(image)
    if there := creator.backdrops.filter(sha256=sha256).first():
        return there
    backdrop = Backdrop(creator=creator, sha256=sha256, width=image.width, height=image.height)
    small, _ = encode_photo(preview(image))
    try:
        with (
            _stored(backdrop.image, ContentFile(data, random_name(".jpg"))),
            _stored(backdrop.preview, ContentFile(small, random_name(".jpg"))),
            transaction.atomic(),
        ):
            backdrop.save()
    except IntegrityError:  # another request was quicker
        return creator.backdrops.get(sha256=sha256)
    return backdrop


def remove_backdrop(backdrop: Backdrop) -> None:
    """Forget a picture and delete its files. Finished reels stay as they are."""
    _remove(backdrop, backdrop.image, backdrop.preview)


# Voices


def add_voice(creator: Creator, upload: "UploadedFile[bytes]") -> Voice:
    """Keep a voice sample as it came and have a worker listen to it.

    Raises UploadError with a sentence.
    """
    kind = _sound_kind(upload)
    voice = Voice(creator=creator, sha256=_sha256(upload))
    with _as_it_came(voice.sample, upload, kind):
        voice.save()
        transaction.on_commit(partial(voice_added.send, sender=Voice, voice_id=voice.pk))
    return voice


def record_voice_report(voice_id: int, report: dict[str, Any]) -> None:
    """Keep what a worker heard (avatar.engine.media.sound: SoundReport) and decide by it."""
    state = Voice.State.READY if report.get("usable") else Voice.State.REFUSED
    checking = Voice.objects.filter(pk=voice_id, state=Voice.State.CHECKING)
    checking.update(report=report, state=state)


def remove_voice(voice: Voice) -> None:
    """Forget a sample and delete its file. New takes use the one before it, or the plain voice."""
    _remove(voice, voice.sample)


def remove_portrait(portrait: Portrait) -> None:
    """Forget a photo and delete its file. New reels use the photo before it, or wait for one."""
    _remove(portrait, portrait.image, portrait.preview)


def _sound_kind(upload: "UploadedFile[bytes]") -> Kind:
    if not upload.size:
        raise UploadError("The recording is empty; nothing arrived. Record or choose it again.")
    kind = _checked_kind(upload, "recording", MAX_VOICE_BYTES)
    if kind is None:
        raise UploadError(
            "This file is not a recording of any kind we know. WAV, MP3, M4A, Ogg "
            "and WebM are accepted, and so are videos."
        )
    if not kind.sound:
        raise UploadError(f"This is {kind.words}, not a recording of a voice.")
    return kind


# Footage


def add_footage(creator: Creator, upload: "UploadedFile[bytes]") -> Footage:
    """Keep a video of the creator as it came and have a worker look at it.

    Raises UploadError with a sentence.
    """
    kind = _video_kind(upload)
    footage = Footage(creator=creator, sha256=_sha256(upload))
    with _as_it_came(footage.video, upload, kind):
        footage.save()
        heard = partial(footage_added.send, sender=Footage, footage_id=footage.pk)
        transaction.on_commit(heard)
    return footage


def record_footage_report(
    footage_id: int, report: dict[str, Any], still: Path | None = None
) -> None:
    """Keep what a worker saw, and decide by it. still: a picture of it (JPEG), for pages."""
    footage = Footage.objects.filter(pk=footage_id, state=Footage.State.CHECKING).first()
    if footage is None:
        return
    if still is not None:
        store_file(footage.still, still)
    state = Footage.State.READY if report.get("usable") else Footage.State.REFUSED
    checking = Footage.objects.filter(pk=footage_id, state=Footage.State.CHECKING)
    if not checking.update(report=report, state=state, still=footage.still.name) and still:
        footage.still.storage.delete(str(footage.still.name))  # another worker was quicker


def remove_footage(footage: Footage) -> None:
    """Forget a video and delete its files. New reels use the one before it, or the photo."""
    _remove(footage, footage.video, footage.still)


def _video_kind(upload: "UploadedFile[bytes]") -> Kind:
    if not upload.size:
        raise UploadError("The video is empty; nothing arrived. Choose it again.")
    kind = _checked_kind(upload, "video", MAX_FOOTAGE_BYTES)
    if kind is None or not (kind.moves and kind.sound):
        what = kind.words if kind else "of no kind that is known here"
        raise UploadError(f"This file is {what}, not a video. MP4, QuickTime and WebM are taken.")
    return kind


# Consent


def live_consent(creator: Creator) -> Consent | None:
    """The agreement under which this creator may be made to speak now.

    It is not revoked, and it is about exactly the photo, the voice sample and the video that a
    new reel would use; about none where there is none. Without photo and video there is none.
    """
    portrait, voice, footage = creator.portrait, creator.voice, creator.footage
    if portrait is None and footage is None:
        return None
    files = {
        "likeness_sha256": portrait.sha256 if portrait else "",
        "voice_sha256": voice.sha256 if voice else "",
        "footage_sha256": footage.sha256 if footage else "",
    }
    return creator.consents.live().filter(**files).first()


def give_consent(
    creator: Creator,
    *,
    user: AbstractBaseUser,
    person: str,
    basis: str,
    include_voice: bool,
    seen: tuple[str, str] | tuple[str, str, str] | None = None,
) -> Consent:
    """Record that `person` agrees to the current wording, for the current photo, voice and video.

    basis: how the agreement was given, or why none is needed.
    seen: hashes of the photo, of the sample and of the video ("" without one) that were on the
        page.

    Raises ConsentError when there is neither photo nor video yet, when a voice sample would be
    used that the agreement leaves out, or when something else is current than what was seen.
    """
    with transaction.atomic():
        creator = Creator.objects.select_for_update().get(pk=creator.pk)
        portrait, voice, footage = creator.portrait, creator.voice, creator.footage
        if portrait is None and footage is None:
            raise ConsentError("There is no photo and no video to agree to yet; add one first.")
        if voice is None and include_voice:
            raise ConsentError("There is no voice sample to agree to yet; add one first.")
        if voice is not None and not include_voice:
            raise ConsentError(
                "There is a voice sample, and reels would speak with it. Agree to its use as "
                "well, or remove the sample."
            )
        files = (portrait, voice, footage)
        hashes = tuple(file.sha256 if file else "" for file in files)
        if seen is not None and (*seen, "")[:3] != hashes:
            raise ConsentError(
                "The photo, the voice or the video has changed since this page was shown. Look "
                "at them again, then agree."
            )
        return Consent.objects.create(
            creator=creator,
            person=person,
            basis=basis,
            wording_version=current(has_photo=portrait is not None).version,
            likeness_sha256=hashes[0],
            voice_sha256=hashes[1],
            footage_sha256=hashes[2],
            given_by_id=user.pk,
        )


def may_leave(consent: Consent) -> bool:
    """Whether photo, sample and video may be sent to an engine that works elsewhere."""
    wording = WORDINGS.get(consent.wording_version)
    return wording is not None and wording.elsewhere


def vouch_for_film(
    creator: Creator, *, user: AbstractBaseUser, sha256: str, basis: str
) -> Consent:
    """Record that those seen and heard in a film made elsewhere agree to its being posted.

    Whoever brings it in vouches for that; `basis` says who and how. Raises ConsentError when an
    agreement of this creator's was revoked and none has been given since: no means no.
    """
    agreements = creator.consents.all()
    if agreements.exists() and not agreements.live().exists():
        raise ConsentError(
            f"The consent for {creator.name} was revoked, so nothing is posted for them until a"
            " new one is given."
        )
    return Consent.objects.create(
        creator=creator,
        person="Those in the film",
        basis=basis,
        wording_version=FILM,
        likeness_sha256=sha256,
        voice_sha256=sha256,
        given_by_id=user.pk,
    )


def revoke_consent(consent: Consent, user: AbstractBaseUser) -> None:
    """Take the agreement back, and with it every other live one for this creator: no means no.

    Revoking again changes nothing, but wakes those who must stop work once more.
    """
    creator_id = consent.creator_id
    with transaction.atomic():
        live = Consent.objects.live().filter(creator=creator_id)
        live.update(revoked_at=timezone.now(), revoked_by=user.pk)
        transaction.on_commit(partial(consent_revoked.send, sender=Consent, creator_id=creator_id))


# Files


def _checked_kind(upload: "UploadedFile[bytes]", what: str, most_bytes: int) -> Kind | None:
    """What its first bytes say it is. Raises UploadError when it is too large."""
    size = upload.size or 0
    if size > most_bytes:
        raise UploadError(
            f"The {what} is {size / 2**20:.0f} MB; {most_bytes // 2**20} MB are accepted. Twenty"
            " seconds are plenty."
        )
    kind = sniff(upload.read(HEAD_BYTES))
    upload.seek(0)
    return kind


def _sha256(upload: "UploadedFile[bytes]") -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _as_it_came(
    field_file: FieldFile, upload: "UploadedFile[bytes]", kind: Kind
) -> Iterator[None]:
    """Store an upload byte for byte, under a name of ours, and the row in a transaction."""
    upload.seek(0)
    upload.name = random_name(kind.suffix)
    with _stored(field_file, upload), transaction.atomic():
        yield


@contextmanager
def _stored(field_file: FieldFile, content: "File[bytes]") -> Iterator[None]:
    """Store the file first, then the row; when either fails the file goes again.

    Raises UploadError when the disk is full.
    """
    name = field_file.field.generate_filename(field_file.instance, str(content.name))
    try:
        field_file.save(str(content.name), content, save=False)
        name = str(field_file.name)
        yield
    except BaseException as e:
        field_file.storage.delete(name)
        if isinstance(e, OSError) and disk.is_full(e):
            raise UploadError(NO_ROOM) from e
        raise


def _remove(row: Portrait | Voice | Footage | Backdrop, *files: FieldFile) -> None:
    with transaction.atomic():
        row.delete()
        for file in filter(None, files):
            transaction.on_commit(partial(file.storage.delete, str(file.name)))
