"""The double fails in every way it can, for one engine of each kind, and somebody at the dashboard
does what the page tells them to.

Each kind has a vendor of its own and goes through its faults one after the other, so that what was
paid can be told apart; the kinds go on beside each other.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from typing import Any

import requests

from avatar.engine.registry import ENGINES
from benchmarks.engines.browser import NotOnThePage, Page
from benchmarks.engines.lanes import beside_each_other
from benchmarks.engines.person import Person, Shown, TookTooLong
from benchmarks.engines.studio import Studio

SEEN_S = 150  # until the page says something of it
DONE_S = 420  # until it is over; an order without an answer is looked for after four minutes
FAULT_OF_OURS = "Something in the program went wrong"
AGAIN, ASK, ANEW, LEAVE = (
    "Make it after all", "Ask once more", "It was not made", "Do not",
)  # fmt: skip


@dataclass(frozen=True)
class Switch:
    """One way to fail: rules of the double, or a fault of its calls. is_found: the person waits
    until the order is looked for, where the vendor lists its jobs; else they leave it.
    """

    name: str
    fault: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    is_found: bool = False


def _order(name: str, kind: str, **more: Any) -> Switch:
    return Switch(name, {"kind": kind, "commit": True, **more})


ORDERS = (
    Switch("hangs up after", {"kind": "close_after", "commit": True}, is_found=True),
    _order("rate limit", "status", status=429, seconds=2),
    Switch(
        "too many jobs",
        {"kind": "status", "status": 429, "seconds": 2, "commit": True},
        {"busy_means": "slots"},
    ),
    _order("500 instead", "status", status=500),
    _order("502 afterwards", "status_after", status=502),
    _order("half an answer", "malformed"),
    Switch("refused key", {"kind": "status", "status": 401, "times": None}),
    _order("hangs up before", "close_before"),
    _order("a web page", "html"),
    _order("not paid", "status", status=402, times=None),
)
LOOKS = (
    Switch("500 when asked", {"kind": "status", "status": 500, "method": "GET"}),
    Switch("hangs up when asked", {"kind": "close_after", "method": "GET"}),
)
ENDS = {"moderation": "refuse", "no face": "no_face", "job fails": "fail", "trouble": "trouble"}
JOBS = tuple(Switch(name, rules={"outcome": outcome}) for name, outcome in ENDS.items())
RESULTS = tuple(
    Switch(f"result: {bad}", rules={"bad_result": bad})
    for bad in ("empty", "403", "truncated", "zero", "html", "silent", "short", "long", "broken")
)
VOICES = tuple(
    Switch(f"voice: {bad}", rules={"bad_voice": bad}) for bad in ("silent", "short", "empty")
)
ANSWERS = tuple(
    Switch(f"answer: {name}", rules={"answer": name})
    for name in ("refusal", "length", "content_filter", "invalid_json", "empty_choices")
)


@dataclass(frozen=True)
class Subject:
    """An engine that is failed with. fields: of the form, for the n-th reel; each has something
    else, so that nothing that was bought serves twice.
    """

    kind: str
    engine: str
    switches: tuple[Switch, ...]
    fields: Callable[[int], dict[str, str]]

    @property
    def vendor(self) -> str:
        return ENGINES[self.engine].vendor if self.engine in ENGINES else self.engine


def _mixed(*more: Switch) -> tuple[Switch, ...]:
    """Faults of the order and others in turn, so that half a run has seen some of each."""
    pairs = zip_longest(ORDERS, more)
    return tuple(one for pair in pairs for one in pair if one is not None)


def _part(n: int, low: float) -> str:
    return f"{low + n / 100:.2f}"


LIPSYNC, TALK = "sync:lipsync-2", "wavespeed:wavespeed-ai/infinitetalk-fast"
JOB_VOICE, VOICE = "fal:fal-ai/chatterbox/text-to-speech", "minimax:speech-2.8-hd"
LISTENER = "elevenlabs:forced-alignment"
SUBJECTS = (
    Subject(
        "film, keyed", LIPSYNC, _mixed(*JOBS[:1], *RESULTS, *LOOKS, *JOBS[1:]),
        lambda n: {"source": "footage", "performer": LIPSYNC,
                   "performer__temperature": _part(n, 0.1)},
    ),
    Subject(
        "film, no keys", TALK, _mixed(*JOBS[:1], *RESULTS, *LOOKS, *JOBS[1:]),
        lambda n: {"performer": TALK, "performer__seed": str(n + 1)},
    ),
    Subject(
        "voice, a job", JOB_VOICE, _mixed(*RESULTS, *LOOKS, *JOBS[:1], *JOBS[2:]),
        lambda n: {"voice": JOB_VOICE, "voice__exaggeration": _part(n, 0.3)},
    ),
    Subject(
        "voice, at once", VOICE, _mixed(*VOICES),
        lambda n: {"voice": VOICE, "voice__speed": _part(n, 0.9)},
    ),
    Subject(
        "listener", LISTENER, ORDERS,
        lambda n: {"voice": "speech", "voice__speed": _part(n, 0.9), "aligner": LISTENER},
    ),
    Subject("writer", "openai", _mixed(*ANSWERS), lambda n: {}),
)  # fmt: skip


@dataclass
class Told:
    """What came of one fault. paid: before the fault was switched off, and in the end."""

    subject: Subject
    switch: Switch
    sentence: str = ""
    charge: str = ""
    steps: list[str] = field(default_factory=list)
    paid: tuple[int, int] = (0, 0)
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        verdict = "WRONG" if self.wrong else "ok"
        steps = ", ".join(self.steps) or "by itself"
        return (
            f"{self.subject.kind:14} {self.switch.name:19} {verdict:5} paid {self.paid[0]} then"
            f" {self.paid[1]}; charge {self.charge or '-'}; {steps}; {self.seconds:.0f} s:"
            f" {self.sentence or 'nothing to be seen'}"
        )


def run(studio: Studio, kinds: list[str]) -> bool:
    """All faults of these kinds, or of all. Prints a line for each; whether all went well."""
    wanted = [one for one in SUBJECTS if not kinds or one.kind in kinds]
    lanes = beside_each_other([partial(_lane, studio, subject) for subject in wanted])
    told = [one for lane in lanes for one in lane]
    print()
    for one in told:
        print(one.line)
    wrong = [one for one in told if one.wrong]
    for one in wrong:
        print(f"  ! {one.subject.kind}, {one.switch.name}: {'; '.join(one.wrong)}")
    print(f"{len(told) - len(wrong)} of {len(told)} faults ended as they should.")
    return not wrong


def _lane(studio: Studio, subject: Subject) -> list[Told]:
    person, done = studio.person.copy(), []
    if subject.kind != "writer":
        person.wait(
            person.ask(captions="none", **subject.fields(len(subject.switches))), DONE_S
        )  # e.g. the clone
    for n, switch in enumerate(subject.switches):
        told, begun = Told(subject, switch), time.monotonic()
        try:
            if subject.kind == "writer":
                _written(studio, person, told, n)
            else:
                _made(studio, person, told, n)
        except (NotOnThePage, TookTooLong, requests.RequestException) as e:
            told.wrong.append(str(e))
        told.seconds = time.monotonic() - begun
        done.append(told)
        print(f"  {told.line}", flush=True)
    return done


class _On:
    """The switch, while the block lasts."""

    def __init__(self, studio: Studio, told: Told) -> None:
        self.sandbox, self.told, self.vendor = studio.sandbox, told, told.subject.vendor

    def __enter__(self) -> None:
        switch = self.told.switch
        for name, value in switch.rules.items():
            self.sandbox.set_rule(f"{self.vendor}.{name}", value)
        self.fault = (
            self.sandbox.faults.add(platform=self.vendor, **switch.fault) if switch.fault else None
        )

    def __exit__(self, *_: object) -> None:
        for name in self.told.switch.rules:
            self.sandbox.set_rule(f"{self.vendor}.{name}", None)
        if self.fault is not None:
            self.sandbox.faults.remove(self.fault.id)


def _made(studio: Studio, person: Person, told: Told, n: int) -> None:
    vendor = told.subject.vendor
    before = studio.paid()[vendor]
    with _On(studio, told):
        reel = person.ask(captions="none", **told.subject.fields(n))
        shown = person.wait(reel, SEEN_S, until=("ready", "failed", "cancelled", "waits"))
        told.sentence = shown.problem
    first = studio.paid()[vendor] - before
    shown = _finished(studio, person, told, shown, reel, before)
    told.paid = (first, studio.paid()[vendor] - before)
    label = ENGINES[told.subject.engine].label
    states = [one.told for one in shown.charges if one.engine == label]
    told.charge = ", ".join(states)
    told.wrong += _wrong(told, shown, states)


def _finished(
    studio: Studio, person: Person, told: Told, shown: Shown, reel: str, before: int
) -> Shown:
    """The reel after somebody has pressed what there is to press."""
    until = time.monotonic() + DONE_S
    while shown.state != "ready" and time.monotonic() < until:
        if shown.state == "failed":
            button = _button(studio, told, shown.page, before)
            if not button:
                return shown
            told.steps.append(f"“{button}”")
            reel = shown.page.form(button).send().url
            if button == LEAVE:
                return person.see(reel)
        shown = person.wait(reel, until - time.monotonic())
    return shown


def _button(studio: Studio, told: Told, page: Page, before: int) -> str:
    """What somebody presses who has looked at the vendor's page, as the sentence says."""
    is_there = studio.paid()[told.subject.vendor] > before
    if page.has_button(ASK):
        if not is_there:
            return ANEW
        may_ask = told.switch.is_found and told.subject.kind.startswith("film")
        return ASK if may_ask and len(told.steps) < 2 else LEAVE
    return AGAIN if page.has_button(AGAIN) and told.steps.count(f"“{AGAIN}”") < 2 else ""


