"""Photos, voices and consents: what is kept, what is refused, who may be animated when."""

import hashlib
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from PIL import Image

from creators import services
from creators.models import Consent, Creator, Portrait, Voice
from creators.services import ConsentError, FaceError, UploadError, live_consent
from creators.signals import consent_revoked, portrait_added, voice_added
from creators.wording import CURRENT, WORDINGS
from tests.creators.conftest import photo, photo_report, recording, voice_report
from tests.factories import (
    ConsentFactory,
    CreatorFactory,
    FootageFactory,
    PortraitFactory,
    UserFactory,
    VoiceFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard():
    """Everything the three signals say: [(signal name, id)]."""
    said = []
    signals = {
        "portrait_added": (portrait_added, "portrait_id"),
        "voice_added": (voice_added, "voice_id"),
        "consent_revoked": (consent_revoked, "creator_id"),
    }
    listeners = []
    for name, (signal, key) in signals.items():

        def listen(name=name, key=key, **kwargs):
            said.append((name, kwargs[key]))

        signal.connect(listen)
        listeners.append((signal, listen))
    yield said
    for signal, listen in listeners:
        signal.disconnect(listen)


def stored_files(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def agree(creator, **changes) -> Consent:
    answer = {"person": "Alice Example", "basis": "Own.", "include_voice": False, **changes}
    return services.give_consent(creator, user=creator.owner, **answer)


# Creators


def test_a_creator_is_made_with_everything_said_about_them():
    creator = services.create_creator(
        UserFactory(),
        name="Ada",
        handle="ada",
        language="de",
        time_zone="Europe/Berlin",
        topics=["engines"],
        review_reels=True,
    )
    creator = Creator.objects.get(pk=creator.pk)
    assert (creator.name, creator.language, creator.topics) == ("Ada", "de", ["engines"])
    assert creator.zone.key == "Europe/Berlin"
    assert creator.review_reels


@pytest.mark.parametrize(
    ("field", "value"),
    [("time_zone", "Mars/Olympus"), ("language", "tlh"), ("handle", "a b"), ("name", "")],
)
def test_what_cannot_be_is_named_by_field(field, value):
    said = {"name": "Ada", "handle": "ada", field: value}
    with pytest.raises(ValidationError) as refusal:
        services.create_creator(UserFactory(), **said)
    assert list(refusal.value.message_dict) == [field]
    assert not Creator.objects.exists()


def test_a_handle_is_given_once():
    CreatorFactory(handle="ada")
    with pytest.raises(ValidationError):
        services.create_creator(UserFactory(), name="Ada", handle="ada")


def test_a_handle_taken_a_moment_ago_is_told_as_well(monkeypatch):
    CreatorFactory(handle="ada")
    monkeypatch.setattr(Creator, "full_clean", lambda self: None)
    with pytest.raises(ValidationError, match="taken already"):
        services.create_creator(UserFactory(), name="Ada", handle="ada")


# Photos


def test_a_photo_is_kept_re_encoded_under_a_name_of_our_own(creator):
    portrait = services.add_portrait(creator, photo("../../etc/passwd.php", kind="PNG"))
    portrait.refresh_from_db()
    data = Path(portrait.image.path).read_bytes()
    assert portrait.state == Portrait.State.CHECKING
    assert (portrait.width, portrait.height) == (200, 240)
    assert portrait.sha256 == hashlib.sha256(data).hexdigest()
    assert "passwd" not in portrait.image.name
    assert portrait.image.name.endswith(".jpg")
    with Image.open(portrait.image.path) as image:
        assert image.format == "JPEG"


def test_a_photo_is_announced_after_commit_only(
    creator, heard, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        portrait = services.add_portrait(creator, photo())
        assert heard == []
    assert heard == [("portrait_added", portrait.pk)]


def test_a_deleted_photo_takes_its_preview_along(
    creator, settings, django_capture_on_commit_callbacks
):
    portrait = services.add_portrait(creator, photo())
    assert len(stored_files(settings)) == 2
    with django_capture_on_commit_callbacks(execute=True):
        services.remove_portrait(portrait)
    assert stored_files(settings) == []


def test_what_is_no_photo_leaves_nothing_behind(creator, settings, heard):
    with pytest.raises(UploadError, match="recording"):
        services.add_portrait(creator, recording())
    assert stored_files(settings) == []
    assert not Portrait.objects.exists()


@pytest.mark.parametrize(
    ("add", "upload"), [(services.add_portrait, photo), (services.add_voice, recording)]
)
def test_a_row_that_cannot_be_saved_takes_its_file_along(creator, settings, add, upload):
    creator.delete()
    with pytest.raises(ValueError, match="unsaved related object"):
        add(creator, upload())
    assert stored_files(settings) == []


@pytest.mark.parametrize(
    ("report", "state"),
    [
        (photo_report(), "ready"),
        (photo_report(0, usable=False, face_index=None), "refused"),
        (photo_report(2, usable=False, face_index=None), "choose"),
        ({"usable": False, "problems": ["The photo's file is gone."]}, "refused"),
    ],
)
def test_a_report_decides_about_the_photo(creator, report, state):
    portrait = PortraitFactory(creator=creator, state=Portrait.State.CHECKING)
    services.record_portrait_report(portrait.pk, report)
    portrait.refresh_from_db()
    assert (portrait.state, portrait.report) == (state, report)


def test_a_second_report_changes_nothing(creator):
    portrait = PortraitFactory(creator=creator, state=Portrait.State.CHECKING)
    services.record_portrait_report(portrait.pk, photo_report())
    services.record_portrait_report(portrait.pk, photo_report(usable=False))
    portrait.refresh_from_db()
    assert portrait.state == Portrait.State.READY


def test_a_report_on_a_photo_that_is_gone_is_no_fault():
    services.record_portrait_report(12345, photo_report())
    services.record_voice_report(12345, voice_report())


def test_choosing_a_face_has_it_looked_at_again(
    creator, heard, django_capture_on_commit_callbacks
):
    portrait = PortraitFactory(
        creator=creator,
        state=Portrait.State.CHOOSE,
        report=photo_report(2, usable=False, face_index=None),
    )
    with django_capture_on_commit_callbacks(execute=True):
        services.choose_face(portrait, 1)
    portrait.refresh_from_db()
    assert (portrait.state, portrait.face_index) == (Portrait.State.CHECKING, 1)
    assert heard == [("portrait_added", portrait.pk)]
    services.record_portrait_report(portrait.pk, photo_report(2, face_index=1))
    portrait.refresh_from_db()
    assert portrait.state == Portrait.State.READY


def test_a_report_on_the_face_chosen_before_is_not_taken(creator):
    portrait = PortraitFactory(
        creator=creator, state=Portrait.State.CHECKING, face_index=1, report=photo_report(2)
    )
    services.record_portrait_report(portrait.pk, photo_report(2, face_index=0))
    portrait.refresh_from_db()
    assert portrait.state == Portrait.State.CHECKING


@pytest.mark.parametrize("index", [-1, 2])
def test_a_face_that_is_not_there_cannot_be_chosen(creator, index):
    portrait = PortraitFactory(creator=creator, report=photo_report(2))
    with pytest.raises(FaceError):
        services.choose_face(portrait, index)


def test_the_photo_before_stays_in_use_until_a_new_one_is_good(creator):
    good = PortraitFactory(creator=creator)
    new = PortraitFactory(creator=creator, state=Portrait.State.CHECKING)
    assert creator.portrait == good
    services.record_portrait_report(new.pk, photo_report())
    assert creator.portrait == new


@pytest.mark.parametrize(
    ("factory", "remove", "field"),
    [
        (PortraitFactory, services.remove_portrait, "image"),
        (VoiceFactory, services.remove_voice, "sample"),
    ],
)
def test_what_is_removed_is_gone_with_its_file(
    creator, factory, remove, field, django_capture_on_commit_callbacks
):
    row = factory(creator=creator)
    path = Path(getattr(row, field).path)
    with django_capture_on_commit_callbacks(execute=True):
        remove(row)
        assert path.exists()
    assert not path.exists()
    assert not type(row).objects.exists()


# Voices


def test_a_recording_is_kept_as_it_came_under_a_name_of_our_own(
    creator, heard, django_capture_on_commit_callbacks
):
    upload = recording()
    content = upload.read()
    upload.seek(0)
    with django_capture_on_commit_callbacks(execute=True):
        voice = services.add_voice(creator, upload)
    assert Path(voice.sample.path).read_bytes() == content
    assert voice.sha256 == hashlib.sha256(content).hexdigest()
    assert voice.sample.name.startswith("voices/")
    assert voice.sample.name.endswith(".wav")
    assert "voice.exe" not in voice.sample.name
    assert heard == [("voice_added", voice.pk)]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The recording is empty"),
        (b"\x89PNG\r\n\x1a\n", "This is a PNG picture, not a recording"),
        (b"<svg onload=alert(1)>", "This is an SVG drawing"),
        (b"PK\x03\x04", "This is a ZIP archive"),
        (b"\x00\x01\x02\x03" * 9, "not a recording of any kind we know"),
    ],
)
def test_what_is_no_recording_is_called_what_it_is(creator, content, sentence):
    with pytest.raises(UploadError, match=sentence):
        services.add_voice(creator, recording(content))
    assert not Voice.objects.exists()


def test_a_recording_that_is_too_large_is_refused_with_its_size(creator, monkeypatch):
    monkeypatch.setattr(services, "MAX_VOICE_BYTES", 2**20)
    with pytest.raises(UploadError, match="The recording is 2 MB; 1 MB"):
        services.add_voice(creator, recording(bytes(2 * 2**20)))


def test_a_report_decides_about_the_voice_once(creator):
    voice = VoiceFactory(creator=creator, state=Voice.State.CHECKING)
    services.record_voice_report(voice.pk, voice_report(usable=False))
    services.record_voice_report(voice.pk, voice_report())
    voice.refresh_from_db()
    assert voice.state == Voice.State.REFUSED
    assert voice.report["duration_ms"] == 18_400


# Consent


def test_consent_keeps_who_what_and_under_which_words(creator):
    portrait, voice = PortraitFactory(creator=creator), VoiceFactory(creator=creator)
    consent = agree(creator, person="Alice E.", basis="A letter.", include_voice=True)
    assert consent.person == "Alice E."
    assert consent.basis == "A letter."
    assert consent.wording_version == CURRENT.version
    assert consent.likeness_sha256 == portrait.sha256
    assert consent.voice_sha256 == voice.sha256
    assert consent.given_by == creator.owner
    assert live_consent(creator) == consent


def test_nobody_agrees_to_nothing(creator):
    with pytest.raises(ConsentError, match="no photo"):
        agree(creator)
    PortraitFactory(creator=creator, state=Portrait.State.CHECKING)
    with pytest.raises(ConsentError, match="no photo"):
        agree(creator)
    PortraitFactory(creator=creator)
    with pytest.raises(ConsentError, match="no voice"):
        agree(creator, include_voice=True)
    assert not Consent.objects.exists()


def test_a_voice_that_would_be_used_is_not_left_out(creator):
    PortraitFactory(creator=creator)
    VoiceFactory(creator=creator)
    with pytest.raises(ConsentError, match="remove the sample"):
        agree(creator, include_voice=False)


def test_only_what_was_seen_is_agreed_to(creator):
    portrait = PortraitFactory(creator=creator)
    with pytest.raises(ConsentError, match="has changed"):
        agree(creator, seen=("0" * 64, ""))
    assert agree(creator, seen=(portrait.sha256, "")).likeness_sha256 == portrait.sha256


def test_no_consent_without_asking(creator):
    PortraitFactory(creator=creator)
    assert live_consent(creator) is None


def test_a_new_photo_needs_a_new_consent(creator):
    PortraitFactory(creator=creator)
    consent = agree(creator)
    new = PortraitFactory(creator=creator, sha256="1" * 64, state=Portrait.State.CHECKING)
    assert live_consent(creator) == consent
    services.record_portrait_report(new.pk, photo_report())
    assert live_consent(creator) is None
    assert agree(creator) == live_consent(creator)


def test_a_new_voice_needs_a_new_consent(creator):
    PortraitFactory(creator=creator)
    agree(creator)
    voice = VoiceFactory(creator=creator, state=Voice.State.REFUSED)
    assert live_consent(creator)
    Voice.objects.filter(pk=voice.pk).update(state=Voice.State.READY)
    assert live_consent(creator) is None
    agree(creator, include_voice=True)
    assert live_consent(creator)


def test_going_on_without_the_voice_needs_a_new_consent(creator):
    PortraitFactory(creator=creator)
    voice = VoiceFactory(creator=creator)
    agree(creator, include_voice=True)
    services.remove_voice(voice)
    assert live_consent(creator) is None


def test_the_consent_of_one_creator_is_not_that_of_another(creator):
    PortraitFactory(creator=creator)
    agree(creator)
    twin = PortraitFactory().creator
    assert live_consent(twin) is None


def test_revoking_holds_at_once_for_every_consent_of_the_creator(
    creator, heard, django_capture_on_commit_callbacks
):
    PortraitFactory(creator=creator)
    earlier, consent = agree(creator), agree(creator)
    other = ConsentFactory()
    with django_capture_on_commit_callbacks(execute=True):
        services.revoke_consent(consent, creator.owner)
        assert heard == []
    assert heard == [("consent_revoked", creator.pk)]
    assert live_consent(creator) is None
    for row in (earlier, consent):
        row.refresh_from_db()
        assert row.revoked_at
        assert row.revoked_by == creator.owner
    other.refresh_from_db()
    assert other.revoked_at is None


def test_revoking_twice_keeps_the_first_moment(creator):
    PortraitFactory(creator=creator)
    consent = agree(creator)
    services.revoke_consent(consent, creator.owner)
    consent.refresh_from_db()
    first = consent.revoked_at
    services.revoke_consent(consent, UserFactory())
    consent.refresh_from_db()
    assert (consent.revoked_at, consent.revoked_by) == (first, creator.owner)


def test_nothing_is_announced_when_the_transaction_fails(
    creator, heard, django_capture_on_commit_callbacks
):
    PortraitFactory(creator=creator)
    consent = agree(creator)

    def revoke_and_fail():
        with transaction.atomic():
            services.revoke_consent(consent, creator.owner)
            raise RuntimeError

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError):
        revoke_and_fail()
    assert heard == []
    assert live_consent(creator) == consent


