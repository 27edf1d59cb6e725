"""Reels by engines over the network: a real child with the real engine, vendors in the sandbox."""

from datetime import timedelta

import pytest
import requests
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from avatar import services, tasks
from avatar.models import Charge, Reel
from creators.services import add_portrait, add_voice, give_consent, revoke_consent
from tests.factories import CreatorFactory, ScriptFactory
from tests.studio.sandbox.vendors.samples import sample

SMALL = {"width": 180, "height": 320, "captions": "none"}
VOICE, FILM = "elevenlabs:eleven_multilingual_v2", "sync:sync-3"
KEY = {"xi-api-key": "sandbox-key"}


@pytest.fixture
def creator(db, hopper, sandbox):
    sandbox.set_rule("sync.job_s", 0)
    creator = CreatorFactory()
    portrait = add_portrait(creator, SimpleUploadedFile("me.jpg", hopper.read_bytes()))
    tasks.inspect_portrait(portrait.pk)
    agree(creator)
    return creator


@pytest.fixture
def script(creator):
    words = {"hook": "Yeast eats sugar.", "body": "", "call_to_action": ""}
    return ScriptFactory(slot__creator=creator, approved=True, **words)


def agree(creator):
    return give_consent(
        creator,
        user=creator.owner,
        person="Grace Hopper",
        basis="Own",
        include_voice=creator.voice is not None,
    )


def made(script, **options) -> Reel:
    return render(services.request_reel(script, options={**SMALL, **options}))


def render(reel: Reel) -> Reel:
    Reel.objects.filter(pk=reel.pk).update(retry_at=None)
    tasks.render(reel.pk)
    reel = Reel.objects.get(pk=reel.pk)
    return reel


def paid() -> list[tuple[str, str]]:
    return sorted(Charge.objects.values_list("what", "state"))


def test_voice_and_film_are_paid_for_once_and_named(script):
    reel = made(script, voice=VOICE, performer=FILM)
    assert reel.state == Reel.State.READY, reel.error
    assert reel.take.made["label"] == "ElevenLabs Multilingual v2"
    assert reel.made["engine"] == FILM
    assert reel.made["usd"] > 0
    assert paid() == [("film", "done"), ("speech", "done")]

    other = made(script, voice=VOICE, performer=FILM, captions="bold")
    assert other.state == Reel.State.READY, other.error
    assert paid() == [("film", "done"), ("speech", "done")], "another look cost nothing"


def test_a_film_that_takes_its_time_is_asked_after_and_ordered_once(script, sandbox):
    sandbox.set_rule("sync.job_s", 3600)
    reel = made(script, performer=FILM)
    assert (reel.state, reel.attempts) == (Reel.State.QUEUED, 0)
    assert reel.error == "Sync sync-3 is working on it."
    assert reel.retry_at < timezone.now() + timedelta(minutes=11)
    assert paid() == [("film", "placed")]
    sandbox.advance(3600)
    assert render(reel).state == Reel.State.READY
    assert paid() == [("film", "done")]


def test_speech_without_an_answer_is_not_ordered_again_by_itself(script, sandbox):
    sandbox.fault("close_after", platform="elevenlabs", commit=True)
    reel = made(script, voice=VOICE)
    assert reel.state == Reel.State.FAILED
    assert "ElevenLabs did not answer" in reel.error
    again = render(services.retry(reel))
    assert again.state == Reel.State.QUEUED, "another worker could have sent it just now"
    Charge.objects.update(changed_at=timezone.now() - timedelta(minutes=5))
    again = render(again)
    assert again.state == Reel.State.FAILED
    assert paid() == [("speech", "sending")]


def test_a_cloned_voice_goes_with_the_consent(creator, script, sandbox, tmp_path):
    recording = sample(tmp_path / "me.wav", 20)
    voice = add_voice(creator, SimpleUploadedFile("me.wav", recording.read_bytes()))
    tasks.inspect_voice(voice.pk)
    consent = agree(creator)
    reel = made(script, voice=VOICE)
    assert reel.state == Reel.State.READY, reel.error
    assert reel.take.made["is_cloned"]
    url = f"{sandbox.url}/elevenlabs/v1/voices/{reel.take.made['voice']}"
    assert requests.get(url, headers=KEY, timeout=5).ok

    revoke_consent(consent, creator.owner)
    services.withdraw_consent(creator.pk)
    for task, pk, _ in tasks.due():
        assert task == "avatar.tasks.forget_voice"
        tasks.forget_voice(pk)
    assert not requests.get(url, headers=KEY, timeout=5).ok
    assert not Charge.objects.exclude(result="").exists()
