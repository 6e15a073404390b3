"""Cell against cell: how large a difference is, how sure, and what the seeds can detect."""

import dataclasses
import itertools
from dataclasses import dataclass

import numpy as np

from keras_gru.datasets.judging import Metric
from keras_gru.experiments.statistics.findings import Findings
from keras_gru.experiments.statistics.intervals import (
    FEWEST_SEEDS,
    Sampling,
    detectable_difference,
    paired_interval,
    seeds_needed,
)
from keras_gru.formatting import plural, plus_minus, quantity, rounded

ROUNDING = 1e-9  # of the values: differences that spread less are equal but for rounding
LEAVES_RANGE = "so few runs say nothing: the {} would leave the metric's range"


@dataclass(frozen=True)
class Pair:
    """One cell against another on test, over the seeds that both finished.

    The values are in the reader's unit.

    Args:
        one, other: names of the cells, in the experiment's order.
        label, other_label: their names for a reader.
        seeds: how many they share.
        difference: mean over these seeds of `one` minus `other`; None for fewer than 3 seeds.
        half: half the width of its interval, at 95 % for all pairs together; None where there is
            none (`measure_interval`).
        better: the cell that is significantly better, if one is.
        detectable: the minimum detectable difference at as many seeds, with a power of 80 %; None
            where it is larger than any difference that the metric can have.
        smaller: half of it, rounded to one digit.
        needed: seeds needed to detect the smaller one with a power of 80 %; None where the sampling
            error of test is too large for any number of seeds.
        verdict: all that in words.
    """

    one: str
    other: str
    label: str
    other_label: str
    seeds: int
    difference: float | None
    half: float | None
    better: str | None
    detectable: float | None
    smaller: float | None
    needed: int | None
    verdict: str

    @property
    def outcome(self) -> str:
        """The verdict without numbers."""
        if self.half is None:
            return "not decided"
        if self.better is None:
            return "not significant"
        return f"{self.label if self.better == self.one else self.other_label} better"


def compare_pairs(findings: Findings) -> tuple[Pair, ...]:
    """Return a `Pair` for every two cells that finished the most runs, in their order."""
    couples = list(itertools.combinations(findings.complete, 2))
    return tuple(_compare(findings, one, other, len(couples)) for one, other in couples)


def _compare(findings: Findings, one: str, other: str, pairs: int) -> Pair:
    metric, (a, b) = findings.metric, (findings.values[cell] for cell in (one, other))
    shared = sorted(a.keys() & b.keys())
    differences = np.array([a[seed] - b[seed] for seed in shared])
    largest = max((abs(np.mean([of[seed] for seed in shared])) for of in (a, b)), default=0)
    sampling = findings.sampling.get((one, other))
    half, reason = measure_interval(
        differences, largest, metric, pairs, sampling, findings.resolution
    )
    difference = better = detectable = smaller = needed = None
    if len(shared) >= FEWEST_SEEDS:
        difference = float(differences.mean())
    if half is not None:
        if abs(difference) > half:
            better = one if (difference > 0) == (metric.mode == "max") else other
        deviation = float(np.std(differences, ddof=1))
        least = detectable_difference(deviation, len(shared), pairs, sampling)
        least = max(least, findings.resolution or 0)
        if least <= (largest if metric.mode == "min" else metric.highest):
            detectable, smaller = least, float(f"{least / 2:.1g}")
            needed = seeds_needed(smaller, deviation, pairs, sampling)
    pair = Pair(
        one, other, findings.labels[one], findings.labels[other], len(shared),
        difference, half, better, detectable, smaller, needed, verdict="",
    )  # fmt: skip
    return dataclasses.replace(pair, verdict=_describe(pair, metric, reason))


def measure_interval(
    differences: np.ndarray,
    largest: float,
    metric: Metric,
    pairs: int,
    sampling: Sampling | None = None,
    resolution: float | None = None,
) -> tuple[float | None, str]:
    """Return half the width of a mean difference's interval, or why it has none.

    It has none for fewer than three seeds; where the difference is the same with every seed, as the
    seeds then say nothing of other seeds; and where it holds 0 and leaves the range of the metric.
    For an error that is where half of it is more than the larger mean: whichever cell has its mean,
    the error of the other one would be below 0.

    Args:
        differences: (n,) in the reader's unit, between runs of the same seed.
        largest: the larger of both means.
        metric: what they are differences of.
        pairs: how many intervals shall hold together.
        sampling: of the mean difference, where it is known.
        resolution: the least that it can be, where the metric counts right answers.

    Returns:
        Half the width and no words, or None and the reason.
    """
    seeds = len(differences)
    if seeds < FEWEST_SEEDS:
        return None, f"{plural(seeds, 'seed')} in common, and an interval requires {FEWEST_SEEDS}"
    if np.std(differences) <= ROUNDING * largest:
        return None, f"the difference is the same with all {seeds} seeds, which has no interval"
    mean, half = map(float, paired_interval(differences, pairs, sampling))
    half = max(half, resolution or 0)
    leaves = abs(mean) + half > metric.highest or (metric.mode == "min" and half > largest)
    if leaves and abs(mean) <= half:
        return None, LEAVES_RANGE.format("interval")
    return half, ""


def interval_ends(difference: float, half: float, metric: Metric) -> tuple[float, float]:
    """Return the ends of an interval, within the differences that the metric can have."""
    return max(difference - half, -metric.highest), min(difference + half, metric.highest)


def describe_interval(difference: float, half: float | None, metric: Metric) -> str:
    """Return `0.30 ± 0.02`, or `≥ 0.28` where the upper end would leave the metric's range."""
    if half is not None and abs(difference) + half > metric.highest:
        end = difference - half if difference > 0 else difference + half
        return f"{'≥' if difference > 0 else '≤'} {quantity(end, metric)}"
    return plus_minus(difference, half, metric)


def _describe(pair: Pair, metric: Metric, reason: str) -> str:
    if pair.half is None:
        return f"{pair.outcome}: {reason}"
    if pair.better is not None:
        return f"{pair.outcome} by {describe_interval(abs(pair.difference), pair.half, metric)}"
    words = "no significant difference"
    if pair.detectable is None:
        return f"{words}; {LEAVES_RANGE.format('minimum detectable difference')}"
    smaller = rounded(pair.smaller)
    needed = f"the test split is too small to detect {smaller} with any number of seeds"
    if pair.needed is not None:
        needed = f"about {pair.needed:,} seeds are needed to detect {smaller}"
    return (
        f"{words}; minimum detectable difference at {plural(pair.seeds, 'seed')}: "
        f"{rounded(pair.detectable)}; {needed}"
    )
