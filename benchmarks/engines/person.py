"""What somebody does at the dashboard, from the first visit to a reel."""

import datetime as dt
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines.browser import Browser, Form, Node, NotOnThePage, Page

LOOK_S = 0.5
NOTE = (
    "Sourdough rises because wild yeast eats sugar and makes gas. The gluten holds that gas in"
    " bubbles. A warm kitchen makes the dough rise in four hours, a cold one needs all night."
    " Feed your starter twelve hours before you bake. Salt slows the yeast down. A wet dough gives"
    " bigger holes. Steam in the oven keeps the crust soft while the loaf grows."
)
# Of notes that come later: with two names of its own no sentence is the twin of an earlier one.
NAMED = (
    "{a} needs a hot oven and {b}. Bake {a} for an hour with {b} on top. {a} keeps for a week"
    " beside {b}. Never mix {a} and {b} while they are cold. Children like {a} more than {b}."
    " {a} costs half of what {b} costs. A spoon of {a} saves a bowl of {b}."
)
NAMES = (
    *("Bar", "Cal", "Dom", "Fin", "Gal", "Hem", "Jol", "Kar", "Lum", "Mar", "Nol", "Pom", "Rav"),
    *("Sal", "Tor", "Vel", "Wim", "Zar"),
)
# What is said in every reel: some five seconds, for several engines want more than four.
WORDS = {
    "hook": "Why does a loaf of bread rise?",
    "body": "Wild yeast eats the sugar in the flour, and makes gas.",
    "call_to_action": "",
}
FEW_WORDS = {"hook": "Why does bread rise?", "body": "Yeast.", "call_to_action": ""}


class TookTooLong(Exception):
    """It never came to be on the page."""


@dataclass(frozen=True)
class Files:
    """What a creator uploads."""

    photo: Path
    recording: Path
    footage: Path


@dataclass(frozen=True)
class Charge:
    """A line of "What it cost", as the page has it."""

    engine: str  # its label
    what: str
    told: str
    price: str


@dataclass(frozen=True)
class Shown:
    """The page of a reel. state: ready, failed, cancelled, waits, or making."""

    state: str
    problem: str
    voice: str
    performer: str
    charges: tuple[Charge, ...]
    page: Page


STATES = {
    "is ready": "ready", "could not be made": "failed", "cancelled": "cancelled",
    "deleted": "cancelled", "waits.": "waits",
}  # fmt: skip


def eventually(look: Callable[[], object], what: str, seconds: float) -> None:
    """Look again and again. Raises TookTooLong."""
    until = time.monotonic() + seconds
    while not look():
        if time.monotonic() > until:
            raise TookTooLong(f"{what}: not after {seconds:.0f} s.")
        time.sleep(LOOK_S)


