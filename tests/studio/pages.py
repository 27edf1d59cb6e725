"""Reading a page the way a screen reader and a strict browser would; used by the crawl."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"}
VOID |= {"track", "wbr", "rect", "path", "circle", "line", "polyline", "polygon", "ellipse"}
FETCHED = {"src", "poster", "srcset", "action", "formaction", "data", "hx-get", "hx-post"}
UNLABELLED = {"hidden", "submit", "button", "reset", "image"}


@dataclass
class Tag:
    name: str
    attrs: dict[str, str]
    parent: "Tag | None" = None
    children: "list[Tag | str]" = field(default_factory=list)

    @property
    def text(self) -> str:
        """What is read aloud: nothing that is hidden from it."""
        if self.attrs.get("aria-hidden") == "true" or "hidden" in self.attrs:
            return ""
        if "aria-label" in self.attrs:
            return self.attrs["aria-label"]
        if self.name == "img":
            return self.attrs.get("alt", "")
        said = (child if isinstance(child, str) else child.text for child in self.children)
        return re.sub(r"\s+", " ", "".join(said)).strip()

    def above(self):
        tag = self.parent
        while tag:
            yield tag
            tag = tag.parent


class Page(HTMLParser):
    def __init__(self, html: str):
        super().__init__()
        self.tags: list[Tag] = []
        self.open: list[Tag] = [Tag("", {})]
        self.feed(html)

    def handle_starttag(self, name, attrs):
        tag = Tag(name, {key: value or "" for key, value in attrs}, self.open[-1])
        self.open[-1].children.append(tag)
        self.tags.append(tag)
        if name not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, name, attrs):
        self.handle_starttag(name, attrs)
        if name not in VOID:
            self.open.pop()

    def handle_endtag(self, name):
        if name not in VOID and any(tag.name == name for tag in self.open):
            while self.open.pop().name != name:
                pass

    def handle_data(self, text):
        self.open[-1].children.append(text)

    def all(self, *names: str) -> list[Tag]:
        return [tag for tag in self.tags if tag.name in names]


def complaints(html: str) -> list[str]:
    """What is wrong with a page, each in a line; empty when nothing is."""
    page = Page(html)
    return [
        line
        for check in (_inline, _foreign, _headings, _labels, _names, _ids, _pictures, _document)
        for line in check(page)
    ]


def _document(page):
    [html], [title] = page.all("html"), page.all("title")
    if not html.attrs.get("lang"):
        yield "the page does not say its language"
    if not title.text.split("·")[0].strip():
        yield "the title is empty"
    if len(page.all("main")) != 1:
        yield "there is not exactly one <main>"
    primary = [
        tag
        for tag in page.tags
        if "button-primary" in tag.attrs.get("class", "").split()
        and not any(above.name in ("dialog", "details") for above in tag.above())
    ]
    if len(primary) > 1:
        yield f"{len(primary)} primary actions: {[tag.text for tag in primary]}"


def _inline(page):
    for tag in page.tags:
        if tag.name == "style" or (tag.name == "script" and "src" not in tag.attrs):
            yield f"inline <{tag.name}>"
        for name in tag.attrs:
            if name == "style" or name.startswith(("on", "hx-on")):
                yield f"inline {name} on <{tag.name}>"


def _foreign(page):
    for tag in page.tags:
        for name, value in tag.attrs.items():
            fetched = name in FETCHED or (tag.name == "link" and name == "href")
            if fetched and re.match(r"(\w+:)?//", value):
                yield f"<{tag.name} {name}={value}> leaves the installation"
        out = tag.name == "a" and re.match(r"(\w+:)?//", tag.attrs.get("href", ""))
        if out and "noreferrer" not in tag.attrs.get("rel", ""):
            yield f"the link to {tag.attrs['href']} tells where it came from"


def _headings(page):
    levels = [int(tag.name[1]) for tag in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"headings do not begin with the only h1: {levels}"
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"a heading skips a level: h{before} then h{after}"
    for tag in page.all("h1", "h2", "h3", "h4"):
        if not tag.text:
            yield f"an empty <{tag.name}>"


def _labels(page):
    labelled = {tag.attrs.get("for") for tag in page.all("label") if tag.text}
    for tag in page.all("input", "select", "textarea"):
        if tag.attrs.get("type") in UNLABELLED:
            continue
        named = tag.attrs.get("aria-label") or tag.attrs.get("aria-labelledby")
        wrapped = any(above.name == "label" and above.text for above in tag.above())
        if not (named or wrapped or tag.attrs.get("id") in labelled):
            yield f"<{tag.name} name={tag.attrs.get('name')}> has no label"


def _names(page):
    for tag in page.all("a", "button", "summary"):
        hidden = tag.attrs.get("aria-hidden") == "true" or "hidden" in tag.attrs
        named = tag.text or tag.attrs.get("aria-labelledby")
        if not named and not hidden:
            yield f"<{tag.name} {tag.attrs}> has no name"
        if tag.name == "a" and not tag.attrs.get("href"):
            yield f"the link “{tag.text}” leads nowhere"


def _ids(page):
    ids = [tag.attrs["id"] for tag in page.tags if "id" in tag.attrs]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"two things are called #{twice}"
    for tag in page.tags:
        for name in ("aria-labelledby", "aria-describedby", "aria-controls"):
            for target in tag.attrs.get(name, "").split():
                if target not in ids:
                    yield f"{name} of <{tag.name}> points to #{target}, which is not there"


def _pictures(page):
    for tag in page.all("img"):
        if "alt" not in tag.attrs:
            yield f"the picture {tag.attrs.get('src')} has no alt"
    for tag in page.all("svg"):
        named = tag.attrs.get("role") and tag.attrs.get("aria-label")
        if not (tag.attrs.get("aria-hidden") or named):
            yield "a drawing is neither hidden nor named"
