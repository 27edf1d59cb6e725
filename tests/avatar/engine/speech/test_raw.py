"""What a vendor spoke, before it is used."""

import numpy as np
import pytest

from avatar.engine.errors import BadResult
from avatar.engine.media.sound import write_wav
from avatar.engine.speech.raw import Raw, decoded


@pytest.fixture
def wav(tmp_path):
    path = tmp_path / "voice.wav"
    write_wav(path, (0.3 * np.sin(np.arange(24_000) / 20)).astype(np.float32), 24_000)
    return path.read_bytes()


def test_a_whole_file_is_used(wav):
    sound, rate = decoded(Raw(wav, "wav", "A second."), "Nobody")
    assert (len(sound), rate) == (24_000, 24_000)


def test_a_file_that_ends_early_is_not_used(wav):
    with pytest.raises(BadResult, match="cut off"):
        decoded(Raw(wav[: len(wav) // 2], "wav", "A second."), "Nobody")


def test_a_file_written_as_a_stream_is_used(wav):
    """Its head was sent before its length was known."""
    streamed = wav[:4] + b"\xff\xff\xff\xff" + wav[8:40] + b"\xff\xff\xff\xff" + wav[44:]
    sound, _ = decoded(Raw(streamed, "wav", "A second."), "Nobody")
    assert len(sound) == 24_000
