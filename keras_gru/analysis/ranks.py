"""Mean ranks of cells over datasets: Friedman's test, and Nemenyi's critical difference."""

# D datasets, K cells

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

FEWEST = 3  # datasets


@dataclass(frozen=True)
class Ranks:
    """Mean ranks over the datasets that have runs of every cell; rank 1 is the lowest mean error.

    Args:
        p_value: p value of Friedman's test that all cells are equal.
        critical_difference: critical difference of two mean ranks, by Nemenyi's test at 5 %.
    """

    means: Mapping[str, float]
    datasets: int
    p_value: float
    critical_difference: float


def rank_cells(errors: Sequence[Mapping[str, float]]) -> Ranks | None:
    """Return the mean ranks of all cells; None for fewer than two cells or three datasets.

        critical difference = q √(K (K + 1) / 6D)

    with q the 95 % quantile of the studentized range of K groups, divided by √2.

    Args:
        errors: for each dataset the mean error of each cell that has runs on it.

    Reference:
        - [Demšar, 2006](https://jmlr.org/papers/v7/demsar06a.html), section 3.2
    """
    cells = list(dict.fromkeys(cell for row in errors for cell in row))
    complete = [[row[cell] for cell in cells] for row in errors if len(row) == len(cells)]
    datasets, count = len(complete), len(cells)
    if datasets < FEWEST or count < 2:
        return None
    ranks = stats.rankdata(complete, axis=1)
    means = ranks.mean(axis=0)
    tied = np.concatenate([np.unique(row, return_counts=True)[1] for row in ranks])
    ties = 1 - (tied**3 - tied).sum() / (datasets * (count**3 - count))  # corrects for them
    squares = 12 * datasets / (count * (count + 1)) * np.square(means - (count + 1) / 2).sum()
    quantile = stats.studentized_range.ppf(0.95, count, np.inf) / np.sqrt(2)
    return Ranks(
        dict(zip(cells, means.tolist(), strict=True)),
        datasets,
        float(stats.chi2.sf(squares / ties, count - 1)) if ties else 1.0,
        float(quantile * np.sqrt(count * (count + 1) / (6 * datasets))),
    )
