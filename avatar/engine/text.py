"""From a script as people paste it to words that can be spoken and shown.

`speakable` cleans a script; `display_words` cuts the result into the words of captions. Every
speaker and aligner names its words with `display_words`, so captions match the text.
"""

import html
import re
import unicodedata
from dataclasses import dataclass

from avatar.engine.errors import InputError

MAX_WORDS = 6000  # half an hour of fast speech, as long as a voice-over may be
MAX_WORD_LENGTH = 120  # letters; espeak-ng itself reads no more than about 160 bytes as one word
MAX_MARKS = 4  # stacked accents kept on one letter; more is decoration

# Scripts written without spaces. Han, kana and Thai letters stand as words of their own.
_HAN = "\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HIRAGANA = "\u3040-\u309f"
_KATAKANA = "\u30a0-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_SOUTHEAST = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\uaa60-\uaa7f\ua9e0-\ua9ff"
_THAI_LEADING_VOWELS = "\u0e40-\u0e44\u0ec0-\u0ec4"
_UNSPACED = re.compile(f"[{_HAN}{_HIRAGANA}{_KATAKANA}{_SOUTHEAST}]")

_EMOJI = re.compile(
    "[\u20d0-\u20ff\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u2500-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\ufe0e\ufe0f\U0001f000-\U0001faff\U0001fc00-\U0001ffff"
    "\U000e0000-\U000e007f]"
)
_SIGNS_READ_ALOUD = "&%‰$€£¥₹₽₩₺₴₿¢+=×÷±°§©®™№@#½¼¾⅓⅔²³µ"
_OPENING = "([{<«‹“‘„‚¿¡「『《〈（【〔"
_OPENING_CJK = "「『《〈（【〔"

_URL = re.compile(r"<?\b(?:https?://|ftp://|www\.)[^\s<>]+", re.IGNORECASE)
_TRAILING_PUNCTUATION = re.compile(r"[.,;:!?…)\]'\"”’。，！？]+$")


def speakable(text: str, language: str) -> str:
    """The words of a script, without what cannot be said.

    Markdown, HTML, emoji, addresses, hashtag blocks and control characters go; words, numbers,
    punctuation and accents stay. Paragraphs are parted by an empty line, other spoken lines by
    one newline. Cleaning a clean text changes nothing.

    Raises InputError when nothing is left, when there are more than MAX_WORDS words, or when a
    word is longer than anybody can say.
    """
    previous, cleaned = text, _clean(text)
    while cleaned != previous:  # what one rule uncovers, another may remove
        previous, cleaned = cleaned, _clean(cleaned)
    words = display_words(cleaned)
    if not words:
        raise InputError("There is nothing to say: the text holds no words.")
    if len(words) > MAX_WORDS:
        raise InputError(
            f"The text has {len(words):,} words; {MAX_WORDS:,} is the most one reel can hold."
        )
    longest = max(words, key=len)
    if len(longest) > MAX_WORD_LENGTH:
        raise InputError(
            f"“{longest[:20]}…” is {len(longest):,} letters without a space;"
            f" {MAX_WORD_LENGTH} is the most that can be said as one word."
        )
    return cleaned


def _clean(text: str) -> str:
    text = _plain_characters(text)
    text = _without_markup(text)
    text = _without_addresses(text)
    text = _without_emoji(text)
    return _tidy(text)


def _plain_characters(text: str) -> str:
    """Line ends as newlines, spaces as spaces, fancy alphabets as letters, no controls."""
    text = re.sub(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028]", "\n", text.replace("\u2029", "\n\n"))
    text = re.sub(r"[\U0001d400-\U0001d7ff\uff01-\uff5e]", _folded, text)
    text = re.sub(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))", "", text)  # French "3 000"
    text = re.sub(rf"(?<![{_SOUTHEAST}])\u200b|\u200b(?![{_SOUTHEAST}])", "", text)
    kept = []
    marks = 0
    for sign in unicodedata.normalize("NFC", text):
        category = unicodedata.category(sign)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category == "Zs" or sign == "\t":
            kept.append(" ")
        elif sign in "\n\u200b\u200c\u200d" or (category[0] != "C" and marks <= MAX_MARKS):
            kept.append(sign)
    return unicodedata.normalize("NFC", "".join(kept))


def _folded(match: re.Match[str]) -> str:
    """Mathematical bold and full-width Latin letters as plain ones; CJK punctuation as it is."""
    sign = match.group()
    return sign if sign in "！，：；？（）～" else unicodedata.normalize("NFKC", sign)


