"""Importance of settings: their fractions of the variance between trials, with intervals.

Functional ANOVA (Hutter et al. 2014, "An Efficient Approach for Assessing Hyperparameter
Importance"): a random forest learns the metric from the settings, and its variance over the search
space is decomposed into the parts that each setting explains by itself, averaged over all others,
and a remainder for combinations of settings.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.importance import FanovaImportanceEvaluator
from optuna.trial import create_trial

from keras_gru.analysis.expected_best import ExpectedBest, expected_best
from keras_gru.datasets.metric import Metric
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.grids import Value
from keras_gru.experiments.configuration.sweep import Drawn, Range
from keras_gru.experiments.sweeping.study import CELL, FinishedTrial
from keras_gru.experiments.sweeping.sweep import SweepResult

FEWEST = 10  # trials at least, to estimate importances
TOGETHER = "combinations"
_TREES = 32
_SEED = 0


@dataclass(frozen=True)
class Importance:
    """A setting's fraction of the variance of the metric, from 0 to 1, with its 95% interval.

    `name` is a dotted name, `"cell"`, or `TOGETHER`: what no setting explains by itself.
    """

    name: str
    fraction: float
    low: float
    high: float

    def overlaps(self, other: "Importance") -> bool:
        """Return whether the intervals overlap, so that the order is uncertain."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Weighed:
    """Fractions of the variance of the metric: an estimate, and resamples of the trials.

    Args:
        names: names of everything that was drawn, and `TOGETHER` at the end.
        estimate: (N,), the fraction of each.
        resampled: (resamples, N), the same for trials redrawn from the trials.
        shuffled: the same where some settings were shuffled among the trials, so that they explain
            something only by chance; empty without `shuffle`.
    """

    names: tuple[str, ...]
    estimate: np.ndarray
    resampled: np.ndarray
    shuffled: np.ndarray

    def importances(self) -> tuple[Importance, ...]:
        """Return the importance of all settings, the largest first, then of combinations."""
        low, high = _interval(self.estimate, self.resampled)
        rows = zip(self.names, self.estimate, low, high, strict=True)
        found = [Importance(name, *map(float, values)) for name, *values in rows]
        return (*sorted(found[:-1], key=lambda row: -row.fraction), found[-1])

    def lead(self, name: str, *others: str) -> tuple[float, float, float]:
        """Return the lead of one setting over the largest of others, with its interval.

        The difference is computed within each resample, so that common variation does not widen the
        interval.

        Args:
            name: one of `names`.
            others: some of `names`; by default all other settings.
        """
        estimate, resampled = (
            self._lead(fractions, name, others) for fractions in (self.estimate, self.resampled)
        )
        low, high = _interval(estimate, resampled)
        return float(estimate), float(low), float(high)

    def lead_over_chance(self, name: str, other: str) -> tuple[float, float, float]:
        """Return the lead less its mean where both settings were shuffled, which is due to chance.

        From few trials a forest also learns noise, more from a range than from a list of two
        values: without this correction, an irrelevant range would seem to matter more.
        """
        chance = float(self._lead(self.shuffled, name, (other,)).mean())
        lead, low, high = self.lead(name, other)
        return lead - chance, low - chance, high - chance

    def _lead(self, fractions: np.ndarray, name: str, others: Sequence[str]) -> np.ndarray:
        rivals = [self.names.index(n) for n in others or set(self.names) - {name, TOGETHER}]
        return fractions[..., self.names.index(name)] - fractions[..., rivals].max(-1)


@dataclass(frozen=True)
class SweepAnalysis:
    """A sweep with the importances of its settings; none if trials are too few or all equal.

    Args:
        expected_best: cell -> its expected best; empty unless all trials were drawn at random and
            trained to their end.
    """

    result: SweepResult
    importances: tuple[Importance, ...]
    expected_best: Mapping[str, ExpectedBest]


def analyse_sweep(result: SweepResult) -> SweepAnalysis:
    """Return the analysis of a sweep."""
    found = importances(result.trials, result.experiment, result.metric)
    return SweepAnalysis(result, found, _expected_best(result))


def _expected_best(result: SweepResult) -> dict[str, ExpectedBest]:
    is_plain = all(trial.status != "pruned" for trial in result.trials)
    if result.sweep.sampler != "random" or not is_plain:
        return {}
    values = {
        cell: [trial.value for trial in result.trials if trial.cell == cell]
        for cell in result.experiment.cells
    }
    return {
        cell: expected_best(series, result.metric.mode)
        for cell, series in values.items()
        if np.isfinite(series).sum() > 1
    }


def importances(
    trials: Sequence[FinishedTrial], experiment: Experiment, metric: Metric, resamples: int = 30
) -> tuple[Importance, ...]:
    """Return the importance of everything that was drawn, the largest first, then combinations.

    The arguments are those of `weigh`.

    Returns:
        Nothing if there are fewer than `FEWEST` trials, or all are equal.
    """
    weighed = weigh(trials, experiment, metric, resamples)
    return weighed.importances() if weighed else ()


