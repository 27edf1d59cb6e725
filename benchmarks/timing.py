"""Six ways to choose the hour of a post, on accounts whose best hours are known.

    python -m benchmarks.timing [--runs 120] [--processes 2]

An account has 112 waking cells a week. Their true effects add up from the hour (sd 0.12, smooth
round the clock), the day (0.08) and both together (0.05); a post's noise has an sd of 0.8, all in
logs of views. Each way posts again and again, learning from what it got, with a prior that
correlates with the truth by rho. What counts is the true effect of the hours it chose in the last
quarter of T posts, which is the lift over a random hour. The three that learn do it with the
product's own code, `publishing.peak_times`.
"""

import argparse
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from publishing.peak_times import HOURS_A_WEEK, History, Surface, learn
from publishing.peak_times.surface import WAKING

Floats = NDArray[np.float64]

HOUR_SD, DAY_SD, BOTH_SD, NOISE_SD = 0.12, 0.08, 0.05, 0.8
EXPLORE = 0.15
ASLEEP = -0.6
# (T, rho) and the lift that POSTING_TIMES 3.4 measured for tempered Thompson sampling.
TABLE = {
    (30, 0.3): 0.10,
    (60, 0.3): 0.10,
    (120, 0.3): 0.14,
    (240, 0.3): 0.17,
    (60, 0.5): 0.18,
    (240, 0.5): 0.20,
}
EVIDENCE_FROM = (60, 120, 240)


@dataclass
class World:
    """One account: what nobody knows (truth), what the studies say (prior), what happened."""

    truth: Floats  # (112,) logs, mean 0
    prior: Floats  # (168,)
    rng: np.random.Generator
    level: float = 6.0
    cells: list[int] = field(default_factory=list)  # places in the 112
    counts: list[int] = field(default_factory=list)

    def post(self, cell: int) -> None:
        size = self.level + self.truth[cell] + NOISE_SD * self.rng.standard_normal()
        self.cells.append(cell)
        self.counts.append(round(float(np.expm1(size))))

    def history(self) -> History:
        return History(tuple(self.prior), WAKING[self.cells], np.array(self.counts, float))

    def learned(self) -> Surface:
        return learn(self.history())


def world(seed: int, rho: float, *, scale: float = 1.0, smooth: bool = True) -> World:
    """scale: of the true effects; 0 is an account to which the hour means nothing."""
    rng = np.random.default_rng([seed, round(rho * 100)])
    truth, other = effects(rng, smooth), effects(rng, smooth)
    prior = np.full(HOURS_A_WEEK, ASLEEP)
    prior[WAKING] = rho * truth + np.sqrt(1 - rho**2) * other
    return World(scale * truth, prior, rng)


def effects(rng: np.random.Generator, smooth: bool = True) -> Floats:
    """(112,) true effects of the waking cells, Monday 7 h first, less their mean."""
    apart = np.sin(np.pi * (np.arange(24)[:, None] - np.arange(24)) / 24)
    alike = np.exp(-2 * apart**2 / 0.6**2) if smooth else np.eye(24)
    hours = rng.multivariate_normal(np.zeros(24), HOUR_SD**2 * alike, method="eigh")[7:23]
    days = rng.normal(0, DAY_SD, (7, 1))
    whole: Floats = (hours + days + rng.normal(0, BOTH_SD, (7, 16))).ravel()
    return whole - whole.mean()


# --- the six ways: each names the next of the 112 cells ------------------------------------------


def at_random(world: World) -> int:
    return int(world.rng.integers(len(WAKING)))


def follow_prior(world: World) -> int:
    return int(world.prior[WAKING].argmax())


def best_cell(world: World) -> int:
    """The cell with the best mean so far, as tools with a grid of the last weeks do."""
    if not world.cells or world.rng.random() < EXPLORE:
        return at_random(world)
    cells, logs = np.array(world.cells), np.log1p(world.counts)
    seen = np.unique(cells)
    return int(max(seen, key=lambda cell: logs[cells == cell].mean()))


def full_thompson(world: World) -> int:
    return _best(world.learned().draw(_luck(world), temper=1.0))


def tempered(world: World) -> int:
    """What the product does."""
    return _best(world.learned().draw(_luck(world)))


def mean_and_random(world: World) -> int:
    if world.rng.random() < EXPLORE:
        return at_random(world)
    return _best(world.learned().mean)


def _best(week: Iterable[float]) -> int:
    return int(np.array(list(week))[WAKING].argmax())


def _luck(world: World) -> int:
    return int(world.rng.integers(2**32))


