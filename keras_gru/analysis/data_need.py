"""Learning curves over the amount of data: what each cell needs, and where two curves cross."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from keras_gru.analysis.intervals import FEWEST_SEEDS
from keras_gru.analysis.measurements import collect_measurements
from keras_gru.analysis.pairs import measure_interval
from keras_gru.experiments.comparison import LearningCurve

RESAMPLES = 2_000


@dataclass(frozen=True)
class Estimate:
    """A number and its 95% interval by the bootstrap over seeds, or None where it has none."""

    value: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class DataFraction:
    """The test metrics of a comparison on a fraction of the training sequences.

    Args:
        fraction: of the training sequences, up to 1.
        sequences: how many these are.
        values: cell -> the test metric of each finished run.
    """

    fraction: float
    sequences: int
    values: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class DataNeed:
    """Two cells on the same shares of the training sequences.

    Args:
        one: a cell, and `other` the other one; `label` and `other_label` for a reader.
        seeds: that both have finished on every share.
        better: share -> the cell that is better there, None where no difference is shown: 95%
            intervals paired by seed, corrected for the number of pairs and of shares.
        target: the metric that both reach, in the reader's unit: the worse of their means on the
            largest share.
        needs: cell -> the share with which its mean reaches the target.
        ratio: what `one` needs by what `other` needs; None where the seeds are too few.
        crossing: the share at which their means cross for the last time, if each is shown to be
            better at one end.
    """

    one: str
    other: str
    label: str
    other_label: str
    seeds: int
    better: dict[float, str | None]
    target: float
    needs: dict[str, float]
    ratio: Estimate | None
    crossing: Estimate | None


def data_fractions(curve: LearningCurve) -> tuple[DataFraction, ...]:
    """Return the test metrics on each fraction, the smallest first."""
    return tuple(
        DataFraction(
            fraction,
            curve.sequences(fraction),
            {cell: tuple(comparison.tested(cell).values()) for cell in comparison.experiment.cells},
        )
        for fraction, comparison in sorted(curve.comparisons.items())
    )


def data_needs(curve: LearningCurve) -> tuple[DataNeed, ...]:
    """Every cell against every other one.

    Means over seeds are drawn as straight lines over the logarithm of the share. Where such a line
    first reaches a target is what a cell needs. Intervals are percentiles over resamples of the
    seeds, the same ones for both cells and all shares (Efron and Tibshirani, 1993, An Introduction
    to the Bootstrap, chapter 13), so far out that they are as wide as t intervals with few seeds
    (Hesterberg, 2015, section 5.3). Of two equal cells with 5 seeds they exclude a ratio of 1 in
    about 8% of cases.

    Args:
        curve: with any number of finished runs.

    Returns:
        One `DataNeed` for each two cells that have finished the same seeds on every share.

    Reference:

    - [Hesterberg, 2015](https://arxiv.org/abs/1411.5279)
    """
    shares, metric = np.array(sorted(curve.comparisons)), curve.whole.metric
    values, labels = _values(curve)
    couples = list(itertools.combinations(values, 2))
    found = []
    for one, other in couples:
        seeds = sorted(values[one].keys() & values[other].keys())
        if not seeds:
            continue
        # (shares, seeds); more is better.
        a, b = (np.array([values[cell][seed] for seed in seeds]).T for cell in (one, other))
        better = dict.fromkeys(shares.tolist())
        for number, share in enumerate(better):
            findings = collect_measurements(curve.comparisons[share])
            half, _ = measure_interval(
                a[number] - b[number],
                max(abs(a[number].mean()), abs(b[number].mean())),
                metric,
                len(couples) * len(shares),
                findings.sampling.get((one, other)),
                findings.resolution,
            )
            mean = (a[number] - b[number]).mean()
            if half is not None and abs(mean) > half:
                better[share] = one if mean > 0 else other
        target = min(a[-1].mean(), b[-1].mean())
        needs = [float(_reaches(shares, of.mean(1)[None], target)[0]) for of in (a, b)]
        found.append(
            DataNeed(
                one,
                other,
                labels[one],
                labels[other],
                len(seeds),
                better,
                float(target if metric.mode == "max" else -target),
                dict(zip((one, other), needs, strict=True)),
                _ratio(shares, a, b, needs),
                _crossing(shares, a, b)
                if {better[shares[0]], better[shares[-1]]} == {one, other}
                else None,
            )
        )
    return tuple(found)


def _values(curve: LearningCurve):
    """cell -> seed -> its metric on each share, signed so that more is better; and the labels."""
    metric = curve.whole.metric
    sign = 1 if metric.mode == "max" else -1
    values, labels = {}, {}
    for cell in curve.whole.experiment.cells:
        by_share = []
        for _, comparison in sorted(curve.comparisons.items()):
            labels.update({run.cell: run.label for run in comparison.runs_of(cell)})
            by_share.append({seed: sign * of for seed, of in comparison.tested(cell).items()})
        shared = set.intersection(*(set(of) for of in by_share))
        if shared:
            values[cell] = {seed: [of[seed] for of in by_share] for seed in sorted(shared)}
    return values, labels


def _reaches(shares: np.ndarray, means: np.ndarray, target: float | np.ndarray) -> np.ndarray:
    """Where each curve (..., shares) first reaches a target (...); the last share if never."""
    logs, target = np.log(shares), np.broadcast_to(target, means.shape[:-1])
    there = means >= target[..., None]
    first = np.where(there.any(-1), there.argmax(-1), len(shares) - 1)
    before = np.maximum(first - 1, 0)
    high, low = (np.take_along_axis(means, at[..., None], -1)[..., 0] for at in (first, before))
    step = np.where(high > low, (target - low) / np.where(high > low, high - low, 1), 1.0)
    return np.exp(logs[before] + np.clip(step, 0, 1) * (logs[first] - logs[before]))


def _resampled(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean curves (resamples, shares) of both."""
    seeds = a.shape[1]
    drawn = np.random.default_rng(0).integers(0, seeds, (RESAMPLES, seeds))
    return tuple(of[:, drawn].mean(-1).T for of in (a, b))


def _ends(seeds: int) -> list[float]:
    """Percentiles of resamples, whose spread is √((n − 1)/n) of what t intervals rest on."""
    tail = stats.norm.cdf(-math.sqrt(seeds / (seeds - 1)) * stats.t.ppf(0.975, seeds - 1))
    return [100 * tail, 100 * (1 - tail)]


def _ratio(shares, a, b, needs) -> Estimate | None:
    if a.shape[1] < FEWEST_SEEDS:
        return None
    one, other = _resampled(a, b)
    target = np.minimum(one[:, -1], other[:, -1])
    ratios = _reaches(shares, one, target) / _reaches(shares, other, target)
    low, high = np.percentile(ratios, _ends(a.shape[1]))
    return Estimate(needs[0] / needs[1], (float(low), float(high)))


def _crossing(shares, a, b) -> Estimate:
    places = _last_crossing(shares, (a - b).mean(1)[None])
    interval = None
    if a.shape[1] >= FEWEST_SEEDS:
        one, other = _resampled(a, b)
        resampled = _last_crossing(shares, one - other)
        low, high = np.nanpercentile(resampled, _ends(a.shape[1]))
        interval = float(low), float(high)
    return Estimate(float(places[0]), interval)


def _last_crossing(shares: np.ndarray, differences: np.ndarray) -> np.ndarray:
    """Where each curve of differences (..., shares) last changes its sign; NaN if never."""
    logs = np.log(shares)
    changes = np.sign(differences[..., 1:]) != np.sign(differences[..., :-1])
    last = changes.shape[-1] - 1 - changes[..., ::-1].argmax(-1)
    left, right = (
        np.take_along_axis(differences, at[..., None], -1)[..., 0] for at in (last, last + 1)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        place = logs[last] + left / (left - right) * (logs[last + 1] - logs[last])
    return np.where(changes.any(-1), np.exp(place), np.nan)