class Person:
    """Somebody signed in. Their creator and their script are the first of each."""

    def __init__(self, browser: Browser, script: str = "", creator: str = "") -> None:
        self.browser, self.script, self.creator = browser, script, creator

    def copy(self) -> "Person":
        """The same person in another window."""
        return Person(self.browser.copy(), self.script, self.creator)

    # Moving in

    def sign_up(self, code: str) -> None:
        page = self.browser.get("/")  # which leads to the first visit's page
        chosen = {"username": "ada", "password1": "lovelace-1843", "password2": "lovelace-1843"}
        page.form("Open the studio").fill(code=code, **chosen).send()

    def move_in(self, files: Files) -> None:
        """A creator with everything an engine could want, and the agreement to send it away."""
        page = self.browser.get("/creators/new/")
        page = page.form("Add this creator").fill(name="Ada", handle="ada").send()
        self.creator = page.url
        page.form("Add this photo").send(photo=files.photo)
        page.form("Add this recording").send(recording=files.recording)
        page.form("Add this video").send(video=files.footage)
        for part in ("photo", "voice", "footage"):
            eventually(lambda part=part: self._is_fine(part), f"the {part}", 120)  # type: ignore[misc]
        page = self.browser.get(self.creator)
        agreed = {"person": "Ada Lovelace", "standing": "own", "agree": "on"}
        page.form("Agree").fill(**agreed).send()

    def _is_fine(self, part: str) -> bool:
        section = self.browser.get(self.creator).root.first("section", id=part)
        badges = [one.text for one in section.all(class_="badge")] if section else []
        if "cannot be used" in badges:
            raise NotOnThePage(f"The {part} is refused: {section.text if section else ''}")
        return "in use" in badges or "can be used" in badges

    def set_budget(self, usd: int) -> None:
        page = self.browser.get("/engines/")
        page.form("Set the budget").fill(monthly_usd=str(usd)).send()

    def have_written(self) -> str:
        """A script by the writer of the installation. What its page says of who wrote it."""
        self._add_note("Why sourdough rises", NOTE)
        slot = self.add_slot()
        self.browser.get(slot).form("Write a script").send()
        self.script = self._script_of(slot)
        return " ".join(one.text for one in self.browser.get(self.script).root.all(class_="meta"))

    def add_note(self, number: int) -> None:
        """With sentences that no other note has."""
        a, b = (f"{NAMES[number % len(NAMES)]}{end}" for end in ("oni", "ette"))
        self._add_note(f"{a} and {b}", NAMED.format(a=a, b=b))

    def _add_note(self, title: str, text: str) -> None:
        page = self.browser.get("/calendar/notes/new/")
        _last_form(page).fill(title=title, text=text).send()

    def add_slot(self, n: int = 0) -> str:
        """The page of a new place in the calendar, well ahead and on a day of its own."""
        day = dt.date.today() + dt.timedelta(days=30 + n)
        week = f"{day.isocalendar().year}-W{day.isocalendar().week:02}"
        before = set(self._slots(week))
        self.browser.get("/calendar/new/").form("Add the slot").fill(date=f"{day}").send()
        [slot] = set(self._slots(week)) - before
        return slot

    def _slots(self, week: str) -> list[str]:
        page = self.browser.get("/calendar/", {"week": week})
        return [
            link.get("href")
            for link in page.root.all("a")
            if re.fullmatch(r"/calendar/\d+/", link.get("href"))
        ]

    def has_script(self, slot: str) -> bool:
        return bool(_scripts(self.browser.get(slot)))

    def outcome_of_slot(self, slot: str, seconds: float) -> str:
        """What its page says is wrong; empty when the script is there."""
        told: list[str] = []

        def look() -> bool:
            page = self.browser.get(slot)
            notice = page.root.first(class_="notice-warn")
            told[:] = [notice.text] if notice else []
            return bool(told or _scripts(page))

        eventually(look, "a script", seconds)
        return told[0] if told else ""

    def _script_of(self, slot: str) -> str:
        if problem := self.outcome_of_slot(slot, 60):
            raise NotOnThePage(problem)
        return _scripts(self.browser.get(slot))[0]

    def reword_and_approve(self, words: dict[str, str]) -> None:
        """A few words of one's own instead, for reels of seconds."""
        page = self.browser.get(f"{self.script}edit/")
        page = page.form("Save the version").fill(**words).send()
        self.script = page.url
        self.browser.get(self.script).form("Approve").send()

    def translate(self, language: str) -> str:
        """Have the script translated. What became of it, in the page's words."""
        form = self.browser.get(self.script).form("Translate it")
        form.fill(language=language).send()
        told: list[str] = []

        def look() -> bool:
            part = self.browser.get(self.script).root.first(id="translated")
            lines = list(part.all("li")) if part else []
            told[:] = [line.text for line in lines]
            return bool(lines) and all(one.first("a") and _is_done(one) for one in lines)

        eventually(look, "a translation", 60)
        return told[0]

    # Reels

    def ask(self, **chosen: str) -> str:
        """Fill in the form of a reel and send it. The address of the reel's page."""
        page = self.browser.get(self._form_of_reels())
        form = page.form("Make the reel")
        form.fill(size="720x1280", **chosen)
        return form.send().url

    def _form_of_reels(self) -> str:
        number = self.script.rstrip("/").rpartition("/")[2]
        return f"/reels/of-script/{number}/"

    def see(self, reel: str) -> Shown:
        page = self.browser.get(reel)
        state = next((s for words, s in STATES.items() if words in page.headline), "making")
        notice = page.root.first("p", class_="notice")
        return Shown(
            state,
            notice.text if notice and state != "ready" else "",
            _fact(page, "Voice"),
            _fact(page, "Performer"),
            tuple(_charges(page)),
            page,
        )

    def wait(self, reel: str, seconds: float = 180, until: tuple[str, ...] = ()) -> Shown:
        """Until it is over, or in one of those states."""
        over = until or ("ready", "failed", "cancelled")
        shown: list[Shown] = []

        def look() -> bool:
            shown[:] = [self.see(reel)]
            return shown[0].state in over

        with suppress(TookTooLong):
            eventually(look, "a reel", seconds)
        return shown[0]


def _scripts(slot: Page) -> list[str]:
    links = [link.get("href") for link in slot.root.all("a")]
    return [link for link in links if re.fullmatch(r"/scripts/\d+/", link)]


def _last_form(page: Page) -> Form:
    main = page.root.first("main") or page.root
    return Form(page, list(main.all("form"))[-1])


def _is_done(line: Node) -> bool:
    link = line.first("a")
    return link is not None and "/scripts/" in link.get("href")


def _fact(page: Page, name: str) -> str:
    """What "About this reel" says of it."""
    for block in page.root.all("dl", class_="facts"):
        for pair in block.all("div"):
            term, said = pair.first("dt"), pair.first("dd")
            if term is not None and said is not None and term.text == name:
                return said.text
    return ""


def _charges(page: Page) -> list[Charge]:
    """What was ordered for it: settled, or waiting for somebody's decision."""
    found = []
    for line in page.root.all("li", class_="list-item"):
        label, price = line.first("strong"), line.first("span", class_="num")
        meta = line.first("span", class_="meta")
        if label is not None and meta is not None and price is not None:
            what, _, told = meta.text.partition(", ")
            found.append(Charge(label.text, what, told, price.text))
    return found
