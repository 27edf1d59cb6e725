"""Making the planned reels, a few at a time, and looking closely at each."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import requests

from avatar.engine.errors import EngineError
from avatar.engine.media.probe import probe
from avatar.engine.media.sound import stream_sound
from benchmarks.engines.browser import NotOnThePage
from benchmarks.engines.lanes import beside_each_other
from benchmarks.engines.person import Charge, Person, Shown
from benchmarks.engines.plan import Plan
from benchmarks.engines.studio import LANES, Studio
from studio.lib.engines import Engine, Kind

PATIENCE_S = 900  # the machine may be a busy one
HEARD = {
    Kind.DENOISER: "cleaned", Kind.TRANSCRIBER: "sample-words", Kind.ALIGNER: "heard",
}  # fmt: skip
QUIETEST = 0.003  # RMS of a sound that can be heard


@dataclass
class Made:
    """What came of a plan. orders: how often the double charged meanwhile, by vendor.

    earlier: charges of the reel in which the same engines have failed together; what was bought
    there is used again.
    """

    plan: Plan
    reel: str = ""
    state: str = "failed"
    problem: str = ""
    charges: tuple[Charge, ...] = ()
    earlier: tuple[Charge, ...] = ()
    orders: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    film_ms: int = 0
    wrong: list[str] = field(default_factory=list)

    def charges_of(self, engine: Engine) -> list[Charge]:
        return [one for one in self.all_charges if one.engine == engine.label]

    @property
    def all_charges(self) -> tuple[Charge, ...]:
        return (*self.earlier, *self.charges)

    def alone(self) -> "list[Made]":
        """To be made once more, each engine in a reel of its own."""
        return [
            Made(
                plan,
                earlier=tuple(one for one in self.all_charges if one.engine in plan.labels),
                orders=Counter({vendor: self.orders[vendor] for vendor in plan.vendors}),
            )
            for plan in self.plan.alone()
        ]


class Desk:
    """Hands plans to those who make them: never two of one vendor at a time, so that what a vendor
    charges can be told apart.
    """

    def __init__(self, studio: Studio, plans: list[Plan]) -> None:
        self.studio, self.waiting = studio, [Made(plan) for plan in plans]
        self.made: list[Made] = []
        self.busy: set[str] = set()
        self.at_work = 0
        self.changed = threading.Condition()

    def work(self) -> list[Made]:
        beside_each_other([self._lane] * LANES)
        return self.made

    def _lane(self) -> None:
        person = self.studio.person.copy()
        while (made := self._next()) is not None:
            try:
                _make(self.studio, person, made)
            finally:
                self._over(made)

    def _next(self) -> Made | None:
        with self.changed:
            while self.waiting or self.at_work:
                for n, made in enumerate(self.waiting):
                    if not made.plan.vendors & self.busy:
                        self.busy |= made.plan.vendors
                        self.at_work += 1
                        return self.waiting.pop(n)
                self.changed.wait()
        return None

    def _over(self, made: Made) -> None:
        with self.changed:
            self.busy -= made.plan.vendors
            self.at_work -= 1
            if made.wrong and made.plan.is_pair:
                self.waiting[:0] = made.alone()
            else:
                self.made.append(made)
            self.changed.notify_all()
        names = ", ".join(one.name for one in made.plan.proves)
        told = "; ".join(made.wrong)
        print(f"  {made.seconds:4.0f} s  {made.state:9} {names}  {told}", flush=True)


def _make(studio: Studio, person: Person, made: Made) -> None:
    begun, wall, before = time.monotonic(), time.time(), studio.paid()
    try:
        made.reel = person.ask(**made.plan.fields())
        shown = person.wait(made.reel, PATIENCE_S)
    except (NotOnThePage, requests.RequestException) as e:
        made.wrong.append(str(e))
        return
    finally:
        made.seconds = time.monotonic() - begun
        after = studio.paid()
        made.orders += Counter({v: after[v] - before[v] for v in made.plan.vendors})
    made.state, made.problem, made.charges = shown.state, shown.problem, shown.charges
    if shown.state != "ready":
        made.wrong.append(shown.problem or f"it {shown.state} after {PATIENCE_S} s")
        return
    made.wrong += [*_wrong_names(made, shown), *_wrong_orders(made)]
    made.wrong += [*_wrong_listeners(studio, made, wall), *_wrong_film(studio, person, made)]


def _wrong_names(made: Made, shown: Shown) -> Iterator[str]:
    plan = made.plan
    for engine, said in ((plan.voice, shown.voice), (plan.performer, shown.performer)):
        if not said.startswith(engine.label):
            yield f"the page says that {said!r} did what {engine.label} was asked for"


def _wrong_listeners(studio: Studio, made: Made, begun: float) -> Iterator[str]:
    """Those of this machine have left what they heard; others are seen by their charges."""
    kept = studio.house.folder / "data" / "work"
    for engine in made.plan.listeners:
        heard = (entry.stat().st_mtime for entry in kept.rglob(f"{HEARD[engine.kind]}-*"))
        if not engine.vendor and not any(when >= begun for when in heard):
            yield f"{engine.label} has heard nothing"


def _wrong_orders(made: Made) -> Iterator[str]:
    """One order a step; the double's count and the page's are the same."""
    steps = Counter((one.engine, one.what) for one in made.all_charges)
    for (label, what), times in steps.items():
        if times != 1:
            yield f"{times} charges for the {what} of {label}"
    for engine in made.plan.engines:
        if engine.vendor and not made.charges_of(engine):
            yield f"the page names no charge of {engine.label}"
    told: Counter[str] = Counter()
    for engine in made.plan.engines:
        told[engine.vendor] += len(made.charges_of(engine))
    for vendor in made.plan.vendors:
        if made.orders[vendor] != told[vendor]:
            yield f"{vendor} charged {made.orders[vendor]} times, the page says {told[vendor]}"


def _wrong_film(studio: Studio, person: Person, made: Made) -> Iterator[str]:
    path = studio.house.folder / f"reel-{threading.get_ident()}.mp4"
    path.write_bytes(person.browser.bytes_of(f"{made.reel}video/"))
    try:
        seen = probe(path)
        sound, _ = stream_sound(path)
        loud = float((sound[:] ** 2).mean()) ** 0.5
    except EngineError as e:
        yield f"the film cannot be played: {e}"
        return
    made.film_ms = seen.duration_ms
    if not seen.has_video or (seen.width, seen.height) != (720, 1280):
        yield f"the film is {seen.width}x{seen.height}"
    if loud < QUIETEST:
        yield "the film is silent"


def _is_near(usd: object, listed: object) -> bool:
    """Two prices, where the table has one."""
    if listed is None:
        return True
    return usd is not None and abs(float(str(usd)) - float(str(listed))) <= 0.02 * float(
        str(listed)
    )


def check_story(made: list[Made], story: dict[str, dict[str, object]]) -> None:
    """Lengths and prices against the database."""
    for one in made:
        if one.state != "ready":
            continue
        kept = story[Path(one.reel.rstrip("/")).name]
        if abs(one.film_ms - int(str(kept["duration_ms"]))) > 80:
            one.wrong.append(f"the film has {one.film_ms} ms, the row {kept['duration_ms']}")
        if abs(one.film_ms - int(str(kept["take_ms"]))) > 1500:
            one.wrong.append(f"the film has {one.film_ms} ms, what is said {kept['take_ms']}")
        charges: list[dict[str, object]] = kept["charges"]  # type: ignore[assignment]
        if len(charges) != len(one.charges):
            one.wrong.append(f"{len(charges)} charges in the database, {len(one.charges)} shown")
        for charge in charges:
            usd, listed = charge["usd"], charge["listed"]
            if charge["state"] != "done":
                one.wrong.append(f"the {charge['what']} of {charge['engine']} {charge['state']}")
            if not _is_near(usd, listed):
                one.wrong.append(f"{charge['engine']} cost {usd}, its table says {listed}")
            if charge["shown"] not in [shown.price for shown in one.charges]:
                one.wrong.append(f"the page does not show {charge['shown']}")
