"""The fonts captions are set in: where they are, what they can show, how wide it is.

Nothing is drawn here; libass draws. But libass shows a box for a character that no font has, and
says nothing, so what it will be asked to draw is checked beforehand.
"""

import atexit
import functools
import shutil
import struct
import subprocess
import tempfile
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import font_fredoka_one
import font_manrope
import font_roboto
from fontTools.ttLib import TTFont, TTLibError

from avatar.engine.errors import InputError, ModelUnavailable

SYSTEM_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
)
FAMILY = 1  # number of that name in an OpenType font
MACINTOSH, WINDOWS_ENGLISH = 1, (3, 0x409)
UNFIT = ("emoji", "color", "mono", "symbol", "lastresort")  # families that spoil a caption


@dataclass(frozen=True)
class Font:
    """One face of a font file. Lengths are fractions of the em, as libass reckons them."""

    path: Path
    index: int = 0  # face within a collection

    @functools.cached_property
    def _tables(self) -> TTFont:
        try:
            return TTFont(self.path, fontNumber=self.index, lazy=True)
        except (OSError, TTLibError) as e:
            raise ModelUnavailable(f"The font {self.path.name} cannot be read.") from e

    @functools.cached_property
    def family(self) -> str:
        """By which name libass finds it."""
        return _family_in(self._tables.reader["name"])

    @functools.cached_property
    def _glyphs(self) -> dict[int, str]:
        return self._tables.getBestCmap() or {}

    @functools.cached_property
    def _metrics(self) -> tuple[int, float, float]:
        units, os2 = self._tables["head"].unitsPerEm, self._tables["OS/2"]
        hhea = self._tables["hhea"]
        if os2.usWinAscent + os2.usWinDescent:  # libass follows GDI here
            return units, os2.usWinAscent / units, os2.usWinDescent / units
        return units, hhea.ascent / units, -hhea.descent / units

    @property
    def ascent(self) -> float:
        return self._metrics[1]

    @property
    def descent(self) -> float:
        return self._metrics[2]

    def size(self, em: float) -> float:
        """What ASS calls the font size of an em: the height of a line."""
        return em * (self.ascent + self.descent)

    def shows(self, text: str) -> bool:
        return all(ord(c) in self._glyphs for c in text if _needs_glyph(c))

    def width(self, text: str) -> float:
        """Sum of the advances, without kerning."""
        advances = self._tables["hmtx"].metrics
        glyphs = (self._glyphs.get(ord(c), ".notdef") for c in text)
        return float(sum(advances.get(g, (0, 0))[0] for g in glyphs)) / self._metrics[0]


def _family_in(name_table: bytes) -> str:
    """The first family name in an OpenType `name` table, English where there is one; else "".

    fontTools would load all of its layout tables for it, a tenth of a second.
    """
    _, count, storage = struct.unpack(">3H", name_table[:6])
    found = {}
    for platform, _, language, name, length, start in struct.iter_unpack(
        ">6H", name_table[6 : 6 + 12 * count]
    ):
        if name == FAMILY:
            text = name_table[storage + start : storage + start + length]
            rank = (platform, language) != WINDOWS_ENGLISH, platform == MACINTOSH
            found[rank] = text.decode("mac_roman" if platform == MACINTOSH else "utf-16-be")
    return found[min(found)] if found else ""


