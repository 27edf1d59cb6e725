"""From whatever was pasted to plain blocks of text: markdown, HTML, link lists, notes typed on a
phone.
"""

import html
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["heading", "paragraph", "bullet", "step"]

# Stands where an address stood: a sentence around a hole cannot be spoken.
HOLE = "\N{OBJECT REPLACEMENT CHARACTER}"

_DROPPED_ELEMENTS = re.compile(r"<(script|style|head|svg)\b.*?(</\1\s*>|\Z)", re.I | re.S)
_BREAKS = re.compile(r"</?(p|div|br|li|ul|ol|h[1-6]|tr|section|article|blockquote)\b[^>]*>", re.I)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,500}>")
_FENCE = re.compile(r"^(```|~~~).*?(^\1\s*$|\Z)", re.M | re.S)
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)")
_FOOTNOTE = re.compile(r"\[(?:\^[^\]]+|\d{1,3}(?:\s*[,–-]\s*\d{1,3})*)\]")
_URL_ASIDE = re.compile(r"[(\[<]\s*(?:https?://|www\.)[^\s)\]>]+\s*[)\]>]")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>)\]]+")
_EMPHASIS = re.compile(r"(\*\*|__|~~|`)(?=\S)(.+?)(?<=\S)\1")
_STAR = re.compile(r"(?<![\w*])[*_](?=\S)([^*_\n]+?)(?<=\S)[*_](?![\w*])")
_RULE = re.compile(r"^\s*([-*_=])(\s*\1){2,}\s*$")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$")
_BULLET = re.compile(r"^\s*(?:[-*+•‣◦–—·▪☐☑✓✔➤→]|\[[ xX]\])\s+(?:\[[ xX]\]\s+)?(.*)$")
_STEP = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|[a-zA-Z]\)|step\s+\d{1,2}\s*[:.)-])\s+(.*)$", re.I)
_HASHTAGS = re.compile(r"^\s*(#[^\s#]+\s*)+$")
_ENDS = re.compile(r"[.!?…:。！？؟।۔][\"'”’»)\]」』]*$")


@dataclass(frozen=True)
class Block:
    """One paragraph, heading or list item, on one line and without markup."""

    kind: BlockKind
    text: str


def blocks(text: str) -> list[Block]:
    """The blocks of a note in their order. Code, tables, pictures and rules are left out."""
    lines = [_without_quote_mark(line) for line in _without_markup(text).split("\n")]
    found: list[Block] = []
    paragraph: list[str] = []

    def close() -> None:
        found.extend(Block("paragraph", part) for part in _join_wrapped(paragraph))
        paragraph.clear()

    for line in lines:
        listed = _listed(line)
        if listed:
            close()
            if listed.text:
                found.append(listed)
        elif not line.strip() or _is_noise(line):
            close()
        elif (
            line[:1].isspace() and not paragraph and found and found[-1].kind in ("bullet", "step")
        ):
            found[-1] = Block(found[-1].kind, f"{found[-1].text} {line.strip()}")  # wrapped item
        else:
            paragraph.append(line.strip())
    close()
    return _with_bare_headings(found)


def plain(text: str) -> str:
    """One line without markup, for titles and topics."""
    return " ".join(_without_markup(text).replace(HOLE, " ").split())


def ends_itself(text: str) -> bool:
    return bool(_ENDS.search(text))


def _without_markup(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    text = _FRONT_MATTER.sub("", text)
    text = _DROPPED_ELEMENTS.sub("\n", text)
    text = _FENCE.sub("\n", text)
    text = _IMAGE.sub("", text)
    text = _LINK.sub(r"\1", text)
    text = _URL_ASIDE.sub("", text)
    text = _URL.sub(HOLE, text)
    text = _BREAKS.sub("\n", text)
    text = _TAG.sub("", text)
    text = html.unescape(text)
    text = _FOOTNOTE.sub("", text)
    for _ in range(2):  # bold inside italic
        text = _EMPHASIS.sub(r"\2", text)
        text = _STAR.sub(r"\1", text)
    return "".join(_spoken_sign(sign) for sign in unicodedata.normalize("NFC", text))


def _spoken_sign(sign: str) -> str:
    """Emoji, control and direction marks go; every kind of blank becomes a blank."""
    if sign in "\n\t" or sign == HOLE:
        return sign
    category = unicodedata.category(sign)
    if category == "Cf" and sign in "\u200c\u200d":  # joiners shape letters in Persian and Hindi
        return sign
    if category in ("Cc", "Cf", "Cs", "Co", "Cn", "Sk") and sign not in "`^":
        return ""
    if category == "So" and sign not in "°©®™№":
        return ""
    if "\ufe00" <= sign <= "\ufe0f" or sign == "\u20e3":
        return ""
    return " " if category in ("Zs", "Zl", "Zp") else sign


def _without_quote_mark(line: str) -> str:
    return re.sub(r"^\s*(>\s?)+", "", line)


def _is_noise(line: str) -> bool:
    return bool(
        _RULE.match(line)
        or _HASHTAGS.match(line)
        or line.lstrip().startswith("|")
        or line.count("|") > 2
        or not any(sign.isalnum() for sign in line)
    )


def _listed(line: str) -> Block | None:
    if _RULE.match(line):
        return None
    kinds: tuple[tuple[re.Pattern[str], BlockKind], ...] = (
        (_HEADING, "heading"),
        (_STEP, "step"),
        (_BULLET, "bullet"),
    )
    for pattern, kind in kinds:
        if match := pattern.match(line):
            return Block(kind, match.group(1).strip())
    return None


def _join_wrapped(lines: list[str]) -> list[str]:
    """Lines broken by a mail program are joined; lines that are thoughts stay apart."""
    if not lines:
        return []
    longest = max(map(len, lines))
    wrapped = longest >= 60 and all(len(line) >= 0.6 * longest for line in lines[:-1])
    if wrapped:
        return [" ".join(lines)]
    joined = [lines[0]]
    for line in lines[1:]:
        continues = line[:1].islower() and joined[-1][:1].isupper() and not ends_itself(joined[-1])
        if continues:
            joined[-1] = f"{joined[-1]} {line}"
        else:
            joined.append(line)
    return joined


def _with_bare_headings(found: list[Block]) -> list[Block]:
    """In a text that ends its sentences, a short line that does not end is a heading."""
    paragraphs = [block for block in found if block.kind == "paragraph"]
    ended = sum(ends_itself(block.text) for block in paragraphs)
    if not paragraphs or ended < 0.3 * len(paragraphs):
        return found
    return [
        Block("heading", block.text)
        if block.kind == "paragraph"
        and not ends_itself(block.text)
        and len(block.text.split()) <= 12
        else block
        for block in found
    ]
