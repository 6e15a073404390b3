"""The expected best of n random trials: how much tuning a cell needs."""

# N trials

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class ExpectedBest(NamedTuple):
    """The expected best of the first n of N random trials, and its 95 % interval, `(N,)` each."""

    expected: np.ndarray
    low: np.ndarray
    high: np.ndarray


def expected_best(values: Sequence[float], mode: str) -> ExpectedBest:
    """Return the expected best validation metric of the first n of N random trials, for each n.

    The best of n draws with replacement from the sorted values v_1 ≤ … ≤ v_N is at most v_i with
    probability (i/N)ⁿ, so that E = Σ v_i [(i/N)ⁿ − ((i−1)/N)ⁿ]. The interval is the 95 % interval
    of a bootstrap over the trials.

    Args:
        values: the validation metric of each trial, in any order, without pruned trials. A trial
            that diverged counts as the worst value of all.
        mode: `"min"` or `"max"`: which is better.

    Returns:
        For n = 1 … N the expectation and the lower and upper end of its interval.

    Reference:
        - [Dodge et al., 2019](https://arxiv.org/abs/1909.03004), equation 4
    """
    sign = 1 if mode == "max" else -1
    signed = sign * np.asarray(values, float)
    finite = signed[np.isfinite(signed)]
    signed = np.where(np.isfinite(signed), signed, finite.min())
    count = len(signed)
    steps = (np.arange(count + 1) / count)[:, None] ** np.arange(1, count + 1)
    weights = np.diff(steps, axis=0)  # (N, N): of the i-th value, for n trials
    samples = np.random.default_rng(0).choice(signed, (1_000, count))
    low, high = np.quantile(np.sort(samples) @ weights, [0.025, 0.975], axis=0)
    expected, ends = np.sort(signed) @ weights, (low, high) if sign > 0 else (high, low)
    return ExpectedBest(sign * expected, sign * ends[0], sign * ends[1])