def _needs_glyph(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf", "Zs", "Zl", "Zp")


def _bundled(files: dict[str, str], name: str) -> Font:
    return Font(Path(files[name]))


MANROPE = _bundled(font_manrope.font_files, "ManropeExtraBold")
MANROPE_SEMIBOLD = _bundled(font_manrope.font_files, "ManropeSemiBold")
ROBOTO = _bundled(font_roboto.font_files, "RobotoBlack")
FREDOKA = _bundled(font_fredoka_one.font_files, "FredokaOne")
BUNDLED = (MANROPE, ROBOTO, FREDOKA, MANROPE_SEMIBOLD)


@dataclass(frozen=True)
class Run:
    """Characters set in one font."""

    text: str
    font: Font


def stack(text: str, first: Font) -> tuple[Font, ...]:
    """Fonts that between them show the whole text: `first`, the bundled ones, the system's.

    Raises InputError naming the characters that no font of this machine shows.
    """
    fonts = [first, *(font for font in BUNDLED if font != first)]
    missing = _missing(text, fonts)
    if missing and (one_for_all := _system_font(missing)) is not None:
        return (*fonts, one_for_all)
    unknown = ""
    for char in missing:
        if any(font.shows(char) for font in fonts):
            continue
        font = _system_font(char)
        if font is None:
            unknown += char
        else:
            fonts.append(font)
    if unknown:
        named = ", ".join(f"{char} (U+{ord(char):04X})" for char in unknown[:5])
        raise InputError(
            f"No font on this machine can show {named} in the captions: install one that can, "
            "such as Noto Sans, or choose captions none."
        )
    return tuple(fonts)


def _missing(text: str, fonts: Sequence[Font]) -> str:
    wanted = sorted({c for c in text if _needs_glyph(c)})
    return "".join(c for c in wanted if not any(font.shows(c) for font in fonts))


def runs(text: str, fonts: Sequence[Font]) -> list[Run]:
    """The text in the first font that shows all of it, else character by character."""
    for font in fonts:
        if font.shows(text):
            return [Run(text, font)]
    out: list[Run] = []
    for char in text:
        font = next((font for font in fonts if font.shows(char)), fonts[0])
        if out and out[-1].font == font:
            out[-1] = Run(out[-1].text + char, font)
        else:
            out.append(Run(char, font))
    return out


@functools.lru_cache(maxsize=1024)
def _system_font(characters: str) -> Font | None:
    """An installed font with all the characters, a bold upright sans where there is a choice."""
    found = _from_fontconfig(characters) if shutil.which("fc-list") else _from_folders()
    for font in sorted(found, key=_preference):
        try:
            if font.shows(characters) and font.family:
                return font
        except (ModelUnavailable, KeyError, AssertionError):
            continue  # a damaged or exotic font file of the system; the next will do
    return None


def _from_fontconfig(characters: str) -> list[Font]:
    wanted = " ".join(f"{ord(c):x}" for c in characters)
    command = ["fc-list", "-f", "%{file}\t%{index}\n", f":charset={wanted}"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    rows = (line.split("\t") for line in listed.stdout.splitlines() if "\t" in line)
    # the upper half of the index is the number of a variable font's instance
    return [Font(Path(file), int(index) & 0xFFFF) for file, index in rows if _is_outline(file)]


def _from_folders() -> list[Font]:
    folders = (Path(folder).expanduser() for folder in SYSTEM_FOLDERS)
    files = (path for folder in folders if folder.is_dir() for path in folder.rglob("*"))
    return [Font(path) for path in files if _is_outline(path.name)]


def _is_outline(file: str) -> bool:
    return file.lower().endswith((".ttf", ".otf", ".ttc", ".otc"))


def _preference(font: Font) -> tuple[bool, bool, bool, bool, str]:
    name = font.path.name.lower()
    return (
        any(word in name for word in UNFIT),
        "italic" in name or "oblique" in name,
        "sans" not in name,
        "bold" not in name,
        str(font.path),
    )


def fonts_dir(fonts: Sequence[Font] = BUNDLED) -> Path:
    """A folder with these font files, for libass. It lives as long as this process."""
    return _folder_of(frozenset(fonts))


@functools.lru_cache(maxsize=32)
def _folder_of(fonts: frozenset[Font]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="understudy-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for number, path in enumerate(sorted({font.path for font in fonts})):
        (folder / f"{number}{path.suffix.lower()}").symlink_to(path)
    return folder


def total_width(pieces: Sequence[Run], em: float) -> float:
    return em * sum(run.font.width(run.text) for run in pieces)
