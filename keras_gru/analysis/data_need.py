"""Learning curves by amount of data: the data that each cell needs, and crossings."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from keras_gru.analysis.measurements import collect_measurements
from keras_gru.analysis.pairs import measure_interval
from keras_gru.experiments.comparison import LearningCurve

RESAMPLES = 2_000
# No resample lies beyond the seeds: with 3 of them, all are on one side of the truth in 25 % of all
# cases, and with 5 in 6 %.
FEWEST_RESAMPLED = 5


@dataclass(frozen=True)
class Estimate:
    """A number and its 95% interval by the bootstrap over seeds, or None if it has none."""

    value: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class DataFraction:
    """The test metrics of a comparison on a fraction of the training sequences.

    Args:
        values: cell -> the test metric with each seed that the cell has finished on every fraction
            on which it has finished any.
    """

    fraction: float
    sequences: int
    values: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class DataNeed:
    """Two cells on the same fractions of the training sequences.

    Args:
        one, other: names of the cells; `label` and `other_label` are their display names.
        seeds: number of seeds that both finished on every fraction.
        better: fraction -> the cell that is significantly better there, None for neither: 95%
            intervals paired by seed, corrected for the number of pairs and of fractions.
        target: the metric that both reach: the worse of their means on all training data.
        needs: cell -> the fraction with which its mean reaches the target.
        ratio: the data need of `one` divided by that of `other`; None for too few seeds.
        crossing: the fraction at which their means cross for the last time, if each is
            significantly better at one end.
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
    """Return the test metrics on each fraction, smallest first."""
    values: dict[float, dict[str, tuple[float, ...]]] = {part: {} for part in curve.comparisons}
    for cell in curve.whole.experiment.cells:
        tested = {part: compared.tested(cell) for part, compared in curve.comparisons.items()}
        known = [set(runs) for runs in tested.values() if runs]
        seeds = sorted(set.intersection(*known)) if known else []
        for part, runs in tested.items():
            values[part][cell] = tuple(runs[seed] for seed in seeds if runs)
    return tuple(DataFraction(part, curve.sequences(part), values[part]) for part in sorted(values))


def data_needs(curve: LearningCurve) -> tuple[DataNeed, ...]:
    """Compare each pair of cells.

    Means over seeds are interpolated linearly over the logarithm of the fraction. What a cell needs
    is where its line first reaches the target. Intervals are percentiles over resamples of the
    seeds, the same ones for both cells and all fractions (Efron and Tibshirani, 1993, An
    Introduction to the Bootstrap, chapter 13), widened to be as wide as t intervals with few seeds
    (Hesterberg, 2015, section 5.3). Of two equal cells with 5 seeds they exclude a ratio of 1 in
    about 8% of cases.

    Returns:
        One `DataNeed` for each pair of cells that finished the same seeds on every fraction.

    Reference:

    - [Hesterberg, 2015](https://arxiv.org/abs/1411.5279)
    """
    fractions, metric = np.array(sorted(curve.comparisons)), curve.whole.metric
    values, labels = _values(curve)
    couples = list(itertools.combinations(values, 2))
    found = []
    for one, other in couples:
        seeds = sorted(values[one].keys() & values[other].keys())
        if not seeds:
            continue
        # (fractions, seeds); more is better.
        a, b = (np.array([values[cell][seed] for seed in seeds]).T for cell in (one, other))
        better = dict.fromkeys(fractions.tolist())
        for number, fraction in enumerate(better):
            measured = collect_measurements(curve.comparisons[fraction])
            half, _ = measure_interval(
                a[number] - b[number],
                max(abs(a[number].mean()), abs(b[number].mean())),
                metric,
                len(couples) * len(fractions),
                measured.sampling.get((one, other)),
                measured.resolution,
            )
            mean = (a[number] - b[number]).mean()
            if half is not None and abs(mean) > half:
                better[fraction] = one if mean > 0 else other
        target = min(a[-1].mean(), b[-1].mean())
        needs = [
            float(_first_reached(fractions, curves.mean(1)[None], target)[0]) for curves in (a, b)
        ]
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
                _ratio(fractions, a, b, needs),
                _crossing(fractions, a, b)
                if {better[fractions[0]], better[fractions[-1]]} == {one, other}
                else None,
            )
        )
    return tuple(found)


