"""Mastodon's texts: how they are counted, and the HTML they become."""

import html
import re

import regex

LIMIT, PER_LINK = 500, 23
LINK = re.compile(r"https?://[^\s<>\"]+")
MENTION = re.compile(r"(?<![\w/])@(\w+)@[\w.-]+\w")
TAG = re.compile(r"(?<![\w&/])#(\w*[^\W\d]\w*)")


def length(text: str) -> int:
    """In characters as people see them. A link counts 23; of @name@server only @name counts."""
    return len(regex.findall(r"\X", MENTION.sub(r"@\1", LINK.sub("x" * PER_LINK, text))))


def as_html(text: str, base: str) -> str:
    """The content as its API gives it: paragraphs, line breaks, links."""
    paragraphs = re.split(r"\n{2,}", text.strip())
    return "".join(f"<p>{_linked(one, base)}</p>" for one in paragraphs if one)


def _linked(paragraph: str, base: str) -> str:
    found = html.escape(paragraph, quote=False).replace("\n", "<br />")
    found = LINK.sub(_link, found)
    tag = rf'<a href="{base}/tags/\1" class="mention hashtag" rel="tag">#<span>\1</span></a>'
    return TAG.sub(tag, found)


def _link(match: re.Match[str]) -> str:
    """As it is shown: the scheme and what is beyond thirty characters hidden."""
    url = match[0]
    scheme, _, rest = url.partition("://")
    more = f'<span class="invisible">{rest[30:]}</span>' if len(rest) > 30 else ""
    kind = ' class="ellipsis"' if more else ""
    return (
        f'<a href="{url}" target="_blank" rel="nofollow noopener">'
        f'<span class="invisible">{scheme}://</span><span{kind}>{rest[:30]}</span>{more}</a>'
    )
