"""Pairs of cells: differences, their intervals, and detectable differences."""

import itertools
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from keras_gru.analysis.intervals import (
    FEWEST_SEEDS,
    Sampling,
    detectable_difference,
    paired_interval,
    seeds_needed,
)
from keras_gru.analysis.measurements import Measurements
from keras_gru.datasets.metric import Metric

ROUNDING = 1e-9  # of the values: differences that spread less are equal but for rounding


class NoInterval(StrEnum):
    """Reasons why a mean difference has no confidence interval."""

    FEW_SEEDS = "few_seeds"
    NO_SPREAD = "no_spread"
    OUT_OF_RANGE = "out_of_range"


@dataclass(frozen=True)
class Pair:
    """A pair of cells on test, compared over the seeds that both finished.

    The values are in the unit of the metric.

    Args:
        one, other: names of the cells, in the experiment's order.
        label, other_label: their display names.
        seeds: number of seeds that both finished.
        difference: mean over these seeds of `one` minus `other`; None for fewer than 3 seeds.
        half: half the width of its confidence interval, at 95 % for all pairs together; None if
            there is none.
        reason: reason for the missing interval.
        better: the cell that is significantly better, if one is.
        detectable: the minimum detectable difference at as many seeds, with a power of 80 %; None
            where it is larger than any difference that the metric can have.
        smaller: half of `detectable`, rounded to one digit.
        needed: seeds needed to detect `smaller` with a power of 80 %; None if the test split is too
            small for any number of seeds.
    """

    one: str
    other: str
    label: str
    other_label: str
    seeds: int
    difference: float | None
    half: float | None
    reason: NoInterval | None
    better: str | None
    detectable: float | None
    smaller: float | None
    needed: int | None

    @property
    def better_label(self) -> str | None:
        """The display name of the better cell, if one is."""
        labels = {self.one: self.label, self.other: self.other_label, None: None}
        return labels[self.better]


def compare_pairs(measured: Measurements) -> tuple[Pair, ...]:
    """Return a `Pair` for each pair of cells that finished the most runs, in their order."""
    couples = list(itertools.combinations(measured.complete, 2))
    return tuple(_compare(measured, one, other, len(couples)) for one, other in couples)


def _compare(measured: Measurements, one: str, other: str, pairs: int) -> Pair:
    metric, (a, b) = measured.metric, (measured.values[cell] for cell in (one, other))
    shared = sorted(a.keys() & b.keys())
    differences = np.array([a[seed] - b[seed] for seed in shared])
    means = [abs(float(np.mean([v[seed] for seed in shared]))) for v in (a, b) if shared]
    largest = max(means, default=0)
    sampling = measured.sampling.get((one, other))
    half, reason = measure_interval(
        differences, largest, metric, pairs, sampling, measured.resolution
    )
    difference = better = detectable = smaller = needed = None
    if len(shared) >= FEWEST_SEEDS:
        difference = float(differences.mean())
    if half is not None and difference is not None:
        if abs(difference) > half:
            better = one if (difference > 0) == (metric.mode == "max") else other
        deviation = float(np.std(differences, ddof=1))
        least = detectable_difference(deviation, len(shared), pairs, sampling)
        least = max(least, measured.resolution or 0)
        if least <= (largest if metric.mode == "min" else metric.highest):
            detectable, smaller = least, float(f"{least / 2:.1g}")
            if smaller >= (measured.resolution or 0):  # an interval is at least as wide
                needed = seeds_needed(smaller, deviation, pairs, sampling)
    return Pair(
        one, other, measured.labels[one], measured.labels[other], len(shared),
        difference, half, reason, better, detectable, smaller, needed,
    )  # fmt: skip


def measure_interval(
    differences: np.ndarray,
    largest: float,
    metric: Metric,
    pairs: int,
    sampling: Sampling | None = None,
    resolution: float | None = None,
) -> tuple[float | None, NoInterval | None]:
    """Return half the width of a mean difference's interval, or the reason for having none.

    It has none for fewer than three seeds; where the difference is the same with every seed, as the
    seeds then say nothing of other seeds; and where it holds 0 and leaves the range of the metric.
    For an error that is where half of it is more than the larger mean: whichever cell has its mean,
    the error of the other one would be below 0.

    Args:
        differences: (n,) in the unit of the metric, between runs of the same seed.
        largest: the larger of both means.
        pairs: how many intervals shall hold together.
        sampling: sampling error of the mean difference, where it is known.
        resolution: the least that it can be, where the metric counts right answers.
    """
    if len(differences) < FEWEST_SEEDS:
        return None, NoInterval.FEW_SEEDS
    if np.std(differences) <= ROUNDING * largest:
        return None, NoInterval.NO_SPREAD
    mean, half = map(float, paired_interval(differences, pairs, sampling))
    half = max(half, resolution or 0)
    leaves = abs(mean) + half > metric.highest or (metric.mode == "min" and half > largest)
    if leaves and abs(mean) <= half:
        return None, NoInterval.OUT_OF_RANGE
    return half, None


def interval_ends(difference: float, half: float, metric: Metric) -> tuple[float, float]:
    """Return the ends of an interval, within the differences that the metric can have."""
    return max(difference - half, -metric.highest), min(difference + half, metric.highest)
