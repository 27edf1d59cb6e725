"""How X counts a post: 280 units, of which a link takes 23 and an emoji or a Han character two."""

import unicodedata

import regex

LIMIT = 280
LINK = 23
# Code points that weigh one; all others weigh two. Version 3 of X's published configuration.
LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
# With a scheme, or a bare host under a common top-level domain, which X links as well.
LINKS = regex.compile(
    r"(?i)\bhttps?://[^\s<>\"]+|(?<![\w@./#-])(?:[a-z0-9][a-z0-9-]*\.)+"
    r"(?:com|org|net|io|co|ai|app|dev|me|tv|info|biz|edu|gov|uk|de|fr|eu|us|ca)\b(?:/[^\s<>\"]*)?"
)
EMOJI = regex.compile(r"[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3]")


def weighted_length(text: str) -> int:
    """The length as X counts it."""
    text = unicodedata.normalize("NFC", text)
    links = len(LINKS.findall(text))
    rest = LINKS.sub("", text)
    return links * LINK + sum(_weight(cluster) for cluster in regex.findall(r"\X", rest))


def _weight(cluster: str) -> int:
    if EMOJI.search(cluster) and not cluster.isascii() and _is_emoji(cluster):
        return 2
    return sum(1 if any(a <= ord(c) <= b for a, b in LIGHT) else 2 for c in cluster)


def _is_emoji(cluster: str) -> bool:
    """Whether it is drawn as one picture: (c) and (r) are text unless asked otherwise."""
    return "\ufe0f" in cluster or not regex.fullmatch(r"[\u00a9\u00ae\u203c\u2049\u2122]", cluster)
