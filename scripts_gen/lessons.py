"""What worked: how much better or worse posts did with one subject, kind of hook, length or part
of the day. Pure.

A mean of few posts is mostly chance, so each is drawn towards "no difference" as if eight posts
without any had been seen as well. One kind is compared with all others; what comes together (a
subject always told in the evening) is not told apart.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

PSEUDO_POSTS = 8
NOISE_SD, NOISE_POSTS = 0.8, 8  # typical log noise of a short video, and how long it is believed
Z_80 = 1.2816
LEAST_TURNS, MOST_TURNS = 0.5, 2.0  # nothing starves and nothing takes over
ENOUGH = 5  # posts of a kind before a sentence is made of them

LENGTHS = {"under 20 s": 20_000, "20 to 30 s": 30_000, "30 to 45 s": 45_000}  # up to, in ms
LONGEST = "over 45 s"
HOOKS = {
    "question": "opening with a question",
    "number": "opening with a number",
    "contrast": "opening with a contradiction",
    "statement": "opening with a plain sentence",
}


@dataclass(frozen=True)
class Outcome:
    """What became of one post. part: of the day, "" in the night. gain: above the account's usual,
    in logs of what it reached in 24 hours.
    """

    script_pk: int
    duration_ms: int
    part: str
    gain: float


@dataclass(frozen=True)
class Effect:
    """In logs, against the creator's other posts; 80 % lie between low and high. n: posts."""

    n: int
    mean: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        return self.n >= ENOUGH and (self.low > 0 or self.high < 0)


def effects(gains: Iterable[tuple[str, float]]) -> dict[str, Effect]:
    """How each kind did: (kind, gain) of every post. What is of no kind, "", counts as other."""
    known = list(gains)
    if not known:
        return {}
    usual = sum(gain for _, gain in known) / len(known)
    by_kind: dict[str, list[float]] = {}
    for kind, gain in known:
        by_kind.setdefault(kind, []).append(gain - usual)
    squares = sum((gain - usual) ** 2 for _, gain in known)
    variance = (NOISE_POSTS * NOISE_SD**2 + squares) / (NOISE_POSTS + len(known))
    return {kind: _effect(some, variance) for kind, some in sorted(by_kind.items()) if kind}


def _effect(gains: Sequence[float], variance: float) -> Effect:
    n = len(gains)
    mean = sum(gains) / (n + PSEUDO_POSTS)
    reach = Z_80 * math.sqrt(variance / (n + PSEUDO_POSTS))
    return Effect(n, mean, mean - reach, mean + reach)


def turns(effect: float) -> float:
    """How many turns a kind gets for each that it would get otherwise: half as many views again,
    half as many turns again. Between a half and two.
    """
    return max(LEAST_TURNS, min(MOST_TURNS, math.exp(effect)))


def weighed(shares: Mapping[str, float], learned: Mapping[str, float]) -> dict[str, float]:
    """Shares of the calendar after what was learned (logs); what has no lesson keeps its own."""
    return {kind: share * turns(learned.get(kind, 0.0)) for kind, share in shares.items()}


def length_kind(duration_ms: int) -> str:
    return next((name for name, end in LENGTHS.items() if duration_ms < end), LONGEST)
