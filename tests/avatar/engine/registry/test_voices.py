"""The table of voices: complete, and every emotion in words that the engine knows."""

import subprocess
import sys

import pytest

from avatar.engine.options import EMOTIONS
from avatar.engine.registry import find
from avatar.engine.registry.cloning import CLONING
from avatar.engine.registry.voices import VOICE_ROUTES, VOICES
from avatar.engine.speech import speaker
from avatar.engine.speech.emotion import ACTING, acting
from avatar.engine.vendors.access import VENDORS
from studio.lib.engines import Kind

each_voice = pytest.mark.parametrize("engine", VOICES, ids=lambda engine: engine.name)


@each_voice
def test_every_voice_can_be_made_and_its_emotions_said(engine):
    assert speaker(engine).engine is engine
    assert not engine.vendor or engine.vendor in VENDORS
    for mood in engine.moods.values():
        engine.settled(mood)
    assert set(engine.moods) in (set(), set(EMOTIONS))
    assert engine.takes("text")
    assert engine.clones == engine.takes("audio")


@each_voice
def test_a_voice_that_costs_names_its_price_and_the_day(engine):
    if engine.vendor in ("", "speech"):
        assert engine.usd(characters=1000) == 0
        return
    assert 0 < engine.price.usd < 0.001
    assert engine.price.checked == "2026-11-20"


@pytest.mark.parametrize("row", VOICE_ROUTES)
def test_every_route_of_a_system_is_in_the_table(row):
    names = VOICE_ROUTES[row]
    assert all(row in find(name, Kind.VOICE).rows for name in names)
    assert {e.name for e in VOICES if row in e.rows} == set(names)


def test_sellers_that_clone_first_clone():
    for name, cloning in CLONING.items():
        engine = find(name, Kind.VOICE)
        assert engine.clones
        assert engine.vendor == cloning.engine.vendor


def test_every_emotion_has_a_face():
    assert set(ACTING) == {"", *EMOTIONS}
    assert acting("excited").motion > 1 > acting("calm").motion


def test_the_table_loads_no_sdk_no_torch_and_no_numbers():
    code = (
        "import sys, avatar.engine.registry; heavy = 'torch elevenlabs openai numpy requests';"
        "print([name for name in heavy.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
