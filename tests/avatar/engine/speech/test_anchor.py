"""Sounds are found by listening, words stand where the vendor says."""

from dataclasses import replace
from itertools import pairwise

import pytest

from avatar.engine.align import align
from avatar.engine.speech.anchor import anchored
from avatar.engine.speech.reading import read
from avatar.engine.text import display_words
from avatar.engine.types import Phone

TEXT = "Most people quit in week two. Keep going, and tell us what happened!"


@pytest.fixture(scope="module")
def reading():
    return read(TEXT, "en")


@pytest.fixture(scope="module")
def heard(reading):
    return align(reading.waveform, reading.sample_rate, TEXT, "en")


def spans(reading, by_ms=0):
    return tuple((w.start_ms + by_ms, w.end_ms + by_ms) for w in reading.alignment.words)


def check(alignment):
    for rows in (alignment.phones, alignment.words):
        assert all(a.end_ms <= b.start_ms for a, b in pairwise(rows))
        assert all(0 <= row.start_ms < row.end_ms <= alignment.duration_ms for row in rows)


@pytest.mark.parametrize("listened", [True, False])
def test_words_stand_where_the_vendor_says(reading, heard, listened):
    times = spans(reading, by_ms=40)
    length = reading.alignment.duration_ms + 100
    found = anchored(heard if listened else None, reading, times, length)
    check(found)
    assert [word.word for word in found.words] == display_words(TEXT)
    assert tuple((word.start_ms, word.end_ms) for word in found.words) == times
    assert len(found.phones) >= 0.9 * len(reading.alignment.phones)
    for word in found.words:
        inside = [
            p for p in found.phones if word.start_ms <= p.start_ms and p.end_ms <= word.end_ms
        ]
        assert inside, word


def test_a_word_without_a_time_stays_where_it_was_heard(reading, heard):
    times = list(spans(reading))
    times[3] = None
    found = anchored(heard, reading, tuple(times), heard.duration_ms)
    check(found)
    assert len(found.words) == len(heard.words)
    assert abs(found.words[3].start_ms - heard.words[3].start_ms) < 60


def test_what_is_said_beside_the_text_keeps_its_sounds(reading, heard):
    laugh = Phone("h", heard.duration_ms + 100, heard.duration_ms + 300)
    longer = replace(
        heard,
        duration_ms=heard.duration_ms + 400,
        phones=(*heard.phones, laugh),
        unwritten=((laugh.start_ms, laugh.end_ms),),
    )
    found = anchored(longer, reading, spans(reading, by_ms=40), longer.duration_ms)
    check(found)
    assert found.phones[-1] == laugh
    assert found.unwritten == longer.unwritten


def test_times_for_another_number_of_words_change_nothing(reading, heard):
    assert anchored(heard, reading, ((0, 1),), heard.duration_ms) is heard
