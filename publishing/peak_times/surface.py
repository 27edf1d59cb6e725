"""How much an hour of the week is worth to one account: the studies' prior, moved by its results.

The logarithm of what a post reaches is taken to be the sum of the account's level, an effect of
the day, a smooth effect of the hour, a small effect of both together, and noise that is much
larger than all of them. Everything is Gaussian, so the posterior is one linear solve. Other
accounts of the same creator have effects of their own that resemble these, and help to find them.

Effects this small are hardly learnable at the pace of one creator: most accounts will read
"learning" for months, and that is the truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from publishing.peak_times.prior import AWAKE, HOURS_A_WEEK, Week

Floats = NDArray[np.float64]
Basis = Literal["prior only", "learning", "learned", "no reliable pattern"]

FEW = 5  # with fewer results, here and elsewhere, an account follows the studies alone
WINDOW = 20  # posts whose median is the account's usual
WINSOR = 2.0  # robust standard deviations; one video that took off teaches little about hours
MEASURED_SD = 0.15  # of all effects together, where somebody measured them
PSEUDO_POSTS = 8  # strength of the prior: one cell's effect varies as the mean of so many posts
# How the effects' variance is divided, from a hour sd of 0.12, day 0.08 and interaction 0.05.
OF_HOURS, OF_DAYS, OF_BOTH = 0.62, 0.27, 0.11
HOUR_SCALE = 0.6  # of the circular kernel: hours three apart correlate by 0.44, six by 0.06
N_SHAPES = 9  # of a day's curve; the rest carries less than 1 % of the kernel
LEVEL_SD = 0.5  # of what the rolling median leaves of the account's level
ALIKE = 0.6  # correlation of the same effect on two accounts of one creator
NOISE_SD, NOISE_POSTS = 0.8, 8  # typical log noise of short videos, and how long it is believed
TEMPER = 0.3  # of the posterior's sd: full Thompson sampling explores too much (POSTING_TIMES)
Z_80 = 1.2816  # 80 % of a normal distribution lie within so many sd
ENOUGH = 30  # results before anything is said for or against a pattern
CONVINCING = np.log(3.0)  # Bayes factor: three to one
WAKING = np.array([cell for cell in range(HOURS_A_WEEK) if cell % 24 in AWAKE])


@dataclass(frozen=True)
class History:
    """The results of one account, in the order of time.

    cells: (n,) hour of the week in local time, Monday 0 h = 0. counts: (n,) what each post reached
    in its first 24 hours. prior: the week that the studies expect on its platform.
    """

    prior: Week
    cells: NDArray[np.int64]
    counts: Floats


@dataclass(frozen=True)
class Lift:
    """How much better than an average waking hour, as factors less one; low to high holds 80 %."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Standing:
    """What can be said about an account's hours. n: its own results; n_elsewhere: of the creator's
    other accounts.
    """

    basis: Basis
    n: int
    n_elsewhere: int = 0

    def __str__(self) -> str:
        return f"learning ({self.n})" if self.basis == "learning" else self.basis


@dataclass(frozen=True)
class Surface:
    """The posterior of the account `own`.

    mean: (168,) logs; root: (168, k), its covariance is root @ root.T.
    """

    own: History
    mean: Floats
    root: Floats
    n_elsewhere: int = 0

    @property
    def follows_prior(self) -> bool:
        return _are_few(self.n, self.n_elsewhere)

    @property
    def n(self) -> int:
        return len(self.own.cells)

    @cached_property
    def evidence(self) -> float:
        """Log Bayes factor of what was measured elsewhere, +-15 %, against no effect at all."""
        gain = rewards(self.own.counts)
        variance = _noise(gain)
        level = np.full((self.n, 1), LEVEL_SD)
        effects = MEASURED_SD * _shapes()[self.own.cells]
        return _log_marginal(gain, np.hstack([level, effects]), variance) - _log_marginal(
            gain, level, variance
        )

    @property
    def standing(self) -> Standing:
        return Standing(self._basis(), self.n, self.n_elsewhere)

    def _basis(self) -> Basis:
        if self.follows_prior:
            return "prior only"
        if self.n < ENOUGH:
            return "learning"
        if self.evidence >= CONVINCING:
            return "learned"
        return "no reliable pattern" if self.evidence <= 0 else "learning"

    def draw(self, seed: int | str | Sequence[int], temper: float = TEMPER) -> Week:
        """The week as it might be: what to follow next, so that doubtful hours get their turn.

        The same seed gives the same week as long as no result comes in.
        """
        if self.follows_prior:
            return self.own.prior
        number = list(seed.encode()) if isinstance(seed, str) else seed
        z = np.random.default_rng(number).standard_normal(self.root.shape[1])
        return tuple(self.mean + temper * (self.root @ z))

    def lift(self, cell: int) -> Lift:
        mean, low, high = (float(band[cell]) for band in self.lifts())
        return Lift(mean, low, high)

    def lifts(self) -> tuple[Floats, Floats, Floats]:
        """Mean, low and high of all 168 hours, as in `Lift`."""
        mean = self.mean - self.mean[WAKING].mean()
        root = self.root - self.root[WAKING].mean(axis=0)
        reach = Z_80 * np.sqrt((root**2).sum(axis=1))
        return np.expm1(mean), np.expm1(mean - reach), np.expm1(mean + reach)


