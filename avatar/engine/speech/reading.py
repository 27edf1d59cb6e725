"""A whole text read by espeak-ng: the sound, its phones, and which word each phone belongs to.

The sketch voice speaks it; the aligner lays it over another voice.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avatar.engine.errors import InputError
from avatar.engine.scratch import Scratch
from avatar.engine.speech.espeak import SpokenPhone, Utterance, utterances
from avatar.engine.text import Span, word_spans
from avatar.engine.types import Alignment, Phone, Samples, Waveform, Word

LEAD_IN_MS, LEAD_OUT_MS = 80, 300
PAUSE_MS = {"comma": 170, "sentence": 360, "line": 460, "paragraph": 640}
ABBREVIATION_PAUSE_MS = 40
LEAST_PAUSE_S = 0.05  # espeak-ng knows that "Dr." ends no sentence and goes on without a pause
PAUSE_SPREAD = 0.12  # people never pause twice for the same time
MAX_LINE = 1500  # characters read in one go; espeak-ng loses count of them in very long texts
FADE_MS = 3

_SENTENCE_END = re.compile(r"[.!?…。！？؟।]['\"”’)»\]」』]*$")
_CLAUSE_END = re.compile(r"([,;:،、，；：—–-])['\"”’)»\]]*$")
_ABBREVIATION = re.compile(r"^[^\W\d_](?:\.[^\W\d_])+\.$")  # e.g.


@dataclass(frozen=True)
class Reading:
    """phone_words[i] is the index in `words` of the word that phones[i] belongs to."""

    waveform: Samples
    sample_rate: int
    phones: tuple[SpokenPhone, ...]
    phone_words: tuple[int, ...]
    words: tuple[str, ...]  # as avatar.engine.text.display_words gives them

    @property
    def alignment(self) -> Alignment:
        """The reading's own times."""
        scale = 1000 / self.sample_rate
        bounds = np.array([(p.start, p.end) for p in self.phones], dtype=float) * scale
        return place(self, bounds, round(len(self.waveform) * scale))


def read(
    text: str,
    language: str,
    *,
    variant: str = "",
    words_per_minute: int = 170,
    pitch_range: int = 50,
    seed: int = 0,
) -> Reading:
    """As `read_to_disk`, its sound in memory."""
    reading = read_to_disk(
        text,
        language,
        variant=variant,
        words_per_minute=words_per_minute,
        pitch_range=pitch_range,
        seed=seed,
    )
    return replace(reading, waveform=reading.waveform[:])


def read_to_disk(
    text: str,
    language: str,
    *,
    variant: str = "",
    words_per_minute: int = 170,
    pitch_range: int = 50,
    seed: int = 0,
) -> Reading:
    """The text read aloud, paragraph by paragraph, with pauses as a narrator makes them.

    Raises InputError when the language has no voice or cannot read a word of the text.
    """
    lines = _lines(text)
    if not lines:
        raise InputError("There is nothing to say: the text holds no words.")
    spoken = utterances(
        [line for line, _ in lines],
        language,
        variant=variant,
        words_per_minute=words_per_minute,
        pitch_range=pitch_range,
    )
    rng = np.random.default_rng(seed)
    parts = (
        _ending(_with_pauses(_line_reading(line, utterance), rng), pause * _spread(rng))
        for (line, pause), utterance in zip(lines, spoken, strict=True)
    )
    reading = _joined(parts)
    if not reading.phones:
        raise InputError(
            f"The voice for the language “{language}” cannot read any of this text;"
            " is it written in another language?"
        )
    return reading


def _spread(rng: np.random.Generator) -> float:
    return 1 + PAUSE_SPREAD * float(rng.uniform(-1, 1))


def _lines(text: str) -> list[tuple[str, float]]:
    """What is read in one go, each with the pause behind it in ms."""
    lines: list[tuple[str, float]] = []
    for paragraph in re.split(r"\n\s*\n", text):
        for line in filter(None, map(str.strip, paragraph.split("\n"))):
            lines += [(piece, PAUSE_MS["sentence"]) for piece in _short(line)]
            lines[-1] = (lines[-1][0], PAUSE_MS["line"])
        if lines:
            lines[-1] = (lines[-1][0], PAUSE_MS["paragraph"])
    if lines:
        lines[-1] = (lines[-1][0], LEAD_OUT_MS)
    return lines


