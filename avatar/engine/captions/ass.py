"""Captions as an Advanced SubStation script for libass: every word an event of its own.

A word that is placed by itself can change colour and size without moving its neighbours.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from avatar.engine.captions.fonts import MANROPE_SEMIBOLD, Font, Run, runs, stack, total_width
from avatar.engine.captions.layout import Layout, Placed, lay_out, two_lines
from avatar.engine.captions.phrases import Phrase, group
from avatar.engine.captions.styles import STYLES, Style
from avatar.engine.captions.zones import (
    SAFE,
    Area,
    FaceRows,
    caption_area,
    headline_area,
    safe_area,
)
from avatar.engine.errors import InputError
from avatar.engine.types import Word

TURN_MS = 70  # how long a word takes to change its colour
BRIDGED_MS = 300
LABEL_EM = 0.028  # of the width
HEADLINE_EM = 0.08


@dataclass(frozen=True)
class Script:
    """What libass reads, and the fonts it needs for it."""

    text: str
    fonts: tuple[Font, ...]


def script(
    words: Sequence[Word],
    style: str,
    width: int,
    height: int,
    duration_ms: int,
    label: str = "",
    headline: str = "",
    face: FaceRows | None = None,
) -> Script:
    """Captions for words in time, and a small label (and a headline) over the whole length.

    style: key of STYLES, or "none" for a label alone.
    face: what captions and headline keep clear of where they can.

    Raises InputError for an unknown style, and for characters that no font can show.
    """
    look = find_style(style)
    fonts = fonts_for(" ".join((label, headline, *(word.word for word in words))), style)
    area = safe_area(width, height)
    frame_width = min(width, height * 9 / 16)
    events: list[str] = []
    if label:
        events += _label(label, fonts, area, frame_width, duration_ms)
    if headline:
        events += _headline(
            headline, look, fonts, headline_area(width, height, face), frame_width, duration_ms
        )
    if style != "none":
        place = caption_area(width, height, two_lines(look, frame_width), face)
        for phrase in group(words, duration_ms):
            layout = lay_out(phrase, look, fonts, place, frame_width)
            events += _by_word(phrase, layout, look)
    return Script(_HEADER.format(width=width, height=height) + "".join(events), fonts)


def fonts_for(text: str, style: str) -> tuple[Font, ...]:
    """The fonts that a text in a style needs. Raises InputError as `script` does."""
    return stack(unicodedata.normalize("NFC", text + text.upper()), find_style(style).font)


def find_style(name: str) -> Style:
    if name != "none" and name not in STYLES:
        raise InputError(
            f"There is no caption style {name!r}: choose {', '.join(STYLES)} or none."
        )
    return STYLES.get(name, STYLES["clean"])


# Encoding -1: libass takes the direction of a text from its first letter.
_HEADER = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes
YCbCr Matrix: TV.709

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BorderStyle, Alignment, Encoding
Style: Base,Manrope ExtraBold,48,&H00FFFFFF,&H00000000,1,5,-1

[Events]
Format: Layer, Start, End, Style, Text
"""


def _event(layer: int, start_ms: int, end_ms: int, text: str) -> str:
    """libass counts in hundredths; both ends are cut alike, or a phrase would be seen on its
    successor in a frame between them. An event never vanishes by it.
    """
    start, end = start_ms // 10, max(end_ms // 10, start_ms // 10 + 1)
    return f"Dialogue: {layer},{_clock(start)},{_clock(end)},Base,{text}\n"


def _clock(hundredths: int) -> str:
    seconds, rest = divmod(hundredths, 100)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:02}"


def escape(text: str) -> str:
    """Text that libass shows as it is: braces open overrides, a backslash may break the line."""
    one_line = " ".join(text.split())
    # a word joiner after it keeps the backslash from being read together with what follows
    return one_line.replace("\\", "\\\u2060").replace("{", "\\{").replace("}", "\\}")


def _colour(rrggbb: str) -> str:
    return f"&H{rrggbb[4:6]}{rrggbb[2:4]}{rrggbb[0:2]}&"


def _alpha(opacity: float) -> str:
    return f"&H{round(255 * (1 - opacity)):02X}&"


def _look(style: Style, em: float) -> str:
    """The override tags that hold for every word of a style."""
    return (
        f"\\1c{_colour(style.colour)}\\3c{_colour(style.outline_colour)}"
        f"\\4c{_colour(style.outline_colour)}\\4a{_alpha(0.5)}"
        f"\\bord{style.outline * em:.2f}\\shad{style.shadow * em:.2f}\\blur{style.blur * em:.2f}"
    )


def _set(pieces: Sequence[Run], em: float) -> str:
    return "".join(
        f"{{\\fn{run.font.family}\\fs{run.font.size(em):.2f}}}{escape(run.text)}" for run in pieces
    )


def _middle(pieces: Sequence[Run], baseline: float, em: float) -> float:
    """libass centres on the tallest font's line; this puts its baseline where we want it."""
    ascent = max(run.font.ascent for run in pieces)
    descent = max(run.font.descent for run in pieces)
    return baseline + (descent - ascent) * em / 2


