"""Phones without a text: what a mouth needs."""

import itertools

import numpy as np
import pytest

from avatar.engine.align import hear
from avatar.engine.align.unknown import SHAPES, _spoken
from avatar.engine.speech.phones import VOWELS
from avatar.engine.speech.reading import read
from avatar.engine.types import Phone

RATE = 16_000


def test_silence_has_no_phones():
    heard = hear(np.zeros(RATE, np.float32), RATE)
    assert heard.phones == heard.words == ()
    assert heard.duration_ms == 1000


def loudest_phones(text, language, **how):
    """What is heard at the middle of each phone that is really there."""
    reading = read(text, language, **how)
    heard = hear(reading.waveform, reading.sample_rate)
    pairs = []
    for phone in reading.alignment.phones:
        middle = (phone.start_ms + phone.end_ms) / 2
        there = [p.phone for p in heard.phones if p.start_ms <= middle < p.end_ms]
        pairs.append((phone.phone, there[0] if there else ""))
    return pairs, heard, reading


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en-us", "Most people quit in week two. We try again, and keep the camera close."),
        ("it", "La mia casa è molto bella, e il sole splende sempre sopra il mare."),
        ("pl", "Dzień dobry, mam na imię Anna i mieszkam w małym domu."),
    ],
)
def test_vowels_are_heard_as_vowels_and_hisses_as_hisses_in_any_language(language, text):
    pairs, _, _ = loudest_phones(text, language, variant="m3")
    vowels = [found[:1] in VOWELS for true, found in pairs if true[0] in VOWELS]
    hisses = [found in ("s", "ʃ", "f") for true, found in pairs if true[0] in "szʃ"]
    assert np.mean(vowels) > 0.75
    assert np.mean(hisses) > 0.6


def test_a_consonant_alone_between_pauses_is_no_speech():
    """Breath, a click, a chair; but not the closure of a stop within speech."""
    breath = [Phone("k", 200, 270)]
    speech = [Phone("n", 480, 520), Phone("a", 520, 640), Phone("s", 760, 850)]
    assert _spoken([*breath, *speech, Phone("s", 1100, 1150)]) == speech
    assert _spoken(breath) == breath  # nothing better was heard


def test_open_and_rounded_vowels_are_told_apart():
    pairs, _, _ = loudest_phones("papa mama lala, tutu lulu susu, papa, tutu", "es", variant="m3")
    heard_a = [found for true, found in pairs if true == "a"]
    heard_u = [found for true, found in pairs if true == "u"]
    assert sum(found in ("a", "ɛ", "ɔ") for found in heard_a) > 0.7 * len(heard_a)
    assert sum(found in ("u", "o", "w", "y") for found in heard_u) > 0.7 * len(heard_u)


def test_pauses_stay_free_and_phones_are_in_order():
    _, heard, reading = loudest_phones("One sentence here.\n\nAnd another.", "en", variant="m3")
    assert heard.words == ()
    assert all(p.phone in SHAPES for p in heard.phones)
    assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(heard.phones))
    gaps = [b.start_ms - a.end_ms for a, b in itertools.pairwise(reading.alignment.phones)]
    found = [b.start_ms - a.end_ms for a, b in itertools.pairwise(heard.phones)]
    assert max(found) == pytest.approx(max(gaps), abs=80)


def test_nothing_is_heard_behind_the_end_of_the_speech():
    reading = read("Most people quit.", "en", variant="m3")
    tail = 0.001 * np.random.default_rng(0).standard_normal(2 * reading.sample_rate)
    waveform = np.concatenate([reading.waveform, tail.astype(np.float32)])
    heard = hear(waveform, reading.sample_rate)
    assert heard.phones[-1].end_ms == pytest.approx(reading.alignment.phones[-1].end_ms, abs=80)
