"""How platforms count text and find links, mentions and hashtags in it."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import regex

LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
# A full stop or bracket after a link belongs to the sentence, not to the link.
AFTER_LINK = ".,;:!?'\"…"
MENTION = re.compile(
    r"(?<![\w@/.])@([a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)+)", re.IGNORECASE
)
HASHTAG = re.compile(r"(?<![\w&#/])[#＃](?=\w*[^\W\d_])(\w+)")


class Span(NamedTuple):
    """A piece of a text: characters start to end, half-open."""

    kind: str  # "link", "mention" or "tag"
    start: int
    end: int
    value: str  # the address, the handle without @, the tag without #


def graphemes(text: str) -> int:
    """How many characters a reader sees."""
    return len(regex.findall(r"\X", text))


def links(text: str) -> Iterator[Span]:
    for found in LINK.finditer(text):
        value = found[0].rstrip(AFTER_LINK)
        if value.endswith(")") and value.count(")") > value.count("("):
            value = value[:-1].rstrip(AFTER_LINK)
        if len(value.partition("://")[2]) > 2:
            yield Span("link", found.start(), found.start() + len(value), value)


def spans(text: str) -> list[Span]:
    """Links, mentions of `@name.example` and hashtags, in order, none inside another."""
    found = list(links(text))
    for kind, pattern in (("mention", MENTION), ("tag", HASHTAG)):
        for match in pattern.finditer(text):
            if not any(span.start < match.end() and match.start() < span.end for span in found):
                found.append(Span(kind, match.start(), match.end(), match[1]))
    return sorted(found, key=lambda span: span.start)


def shortened(text: str, url_chars: int) -> str:
    """The text with every link standing for as many characters as the platform counts for it."""
    for span in reversed(list(links(text))):
        text = text[: span.start] + "x" * url_chars + text[span.end :]
    return text


# X's counting, third version: code points of these ranges count 1, all others 2, an emoji 2
# however long it is, a link 23.
LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
X_URL_CHARS = 23
# A bare name under one of the common endings is a link there, too.
BARE_LINK = re.compile(
    r"(?<![\w@./#-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
    r"(?:com|org|net|io|co|ai|app|dev|me|tv|info|biz|edu|gov|uk|de|fr|eu|us|ca)\b"
    r"(?:/(?:[^\s<>\"]*[\w/=&#-])?)?",
    re.IGNORECASE,
)
# A flag, a keycap, or a picture with whatever is joined to it.
EMOJI = regex.compile(
    r"\p{RI}\p{RI}|[0-9#*]\uFE0F?\u20E3"
    r"|(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|\p{Extended_Pictographic}(?=\p{EMod}))\p{EMod}?"
    r"(?:\u200D\p{Extended_Pictographic}\uFE0F?\p{EMod}?)*"
)


def x_length(text: str) -> int:
    """How long X takes a post to be: 280 are allowed."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    text = BARE_LINK.sub("x" * X_URL_CHARS, shortened(text, X_URL_CHARS))
    emoji = len(EMOJI.findall(text))
    rest = EMOJI.sub("", text)
    light = sum(any(low <= ord(char) <= high for low, high in LIGHT) for char in rest)
    return 2 * emoji + 2 * len(rest) - light


def without_x_links(text: str) -> str:
    """The words alone, to compare: X writes links of its own in the place of ours."""
    return " ".join(BARE_LINK.sub(" ", LINK.sub(" ", text)).split())


MASTODON_URL_CHARS = 23
REMOTE_MENTION = re.compile(r"(?<![\w@/])(@\w+)@[\w.-]+\w")


def mastodon_length(text: str) -> int:
    """How long Mastodon takes a post to be: links 23, and of @name@server only the name."""
    return graphemes(REMOTE_MENTION.sub(r"\1", shortened(text, MASTODON_URL_CHARS)))


RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")  # of LinkedIn's "little text"
PLAIN_TAG = re.compile(r"(?<![\w&#/])#(?=[^\W_]*[^\W\d_])[^\W_]+(?![\w#])")


def little_text(text: str) -> str:
    """The text as LinkedIn wants it: what it reserves is escaped, hashtags stay hashtags.

    Anything reserved that is not escaped makes LinkedIn cut the post off there and answer 201.
    """
    links_in = [(span.start, span.end) for span in links(text)]
    kept = {
        tag.start()
        for tag in PLAIN_TAG.finditer(text)
        if not any(start <= tag.start() < end for start, end in links_in)
    }
    return "".join(
        f"\\{char}" if RESERVED.match(char) and at not in kept else char
        for at, char in enumerate(text)
    )