def weigh(
    trials: Sequence[FinishedTrial],
    experiment: Experiment,
    metric: Metric,
    resamples: int = 30,
    shuffle: Sequence[str] = (),
) -> Weighed | None:
    """Decompose the variance of the metric by functional ANOVA.

    A pruned trial counts with its best epoch so far, and a diverged trial as the worst other trial:
    excluding them would hide the effect of bad settings, especially of the learning rate. The
    intervals are percentiles over resamples of the trials (bootstrap), with the estimate inside.

    Args:
        trials: finished ones of the experiment's sweep.
        experiment: the experiment whose `sweep` has the ranges that they were drawn from.
        resamples: resamples of the trials, drawn with a fixed seed.
        shuffle: names of settings that are shuffled for `Weighed.shuffled`.

    Returns:
        None if there are fewer than `FEWEST` trials, or all are equal.

    Reference:
        Hutter et al. 2014, https://proceedings.mlr.press/v32/hutter14.html
    """
    assert experiment.sweep is not None  # the trials are of a sweep
    choices = {CELL: experiment.cells} | experiment.sweep.ranges
    axes = {
        name: _Axis(drawn)
        for name, drawn in choices.items()
        if isinstance(drawn, Range) or len(drawn) > 1
    }
    values = _values(trials, metric)
    if len(trials) < FEWEST or not axes or np.ptp(values) == 0:
        return None
    points = np.array(
        [
            [axis.place((trial.settings | {CELL: trial.cell})[name]) for name, axis in axes.items()]
            for trial in trials
        ]
    )
    estimate = _variance_fractions(points, values, axes)
    random = np.random.default_rng(_SEED)
    picks = random.integers(len(values), size=(resamples, len(values)))
    picks = [pick for pick in picks if np.ptp(values[pick]) > 0]
    drawn = [_variance_fractions(points[pick], values[pick], axes) for pick in picks]
    by_chance = []
    for pick in picks if shuffle else ():
        mixed = points.copy()
        for column in map(list(axes).index, shuffle):
            mixed[:, column] = random.permutation(mixed[:, column])
        by_chance.append(_variance_fractions(mixed[pick], values[pick], axes))
    return Weighed((*axes, TOGETHER), estimate, np.array(drawn), np.array(by_chance))


def _interval(estimate: np.ndarray, resampled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.percentile(resampled, [2.5, 97.5], axis=0)
    return np.minimum(low, estimate), np.maximum(high, estimate)


def _values(trials: Sequence[FinishedTrial], metric: Metric) -> np.ndarray:
    """Return the metric of each trial; diverged trials have the worst metric."""
    values = np.array([trial.value for trial in trials])
    known = values[np.isfinite(values)]
    if not known.size:
        return np.zeros(len(values))
    worst = known.min() if metric.mode == "max" else known.max()
    return np.where(np.isfinite(values), values, worst)


class _Axis:
    """Position of a value among those that could be drawn, all of them equally likely.

    Ranges that are drawn by their logarithm are measured by it, too. Values of a list have numbers,
    a unit apart: one column for each, Optuna's own way, also averages over points with two values
    of the list at once, or with none. See `_rank_values` for the order.
    """

    def __init__(self, drawn: Drawn) -> None:
        self.drawn = drawn
        if isinstance(drawn, Range):
            gap = drawn.step or 1 if drawn.whole else drawn.step or 0
            low, high = drawn.low - gap / 2, drawn.high + gap / 2
            ends = (math.log(low), math.log(high)) if drawn.log else (low, high)
        else:
            ends = (-0.5, len(drawn) - 0.5)
        self.distribution = FloatDistribution(*ends)

    def place(self, value: Value) -> float:
        if not isinstance(self.drawn, Range):
            return float(self.drawn.index(value))
        assert isinstance(value, int | float)  # a range has only numbers
        return math.log(value) if self.drawn.log else float(value)


def _variance_fractions(
    points: np.ndarray, values: np.ndarray, axes: dict[str, _Axis]
) -> np.ndarray:
    """Return the fraction of the variance of each setting, and the rest."""
    distributions: dict[str, BaseDistribution] = {
        name: axis.distribution for name, axis in axes.items()
    }
    points = points.copy()
    for column, axis in enumerate(axes.values()):
        if not isinstance(axis.drawn, Range):
            points[:, column] = _rank_values(points[:, column].astype(int), values, len(axis.drawn))
    study = optuna.create_study()
    study.add_trials(
        create_trial(
            params=dict(zip(axes, map(float, point), strict=True)),
            distributions=distributions,
            value=float(value),
        )
        for point, value in zip(points, values, strict=True)
    )
    found = FanovaImportanceEvaluator(n_trees=_TREES, seed=_SEED).evaluate(study)
    fractions = np.array([found[name] for name in axes])
    return np.append(fractions, max(0.0, 1.0 - fractions.sum()))


def _rank_values(numbers: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """Return numbers of a list's values in the order of their mean metric.

    A tree splits at one number, and of all ways to split a list in two the best one for squares is
    a split in this order (Fisher 1958; Breiman et al. 1984, section 4.5): whatever is in the middle
    of the list can be separated from the rest by one split.
    """
    means = np.full(size, values.mean())
    for number in np.unique(numbers):
        means[number] = values[numbers == number].mean()
    return np.argsort(np.argsort(means))[numbers].astype(float)