def _wrong(told: Told, shown: Shown, states: list[str]) -> Iterator[str]:
    is_left = bool(told.steps) and told.steps[-1] == f"“{LEAVE}”"
    first, last = told.paid
    spoilt = sum(state.startswith("came to nothing") for state in states)
    if FAULT_OF_OURS in told.sentence:
        yield "the page blames the program"
    if shown.state != "ready" and not is_left:
        yield f"in the end it {shown.state}: {shown.problem}"
    if shown.state == "ready" and sum(state.startswith("made") for state in states) != 1:
        yield f"charges: {', '.join(states) or 'none'}"
    if first > 1 or last > 1 + spoilt:
        yield f"paid {last} times, of which {spoilt} came to nothing"


def _written(studio: Studio, person: Person, told: Told, n: int) -> None:
    """A script instead of a reel; what is written costs, and is not on a creator's account."""
    person.add_note(n)  # a sentence is said once
    before = studio.paid()["openai"]
    with _On(studio, told):
        slot = person.add_slot(n + 1)
        person.browser.get(slot).form("Write a script").send()
        told.sentence = person.outcome_of_slot(slot, SEEN_S)
    first = studio.paid()["openai"] - before
    until = time.monotonic() + DONE_S
    while not person.has_script(slot) and time.monotonic() < until:
        page = person.browser.get(slot)
        if page.has_button("Write a script"):
            told.steps.append("“Write a script”")
            page.form("Write a script").send()
        time.sleep(3)
    told.paid = (first, studio.paid()["openai"] - before)
    if FAULT_OF_OURS in told.sentence or "installation's log" in told.sentence:
        told.wrong.append("the page blames the program")
    if not person.has_script(slot):
        told.wrong.append("it was never written")
    most = (2 if told.switch in ANSWERS else 1) * (1 + len(told.steps))  # what is bad is told once
    if told.paid[1] > most:
        told.wrong.append(f"asked {told.paid[1]} times")
