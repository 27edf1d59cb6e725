"""The cheapest way, against every way there is."""

import itertools

import numpy as np
import pytest

from avatar.engine.align.path import cheapest_path


def best_by_trying(local, step_costs):
    """The least total over all ways, one by one."""
    n_rows, n_states = local.shape
    best = np.inf
    for first in range(min(3, n_states)):
        for steps in itertools.product(range(4), repeat=n_rows - 1):
            states = first + np.cumsum([0, *steps])
            if states[-1] >= n_states or states[-1] < n_states - 3:
                continue
            total = local[0, first] + sum(
                local[t, states[t]] + step_costs[steps[t - 1], states[t]] for t in range(1, n_rows)
            )
            best = min(best, total)
    return best


@pytest.mark.parametrize("seed", range(5))
def test_no_other_way_is_cheaper(seed):
    rng = np.random.default_rng(seed)
    local = rng.random((6, 7)).astype(np.float32)
    step_costs = rng.random((4, 7)).astype(np.float32)
    path, mean_cost = cheapest_path(
        lambda a, b, first, last: local[a:b, first:last], 6, step_costs, reach=10
    )
    assert mean_cost * 6 == pytest.approx(best_by_trying(local, step_costs), rel=1e-5)
    walked = local[range(6), path].sum() + sum(
        step_costs[b - a, b] for a, b in itertools.pairwise(path)
    )
    assert walked == pytest.approx(mean_cost * 6, rel=1e-5)


def test_a_known_warp_is_found_within_a_narrow_band():
    rng = np.random.default_rng(1)
    reference = rng.standard_normal((900, 8)).astype(np.float32)
    truth = np.sort(rng.integers(0, 900, 1200))
    truth = np.minimum(np.maximum.accumulate(truth), 899)
    sound = reference[truth]

    def cost(a, b, first, last):
        return ((sound[a:b, None] - reference[None, first:last]) ** 2).sum(axis=2)

    steps = np.zeros((4, 900), np.float32)
    path, _ = cheapest_path(cost, 1200, steps, reach=80)
    assert (np.diff(path) >= 0).all()
    assert np.mean(np.abs(path - truth) <= 1) > 0.95
