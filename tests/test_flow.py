"""The whole story, with the real defaults: a photo and a note become a posted reel."""

import datetime as dt
import io
import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageOps

import avatar.services
import creators.services
import publishing.services
import scripts_gen.services
from avatar.engine.media.probe import probe
from avatar.models import Reel
from creators.models import Portrait
from publishing.models import Attempt, Post
from publishing.tick import drain
from scripts_gen.models import Script, Slot
from tests.factories import NoteFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """A reel as small as a thumbnail: the line is the same, the pixels are fewer."""
    monkeypatch.setitem(avatar.services.DEFAULTS, "width", 180)
    monkeypatch.setitem(avatar.services.DEFAULTS, "height", 320)


@pytest.fixture
def creator(hopper):
    """A creator with a photo that was looked at and a consent for it."""
    made = creators.services.create_creator(
        UserFactory(), name="Alice", handle="alice", language="en", time_zone="Europe/Berlin"
    )
    creators.services.add_portrait(made, SimpleUploadedFile("me.jpg", hopper.read_bytes()))
    drain()
    creators.services.give_consent(
        made, user=made.owner, person="Alice", basis="It is me.", include_voice=False
    )
    return made


@pytest.fixture
def script(creator):
    """A short script that waits for its approval."""
    NoteFactory(creator=creator)
    slot = Slot.objects.create(creator=creator, date=timezone.localdate() + dt.timedelta(days=2))
    written = scripts_gen.services.write_script(slot)
    assert written.state == Script.State.PROPOSED
    return scripts_gen.services.edit(
        written, creator.owner, hook="Good morning.", body="Bread rises.", call_to_action=""
    )


def test_a_photo_and_a_note_become_a_posted_reel(creator, script, settings):
    publishing.services.connect_folder(creator)
    drain()
    assert not Reel.objects.exists()  # nothing is made before somebody approved it

    scripts_gen.services.approve(script, creator.owner)
    drain()
    reel = Reel.objects.get()
    assert reel.state == Reel.State.READY, reel.error
    facts = probe(reel.video.path)
    assert (facts.width, facts.height) == (180, 320)
    assert abs(facts.duration_ms - reel.duration_ms) < 100
    assert "Good morning" in Path(reel.srt.path).read_text()

    post = Post.objects.get()
    assert post.state == Post.State.SCHEDULED
    when = post.due_at.astimezone(creator.zone)
    assert when.date() == script.slot.date
    assert post.due_reason
    drain()
    post.refresh_from_db()
    assert post.state == Post.State.SCHEDULED  # its hour has not come

    publishing.services.reschedule(post, timezone.now())
    drain()
    drain()
    post.refresh_from_db()
    assert post.state == Post.State.PUBLISHED, post.reason
    (receipt,) = settings.POSTED_DIR.rglob("*.json")
    assert json.loads(receipt.read_text())
    (video,) = receipt.parent.glob("*.mp4")
    assert video.read_bytes() == Path(reel.video.path).read_bytes()
    assert Attempt.objects.filter(post=post, phase=Attempt.Phase.COMMIT).count() == 1


def test_an_edit_after_the_approval_stops_the_reel_and_its_post(creator, script, settings):
    publishing.services.connect_folder(creator)
    approved = scripts_gen.services.approve(script, creator.owner)
    drain()
    scripts_gen.services.edit(approved, creator.owner, body="Bread rises slowly.")
    drain()
    post = Post.objects.get()
    assert post.state == Post.State.CANCELLED
    assert post.reason
    assert not list(settings.POSTED_DIR.rglob("*.mp4"))


def test_a_revoked_consent_stops_everything_and_removes_the_files(creator, script, settings):
    publishing.services.connect_folder(creator)
    scripts_gen.services.approve(script, creator.owner)
    drain()
    reel = Reel.objects.get()
    kept = reel.video.path
    consent = creators.services.live_consent(creator)
    creators.services.revoke_consent(consent, creator.owner)
    drain()
    assert Post.objects.get().state == Post.State.CANCELLED
    assert not Path(kept).exists()
    assert not list(settings.POSTED_DIR.rglob("*.mp4"))


def test_another_photo_is_not_covered_by_the_old_consent(creator, script, hopper):
    mirrored = io.BytesIO()
    ImageOps.mirror(Image.open(hopper)).save(mirrored, "PNG")
    creators.services.add_portrait(creator, SimpleUploadedFile("b.png", mirrored.getvalue()))
    drain()
    assert creator.portrait.state == Portrait.State.READY
    assert creators.services.live_consent(creator) is None
    scripts_gen.services.approve(script, creator.owner)
    drain()
    assert not Reel.objects.exists()
