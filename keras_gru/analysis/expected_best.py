"""The expected best of n random trials: how much tuning a cell needs."""

# N trials, B bootstrap samples

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keras_gru.analysis.dataset_errors import DatasetErrors

FEWEST = 10  # trials of each cell, for a profile over datasets


class ExpectedBest(NamedTuple):
    """The expected best of the first n of N random trials, and its 95 % interval, `(N,)` each."""

    expected: list[float]
    low: list[float]
    high: list[float]


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
    expected, samples = _expected_highest(sign * np.asarray(values, float))
    low, high = np.quantile(sign * samples, [0.025, 0.975], axis=0)
    return ExpectedBest(*(ends.tolist() for ends in (sign * expected, low, high)))


def budget_profile(datasets: Sequence[DatasetErrors]) -> dict[str, ExpectedBest]:
    """Return for each cell the expected lowest error of n trials, for each n, over datasets.

    An error is a factor of the lowest of all cells' trials on its dataset, and that of a diverged
    trial is the highest of them; the mean over datasets
    is the geometric one, with the 95 % interval of a bootstrap that draws the same trials on every
    dataset, which may share them. A dataset counts where every cell has `FEWEST` trials or more.

    Args:
        datasets: those without trials, or on which all diverged, are left out.
    """
    tried = [d for d in datasets if len(d.trials) > 1 and _trials(d) >= FEWEST and _finite(d).size]
    budget = min(map(_trials, tried), default=0)
    cells = dict.fromkeys(cell for dataset in tried for cell in dataset.trials)
    profile = {}
    for cell in cells:
        found = [_expected_highest(-_log_factors(d, cell)) for d in tried if cell in d.trials]
        expected = np.mean([expected[:budget] for expected, _ in found], axis=0)
        samples = np.mean([samples[:, :budget] for _, samples in found], axis=0)
        low, high = np.quantile(-samples, [0.025, 0.975], axis=0)
        profile[cell] = ExpectedBest(*(np.exp(ends).tolist() for ends in (-expected, low, high)))
    return profile


def _trials(dataset: DatasetErrors) -> int:
    return min(map(len, dataset.trials.values()))


def _finite(dataset: DatasetErrors) -> np.ndarray:
    errors = np.concatenate([np.asarray(trials, float) for trials in dataset.trials.values()])
    return errors[np.isfinite(errors)]


def _log_factors(dataset: DatasetErrors, cell: str) -> np.ndarray:
    floor = max(dataset.resolution, np.finfo(float).tiny)
    errors, finite = np.asarray(dataset.trials[cell], float), _finite(dataset)
    errors = np.where(np.isfinite(errors), errors, finite.max())
    return np.log(np.maximum(errors, floor) / max(floor, finite.min()))


def _expected_highest(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the expected highest of n values, `(N,)`, and of bootstrap samples, `(B, N)`."""
    finite = values[np.isfinite(values)]
    values = np.where(np.isfinite(values), values, finite.min())
    count = len(values)
    steps = (np.arange(count + 1) / count)[:, None] ** np.arange(1, count + 1)
    weights = np.diff(steps, axis=0)  # (N, N): of the i-th value, for n trials
    samples = np.random.default_rng(0).choice(values, (1_000, count))
    return np.sort(values) @ weights, np.sort(samples) @ weights
