"""Footage that a vendor fetches from here: by the very address, while the order is under way."""

import datetime as dt
import subprocess
from pathlib import Path

import pytest
import requests
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from avatar import services, source_links, tasks
from avatar.engine.media.ffmpeg import ffmpeg_exe
from avatar.engine.media.probe import probe
from avatar.engine.vendors.orders import LONGEST_S
from avatar.forms import LookForm
from avatar.models import Charge, Reel, SourceLink
from creators.services import add_footage, give_consent, revoke_consent
from tests.factories import (
    MP4,
    ChargeFactory,
    ConsentFactory,
    CreatorFactory,
    ScriptFactory,
)

KLING = {"source": "footage", "performer": "kling:lip-sync"}
SMALL = {"width": 180, "height": 320, "captions": "none"}
MOVING = "scale=600:-2,crop=540:640:30+20*sin(3*t):20"  # a still picture is not believed


@pytest.fixture
def link(creator, settings, tmp_path):
    """The path of an address for the footage of an order that is under way."""
    settings.PUBLIC_URL = "https://reels.example.org"
    file = tmp_path / "fitted.mp4"
    file.write_bytes(MP4)
    charge = ChargeFactory(creator=creator, engine="kling:lip-sync", state="reserved")
    return source_links.publish(charge, file).removeprefix(settings.PUBLIC_URL)


def kept() -> list[Path]:
    return [path for path in Path(configured.MEDIA_ROOT).rglob("sources/**/*") if path.is_file()]


def test_kling_fetches_what_the_order_needs_and_nothing_stays(db, hopper, sandbox, tmp_path):
    sandbox.set_rule("kling.job_s", 3600)
    creator = CreatorFactory()
    original = tmp_path / "me.mp4"
    picture = ["-loop", "1", "-framerate", "25", "-t", "9", "-i", str(hopper)]
    sound = ["-f", "lavfi", "-t", "9", "-i", "sine", "-vf", MOVING]
    command = [ffmpeg_exe(), "-v", "error", *picture, *sound, "-pix_fmt", "yuv420p", original]
    subprocess.run(command, check=True)
    footage = add_footage(creator, SimpleUploadedFile("me.mp4", original.read_bytes()))
    tasks.inspect_footage(footage.pk)
    consent = give_consent(
        creator, user=creator.owner, person="Grace", basis="Own", include_voice=False
    )
    words = {"hook": "Yeast eats sugar.", "body": "It makes gas.", "call_to_action": ""}
    script = ScriptFactory(slot__creator=creator, approved=True, **words)
    reel = services.request_reel(script, options={**SMALL, **KLING})
    tasks.render(reel.pk)
    assert Charge.objects.get().state == "placed", Reel.objects.get().error

    [session] = sandbox.of("kling").find("session")
    fetched = probe(Path(session["path"]))
    assert not fetched.has_audio, "what was said in that room stays here"
    assert fetched.duration_ms < 8000, "as much as the words need"
    assert requests.get(session["url"], timeout=5).status_code == 200
    assert len(kept()) == 1

    sandbox.advance(3600)
    Reel.objects.update(retry_at=None)
    tasks.render(reel.pk)
    assert Reel.objects.get().state == Reel.State.READY, Reel.objects.get().error
    assert Charge.objects.get().state == "done"
    assert (SourceLink.objects.count(), kept()) == (0, [])
    assert requests.get(session["url"], timeout=5).status_code == 404
    revoke_consent(consent, creator.owner)


def test_whoever_has_the_address_gets_parts_of_the_file(client, link):
    assert len(link.split("/")[-2]) >= 43  # 32 bytes
    answer = client.get(link, headers={"Range": "bytes=4-8"})
    assert (answer.status_code, b"".join(answer.streaming_content)) == (206, MP4[4:9])
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("video/mp4", "private, no-store")
    assert client.head(link)["Content-Length"] == str(len(MP4))
    assert client.get(link.replace("/f/", "/f/x")).status_code == 404
    assert client.get(link.replace("footage.mp4", "me.mp4")).status_code == 404


@pytest.mark.parametrize("state", ["done", "failed", "absent"])
def test_an_address_ends_with_its_order(client, link, state):
    Charge.objects.update(state=state)
    assert client.get(link).status_code == 404
    [(task, pk, _)] = [job for job in tasks.due() if "link" in job[0]]
    assert task == "avatar.tasks.withdraw_link"
    tasks.withdraw_link(pk)
    assert (SourceLink.objects.count(), kept()) == (0, [])


def test_an_address_ends_by_itself(client, link):
    Charge.objects.update(state="placed")
    later = timezone.now() + dt.timedelta(seconds=LONGEST_S)
    assert SourceLink.objects.get().expires_at <= later
    SourceLink.objects.update(expires_at=timezone.now())
    assert client.get(link).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_an_address_ends_with_the_consent(client, creator, link):
    assert client.head(link).status_code == 200
    revoke_consent(creator.consents.get(), creator.owner)
    assert client.get(link).status_code == 404
    assert (SourceLink.objects.count(), kept()) == (0, [])


def test_without_an_address_nothing_is_ordered(creator, script, monkeypatch):
    """The vendor is the real one, and nobody has said how this installation is reached."""
    monkeypatch.setenv("KLING_API_KEY", "k")
    ConsentFactory(creator=creator, footage_sha256="f")
    with pytest.raises(services.ReelRefused, match=r"fetches footage itself.*set PUBLIC_URL"):
        services.request_reel(script, options=KLING)
    form = LookForm(creator, initial={"source": "footage"})
    assert "kling:lip-sync" not in dict(form.fields["performer"].choices)


def test_the_address_is_not_typed_by_hand_in_the_dashboard(creator, settings, monkeypatch):
    monkeypatch.setenv("KLING_API_KEY", "k")
    settings.PUBLIC_URL = "https://reels.example.org"
    form = LookForm(creator, initial=KLING)
    assert "kling:lip-sync" in dict(form.fields["performer"].choices)
    assert not [name for name in form.fields if "video_url" in name]