def learn(own: History, others: Sequence[History] = ()) -> Surface:
    """The surface of the account of `own`; `others` are the same creator's other accounts.

    With fewer than 5 results here and elsewhere it is the prior.
    """
    n_elsewhere = sum(len(other.cells) for other in others)
    if _are_few(len(own.cells), n_elsewhere):
        nothing = History(own.prior, own.cells[:0], own.counts[:0])
        return replace(_posterior(nothing, ()), own=own, n_elsewhere=n_elsewhere)
    return replace(_posterior(own, others), n_elsewhere=n_elsewhere)


def _are_few(n: int, n_elsewhere: int) -> bool:
    return max(n, n_elsewhere) < FEW


def _posterior(own: History, others: Sequence[History]) -> Surface:
    prior = np.array(own.prior)
    gains = [rewards(history.counts) for history in (own, *others)]
    variances = [_noise(gain) for gain in gains]
    shapes = _shapes() * np.sqrt(variances[0] / PSEUDO_POSTS)  # (168, k)
    features = np.column_stack([np.full(HOURS_A_WEEK, LEVEL_SD), shapes])
    k = features.shape[1]

    n_accounts = 1 + len(others)
    alike = np.full((n_accounts, n_accounts), ALIKE) + (1 - ALIKE) * np.eye(n_accounts)
    precision = np.kron(np.linalg.inv(alike), np.eye(k))
    precision[::k, ::k] = np.eye(n_accounts)  # levels have nothing to do with each other
    pull = np.zeros(n_accounts * k)
    for i, history in enumerate((own, *others)):
        at = slice(i * k, (i + 1) * k)
        seen = features[history.cells]  # (n, k)
        surprise = gains[i] - np.array(history.prior)[history.cells]
        precision[at, at] += seen.T @ seen / variances[i]
        pull[at] = seen.T @ surprise / variances[i]
    inverse_root = np.linalg.inv(np.linalg.cholesky(precision))  # lower; posterior = its .T @ it
    weights = inverse_root.T @ (inverse_root @ pull)
    return Surface(own, prior + shapes @ weights[1:k], shapes @ inverse_root[:, 1:k].T)


def rewards(counts: Floats) -> Floats:
    """What each post did above the account's usual, in logs; the wildest are pulled in.

    The usual is the median of the last 20 posts, which takes out the account's size and growth;
    the first posts share the median of the first 20.
    """
    if not len(counts):
        return np.zeros(0)
    logs = np.log1p(counts)
    if len(logs) <= WINDOW:
        usual = np.full(len(logs), np.median(logs))
    else:
        windows = np.lib.stride_tricks.sliding_window_view(logs, WINDOW)
        later = np.median(windows, axis=1)
        usual = np.concatenate([np.full(WINDOW - 1, later[0]), later])
    gain = logs - usual
    middle = np.median(gain)
    # As an sd. Half of all posts alike (nobody liked them) make the median deviation zero.
    spread = max(1.4826 * np.median(np.abs(gain - middle)), 0.5 * gain.std())
    pulled: Floats = np.clip(gain, middle - WINSOR * spread, middle + WINSOR * spread)
    return pulled


def _noise(gain: Floats) -> float:
    """Variance of a single post, from a typical one towards the account's own."""
    total = NOISE_POSTS * NOISE_SD**2 + float((gain**2).sum())
    return total / (NOISE_POSTS + len(gain))


@cache
def _shapes() -> Floats:
    """(168, k): the weeks whose random sums are the effects, with a variance of one a cell."""
    hours = np.arange(24)
    apart = np.sin(np.pi * (hours[:, None] - hours[None]) / 24)
    size, shape = np.linalg.eigh(np.exp(-2 * apart**2 / HOUR_SCALE**2))
    curves = shape[:, -N_SHAPES:] * np.sqrt(size[-N_SHAPES:])  # (24, 9)
    days = np.kron(np.eye(7), np.ones((24, 1)))
    parts = (
        np.sqrt(OF_DAYS) * days,
        np.sqrt(OF_HOURS) * np.kron(np.ones((7, 1)), curves),
        np.sqrt(OF_BOTH) * np.kron(np.eye(7), curves),
    )
    return np.hstack(parts)


def _log_marginal(values: Floats, features: Floats, variance: float) -> float:
    """Log density of N(0, features @ features.T + variance), less what does not depend on them."""
    precision = np.eye(features.shape[1]) + features.T @ features / variance
    half = np.linalg.cholesky(precision)
    pulled = np.linalg.solve(half, features.T @ values / variance)
    fit = float(values @ values) / variance - float(pulled @ pulled)
    return -0.5 * fit - float(np.log(np.diag(half)).sum())