Way = Callable[[World], int]
WAYS: dict[str, Way] = {
    "random": at_random,
    "prior only": follow_prior,
    "best cell": best_cell,
    "full Thompson": full_thompson,
    "Thompson x 0.3": tempered,
    "mean + 15 %": mean_and_random,
}


def lifts(way: Way, start: World, n_posts: int) -> Floats:
    """(n_posts,) true effects of the cells that `way` chose, post by post."""
    for _ in range(n_posts):
        start.post(way(start))
    return start.truth[start.cells]


def last_quarter(gained: Floats, n_posts: int) -> float:
    return float(gained[n_posts - n_posts // 4 : n_posts].mean())


def compare(seed: int, rho: float, lengths: tuple[int, ...], smooth: bool = True) -> list[Floats]:
    """For each length of a history, what each way gained in its last quarter, and the best cell.

    One history serves all lengths: what was done in the first posts knows nothing of the later.
    """
    gained = [lifts(way, world(seed, rho, smooth=smooth), max(lengths)) for way in WAYS.values()]
    best = float(world(seed, rho, smooth=smooth).truth.max())
    return [np.array([*(last_quarter(g, n) for g in gained), best]) for n in lengths]


def honesty(
    seed: int, scale: float, lengths: tuple[int, ...] = EVIDENCE_FROM
) -> list[tuple[str, float]]:
    """Of one account that follows the product: what it says, and how many true lifts lie inside
    the 80 % intervals, after so many posts.
    """
    account = world(seed, 0.3, scale=scale)
    found = []
    for n in range(1, max(lengths) + 1):
        account.post(tempered(account))
        if n in lengths:
            surface = account.learned()
            _, low, high = surface.lifts()
            true = np.expm1(account.truth)
            inside = (low[WAKING] <= true) & (true <= high[WAKING])
            found.append((surface.standing.basis, float(inside.mean())))
    return found


# --- printing ------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=120)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    started = time.perf_counter()
    with get_context("spawn").Pool(given.processes) as pool:
        worlds = [(0.3, (30, 60, 120, 240), True), (0.5, (60, 240), True)]
        worlds += [(0.0, (120,), True), (0.3, (120,), False)]
        print(
            f"mean log lift over a random hour, last quarter of T posts, {given.runs} runs, s.e."
        )
        print(" " * 14 + "".join(f"{name:>16}" for name in (*WAYS, "best possible", "table")))
        for rho, lengths, smooth in worlds:
            jobs = [(seed, rho, lengths, smooth) for seed in range(given.runs)]
            for n, runs in zip(
                lengths, zip(*pool.starmap(compare, jobs), strict=True), strict=True
            ):
                print_row(n, rho, smooth, np.array(runs))
        for scale, name in (
            (0.0, "no effect at all"),
            (1.0, "effects as above"),
            (2.0, "twice the effects"),
        ):
            jobs_2 = [(seed, scale) for seed in range(given.runs)]
            print_honesty(name, pool.starmap(honesty, jobs_2))
    print(f"{time.perf_counter() - started:.0f} s")


def print_row(n: int, rho: float, smooth: bool, runs: Floats) -> None:
    means, errors = runs.mean(axis=0), runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
    cells = "".join(f"{m:>9.3f} ({e:.3f})" for m, e in zip(means, errors, strict=True))
    told = f"{TABLE[n, rho]:>16.2f}" if smooth and (n, rho) in TABLE else ""
    print(
        f"T {n:>3}, rho {rho:.1f}{cells}{told}{'' if smooth else '  hours not smooth'}", flush=True
    )
    names = list(WAYS)
    ours = runs[:, names.index("Thompson x 0.3")]
    for rival in ("prior only", "best cell"):
        ahead = ours - runs[:, names.index(rival)]
        error = ahead.std(ddof=1) / np.sqrt(len(ahead))
        print(f"{'':14}  ahead of {rival} by {ahead.mean():.3f} ({error:.3f})")


def print_honesty(name: str, runs: list[list[tuple[str, float]]]) -> None:
    print(f"what is said, {name}:")
    for n, said in zip(EVIDENCE_FROM, zip(*runs, strict=True), strict=True):
        bases = [basis for basis, _ in said]
        share = {basis: bases.count(basis) / len(bases) for basis in sorted(set(bases))}
        words = ", ".join(f"{basis} {part:.0%}" for basis, part in share.items())
        inside = np.mean([part for _, part in said])
        print(f"  after {n:>3} posts: {words}; 80 % intervals hold {inside:.0%} of the true lifts")


if __name__ == "__main__":
    main()
