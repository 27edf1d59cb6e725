"""Words that were spoken for one reel are not spoken again for another."""

import json

import pytest

from avatar.engine.options import ReelOptions
from avatar.engine.pipeline import make_reel

TEXT = "Yeast eats sugar."


def small(**options) -> ReelOptions:
    return ReelOptions(width=96, height=160, fps=24, **options)


@pytest.fixture
def first(hopper, tmp_path):
    return make_reel(
        hopper, tmp_path / "a.mp4", text=TEXT, options=small(), cache_dir=tmp_path / "cache"
    )


def test_another_look_has_the_very_same_voice_over(hopper, first, tmp_path):
    kept = tmp_path / "take"
    kept.mkdir()
    take, alignment = first.voice_over
    (kept / "take.wav").write_bytes(take.read_bytes())
    (kept / "alignment.json").write_bytes(alignment.read_bytes())
    (kept / "made.json").write_text(json.dumps({"engine": "somebody"}))
    other = make_reel(
        hopper,
        tmp_path / "b.mp4",
        text=TEXT,
        options=small(captions="none", seed=7),  # which would speak another way
        cache_dir=tmp_path / "elsewhere",
        spoken_before=kept,
    )
    assert other.take.read_bytes() == take.read_bytes()
    assert other.alignment == first.alignment
    assert other.spoken_by == {"engine": "somebody"}


def test_a_reel_says_who_spoke_and_performed(first):
    assert first.performed_by == "puppet"
    assert first.spoken_by["engine"] == "sketch"