def _by_word(phrase: Phrase, layout: Layout, style: Style) -> Iterator[str]:
    for placed, off_ms in zip(layout.words, _said_until(phrase), strict=True):
        y = _middle(placed.pieces, placed.baseline, layout.em)
        if style.box:
            yield _box_event(placed, off_ms, layout.em, style)
        on, off = placed.word.start_ms - phrase.start_ms, off_ms - phrase.start_ms
        waiting = f"\\1a{_alpha(style.waiting)}" if style.waiting < 1 and on > 0 else ""
        size = round(100 * style.grow)
        lit = f"\\1c{_colour(style.spoken)}\\1a{_alpha(1)}\\fscx{size}\\fscy{size}"
        said = f"\\1c{_colour(style.colour)}\\fscx100\\fscy100"
        tags = f"\\an5\\pos({placed.x:.1f},{y:.1f}){_look(style, layout.em)}{waiting}"
        turns = f"\\t({on},{on + TURN_MS},{lit})\\t({off},{off + TURN_MS},{said})"
        text = f"{{{tags}{turns}}}{_set(placed.pieces, layout.em)}"
        yield _event(2, phrase.start_ms, phrase.end_ms, text)


def _said_until(phrase: Phrase) -> list[int]:
    """A word stays lit over a short gap, or the light would flicker."""
    following = [word.start_ms for word in phrase.words[1:]] + [phrase.end_ms]
    return [
        next_ms if next_ms - word.end_ms < BRIDGED_MS else word.end_ms
        for word, next_ms in zip(phrase.words, following, strict=True)
    ]


def _box_event(placed: Placed, end_ms: int, em: float, style: Style) -> str:
    width, height = placed.width + 0.36 * em, 1.16 * em
    middle = placed.baseline - 0.34 * em
    tags = (
        f"\\an5\\pos({placed.x:.1f},{middle:.1f})\\1c{_colour(style.box)}\\bord0\\shad0"
        f"\\fscx86\\fscy86\\t(0,{TURN_MS},\\fscx100\\fscy100)"
    )
    return _event(
        1, placed.word.start_ms, end_ms, f"{{{tags}\\p1}}{_rounded(width, height, 0.26 * em)}"
    )


def _rounded(width: float, height: float, radius: float) -> str:
    """A rectangle with rounded corners as an ASS drawing, from (0, 0)."""
    w, h, r = width, height, min(radius, width / 2, height / 2)
    k = 0.45 * r  # where a Bézier curve's handles make a quarter circle
    return (
        f"m {r:.1f} 0 l {w - r:.1f} 0 b {w - k:.1f} 0 {w:.1f} {k:.1f} {w:.1f} {r:.1f} "
        f"l {w:.1f} {h - r:.1f} b {w:.1f} {h - k:.1f} {w - k:.1f} {h:.1f} {w - r:.1f} {h:.1f} "
        f"l {r:.1f} {h:.1f} b {k:.1f} {h:.1f} 0 {h - k:.1f} 0 {h - r:.1f} "
        f"l 0 {r:.1f} b 0 {k:.1f} {k:.1f} 0 {r:.1f} 0"
    )


def _label(
    label: str, fonts: Sequence[Font], area: Area, frame_width: float, duration_ms: int
) -> Iterator[str]:
    """A small pill in the upper left corner of the safe area, where no face is likely to be."""
    fonts = (MANROPE_SEMIBOLD, *fonts)
    em = LABEL_EM * frame_width
    lines = [runs(line, fonts) for line in _wrap(label.split(), fonts, em, area.width - 1.4 * em)]
    widest = max(total_width(pieces, em) for pieces in lines)
    shrink = min(1.0, (area.width - 1.4 * em) / widest)
    em *= shrink
    width, height = shrink * widest + 1.2 * em, (0.6 + 1.3 * len(lines)) * em
    x = SAFE.left * frame_width + width / 2
    place = f"\\an5\\pos({x:.1f},{area.top + height / 2:.1f})\\bord0\\shad0"
    box = f"{place}\\1c&H1C1315&\\1a{_alpha(0.7)}"
    yield _event(0, 0, duration_ms, f"{{{box}\\p1}}{_rounded(width, height, 0.95 * em)}")
    for number, pieces in enumerate(lines):
        y = _middle(pieces, area.top + (1.31 + 1.3 * number) * em, em)
        tags = f"\\an5\\pos({x:.1f},{y:.1f})\\1c&HFFFFFF&\\bord0\\shad0"
        yield _event(1, 0, duration_ms, f"{{{tags}}}{_set(pieces, em)}")


def _headline(
    headline: str,
    style: Style,
    fonts: Sequence[Font],
    area: Area,
    frame_width: float,
    duration_ms: int,
) -> Iterator[str]:
    """Large words from the foot of a speaking face downwards, smaller when there are many."""
    words = headline.upper().split() if style.upper else headline.split()
    em = HEADLINE_EM * frame_width
    while True:
        lines = _wrap(words, fonts, em, area.width)
        widest = max(total_width(runs(line, fonts), em) for line in lines)
        if widest <= area.width and len(lines) * style.leading * em <= area.bottom - area.top:
            break
        em *= 0.94
    for number, line in enumerate(lines):
        pieces = runs(line, fonts)
        y = _middle(pieces, area.top + (0.85 + number * style.leading) * em, em)
        tags = f"\\an5\\pos({area.centre_x:.1f},{y:.1f}){_look(style, em)}"
        yield _event(2, 0, duration_ms, f"{{{tags}}}{_set(pieces, em)}")


def _wrap(words: Sequence[str], fonts: Sequence[Font], em: float, room: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and total_width(runs(longer, fonts), em) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
