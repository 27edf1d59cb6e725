"""A video of the creator instead of the photo: brought, checked, agreed to, made to speak."""

import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import Storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from avatar import engine_keys, services, tasks
from avatar.engine.media.ffmpeg import ffmpeg_exe
from avatar.forms import LookForm
from avatar.job import job_of
from avatar.models import Reel
from avatar.services import ReelRefused
from creators.models import Creator, Footage
from creators.services import (
    UploadError,
    add_footage,
    give_consent,
    live_consent,
    record_footage_report,
    remove_footage,
)
from tests.factories import ConsentFactory, CreatorFactory, ScriptFactory, UserFactory

pytestmark = pytest.mark.django_db
FILMED = {"source": "footage", "performer": "sync:lipsync-2"}
CHOICE = {
    "captions": "bold", "size": "720x1280", "background": "keep", "motion": "0.5",
    "blink": "1.0", "expression": "1.5", "label": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> bytes:
    """Two seconds of a test picture, upright."""
    path = tmp_path_factory.mktemp("video") / "me.mp4"
    source = ["-f", "lavfi", "-i", "testsrc=size=360x640:rate=25:duration=2"]
    command = [ffmpeg_exe(), "-v", "error", *source, "-pix_fmt", "yuv420p", str(path)]
    subprocess.run(command, check=True)
    return path.read_bytes()


def upload(data: bytes, name: str = "me.mp4") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="video/mp4")


@pytest.fixture
def footage(creator, video):
    """One that passed its check and is agreed to."""
    footage = add_footage(creator, upload(video))
    record_footage_report(footage.pk, {"usable": True})
    ConsentFactory(creator=creator, footage_sha256=footage.sha256)
    return Footage.objects.get()


@pytest.fixture
def alice(client, creator):
    client.force_login(creator.owner)
    return client


# Bringing it


def test_a_video_is_looked_at_in_a_process_of_its_own(creator, video):
    footage = add_footage(creator, upload(video))
    assert ("avatar.tasks.inspect_footage", footage.pk, "default") in tasks.due()
    tasks.inspect_footage(footage.pk)
    footage.refresh_from_db()
    assert footage.state == Footage.State.READY
    assert footage.report["duration_ms"] == 2000
    assert (footage.report["width"], footage.report["height"]) == (360, 640)