def test_somebody_who_agreed_cannot_be_deleted_away(creator):
    PortraitFactory(creator=creator)
    witness = UserFactory()
    services.give_consent(creator, user=witness, person="Alice", basis="", include_voice=False)
    with pytest.raises(ProtectedError):
        witness.delete()


# Readiness in lists


@pytest.mark.parametrize("photo_state", [None, "checking", "ready"])
@pytest.mark.parametrize("voice_state", [None, "refused", "ready"])
@pytest.mark.parametrize(
    "agreed_to", [None, "photo", "photo and voice", "another photo", "revoked"]
)
def test_a_list_knows_what_live_consent_knows(creator, photo_state, voice_state, agreed_to):
    likeness, heard = "a" * 64, "b" * 64
    if photo_state:
        PortraitFactory(creator=creator, state=photo_state, sha256=likeness)
    if voice_state:
        VoiceFactory(creator=creator, state=voice_state, sha256=heard)
    if agreed_to:
        consent = ConsentFactory(
            creator=creator,
            likeness_sha256="c" * 64 if agreed_to == "another photo" else likeness,
            voice_sha256=heard if agreed_to == "photo and voice" else "",
        )
        if agreed_to == "revoked":
            services.revoke_consent(consent, creator.owner)
    row = Creator.objects.with_readiness().get(pk=creator.pk)
    assert row.agreed == (live_consent(creator) is not None)
    assert row.portrait_pk == (creator.portrait.pk if creator.portrait else None)
    assert row.voice_now == (creator.voice.sha256 if creator.voice else None)
    assert row.footage_now == (creator.footage.sha256 if creator.footage else None)