def _short(line: str) -> list[str]:
    """A very long line cut at sentence ends, or at words where it has none."""
    pieces = []
    while len(line) > MAX_LINE:
        head = line[:MAX_LINE]
        ends = [m.end() for m in re.finditer(r"[.!?…।]\s+|[。！？]", head)] or [
            head.rfind(" ") + 1
        ]
        cut = ends[-1] or MAX_LINE
        pieces.append(line[:cut].strip())
        line = line[cut:].strip()
    return [*pieces, line] if line else pieces


def _line_reading(line: str, utterance: Utterance) -> Reading:
    spans = word_spans(line)
    return Reading(
        waveform=utterance.waveform,
        sample_rate=utterance.sample_rate,
        phones=utterance.phones,
        phone_words=_owners(spans, utterance),
        words=tuple(span.word for span in spans),
    )


def _owners(spans: list[Span], utterance: Utterance) -> tuple[int, ...]:
    """The word of each phone: the one in which espeak-ng began its own word.

    Its words are not ours: "3,000" is three of them, "in the" may be one. A word that espeak-ng
    never announced takes its share, by letters, of the phones of the word it was read with.
    """
    if not spans:
        return tuple(0 for _ in utterance.phones)
    starts = np.array([span.start for span in spans])
    announced = [
        (first_phone, max(0, int(np.searchsorted(starts, char, side="right")) - 1))
        for first_phone, char in utterance.word_starts
    ]
    owners = []
    word = at = 0
    for i in range(len(utterance.phones)):
        while at < len(announced) and announced[at][0] <= i:
            word = max(word, announced[at][1])
            at += 1
        owners.append(word)
    return tuple(_shared(owners, [span.word for span in spans]))


def _shared(owners: list[int], words: list[str]) -> list[int]:
    """Owners again, with the phones of a word given to the unannounced words next to it, too."""
    if not owners:
        return owners
    heard = sorted(set(owners))
    first_of = {word: word for word in heard} | {heard[0]: 0}  # the first group starts at word 0
    shared = list(owners)
    for word, following in zip(heard, [*heard[1:], len(words)], strict=True):
        first = first_of[word]
        members = [i for i, owner in enumerate(owners) if owner == word]
        letters = np.array([len(words[i]) for i in range(first, following)], dtype=float)
        shares = np.cumsum(letters) / letters.sum()
        for rank, member in enumerate(members):
            share = int(np.searchsorted(shares, (rank + 0.5) / len(members)))
            shared[member] = first + min(share, len(letters) - 1)
    return shared


def _with_pauses(reading: Reading, rng: np.random.Generator) -> Reading:
    """Pauses between words as long as their punctuation asks for."""
    rate = reading.sample_rate
    pieces: list[Waveform] = []
    phones: list[SpokenPhone] = []
    taken = shift = 0
    for i, phone in enumerate(reading.phones):
        before = reading.phones[i - 1] if i else None
        if before and reading.phone_words[i] != reading.phone_words[i - 1]:
            target_ms = _pause_ms(reading.words[reading.phone_words[i] - 1])
            gap = phone.start - before.end
            if target_ms and gap > LEAST_PAUSE_S * rate:
                target = round(rate * target_ms * _spread(rng) / 1000)
                keep = min(gap, target) // 2  # of the gap's own sound, at both its ends
                pieces.append(_faded_out(reading.waveform[taken : before.end + keep], rate))
                pieces.append(np.zeros(target - 2 * keep, dtype=np.float32))
                taken = phone.start - keep
                shift += target - gap
        phones.append(replace(phone, start=phone.start + shift, end=phone.end + shift))
    pieces.append(reading.waveform[taken:])
    return replace(reading, waveform=np.concatenate(pieces), phones=tuple(phones))


def _pause_ms(word: str) -> int:
    """How long to pause behind a word; 0 leaves what espeak-ng made of it."""
    if _ABBREVIATION.match(word):
        return ABBREVIATION_PAUSE_MS
    if _SENTENCE_END.search(word):
        return PAUSE_MS["sentence"]
    return PAUSE_MS["comma"] if _CLAUSE_END.search(word) else 0


