"""Where each word of a phrase stands, in pixels."""

import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from avatar.engine.captions.fonts import Font, Run, runs, total_width
from avatar.engine.captions.phrases import Phrase, cut_cost, is_unspaced
from avatar.engine.captions.styles import Style
from avatar.engine.captions.zones import Area
from avatar.engine.types import Word

ONE_LINE = 1.06  # a phrase a little too wide is made smaller rather than broken


@dataclass(frozen=True)
class Placed:
    """One word: what is drawn, when it is said, the middle of its baseline."""

    word: Word
    pieces: tuple[Run, ...]
    x: float
    baseline: float
    width: float


@dataclass(frozen=True)
class Layout:
    em: float
    words: tuple[Placed, ...]  # as they are said


def lay_out(
    phrase: Phrase, style: Style, fonts: Sequence[Font], area: Area, frame_width: float
) -> Layout:
    """One line or two, centred at the foot of the area, made smaller when a word is too long."""
    em = style.em * frame_width
    pieces = [tuple(runs(_shown(word.word, style), fonts)) for word in phrase.words]
    widths = [total_width(p, em) for p in pieces]
    room = area.width - 2 * style.outline * em - (style.grow - 1) * max(widths)
    space = style.space * em
    cuts = _lines(phrase.words, widths, space, room, em)
    widest = max(_line_width(phrase.words[a:b], widths[a:b], space) for a, b in cuts)
    shrink = min(1.0, room / widest)
    em *= shrink
    first_baseline = _first_baseline(area, style, em, len(cuts))
    backwards = is_right_to_left(phrase.text)
    placed: list[Placed] = []
    for number, (a, b) in enumerate(cuts):
        baseline = first_baseline + number * style.leading * em
        line = list(zip(phrase.words[a:b], pieces[a:b], widths[a:b], strict=True))
        order = _visual_order(phrase.words[a:b]) if backwards else range(b - a)
        placed += _place([line[i] for i in order], shrink, style.space * em, area, baseline)
    placed.sort(key=lambda word: word.word.start_ms)
    return Layout(em, tuple(placed))


def is_right_to_left(text: str) -> bool:
    """Whether most of its letters are Arabic, Hebrew and the like."""
    directions = [unicodedata.bidirectional(c) for c in text]
    return sum(d in ("R", "AL") for d in directions) > directions.count("L")


def _visual_order(words: Sequence[Word]) -> list[int]:
    """From left to right: backwards, but runs of foreign words and numbers forwards."""
    order: list[int] = []
    for backwards, group in itertools.groupby(
        reversed(range(len(words))), lambda i: is_right_to_left(words[i].word)
    ):
        run = list(group)
        order += run if backwards else run[::-1]
    return order


def _shown(word: str, style: Style) -> str:
    return word.upper() if style.upper else word


def _gap(left: Word, right: Word, space: float) -> float:
    unspaced = is_unspaced(left.word[-1]) or is_unspaced(right.word[0])
    return 0.0 if unspaced else space


def _line_width(words: Sequence[Word], widths: Sequence[float], space: float) -> float:
    gaps = (_gap(a, b, space) for a, b in itertools.pairwise(words))
    return sum(widths) + sum(gaps)


def _lines(
    words: Sequence[Word], widths: Sequence[float], space: float, room: float, em: float
) -> list[tuple[int, int]]:
    """Where lines begin and end: one if it fits well, else the two that read and balance best."""
    n = len(words)
    if n == 1 or _line_width(words, widths, space) <= ONE_LINE * room:
        return [(0, n)]

    def unpleasant(cut: int) -> float:
        top = _line_width(words[:cut], widths[:cut], space)
        bottom = _line_width(words[cut:], widths[cut:], space)
        overflow = max(0.0, max(top, bottom) - room)
        return abs(top - bottom) / em + 20 * overflow / em + cut_cost(words[cut - 1], words[cut])

    cut = min(range(1, n), key=unpleasant)
    return [(0, cut), (cut, n)]


def two_lines(style: Style, frame_width: float) -> float:
    """The height that two lines of a style take, in pixels."""
    return (1 + style.leading) * style.em * frame_width


def _first_baseline(area: Area, style: Style, em: float, n_lines: int) -> float:
    """The block is centred on the band that two full lines take at the foot of the area."""
    descent = 0.25 * em + (style.outline + style.shadow) * em + (0.12 * em if style.box else 0.0)
    last_of_two = area.bottom - descent
    middle = last_of_two - 0.5 * style.leading * em
    return middle - 0.5 * (n_lines - 1) * style.leading * em


def _place(
    line: Sequence[tuple[Word, tuple[Run, ...], float]],
    shrink: float,
    space: float,
    area: Area,
    baseline: float,
) -> list[Placed]:
    """line: words, what is drawn and how wide it would be at full size, from left to right."""
    words, widths = [word for word, _, _ in line], [shrink * width for _, _, width in line]
    x = area.centre_x - _line_width(words, widths, space) / 2
    out = []
    for i, (word, pieces, _) in enumerate(line):
        out.append(Placed(word, pieces, x + widths[i] / 2, baseline, widths[i]))
        x += widths[i] + (_gap(word, words[i + 1], space) if i + 1 < len(words) else 0)
    return out