def test_an_agreement_to_a_video_alone_is_about_no_photo(creator):
    def agree():
        return services.give_consent(
            creator, user=creator.owner, person="Alice", basis="", include_voice=False
        )

    def agreed_to():
        consent = live_consent(creator)
        assert Creator.objects.agreed().exists() == (consent is not None)
        return consent and consent.wording_version

    FootageFactory(creator=creator)
    assert agreed_to() is None
    agree()
    assert agreed_to() == "2-video"
    portrait = PortraitFactory(creator=creator)
    assert agreed_to() is None
    last = agree()
    assert agreed_to() == "2"
    services.remove_portrait(portrait)
    assert agreed_to() == "2-video", "the first one stands: nothing was revoked"
    services.revoke_consent(last, creator.owner)
    assert agreed_to() is None


# Wording


def test_published_wordings_never_change():
    """A consent names the version it was given under: a new text is a new version."""
    texts = {
        version: hashlib.sha256(
            "\n".join(
                (*wording.likeness, *wording.voice, *wording.footage, *wording.always)
            ).encode()
        ).hexdigest()[:12]
        for version, wording in WORDINGS.items()
    }
    assert texts == {"1": "47e0335f95f9", "2": "e67c073199d2", "2-video": "48842cdd14f8"}


def test_the_wording_speaks_of_the_voice_only_when_there_is_one():
    names = {"person": "Grace", "creator": "The Admiral"}
    without, with_voice = (CURRENT.paragraphs(**names, voice=voice) for voice in (False, True))
    assert len(with_voice) == len(without) + len(CURRENT.voice)
    assert "Grace is the person in this photo" in without[0]
    assert "The Admiral" in " ".join(without)
    assert "{" not in " ".join(with_voice)
