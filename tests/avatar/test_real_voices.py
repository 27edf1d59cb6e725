"""A creator's cloned voice, from the sample to the reel and to its deletion: the engine itself
against the vendors' doubles.
"""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from avatar import services, tasks, workshop
from avatar.engine.vendors.access import Access
from avatar.models import Charge, Reel
from avatar.models.money import Budget
from creators.models import Voice
from creators.services import add_portrait, add_voice, give_consent, revoke_consent
from studio.sandbox.vendors.common import orders
from tests.factories import CreatorFactory, ScriptFactory
from tests.studio.sandbox.vendors.samples import sample

SMALL = {"width": 180, "height": 320}
WORDS = {"hook": "Yeast eats sugar.", "body": "", "call_to_action": ""}


@pytest.fixture
def creator(db, hopper, tmp_path):
    """Photo and voice were uploaded and looked at, and both may be used."""
    creator = CreatorFactory()
    portrait = add_portrait(
        creator, SimpleUploadedFile("me.jpg", hopper.read_bytes(), content_type="image/jpeg")
    )
    tasks.inspect_portrait(portrait.pk)
    recording = sample(tmp_path / "me.wav", 16).read_bytes()
    voice = add_voice(creator, SimpleUploadedFile("me.wav", recording, content_type="audio/wav"))
    tasks.inspect_voice(voice.pk)
    voice.refresh_from_db()
    assert voice.state == Voice.State.READY, voice.report
    give_consent(creator, user=creator.owner, person="G", basis="test", include_voice=True)
    return creator


def made(creator, voice, **words):
    script = ScriptFactory(slot__creator=creator, approved=True, **{**WORDS, **words})
    reel = services.request_reel(script, options={**SMALL, "voice": voice})
    tasks.render(reel.pk)
    reel.refresh_from_db()
    assert reel.state == Reel.State.READY, reel.error
    return reel


@pytest.mark.parametrize("voice", ["elevenlabs:eleven_flash_v2_5", "minimax:speech-2.8-hd"])
def test_a_cloned_voice_is_paid_once_and_deleted_with_its_consent(sandbox, creator, voice):
    first = made(creator, f"{voice}, sketch")
    assert first.take.made["engine"] == voice
    assert first.take.made["is_cloned"]
    workshop.clear(creator.pk)
    second = made(creator, f"{voice}, sketch", hook="Salt slows it down.")
    assert second.take.made["voice"] == first.take.made["voice"]
    assert [order["charged"] for order in orders(sandbox)] == [1, 1, 1]
    charges = Charge.objects.filter(creator=creator).order_by("created_at")
    assert [(c.what, c.engine, c.state) for c in charges] == [
        ("clone", voice, "done"),
        ("speech", voice, "done"),
        ("speech", voice, "done"),
    ]

    kept_there = sandbox.of(voice.partition(":")[0])
    assert first.take.made["voice"] in [one["id"] for one in kept_there.find("voice")]
    revoke_consent(creator.consents.get(), creator.owner)
    services.withdraw_consent(creator.pk)
    for charge in charges.filter(what="clone"):
        tasks.forget_voice(charge.pk)
    assert first.take.made["voice"] not in [one["id"] for one in kept_there.find("voice")]


def test_a_month_without_money_is_spoken_by_the_next_voice(sandbox, creator):
    Budget.objects.update_or_create(creator=creator, defaults={"monthly_usd": 0})
    reel = made(creator, "minimax:speech-2.8-hd, sketch")
    assert reel.take.made["engine"] == "sketch"
    assert orders(sandbox) == []
    assert Access().is_sandbox("minimax")
