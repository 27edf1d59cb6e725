"""Long sounds read piece by piece: what comes out must not depend on the pieces."""

import numpy as np
import pytest
import soundfile

from avatar.engine import scratch
from avatar.engine.align import align, features, hear
from avatar.engine.lips import perform
from avatar.engine.media import loudness
from avatar.engine.media.loudness import normalised
from avatar.engine.scratch import Scratch, WavFile, gathered
from avatar.engine.speech.reading import read

TEXT = "Most people quit in week two. We try again, and keep the camera close."


@pytest.fixture(scope="module")
def voice():
    return read(TEXT, "en", variant="f2")


def test_what_was_written_in_pieces_is_read_in_others():
    table = np.arange(60, dtype=np.float32).reshape(20, 3)
    kept = Scratch((3,))
    for piece in (table[:7], table[7:7], table[7:]):
        kept.append(piece)
    assert len(kept) == 20
    for part in (slice(None), slice(5, 12), slice(18, 99), slice(30, 40)):
        assert np.array_equal(kept[part], table[part])
    kept.append(table[:2])
    assert np.array_equal(np.asarray(kept), np.vstack([table, table[:2]]))


def test_rows_are_gathered_in_any_order(monkeypatch):
    monkeypatch.setattr(scratch, "ROWS_AT_ONCE", 4)
    table = np.arange(60, dtype=np.float32).reshape(20, 3)
    at = np.array([19, 3, 3, 0, 8, 4])
    assert np.array_equal(gathered(table, at), table[at])


def test_a_wav_file_is_read_where_it_is_asked_for(tmp_path):
    sound = np.linspace(-0.5, 0.5, 1000)
    soundfile.write(tmp_path / "a.wav", sound, 8000)
    file = WavFile(tmp_path / "a.wav")
    assert (len(file), file.sample_rate) == (1000, 8000)
    np.testing.assert_allclose(file[100:120], sound[100:120], atol=1e-4)
    assert len(file[990:2000]) == 10


def test_alignment_and_movement_are_the_same_in_small_pieces(voice, tmp_path, monkeypatch):
    soundfile.write(tmp_path / "take.wav", voice.waveform, voice.sample_rate)
    take = WavFile(tmp_path / "take.wav")

    def found():
        placed = align(take, take.sample_rate, TEXT, "en")
        heard = hear(take, take.sample_rate)
        return placed, heard, perform(placed, take, take.sample_rate, fps=25)

    whole = found()
    monkeypatch.setattr(scratch, "ROWS_AT_ONCE", 150)
    monkeypatch.setattr(features, "PIECE_S", 2)
    monkeypatch.setattr(features, "FRAMES_A_PIECE", 400)
    assert len(take) > 3 * features.PIECE_S * take.sample_rate // 2
    placed, heard, performance = found()
    for one, other in ((placed, whole[0]), (heard, whole[1])):
        assert [p.phone for p in one.phones] == [p.phone for p in other.phones]
        times, as_whole = (
            np.array([(p.start_ms, p.end_ms) for p in a.phones]) for a in (one, other)
        )
        assert np.abs(times - as_whole).max() <= features.HOP_MS
    for name, curve in performance.curves.items():
        np.testing.assert_allclose(curve, whole[2].curves[name], atol=0.02, err_msg=name)


def test_loudness_is_made_the_same_in_small_pieces(voice, monkeypatch):
    whole = np.concatenate(list(normalised(voice.waveform, voice.sample_rate)))
    monkeypatch.setattr(loudness, "PIECE", 5000)
    monkeypatch.setattr(loudness, "STEPS_AT_ONCE", 3)
    monkeypatch.setattr(loudness, "PIECE_S", 0.7)
    pieces = list(normalised(voice.waveform, voice.sample_rate))
    assert len(pieces) > 10
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=2e-5)
