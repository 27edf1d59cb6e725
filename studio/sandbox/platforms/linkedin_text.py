r"""LinkedIn's "little text": reserved characters need a backslash, and what does not have one cuts
the post off there, silently, with an answer that says all is well.

    reserved:      \ | { } @ [ ] ( ) < > # * _ ~
    a hashtag:     #word              or {hashtag|\#|word}
    a mention:     @[name](urn:li:...)
"""

import re

LIMIT = 3000
RESERVED = "\\|{}@[]()<>#*_~"
HASHTAG = re.compile(r"#\w+")
TEMPLATE = re.compile(r"\{hashtag\|\\?#\|(\w+)\}")
MENTION = re.compile(r"@\[((?:\\.|[^\\\]])+)\]\(urn:li:(?:person|organization):[\w-]+\)")


def shown(commentary: str) -> str:
    """What readers see of it: unescaped, and cut off at the first bare reserved character."""
    return _walk(commentary)[0]


def kept(commentary: str) -> str:
    """What LinkedIn keeps of it, still escaped."""
    return commentary[: _walk(commentary)[1]]


def _walk(commentary: str) -> tuple[str, int]:
    found, at = "", 0
    while at < len(commentary) and (step := _element(commentary, at)):
        text, at = step
        found += text
    return found, at


def _element(text: str, at: int) -> tuple[str, int] | None:
    """The next shown piece and where it ends; None for a bare reserved character."""
    char = text[at]
    if char == "\\":
        following = text[at + 1 : at + 2]
        return (following, at + 2) if following and following in RESERVED else None
    if char not in RESERVED:
        return char, at + 1
    if char == "#" and (found := HASHTAG.match(text, at)):
        return found.group(), found.end()
    if char == "{" and (found := TEMPLATE.match(text, at)):
        return f"#{found[1]}", found.end()
    if char == "@" and (found := MENTION.match(text, at)):
        return re.sub(r"\\(.)", r"\1", found[1]), found.end()
    return None
