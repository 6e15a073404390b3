"""Profiles across datasets: fractions of runs or datasets within a factor of the best."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keras_gru.analysis.dataset_errors import DatasetErrors

# Factors of the best error, from 1 to 10.
PROFILE_FACTORS = tuple(float(x) for x in np.geomspace(1, 10, 41).round(4))

_SAMPLES = 1_000  # of the bootstrap


class Profile(NamedTuple):
    """Fractions of runs within each of F factors of the best, with 95 % intervals, `(F,)` each."""

    fractions: list[float]
    low: list[float]
    high: list[float]


def performance_profile(
    datasets: Sequence[DatasetErrors], factors: Sequence[float]
) -> dict[str, Profile]:
    """Return for each cell the fraction of runs whose error is within a factor of the best mean.

    Every dataset that has runs of the cell counts the same. The intervals are those of a bootstrap
    of the seeds in each dataset, with the best mean as it is.

    Reference:
        - [Dolan and Moré, 2002](https://doi.org/10.1007/s101070100263)
        - [Agarwal et al., 2021](https://arxiv.org/abs/2108.13264), section 4.2
    """
    rng = np.random.default_rng(0)
    cells = list(dict.fromkeys(cell for dataset in datasets for cell in dataset.errors))
    within = {cell: [] for cell in cells}
    for dataset in datasets:
        runs = {cell: np.array(list(errors.values())) for cell, errors in dataset.errors.items()}
        runs = {cell: errors for cell, errors in runs.items() if len(errors)}
        best = max(min(errors.mean() for errors in runs.values()), dataset.resolution)
        for cell, errors in runs.items():
            is_within = errors[:, None] <= np.array(factors) * best
            drawn = rng.integers(len(errors), size=(_SAMPLES, len(errors)))
            within[cell].append([is_within.mean(axis=0), *is_within[drawn].mean(axis=1)])
    profiles = {}
    for cell, by_dataset in within.items():
        if by_dataset:
            fractions, *samples = np.mean(by_dataset, axis=0)
            ends = np.quantile(samples, [0.025, 0.975], axis=0)
            profiles[cell] = Profile(fractions.tolist(), *ends.tolist())
    return profiles


def time_profile(
    datasets: Sequence[DatasetErrors], factors: Sequence[float]
) -> dict[str, list[float]]:
    """Return for each cell the fraction of datasets solved within a factor of the fastest cell.

    A dataset with runs of the cell counts where at least two cells reach its target; a cell that
    does not has not solved it within any factor. Seconds of one dataset are of one machine.
    """
    timed = [dataset for dataset in datasets if len(dataset.seconds) > 1]
    cells = dict.fromkeys(cell for dataset in timed for cell in dataset.seconds)
    ratios = {
        cell: [
            dataset.seconds.get(cell, np.inf) / min(dataset.seconds.values())
            for dataset in timed
            if dataset.errors.get(cell)
        ]
        for cell in cells
    }
    return {
        cell: [float(np.mean(np.array(values) <= factor)) for factor in factors]
        for cell, values in ratios.items()
    }
