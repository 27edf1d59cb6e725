"""What a reel is expected to cost, before anything is ordered."""

from dataclasses import replace
from decimal import Decimal

import pytest

from avatar import prices, services
from avatar.engine import registry
from avatar.engine.registry import find
from avatar.models import Budget, Charge, Take
from studio.lib.engines import PER_CALL, PER_CHARACTER, PER_FRAME, PER_SECOND, Engine, Kind, Price
from tests.factories import FootageFactory

pytestmark = pytest.mark.django_db

DEAR = Engine(
    "double:film", Kind.PERFORMER, "Double", "x:Y", vendor="sync", inputs=("image*", "audio*"),
    price=Price(0.1, PER_SECOND, "2026-11-20"),
)  # fmt: skip
TALKER = Engine(
    "double:talk", Kind.VOICE, "Talker", "x:Y", vendor="elevenlabs", inputs=("text*",),
    price=Price(0.0001, PER_CHARACTER, "2026-11-20"),
)  # fmt: skip

CLONE = Price(1.5, PER_CALL, "2026-11-20")


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    monkeypatch.setitem(registry.ENGINES, DEAR.name, DEAR)
    monkeypatch.setitem(registry.ENGINES, TALKER.name, TALKER)


def asked(**options):
    return {**services.DEFAULTS, **options}


def test_what_works_here_costs_nothing(script):
    assert prices.quote(script, asked()).is_free


def test_seconds_and_characters_are_those_of_the_script(script):
    quote = prices.quote(script, asked(voice="double:talk", performer="double:film"))
    characters = Decimal(len(script.spoken)) * Decimal("0.0001")
    assert quote.usd == pytest.approx(characters + Decimal("0.9"), abs=Decimal("0.00001"))
    assert quote.left_usd == 20


def test_what_an_option_steps_and_parts_do_to_a_price():
    fabric = find("wavespeed:veed/fabric-1.0", Kind.PERFORMER)
    assert fabric.usd(seconds=11) == pytest.approx(15 * 0.14), "steps of five seconds"
    assert fabric.usd(seconds=15, options={"resolution": "480p"}) == pytest.approx(15 * 0.07)
    translate = find("heygen:video-translate", Kind.PERFORMER)
    sound_only = {"mode": "precision", "translate_audio_only": True}
    assert translate.usd(seconds=10, options=sound_only) == pytest.approx(0.167)
    assert find("fal:fal-ai/latentsync", Kind.PERFORMER).usd(seconds=3) == pytest.approx(0.2)
    sync = find("sync:lipsync-2", Kind.PERFORMER)
    assert sync.usd(seconds=10, fps=30) == pytest.approx(1.2 * sync.usd(seconds=10))
    parted = replace(fabric, longest_s=8)
    assert parted.usd_in_parts(seconds=12) == pytest.approx(2 * 10 * 0.14), "two of six seconds"


@pytest.mark.parametrize(
    ("mode", "seconds"), [("loop", 9), ("cut_off", 4), ("silence", 9), ("remap", 9)]
)
def test_footage_costs_what_the_fitted_film_costs(script, monkeypatch, mode, seconds):
    framed = replace(DEAR, inputs=("video*", "audio*"), price=Price(0.004, PER_FRAME, "2026"))
    monkeypatch.setitem(registry.ENGINES, DEAR.name, framed)
    FootageFactory(creator=script.creator, report={"duration_ms": 4000, "fps": 50.0})
    chosen = asked(performer=DEAR.name, source="footage", sync_mode=mode)
    line = prices.quote(script, chosen).lines[1]
    assert line.usd == pytest.approx(Decimal(str(seconds * 25 * 0.004)), abs=Decimal("0.00001"))
    assert ("4.0 s of film" in line.note) == (mode == "cut_off")


def test_a_voice_that_has_spoken_already_is_not_paid_again(script):
    options = asked(voice="double:talk", voice_options={}, emotion="calm")
    reel = services.request_reel(script, options={"voice": "double:talk", "emotion": "calm"})
    Take.objects.filter(pk=reel.take_id).update(audio="takes/a.wav", duration_ms=5000)
    quote = prices.quote(script, {**options, "performer": "double:film"})
    assert [line.usd for line in quote.lines] == [0, Decimal("0.5")]
    assert quote.lines[0].note == "spoken already"


def test_making_a_voice_is_counted_until_it_is_made(script, monkeypatch):
    cloner = replace(TALKER, name="minimax:talk", vendor="minimax", clone_price=CLONE)
    monkeypatch.setitem(registry.ENGINES, cloner.name, cloner)
    first = prices.quote(script, asked(voice="minimax:talk"))
    assert first.usd == pytest.approx(Decimal("1.5"), abs=Decimal("0.05"))
    assert first.lines[0].note == "1.50 USD of it once, for making the voice"
    Charge.objects.create(
        creator=script.creator,
        what="clone",
        engine="minimax:other",
        key="a" * 64,
        state="done",
        estimated_usd=1.5,
    )
    assert prices.quote(script, asked(voice="minimax:talk")).usd < 1


def test_more_than_is_left_is_too_much(script):
    Budget.objects.create(creator=script.creator, monthly_usd=Decimal("0.5"))
    assert prices.quote(script, asked(performer="double:film")).is_too_much


def test_only_the_first_choice_is_counted_and_the_others_are_named(script):
    quote = prices.quote(script, asked(voice="double:talk, sketch"))
    assert quote.lines[0].note == "if it cannot: Sketch voice"


def test_a_hosted_engine_without_a_price_is_not_called_free():
    priceless = Engine("double:odd", Kind.VOICE, "Odd", "x:Y", vendor="elevenlabs")
    assert prices.next_reel(priceless) is None
    assert prices.next_reel(find("sketch", Kind.VOICE)) == 0
