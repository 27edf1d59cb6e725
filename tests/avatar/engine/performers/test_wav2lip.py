"""Wav2Lip as one performer among others, with made-up weights."""

import pytest

from avatar.engine.errors import ModelUnavailable
from avatar.engine.media.probe import probe
from avatar.engine.performers import performer
from avatar.engine.performers.base import Take
from avatar.engine.registry import find, missing
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import FileJournal
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Kind
from tests.avatar.engine.wav2lip.conftest import checkpoint, weights  # noqa: F401
from tests.sounds import humming

WAV2LIP = find("wav2lip", Kind.PERFORMER)


@pytest.fixture
def perform(hopper, tmp_path):
    def act(environ, **chosen):
        voice = tmp_path / "voice.wav"
        humming(voice, 0.6)
        take = Take(hopper, "hopper", voice, 600, options=WAV2LIP.settled(chosen), device="cpu")
        shares = []
        context = Context(
            Access(environ), FileJournal(tmp_path / "orders"), on_progress=shares.append
        )
        return performer(WAV2LIP).perform(take, context, tmp_path), shares

    return act


def test_a_photo_says_the_sound_with_the_creators_own_weights(perform, checkpoint):  # noqa: F811
    film, shares = perform({"WAV2LIP_CHECKPOINT": str(checkpoint)}, batch=4)
    found = probe(film)
    assert (found.width, found.height) == (512, 600)
    assert found.duration_ms == pytest.approx(600, abs=60)
    assert shares[-1] == 1
    assert shares == sorted(shares)


def test_weights_that_nobody_named_are_a_sentence(perform, monkeypatch):
    monkeypatch.delenv("WAV2LIP_CHECKPOINT", raising=False)
    assert missing(WAV2LIP, Access({})) == "Wav2Lip needs WAV2LIP_CHECKPOINT, which is not set."
    with pytest.raises(ModelUnavailable, match="weights of your own"):
        perform({})