def _without_markup(text: str) -> str:
    text = re.sub(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", " ", text, flags=re.S | re.I)
    text = re.sub(r"<(?:br|/p|/div|/li|/h\d)\s*/?>", "\n", text, flags=re.I)
    text = re.sub(r"</?[a-zA-Z][a-zA-Z0-9-]*(?:\s[^<>]*)?/?>", "", text)
    text = html.unescape(text)
    text = re.sub(r"!\[[^\]\n]*\]\([^)\n]*\)", "", text)  # pictures
    text = re.sub(r"\[([^\]\n]+)\](?:\([^)\n]*\)|\[[^\]\n]*\])", r"\1", text)  # links
    text = re.sub(r"\[\^[^\]\n]+\]:?", "", text)  # footnotes
    text = re.sub(r"^[ ]*(?:[-*_=][ ]*){3,}$", "\n", text, flags=re.M)  # rules
    text = re.sub(r"^[ ]*(?:```|~~~).*$", "\n", text, flags=re.M)  # fences; what they hold stays
    text = re.sub(r"^[ ]*\|?[ ]*:?-{2,}:?[ ]*(?:\|[ :-]*)*$", "", text, flags=re.M)
    text = re.sub(r"^[ ]*\|(.*?)\|?[ ]*$", _table_row, text, flags=re.M)
    text = re.sub(r"^(?:[ ]*>)+[ ]?", "", text, flags=re.M)  # quotations
    text = re.sub(r"^[ ]*(?:#{1,6}[ ]+)?(.*?)[ ]+#+[ ]*$", r"\n\1\n", text, flags=re.M)
    text = re.sub(r"^[ ]*#{1,6}[ ]+(.*)$", r"\n\1\n", text, flags=re.M)  # headings
    text = re.sub(r"^[ ]*(?:[-*+•●▪‣◦·–—][ ]+)(?:\[[ xX]\][ ]+)?", "\n", text, flags=re.M)
    text = re.sub(r"^[ ]*\(?\d{1,2}[.)][ ]+(?=\S)", "\n", text, flags=re.M)  # numbered lists
    text = re.sub(r"\\([\\`*_{}\[\]()#+.!~>|-])", r"\1", text)
    text = re.sub(r"`+", "", text)
    text = re.sub(r"(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)|~~|\*\*+", "", text)
    text = re.sub(r"(?<=\d)[ ]?\*[ ]?(?=\d)", " × ", text)
    text = re.sub(r"\*(?=\S)|(?<=\S)\*", "", text)
    return re.sub(r"[_|\\^~*<>]+", " ", text)


def _table_row(match: re.Match[str]) -> str:
    cells = [cell.strip() for cell in match.group(1).split("|")]
    return "\n" + ", ".join(cell for cell in cells if cell)


def _without_addresses(text: str) -> str:
    text = _URL.sub(_address_end, text)
    text = re.sub(r"^[ ]*(?:#[^\W\d]\w*[ ,]*)+$", "", text, flags=re.M)  # a block of hashtags
    return re.sub(r"#+(?=[^\W\d_])(\w+)", _hashtag, text)


def _address_end(match: re.Match[str]) -> str:
    """An address goes, the sentence end behind it stays."""
    end = _TRAILING_PUNCTUATION.search(match.group())
    return re.sub(r"[)\]'\"”’]", "", end.group()) if end else ""


def _hashtag(match: re.Match[str]) -> str:
    """#SmallBusiness24 as "Small Business 24"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d])(?=\d)", " ", match.group(1))


def _without_emoji(text: str) -> str:
    text = re.sub(r"([0-9#*])\ufe0f?\u20e3", r"\1 ", text)  # keycaps
    text = re.sub(r"\u200d(?=[\u2600-\u27bf\U0001f000-\U0001faff])", "", text)
    text = _EMOJI.sub(" ", text)
    # Joiners shape letters in Persian and the scripts of India; elsewhere they are left-overs.
    return re.sub(r"(?<![^\W\d_a-zA-Z])[\u200c\u200d]|[\u200c\u200d](?![^\W\d_a-zA-Z])", "", text)


def _tidy(text: str) -> str:
    text = re.sub(r"([!?])(?:[ ]*[!?])+", _one_of_each, text)
    text = re.sub(r"\.{2,}|…+", "…", text)
    text = re.sub(r"(?<=\w)[ ]*-{2,}[ ]*", " — ", text)
    text = re.sub(r"([,;:])[,;:]+", r"\1", text)
    text = re.sub(r"\(\s*\)|\[\s*\]|\{\s*\}", "", text)
    text = re.sub(r"[ ]+", " ", text)
    text = re.sub(r"[ ]+([.,!…])(?!\w)", r"\1", text)
    lines = [line if _can_be_said(line) else "" for line in map(str.strip, text.split("\n"))]
    return re.sub(r"\n{3,}", "\n\n", _unwrapped(lines)).strip()


def _one_of_each(match: re.Match[str]) -> str:
    """“!!!” as “!”, “?!?!” as “?!”."""
    return "".join(sign for sign in "?!" if sign in match.group())


def _unwrapped(lines: list[str]) -> str:
    """Lines joined again where an editor broke them: no sentence end, next in small letters."""
    joined: list[str] = []
    for line in lines:
        if joined and joined[-1] and line[:1].islower() and joined[-1][-1] not in ".!?…:;。！？":
            joined[-1] += " " + line
        else:
            joined.append(line)
    return "\n".join(joined)


def _can_be_said(piece: str) -> bool:
    """Whether there is a letter or a digit in it."""
    return any(unicodedata.category(sign)[0] in "LN" for sign in piece)


@dataclass(frozen=True)
class Span:
    """One word of captions and where it stands: text[start:end], punctuation included."""

    word: str
    start: int
    end: int


def display_words(text: str) -> list[str]:
    """The words of a text as captions show them, punctuation attached."""
    return [span.word for span in word_spans(text)]


def word_spans(text: str) -> list[Span]:
    """Where each display word stands in the text, in order, not overlapping.

    A word is what stands between spaces. In scripts without spaces it is one Han character, a
    kana word with its Han stem, or a syllable-sized piece of Thai, Lao, Khmer or Burmese.
    Punctuation standing alone joins the word before it, an opening sign the word behind it.
    """
    spans: list[Span] = []
    opening: int | None = None  # where punctuation began that waits for its word
    for token in re.finditer(r"[^\s\u200b]+", text):
        for start, end in _pieces(token.group(), token.start()):
            piece = text[start:end]
            if _is_word(piece):
                first = start if opening is None else opening
                spans.append(Span(text[first:end], first, end))
                opening = None
            elif spans and piece[0] not in _OPENING and opening is None:
                last = spans[-1]
                spans[-1] = Span(text[last.start : end], last.start, end)
            elif opening is None:
                opening = start
    return [Span(" ".join(s.word.replace("\u200b", "").split()), s.start, s.end) for s in spans]


def _is_word(piece: str) -> bool:
    return _can_be_said(piece) or any(sign in _SIGNS_READ_ALOUD for sign in piece)


_PIECE = re.compile(
    rf"[{_OPENING_CJK}]+|[{_HAN}][{_HIRAGANA}]+|[{_HAN}]|[{_KATAKANA}]+[{_HIRAGANA}]*|[{_HIRAGANA}]+"
    rf"|[{_SOUTHEAST}]+|[^{_HAN}{_HIRAGANA}{_KATAKANA}{_SOUTHEAST}{_OPENING_CJK}]+"
)
_CLUSTER = re.compile(
    rf"[{_THAI_LEADING_VOWELS}]?[{_SOUTHEAST}][\u0e30-\u0e3a\u0e45-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ecd"
    r"\u102b-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d"
    r"\u17b4-\u17d3]*"
)


def _pieces(token: str, offset: int) -> list[tuple[int, int]]:
    """A token cut where its script shows no spaces; most tokens stay whole."""
    if not _UNSPACED.search(token):
        return [(offset, offset + len(token))]
    pieces: list[tuple[int, int]] = []
    has_kana = bool(re.search(f"[{_HIRAGANA}]", token))
    for match in _PIECE.finditer(token):
        start, end = match.start() + offset, match.end() + offset
        if re.match(f"[{_SOUTHEAST}]", match.group()):
            pieces += _syllables(match.group(), start)
        elif has_kana and pieces and pieces[-1][1] == start and _is_stem(token, start - offset):
            pieces[-1] = (pieces[-1][0], end)  # 天気 + です
        else:
            pieces.append((start, end))
    return pieces


def _is_stem(token: str, at: int) -> bool:
    """Whether a Han character in Japanese belongs to the Han character before it."""
    return bool(re.match(f"[{_HAN}]", token[at])) and bool(re.match(f"[{_HAN}]", token[at - 1]))


def _syllables(run: str, offset: int) -> list[tuple[int, int]]:
    """Syllable-sized pieces of a run of Thai, Lao, Khmer or Burmese.

    Without a dictionary words cannot be known. Up to three clusters (a consonant with its vowels
    and tones) read well as one piece, and a vowel written first always opens one.
    """
    pieces: list[tuple[int, int]] = []
    n_clusters = 0
    for match in _CLUSTER.finditer(run):
        opens = bool(re.match(f"[{_THAI_LEADING_VOWELS}]", match.group()))
        if not pieces or opens or (n_clusters == 3 and match.end() < len(run)):
            pieces.append((offset + match.start(), offset + match.end()))
            n_clusters = 1
        else:
            pieces[-1] = (pieces[-1][0], offset + match.end())
            n_clusters += 1
    return pieces
