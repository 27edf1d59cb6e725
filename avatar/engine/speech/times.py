"""From the times a vendor gives for letters or words to the times of the words we show."""

import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher

from avatar.engine.text import word_spans

# A piece of text with its start and end in seconds: a letter, or a word.
Fragment = tuple[str, float, float]
WordTime = tuple[int, int] | None  # ms

LEAST_SHARE = 0.5  # of a word's letters whose time is known; else the word's is not
LEAST_WORDS = 0.6  # of all words; else the times belong to some other text


def word_times(text: str, fragments: Sequence[Fragment]) -> tuple[WordTime, ...]:
    """Start and end of each display word of the text; empty when the fragments do not fit it.

    Punctuation and spaces do not count: vendors let them last as long as the pause behind them.
    """
    letters, owners = _letters_of(text)
    heard = [timed for fragment in fragments for timed in _timed(fragment)]
    n_words = len(word_spans(text))
    spans: list[list[tuple[float, float]]] = [[] for _ in range(n_words)]
    for mine, theirs in _same(letters, "".join(letter for letter, _, _ in heard)):
        _, start, end = heard[theirs]
        spans[owners[mine]].append((start, end))
    found = tuple(_span(times, owners.count(word)) for word, times in enumerate(spans))
    known = sum(time is not None for time in found)
    return _in_order(found) if known and known >= LEAST_WORDS * n_words else ()


def _letters_of(text: str) -> tuple[str, list[int]]:
    """The letters and digits of the text, folded, and the word that each belongs to."""
    letters, owners = [], []
    for word, span in enumerate(word_spans(text)):
        for sign in _folded(text[span.start : span.end]):
            letters.append(sign)
            owners.append(word)
    return "".join(letters), owners


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFC", text).casefold()
    return "".join(sign for sign in plain if unicodedata.category(sign)[0] in "LNM")


def _timed(fragment: Fragment) -> list[Fragment]:
    """A fragment letter by letter, in equal shares of its time."""
    text, start, end = fragment
    letters = _folded(text)
    share = (end - start) / max(1, len(letters))
    return [(sign, start + i * share, start + (i + 1) * share) for i, sign in enumerate(letters)]


def _same(mine: str, theirs: str) -> list[tuple[int, int]]:
    """Pairs of places where both say the same."""
    if mine == theirs:
        return [(i, i) for i in range(len(mine))]
    blocks = SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks()
    return [(a + i, b + i) for a, b, size in blocks for i in range(size)]


def _span(times: list[tuple[float, float]], n_letters: int) -> WordTime:
    if not times or len(times) < LEAST_SHARE * n_letters:
        return None
    start = round(1000 * min(start for start, _ in times))
    return start, max(start + 1, round(1000 * max(end for _, end in times)))


def _in_order(times: tuple[WordTime, ...]) -> tuple[WordTime, ...]:
    """Without words that would begin before the one before them has ended."""
    kept: list[WordTime] = []
    at = 0
    for time in times:
        if time is None or time[0] < at - 20 or max(time[0], at) >= time[1]:  # rounding aside
            kept.append(None)
            continue
        kept.append((max(time[0], at), time[1]))
        at = time[1]
    return tuple(kept)
