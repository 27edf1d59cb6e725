"""Grouping words into what is read at one glance."""

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from avatar.engine.types import Word

MAX_WORDS = 6
MAX_COLUMNS = 30  # two short lines; a Chinese character takes two columns
BEST_COLUMNS = 20
MAX_PHRASE_MS = 3500
LONG_PAUSE_MS = 600  # a phrase never spans one
SHORT_PAUSE_MS = 180
LINGER_MS = 400  # a phrase stays this long after its last word, unless the next one begins
SHORTEST_MS = 40  # a cue that alignment left without length

SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"'”’»)\]]*$")
CLAUSE_END = re.compile(r"[,;:—–、，；：،؛][\"'”’»)\]]*$")
ABBREVIATION = re.compile(
    r"^(?:mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|e\.g|i\.e|no|z\.b|bzw|ca|nr|sra?|mme|\w)\.$", re.I
)
# Words that lean on the next one, so that nobody pauses after them; and words that begin a new
# part of the sentence, so that before them one may. English, German, French, then Spanish,
# Italian and Portuguese; elsewhere pauses and punctuation decide alone.
_LEANING = """
a an the my your his her its our their of to in on at by for from with and or but so if as than
is are was were be been am i we he she they it's i'm don't not no very who which when about into
der die das den dem des ein eine einen einem einer und oder aber im zu zum zur von vom mit für
auf ist sind nicht
le la les l un une du de et ou mais à au aux en dans pour sur par avec ce cette est sont ne
el los las una y o pero del al con por para sobre es son il lo gli e ma di da nel della che
os as um uma mas do dos das nos na nas que
"""
_BEGINNING = """
and or but so because if when while that which who to of in on at by for from with about into than
und oder aber weil wenn dass zu von mit für auf im über
et ou mais parce que qui pour avec dans sur par
y o pero porque para con por en ma perché mas
"""
LEANING = frozenset(_LEANING.split())
BEGINNING = frozenset(_BEGINNING.split())


@dataclass(frozen=True)
class Phrase:
    """Words shown together, and for how long (milliseconds, half-open)."""

    words: tuple[Word, ...]
    start_ms: int
    end_ms: int

    @property
    def text(self) -> str:
        return join(self.words)


def group(words: Sequence[Word], duration_ms: int) -> list[Phrase]:
    """Phrases in order, none overlapping the next, each of positive length within duration_ms."""
    placed = _within(_split_unspaced(words), duration_ms)
    groups = [phrase for sentence in _sentences(placed) for phrase in _break(sentence)]
    starts = [group[0].start_ms for group in groups] + [duration_ms]
    return [
        Phrase(
            tuple(group),
            group[0].start_ms,
            min(group[-1].end_ms + LINGER_MS, starts[i + 1]),
        )
        for i, group in enumerate(groups)
    ]


def join(words: Sequence[Word]) -> str:
    """Words with spaces between, where their script has spaces."""
    text = ""
    for word in words:
        gap = "" if not text or (is_unspaced(text[-1]) or is_unspaced(word.word[0])) else " "
        text += gap + word.word
    return text


def columns(text: str) -> int:
    """Width in terminal columns, a rough measure that knows wide characters."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def is_unspaced(char: str) -> bool:
    """Whether the character belongs to a script written without spaces: Chinese, Japanese."""
    return unicodedata.east_asian_width(char) in "WF" and not "\uac00" <= char <= "\ud7a3"


def _split_unspaced(words: Sequence[Word]) -> list[Word]:
    """Chinese and Japanese come as whole clauses: one word a character, sharing the time."""
    out: list[Word] = []
    for word in words:
        text = unicodedata.normalize("NFC", " ".join(word.word.split()))
        parts = re.findall(r".[\W_]*", text) if any(map(is_unspaced, text)) else [text]
        step = (word.end_ms - word.start_ms) / len(parts)
        out += [
            Word(part, round(word.start_ms + i * step), round(word.start_ms + (i + 1) * step))
            for i, part in enumerate(parts)
            if part
        ]
    return out


def _within(words: Sequence[Word], duration_ms: int) -> list[Word]:
    """Every word of positive length, inside the video, ended before the next begins."""
    step = min(SHORTEST_MS, duration_ms // len(words)) if words else 0
    if step < 1:
        return []
    starts: list[int] = []
    for i, word in enumerate(words):
        earliest = starts[-1] + step if starts else 0
        latest = duration_ms - (len(words) - i) * step
        starts.append(min(max(word.start_ms, earliest), latest))
    following = [*starts[1:], duration_ms]
    return [
        Word(word.word, start, min(max(word.end_ms, start + step), next_start))
        for word, start, next_start in zip(words, starts, following, strict=True)
    ]


def _sentences(words: Sequence[Word]) -> list[list[Word]]:
    """Runs that a phrase must not cross: sentences, and what long pauses part."""
    out: list[list[Word]] = []
    run: list[Word] = []
    for i, word in enumerate(words):
        run.append(word)
        following = words[i + 1] if i + 1 < len(words) else None
        if following is None or ends_sentence(word, following):
            out.append(run)
            run = []
    return out


def ends_sentence(word: Word, following: Word) -> bool:
    """Whether a sentence ends between these two, by its mark or by a long pause."""
    if following.start_ms - word.end_ms >= LONG_PAUSE_MS:
        return True
    ends = SENTENCE_END.search(word.word) and not ABBREVIATION.match(word.word)
    return bool(ends) and not following.word[0].islower()


def _break(sentence: list[Word]) -> list[list[Word]]:
    """Cut a sentence where it costs least, looking at all ways (dynamic programming)."""
    best: list[tuple[float, int]] = [(0.0, 0)]  # cost of the first j words, where the last cut is
    for end in range(1, len(sentence) + 1):
        options = (
            (best[start][0] + _cost(sentence, start, end), start)
            for start in range(max(0, end - 2 * MAX_WORDS), end)
        )
        best.append(min(options))
    cuts = [len(sentence)]
    while cuts[-1] > 0:
        cuts.append(best[cuts[-1]][1])
    cuts.reverse()
    return [sentence[a:b] for a, b in itertools.pairwise(cuts)]


def _cost(sentence: list[Word], start: int, end: int) -> float:
    words = sentence[start:end]
    width = columns(join(words))
    cost = ((width - BEST_COLUMNS) / 8) ** 2 if width < BEST_COLUMNS else 0.0
    n_words = sum(0.5 if is_unspaced(w.word[0]) else 1 for w in words)
    long = words[-1].end_ms - words[0].start_ms > MAX_PHRASE_MS
    if len(words) > 1 and (width > MAX_COLUMNS or n_words > MAX_WORDS or long):
        cost += 1000.0 + width
    if end < len(sentence):
        cost += cut_cost(words[-1], sentence[end])
    return cost


def cut_cost(word: Word, following: Word) -> float:
    """How much it hurts to part two words; below zero where a reader would breathe anyway."""
    pause = following.start_ms - word.end_ms
    if CLAUSE_END.search(word.word):
        return 0.0
    cost = 6.0 if _plain(word) in LEANING else 3.0
    if word.word[0].isupper() and following.word[0].isupper():  # a name of two words, perhaps
        cost += 1.5
    if _plain(following) in BEGINNING:
        cost -= 1.5
    if pause >= SHORT_PAUSE_MS:
        cost -= 2.0
    return cost


def _plain(word: Word) -> str:
    return word.word.lower().strip("\"'“”‘’«»()")
