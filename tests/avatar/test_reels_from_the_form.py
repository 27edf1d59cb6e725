"""One engine of each vendor, chosen in the form of a reel and really asked, in its double."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from avatar import forms, tasks
from avatar.engine.registry import ENGINES
from avatar.models import Charge, Reel
from creators.services import add_portrait, add_voice, give_consent
from studio.sandbox import VENDORS
from studio.sandbox.vendors import media
from studio.sandbox.vendors.common import orders
from tests.factories import CreatorFactory, ScriptFactory
from tests.studio.sandbox.vendors.samples import sample

TINY = (180, 320)
LOOK = {
    "captions": "clean", "size": "180x320", "background": "keep", "motion": "1.0", "blink": "1.0",
    "expression": "1.0",
}  # fmt: skip
# Voice, performer and listener; the vendors that no other test asks for a reel.
CHOICES = (
    {"voice": "dashscope:qwen3-tts-vc-2026-01-22", "transcriber": "openai:whisper-1",
     "performer": "wavespeed:wavespeed-ai/infinitetalk-fast"},
    {"voice": "resemble:chatterbox-pro", "transcriber": "elevenlabs:scribe_v2",
     "performer": "heygen:photo-avatar"},
    {"voice": "fal:fal-ai/chatterbox/text-to-speech", "performer": "kling:avatar"},
    {"voice": "hedra:elevenlabs-v3", "performer": "replicate:prunaai/p-video-avatar"},
    {"voice": "speech", "aligner": "elevenlabs:forced-alignment",
     "performer": "hedra:hedra-avatar"},
)  # fmt: skip
SAID = "This is how I speak, and this is how long it takes me."


@pytest.fixture
def script(db, hopper, sandbox, tmp_path, monkeypatch):
    """Of a creator whose photo and voice were looked at, and may go to vendors."""
    monkeypatch.setattr(media, "LARGEST", 180)
    monkeypatch.setitem(forms.SIZES, TINY, "Tiny")
    for vendor in VENDORS:
        sandbox.set_rule(f"{vendor}.job_s", 0)
    sandbox.set_rule("resemble-app.build_s", 0)
    for vendor in ("elevenlabs", "openai"):
        sandbox.set_rule(f"{vendor}.transcript", " ".join([SAID] * 5))
    creator = CreatorFactory()
    portrait = add_portrait(creator, SimpleUploadedFile("me.jpg", hopper.read_bytes()))
    tasks.inspect_portrait(portrait.pk)
    recording = sample(tmp_path / "me.wav", 16).read_bytes()
    tasks.inspect_voice(add_voice(creator, SimpleUploadedFile("me.wav", recording)).pk)
    give_consent(creator, user=creator.owner, person="G", basis="test", include_voice=True)
    words = {"hook": "Yeast eats sugar and makes gas.", "body": "", "call_to_action": ""}
    return ScriptFactory(slot__creator=creator, approved=True, **words)


def rendered(reel: Reel) -> Reel:
    """As often as it goes back to the queue while a vendor works."""
    for _ in range(10):
        Reel.objects.filter(pk=reel.pk).update(retry_at=None)
        tasks.render(reel.pk)
        reel = Reel.objects.get(pk=reel.pk)
        if reel.state != Reel.State.QUEUED:
            break
    return reel


def test_whom_the_form_chooses_speaks_performs_and_is_paid_once(script, client, sandbox):
    client.force_login(script.creator.owner)
    for chosen in CHOICES:
        page = client.post(reverse("reel-create", args=[script.pk]), {**LOOK, **chosen})
        assert page.status_code == 302, page.content.decode()
        reel = rendered(Reel.objects.latest("pk"))
        assert reel.state == Reel.State.READY, reel.error
        told = client.get(reverse("reel-detail", args=[reel.pk])).content.decode()
        told = told[told.index("About this reel") : told.index("What it says")]
        assert all(ENGINES[name].label in told for name in chosen.values())
        assert reel.take.made["engine"] == chosen["voice"]
        assert reel.made["engine"] == chosen["performer"]
        asked = {charge.engine for charge in reel.charges.filter(state="done")}
        assert asked == set(chosen.values())
    assert [one["charged"] for one in orders(sandbox)] == [1] * Charge.objects.count()
