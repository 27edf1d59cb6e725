"""A browser without a window: pages are read and their own forms are filled in and sent.

A field that the page does not show cannot be filled in, a choice that it does not offer cannot be
chosen, and where a control asks for another part of the form (htmx), that part is asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import requests

VOID = {"input", "br", "img", "meta", "link", "source", "track", "hr", "rect", "path", "wbr"}
WAIT_S = 120


class NotOnThePage(Exception):
    """What somebody would click or fill in is not there; the message says what is missing."""


@dataclass
class Node:
    """An element. children: elements and pieces of text, in their order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[Node | str]" = field(default_factory=list)

    def all(self, tag: str = "", **wanted: str) -> Iterator["Node"]:
        """Elements below with that tag, whose attributes have these words."""
        for child in self.children:
            if isinstance(child, str):
                continue
            has = all(value in child.get(name).split() for name, value in wanted.items())
            if has and tag in ("", child.tag):
                yield child
            yield from child.all(tag, **wanted)

    def first(self, tag: str = "", **wanted: str) -> "Node | None":
        return next(self.all(tag, **wanted), None)

    def get(self, name: str) -> str:
        """An attribute; `class_` is `class`."""
        return self.attributes.get(name.rstrip("_").replace("_", "-"), "")

    @property
    def text(self) -> str:
        parts = (one if isinstance(one, str) else one.text for one in self.children)
        return " ".join(" ".join(parts).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Node("page")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        for n in range(len(self.open) - 1, 0, -1):
            if self.open[n].tag == tag:
                del self.open[n:]
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(text: str) -> Node:
    reader = _Reader()
    reader.feed(text)
    return reader.root


class Form:
    """A form of a page, filled in as the page has it."""

    def __init__(self, page: "Page", node: Node) -> None:
        self.page, self.node = page, node
        self.values = dict(_values(node))

    def choices(self, name: str) -> list[str]:
        """What a select or the radio buttons of that name offer."""
        offered = [option.get("value") for option in self._control(name).all("option")]
        radios = self.node.all("input", type="radio", name=name)
        return offered or [one.get("value") for one in radios]

    def fill(self, **chosen: str) -> "Form":
        """One after the other, for one choice can bring the fields of the next. `a__b`: `a-b`."""
        for given, value in chosen.items():
            name = given.replace("__", "-")
            control = self._control(name)
            is_choice = control.tag == "select" or control.get("type") == "radio"
            if is_choice and value not in self.choices(name):
                raise NotOnThePage(f"{self.page.url} does not offer {value!r} as {name}.")
            self.values[name] = value
            if address := control.get("hx-get"):
                self._ask_for_part(address)
        return self

    def send(self, **files: Path) -> "Page":
        """Press the button. Raises NotOnThePage with what the page says is wrong."""
        address = urljoin(self.page.url, self.node.get("action") or self.page.url)
        opened = {name: (path.name, path.read_bytes()) for name, path in files.items()}
        answer = self.page.browser.session.post(
            address,
            data=self.values,
            files=opened or None,
            headers={"Referer": self.page.url},
            timeout=WAIT_S,
        )
        page = Page(self.page.browser, answer)
        if answer.status_code >= 400:
            raise NotOnThePage(page.complaint or f"{address} answered {answer.status_code}.")
        return page

    def _control(self, name: str) -> Node:
        for tag in ("select", "input", "textarea"):
            if found := self.node.first(tag, name=name):
                return found
        raise NotOnThePage(f"The form at {self.page.url} has no field {name}.")

    def _ask_for_part(self, address: str) -> None:
        """The part of the form that depends on what was chosen, as htmx does."""
        part = self.node.first(id="engine-fields")
        assert part is not None
        asked = {k: v for k, v in self.values.items() if k != "csrfmiddlewaretoken"}
        fresh = self.page.browser.get(address, params=asked, headers={"HX-Request": "true"})
        new = fresh.root.first(id="engine-fields")
        if new is None:
            raise NotOnThePage(f"{address} brought no fields.")
        for name, _ in _values(part):
            self.values.pop(name, None)
        part.children = new.children
        self.values.update(_values(part))


def _values(node: Node) -> Iterator[tuple[str, str]]:
    """Names and values as a browser would send them."""
    for control in node.all("input"):
        kind, name = control.get("type"), control.get("name")
        if kind in ("checkbox", "radio") and "checked" not in control.attributes:
            continue
        if name and kind not in ("file", "submit"):
            yield name, control.get("value") or ("on" if kind == "checkbox" else "")
    for area in node.all("textarea"):
        yield area.get("name"), "".join(str(one) for one in area.children).lstrip("\n")
    for select in node.all("select"):
        options = list(select.all("option"))
        chosen = [one for one in options if "selected" in one.attributes] or options[:1]
        for one in chosen:
            yield select.get("name"), one.get("value")


class Page:
    def __init__(self, browser: "Browser", answer: requests.Response) -> None:
        self.browser, self.url, self.status = browser, answer.url, answer.status_code
        self.root = read(answer.text)

    def form(self, button: str) -> Form:
        """The form whose button says that."""
        for node in self.root.all("form"):
            if any(button in one.text for one in node.all("button")):
                return Form(self, node)
        raise NotOnThePage(f"{self.url} has no button “{button}”.")

    def has_button(self, button: str) -> bool:
        return any(button in one.text for one in self.root.all("button"))

    def link(self, words: str) -> str:
        """Where the link that says that leads."""
        for node in self.root.all("a"):
            if words in node.text:
                return node.get("href")
        raise NotOnThePage(f"{self.url} has no link “{words}”.")

    @property
    def headline(self) -> str:
        found = self.root.first("h1")
        return found.text if found else ""

    @property
    def complaint(self) -> str:
        """What the page says is wrong with what was sent."""
        notes = list(self.root.all(class_="field-error"))
        notes += self.root.all(class_="notice-bad")
        return " ".join(dict.fromkeys(note.text for note in notes))


class Browser:
    """Somebody at the dashboard, with cookies of their own."""

    def __init__(self, address: str) -> None:
        self.address, self.session = address, requests.Session()

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        answer = self.session.get(
            urljoin(self.address, path), params=params, headers=headers, timeout=WAIT_S
        )
        if answer.status_code >= 400:
            raise NotOnThePage(f"{answer.url} answered {answer.status_code}.")
        return Page(self, answer)

    def bytes_of(self, path: str) -> bytes:
        answer = self.session.get(urljoin(self.address, path), timeout=WAIT_S)
        answer.raise_for_status()
        return answer.content

    def copy(self) -> "Browser":
        """The same person in another window."""
        other = Browser(self.address)
        other.session.cookies.update(self.session.cookies)
        return other