def _values(curve: LearningCurve):
    """Return cell -> seed -> its metric on each fraction, more is better; and the labels."""
    metric = curve.whole.metric
    sign = 1 if metric.mode == "max" else -1
    values, labels = {}, {}
    for cell in curve.whole.experiment.cells:
        by_fraction = []
        for _, comparison in sorted(curve.comparisons.items()):
            labels.update({run.cell: run.label for run in comparison.runs_of(cell)})
            tested = comparison.tested(cell)
            by_fraction.append({seed: sign * value for seed, value in tested.items()})
        shared = set.intersection(*map(set, by_fraction))
        if shared:
            values[cell] = {seed: [row[seed] for row in by_fraction] for seed in sorted(shared)}
    return values, labels


def _first_reached(
    fractions: np.ndarray, means: np.ndarray, target: float | np.ndarray
) -> np.ndarray:
    """Return where each curve (..., fractions) first reaches a target (...), else the last."""
    logs, target = np.log(fractions), np.broadcast_to(target, means.shape[:-1])
    is_reached = means >= target[..., None]
    first = np.where(is_reached.any(-1), is_reached.argmax(-1), len(fractions) - 1)
    before = np.maximum(first - 1, 0)
    high, low = (
        np.take_along_axis(means, index[..., None], -1)[..., 0] for index in (first, before)
    )
    step = np.where(high > low, (target - low) / np.where(high > low, high - low, 1), 1.0)
    return np.exp(logs[before] + np.clip(step, 0, 1) * (logs[first] - logs[before]))


def _resample_curves(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean curves (resamples, fractions) of both cells."""
    seeds = a.shape[1]
    drawn = np.random.default_rng(0).integers(0, seeds, (RESAMPLES, seeds))
    return a[:, drawn].mean(-1).T, b[:, drawn].mean(-1).T


def _percentile_interval(seeds: int) -> list[float]:
    """Percentiles of resamples, whose spread is √((n − 1)/n) of that in a t interval."""
    quantile = math.sqrt(seeds / (seeds - 1)) * stats.t.ppf(0.975, seeds - 1)
    tail = float(stats.norm.cdf(-quantile))
    return [100 * tail, 100 * (1 - tail)]


def _ratio(
    fractions: np.ndarray, a: np.ndarray, b: np.ndarray, needs: Sequence[float]
) -> Estimate | None:
    if a.shape[1] < FEWEST_RESAMPLED:
        return None
    one, other = _resample_curves(a, b)
    target = np.minimum(one[:, -1], other[:, -1])
    ratios = _first_reached(fractions, one, target) / _first_reached(fractions, other, target)
    low, high = np.percentile(ratios, _percentile_interval(a.shape[1]))
    return Estimate(needs[0] / needs[1], (float(low), float(high)))


def _crossing(fractions: np.ndarray, a: np.ndarray, b: np.ndarray) -> Estimate:
    places = _last_crossing(fractions, (a - b).mean(1)[None])
    interval = None
    if a.shape[1] >= FEWEST_RESAMPLED:
        one, other = _resample_curves(a, b)
        resampled = _last_crossing(fractions, one - other)
        low, high = np.nanpercentile(resampled, _percentile_interval(a.shape[1]))
        interval = float(low), float(high)
    return Estimate(float(places[0]), interval)


def _last_crossing(fractions: np.ndarray, differences: np.ndarray) -> np.ndarray:
    """Return where each curve of differences (..., fractions) last changes its sign, or NaN."""
    logs = np.log(fractions)
    changes = np.sign(differences[..., 1:]) != np.sign(differences[..., :-1])
    last = changes.shape[-1] - 1 - changes[..., ::-1].argmax(-1)
    left, right = (
        np.take_along_axis(differences, index[..., None], -1)[..., 0] for index in (last, last + 1)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        place = logs[last] + left / (left - right) * (logs[last + 1] - logs[last])
    return np.where(changes.any(-1), np.exp(place), np.nan)
