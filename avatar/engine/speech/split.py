"""A long text in pieces that an engine takes, cut where a reader would breathe."""

import re

# The best places first: between paragraphs, sentences, clauses, words.
CUTS = (
    re.compile(r"\n\s*\n\s*"),
    re.compile(r"(?<=[.!?…।])['\"”’)\]]*\s+|(?<=[。！？])"),
    re.compile(r"(?<=[,;:،])\s+|(?<=[、，；：])"),
    re.compile(r"\s+"),
)
LEAST_SHARE = 0.4  # of what is allowed: a better place that leaves less is passed over


def split(text: str, longest: int | None) -> list[str]:
    """The text in pieces of at most so many characters, in order, nothing lost but white space.

    A word that is longer than that is cut in two: no engine would take it.
    """
    pieces, rest = [], text.strip()
    while longest and len(rest) > longest:
        cut = _cut(rest, longest)
        pieces.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [piece for piece in [*pieces, rest] if piece]


def _cut(text: str, longest: int) -> int:
    head = text[: longest + 1]
    for number, place in enumerate(CUTS):
        ends = [found.end() for found in place.finditer(head) if found.start() <= longest]
        least = longest * LEAST_SHARE if number < len(CUTS) - 1 else 1
        if ends and ends[-1] >= least:
            return ends[-1]
    return longest