def _faded_out(waveform: Waveform, rate: int) -> Waveform:
    """Without a click at its end."""
    n = min(len(waveform), rate * FADE_MS // 1000)
    faded = waveform.copy()
    faded[len(faded) - n :] *= np.linspace(1, 0, n, dtype=np.float32)
    return faded


def _ending(reading: Reading, pause_ms: float) -> Reading:
    """The reading with exactly this much silence behind its last phone."""
    rate = reading.sample_rate
    end = reading.phones[-1].end if reading.phones else 0
    tail = round(rate * pause_ms / 1000) if reading.phones else 0
    kept = _faded_out(reading.waveform[: end + min(tail, len(reading.waveform) - end)], rate)
    silence = np.zeros(end + tail - len(kept), dtype=np.float32)
    return replace(reading, waveform=np.concatenate([kept, silence]))


def _joined(parts: Iterator[Reading]) -> Reading:
    """One behind the other, the sound on disk."""
    sound, rate = Scratch(), 0
    phones: list[SpokenPhone] = []
    owners: list[int] = []
    words: list[str] = []
    for part in parts:
        if not rate:
            rate = part.sample_rate
            sound.append(np.zeros(rate * LEAD_IN_MS // 1000, dtype=np.float32))
        at = len(sound)
        phones += [replace(p, start=p.start + at, end=p.end + at) for p in part.phones]
        owners += [owner + len(words) for owner in part.phone_words]
        words += part.words
        sound.append(part.waveform[:])
    return Reading(sound, rate, tuple(phones), tuple(owners), tuple(words))


def place(reading: Reading, bounds_ms: NDArray[np.float64], duration_ms: int) -> Alignment:
    """The reading's phones and words at these times, on whole milliseconds.

    bounds_ms: (n_phones, 2) starts and ends, ascending; NaN for a phone that was not found.
    Words none of whose phones were found are unplaced; every other word lasts at least 1 ms and
    lies within the sound.
    """
    rounded = np.rint(bounds_ms)
    phones = []
    spans: dict[int, tuple[int, int]] = {}
    at = 0
    for spoken, owner, (start, end) in zip(
        reading.phones, reading.phone_words, rounded, strict=True
    ):
        if np.isnan(start) or np.isnan(end):
            continue
        start_ms, end_ms = max(at, int(start)), min(int(end), duration_ms)
        if end_ms <= start_ms:
            continue
        phones.append(Phone(spoken.phone, start_ms, end_ms, spoken.stress))
        spans[owner] = (spans.get(owner, (start_ms, 0))[0], end_ms)
        at = end_ms
    words, unplaced = _words(reading.words, spans, frozenset(reading.phone_words))
    return Alignment(duration_ms, tuple(phones), words, unplaced)


def _words(
    words: tuple[str, ...], spans: dict[int, tuple[int, int]], heard: frozenset[int]
) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """Words in time. A word too short for a phone of its own shares its neighbour's time."""
    placed: list[Word] = []
    unplaced: list[str] = []
    waiting: list[str] = []  # words without phones, before the first that has some
    for i, word in enumerate(words):
        if i in spans:
            placed += _split([*waiting, word], *spans[i])
            waiting = []
        elif i in heard:
            unplaced.append(word)
        elif placed and not waiting and (i - 1 in spans or i - 1 not in heard):
            last = placed.pop()
            placed += _split([last.word, word], last.start_ms, last.end_ms)
        else:
            waiting.append(word)
    return tuple(placed), (*unplaced, *waiting)


def _split(words: list[str], start_ms: int, end_ms: int) -> list[Word]:
    """Words sharing a span by their letters; each at least 1 ms where there is room."""
    letters = np.cumsum([0, *map(len, words)])
    cuts = start_ms + np.rint((end_ms - start_ms) * letters / letters[-1]).astype(int)
    return [
        Word(word, int(a), int(b))
        for word, a, b in zip(words, cuts[:-1], cuts[1:], strict=True)
        if b > a
    ]
