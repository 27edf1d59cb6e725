"""How captions look. Lengths are fractions of the em, colours RRGGBB."""

from dataclasses import dataclass

from avatar.engine.captions.fonts import FREDOKA, MANROPE, ROBOTO, Font


@dataclass(frozen=True)
class Style:
    """One look; the em is a fraction of the frame's width (9:16)."""

    about: str  # one line for whoever chooses
    font: Font
    em: float
    colour: str
    spoken: str  # the word being said
    waiting: float = 1.0  # opacity of words still to come
    upper: bool = False
    outline: float = 0.0
    outline_colour: str = "000000"
    shadow: float = 0.0
    blur: float = 0.0
    grow: float = 1.0  # the word being said, in size
    box: str = ""  # colour of a rounded box behind the word being said
    leading: float = 1.2  # from baseline to baseline
    space: float = 0.27  # between words


STYLES: dict[str, Style] = {
    "clean": Style(
        "Manrope, white; words light up as they are said",
        MANROPE,
        em=0.066,
        colour="FFFFFF",
        spoken="FFD95A",
        waiting=0.72,
        outline=0.05,
        outline_colour="15131C",
        shadow=0.03,
        blur=0.03,
    ),
    "bold": Style(
        "Roboto Black, capitals with a heavy outline; the word being said is yellow",
        ROBOTO,
        em=0.07,
        colour="FFFFFF",
        spoken="FFE600",
        upper=True,
        outline=0.11,
        grow=1.08,
        leading=1.16,
        space=0.3,
    ),
    "pop": Style(
        "Fredoka, round and friendly; a coloured box jumps from word to word",
        FREDOKA,
        em=0.072,
        colour="FFFFFF",
        spoken="FFFFFF",
        outline=0.075,
        outline_colour="2A1240",
        grow=1.05,
        box="FF4D7E",
        leading=1.3,
        space=0.38,
    ),
}
