"""Features of sounds whose answer is known."""

import numpy as np
import pytest

from avatar.engine import scratch
from avatar.engine.align import features as features_module
from avatar.engine.align.features import (
    BINS_HZ,
    HOP_MS,
    PIECE_S,
    cepstra,
    features,
    scales,
    slopes,
    sonority_level,
    speech_level,
)
from avatar.engine.align.states import compared_rows
from avatar.engine.align.voicing import speech_in

RATE = 16_000


def spectra(sound, rate):
    return np.concatenate(list(features_module.spectra(sound, rate)))


def heard_speech(sound):
    return speech_in(features(sound, RATE)) > 0.5


def tone(hz, seconds):
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(
        np.float32
    )


def test_a_tone_is_where_its_frequency_is():
    power = spectra(tone(1000, 0.5), RATE)
    assert power.shape[0] == 500 // HOP_MS
    assert np.abs(BINS_HZ[power[10:-10].argmax(axis=1)] - 1000).max() < 40


def test_a_click_is_in_the_frame_of_its_time():
    click = np.zeros(RATE, np.float32)
    click[RATE // 2] = 1
    assert abs(speech_level(spectra(click, RATE)).argmax() * HOP_MS - 500) <= 10


def test_pieces_join_without_a_seam():
    rng = np.random.default_rng(0)
    sound = (0.1 * rng.standard_normal((PIECE_S + 2) * RATE)).astype(np.float32)
    whole = spectra(sound, RATE)
    across = spectra(sound[(PIECE_S - 1) * RATE :], RATE)
    at = (PIECE_S - 1) * 1000 // HOP_MS
    np.testing.assert_allclose(whole[at + 20 : at + 380], across[20:380], rtol=1e-3, atol=1e-6)


def test_loudness_does_not_change_the_shape():
    sound = np.random.default_rng(0).standard_normal(RATE).astype(np.float32) * 0.1
    np.testing.assert_allclose(
        cepstra(spectra(sound, RATE)), cepstra(spectra(sound * 0.5, RATE)), atol=1e-2
    )


def test_warping_undoes_another_vocal_tract():
    """A tone at 1100 Hz looks like one at 1000 Hz whose tract is a tenth shorter."""
    high = cepstra(spectra(tone(1100, 0.3), RATE))[20:40].mean(axis=0)
    low = spectra(tone(1000, 0.3), RATE)
    plain = np.linalg.norm(cepstra(low)[20:40].mean(axis=0) - high)
    warped = np.linalg.norm(cepstra(low, warp=1.1)[20:40].mean(axis=0) - high)
    assert warped < 0.5 * plain


def test_a_hiss_counts_as_speech_but_not_as_a_vowel():
    hiss = np.random.default_rng(0).standard_normal(RATE // 2).astype(np.float32)
    hiss = np.diff(np.diff(hiss, prepend=0), prepend=0) * 0.02
    power = spectra(np.concatenate([hiss, tone(300, 0.5)]).astype(np.float32), RATE)
    hissing, humming = slice(10, 90), slice(110, 190)
    assert speech_level(power)[hissing].mean() > speech_level(power)[humming].mean() - 15
    assert sonority_level(power)[hissing].mean() < sonority_level(power)[humming].mean() - 10


@pytest.mark.parametrize("noise", [0.0, 0.001, 0.01])
def test_speech_is_parted_from_pauses_in_noise(noise):
    rng = np.random.default_rng(0)
    sound = np.concatenate([np.zeros(RATE), tone(300, 1.0) + tone(900, 1.0), np.zeros(RATE)])
    sound = (sound + noise * rng.standard_normal(len(sound))).astype(np.float32)
    speech = heard_speech(sound)
    per_second = 1000 // HOP_MS
    assert speech[per_second + 5 : 2 * per_second - 5].mean() > 0.98
    assert speech[: per_second - 5].mean() < 0.05
    assert speech[2 * per_second + 5 :].mean() < 0.05


@pytest.mark.parametrize("gap_s", [0.2, 0.4])
def test_breath_and_clicks_before_a_sentence_are_no_speech(gap_s):
    rng = np.random.default_rng(0)
    breath = 0.004 * rng.standard_normal(round(0.3 * RATE)) * np.hanning(round(0.3 * RATE))
    click = 0.01 * rng.standard_normal(RATE // 100)
    gap = np.zeros(round(gap_s * RATE))
    lead = np.concatenate([np.zeros(RATE // 2), click, gap, breath, gap])
    sound = np.concatenate([lead, tone(300, 1.0) + tone(900, 1.0)])
    sound = (sound + 0.0003 * rng.standard_normal(len(sound))).astype(np.float32)
    speech = heard_speech(sound)
    assert not speech[: len(lead) * 200 // RATE - 5].any()
    assert speech[len(lead) * 200 // RATE + 5 : -5].all()


def test_a_hiss_behind_the_closure_of_a_stop_belongs_to_the_word():
    hiss = (0.02 * np.random.default_rng(0).standard_normal(RATE // 10)).astype(np.float32)
    closure = np.zeros(RATE // 12, np.float32)
    silence = np.zeros(RATE, np.float32)
    word = [silence, tone(300, 0.5) + tone(900, 0.5), closure, hiss, silence]
    speech = heard_speech(np.concatenate(word))
    at = round((1.5 + 1 / 12) * 200)
    assert speech[at + 3 : at + 17].all()


def test_standardising_uses_only_the_rows_chosen():
    rows = np.array([[0.0], [2.0], [100.0]], np.float32)
    chosen = np.array([True, True, False])
    scale, _ = scales(rows, chosen)
    np.testing.assert_allclose(scale(rows)[:2, 0], [-1, 1], atol=1e-4)


def test_rows_made_piece_by_piece_are_those_of_the_whole_table(monkeypatch):
    monkeypatch.setattr(scratch, "ROWS_AT_ONCE", 7)
    chance = np.random.default_rng(0)
    spectrum = chance.standard_normal((100, 13)).astype(np.float32)
    level = chance.uniform(-60, 0, 100).astype(np.float32)
    speech = level > -40

    def scaled(rows):
        return (rows - rows[speech].mean(0)) / rows[speech].std(0)

    relative = np.clip((level - np.percentile(level[speech], 90)) / 12, -3, 1)[:, None]
    whole = np.hstack(
        [
            scaled(spectrum) / 26**0.5,
            scaled(slopes(spectrum)) * 0.7 / 26**0.5,
            relative * 0.7,
            slopes(relative) * 3,
        ]
    )
    np.testing.assert_allclose(compared_rows(spectrum, level, speech)[:], whole, atol=1e-4)