def test_a_broken_video_is_refused_with_a_sentence(creator, video):
    footage = add_footage(creator, upload(video[: len(video) // 2]))
    tasks.inspect_footage(footage.pk)
    footage.refresh_from_db()
    assert footage.state == Footage.State.REFUSED
    [problem] = footage.report["problems"]
    assert Path(footage.video.name).name not in problem


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff a photo", b"RIFF1234WAVE a sound", b"words"])
def test_what_is_no_video_is_not_kept(creator, data):
    with pytest.raises(UploadError):
        add_footage(creator, upload(data))
    assert not Footage.objects.exists()


def test_the_page_takes_shows_and_deletes_it(alice, creator, video):
    url = f"/creators/{creator.pk}/footage/"
    assert alice.post(url, {"video": upload(video)}).status_code == 302
    footage = Footage.objects.get()
    record_footage_report(footage.pk, {"usable": True})
    page = alice.get(f"/creators/{creator.pk}/").content.decode()
    assert f"/footage/{footage.pk}/video/" in page
    shown = alice.head(f"/footage/{footage.pk}/video/").headers
    assert (shown["Content-Type"], shown["Content-Length"]) == ("video/mp4", str(len(video)))
    assert alice.post(url, {"video": upload(b"words")}).status_code == 422


def test_somebody_elses_video_is_not_there(client, footage, creator):
    client.force_login(UserFactory())
    assert client.get(f"/footage/{footage.pk}/video/").status_code == 404
    assert client.post(f"/footage/{footage.pk}/delete/").status_code == 404
    assert client.post(f"/creators/{creator.pk}/footage/").status_code == 404


# Without a photo


@pytest.fixture
def only_video(video):
    """Somebody who brought a video, no photo, and agreed to it."""
    creator = CreatorFactory()
    tasks.inspect_footage(add_footage(creator, upload(video)).pk)
    give_consent(creator, user=creator.owner, person="Alice", basis="Own", include_voice=False)
    return creator


def test_who_has_only_a_video_is_ready(client, only_video, django_capture_on_commit_callbacks):
    consent = live_consent(only_video)
    assert (consent.wording_version, consent.likeness_sha256) == ("2-video", "")
    assert Creator.objects.agreed().get() == only_video
    client.force_login(only_video.owner)
    footage = only_video.footage
    with footage.still.open() as file, Image.open(file) as still:
        assert (still.format, still.size) == ("JPEG", (360, 640))
    shown = client.get(f"/creators/{only_video.pk}/").text
    assert "is ready to perform" in shown
    assert "to the use of the video in use now" in shown
    assert "in this photo" not in shown
    assert f"/footage/{footage.pk}/still/" in client.get("/creators/").text
    assert client.head(f"/footage/{footage.pk}/still/")["Content-Type"] == "image/jpeg"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/footage/{footage.pk}/delete/")
    assert not Creator.objects.agreed().exists()
    assert not footage.still.storage.exists(footage.still.name)


def test_a_reel_of_a_video_needs_no_photo(only_video, stack, tmp_path):
    script = ScriptFactory(slot__creator=only_video, approved=True)
    reel = services.request_reel(script, options=FILMED)
    assert services.why_stop(reel) == ""
    assert job_of(reel, tmp_path, stack)["source"] == only_video.footage.video.path
    assert Reel.objects.with_story().get().footage_pk == only_video.footage.pk
    assert reel not in Reel.objects.uncovered()


def test_who_moves_photos_says_that_one_is_needed(only_video):
    script = ScriptFactory(slot__creator=only_video, approved=True)
    assert services.why_not(script).startswith("Puppet was asked to move a photo")
    with pytest.raises(ReelRefused, match="there is only a video"):
        services.request_reel(script)
    assert not [task for task in tasks.due() if task[0].endswith("request")]
    one_by_one = services.request_reel(script, options=FILMED)
    services.cancel(one_by_one)
    assert services.retry(one_by_one).state == Reel.State.QUEUED, "its own choice counts"
    one_by_one.delete()
    services.keep_look(only_video, options=FILMED)
    assert ("avatar.tasks.request", script.pk, "default") in tasks.due()


def test_without_a_photo_the_form_offers_the_video_only(only_video):
    form = LookForm(only_video)
    assert [name for name, _ in form.fields["source"].choices] == ["footage"]
    assert form.fields["performer"].choices == []
    assert "add a photo" in form.fields["performer"].help_text
    engine_keys.keep(only_video, "sync", "sk-secret")
    offered = [name for name, _ in LookForm(only_video).fields["performer"].choices]
    assert "sync:lipsync-2" in offered
    assert "puppet" not in offered


# Agreeing to it


def test_a_new_video_needs_a_new_agreement_that_names_it(creator, video):
    footage = add_footage(creator, upload(video))
    assert live_consent(creator), "it is not in use before it is checked"
    record_footage_report(footage.pk, {"usable": True})
    assert live_consent(creator) is None
    given = give_consent(
        creator, user=creator.owner, person="Alice", basis="Own", include_voice=False
    )
    assert given.footage_sha256 == footage.sha256
    assert live_consent(creator) == given


def test_the_wording_speaks_of_the_video(alice, creator, video):
    record_footage_report(add_footage(creator, upload(video)).pk, {"usable": True})
    page = alice.get(f"/creators/{creator.pk}/").content.decode()
    assert "is the person in the video" in page


# Reels of it


def test_a_reel_of_the_video_gives_it_to_the_engine(creator, footage, script, tmp_path, stack):
    reel = services.request_reel(script, options=FILMED)
    assert reel.footage_sha256 == footage.sha256
    job = job_of(reel, tmp_path, stack)
    assert job["source"] == footage.video.path
    assert services.why_stop(reel) == ""


def test_a_remote_store_is_asked_once(
    creator, footage, script, tmp_path, stack, monkeypatch, video
):
    """A reel that waits for its vendor comes by every few seconds."""
    asked = []

    class Remote(Storage):
        def _open(self, name, mode="rb"):
            asked.append(name)
            return BytesIO(video)

    monkeypatch.setattr(Footage.video.field, "storage", Remote())
    reel = services.request_reel(script, options=FILMED)
    for bench in ("first", "second"):
        (tmp_path / bench).mkdir()
        job = job_of(reel, tmp_path / bench, stack)
        assert Path(job["source"]).read_bytes() == video
    assert asked == [footage.video.name]


def test_photo_and_video_are_different_reels(script, footage):
    of_photo = services.request_reel(script, options={"performer": "sync:sync-3"})
    of_video = services.request_reel(script, options={**FILMED, "performer": "sync:sync-3"})
    assert of_photo != of_video
    assert of_photo.take == of_video.take


def test_a_performer_that_does_not_take_it_is_refused(script, footage):
    with pytest.raises(ReelRefused, match="Puppet does not take a video"):
        services.request_reel(script, options={"source": "footage"})
    with pytest.raises(ReelRefused, match="does not take a photo"):
        services.request_reel(script, options={"performer": "sync:lipsync-2"})


def test_without_a_video_no_reel_of_one(script):
    with pytest.raises(ReelRefused, match="no video"):
        services.request_reel(script, options=FILMED)


def test_the_form_offers_performers_for_what_is_to_speak(creator, footage):
    engine_keys.keep(creator, "sync", "sk-secret")
    for source, ours, theirs in (
        ("photo", "puppet", "sync:lipsync-2"),
        ("footage", "sync:lipsync-2", "puppet"),
    ):
        form = LookForm(creator, {**CHOICE, "source": source, "performer": ours})
        assert form.is_valid(), form.errors
        offered = [name for name, _ in form.fields["performer"].choices]
        assert theirs not in offered
        assert ("sync_mode" in form.fields) == (source == "footage")


def test_without_a_video_the_form_does_not_speak_of_one(creator):
    assert "source" not in LookForm(creator).fields


def test_a_film_of_the_video_is_covered_by_the_agreement_to_it(creator, footage, script):
    reel = services.request_reel(script, options=FILMED)
    assert reel not in Reel.objects.uncovered()
    creator.consents.filter(footage_sha256=footage.sha256).delete()
    assert reel in Reel.objects.uncovered(), "the consent to the photo does not cover it"


def test_a_deleted_video_ends_reels_of_it(creator, footage, script):
    reel = services.request_reel(script, options=FILMED)
    remove_footage(footage)
    assert services.why_stop(reel)
    other = ScriptFactory(slot__creator=creator, approved=True)
    services.keep_look(creator, options=FILMED)
    assert "no video" in services.why_not(other)
