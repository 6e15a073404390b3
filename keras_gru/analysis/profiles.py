"""Profiles across datasets: fractions of runs or datasets within a factor of the best."""

from collections.abc import Sequence

import numpy as np

from keras_gru.analysis.dataset_errors import DatasetErrors

# Factors of the best error, from 1 to 10.
PROFILE_FACTORS = tuple(float(x) for x in np.geomspace(1, 10, 41).round(4))


def performance_profile(
    datasets: Sequence[DatasetErrors], factors: Sequence[float]
) -> dict[str, list[float]]:
    """Return for each cell the fraction of runs whose error is within a factor of the best mean.

    Every dataset counts the same. A cell without runs on a dataset has none within any factor.

    Reference:
        - [Dolan and Moré, 2002](https://doi.org/10.1007/s101070100263)
    """
    cells = list(dict.fromkeys(cell for dataset in datasets for cell in dataset.errors))
    within = {cell: np.zeros((len(datasets), len(factors))) for cell in cells}
    for index, dataset in enumerate(datasets):
        runs = {cell: np.array(list(errors.values())) for cell, errors in dataset.errors.items()}
        best = max(
            min(errors.mean() for errors in runs.values() if len(errors)), dataset.resolution
        )
        for cell, errors in runs.items():
            if len(errors):
                limits = np.array(factors)[:, None] * best
                within[cell][index] = (errors <= limits).mean(axis=1)
    return {cell: [float(x) for x in is_within.mean(axis=0)] for cell, is_within in within.items()}


def time_profile(
    datasets: Sequence[DatasetErrors], factors: Sequence[float]
) -> dict[str, list[float]]:
    """Return for each cell the fraction of datasets solved within a factor of the fastest cell.

    A dataset counts where at least two cells reach its target; a cell that does not has not solved
    it within any factor. Seconds of one dataset are of one machine.
    """
    timed = [dataset.seconds for dataset in datasets if len(dataset.seconds) > 1]
    cells = dict.fromkeys(cell for seconds in timed for cell in seconds)
    ratios = {
        cell: [seconds.get(cell, np.inf) / min(seconds.values()) for seconds in timed]
        for cell in cells
    }
    return {
        cell: [float(np.mean(np.array(values) <= factor)) for factor in factors]
        for cell, values in ratios.items()
    }
