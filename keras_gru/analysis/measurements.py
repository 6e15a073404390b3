"""The test metric of every run and baseline, with the precision of the test split."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from keras_gru.analysis.cost import costs
from keras_gru.analysis.intervals import Sampling, sampling_error
from keras_gru.analysis.summary import tunings
from keras_gru.datasets.metric import Metric
from keras_gru.experiments.comparison import Comparison


@dataclass(frozen=True)
class Measurements:
    """The test metrics of a comparison, in the unit of the metric.

    Args:
        metric: the metric of the values.
        labels: cell -> its display name, in the experiment's order.
        values: cell -> seed -> the test metric of its finished runs.
        diverged: cell -> the seeds of its diverged runs, if any, and of those whose test metric is
            NaN or Inf.
        baselines: label -> test metric.
        resolution: 1/N, by which one right answer changes the metric, where N counts what it
            averages over: sequences, or steps or tokens of them. None if it is no such count.
        sampling: (cell, cell or label of a baseline) -> the sampling error of their mean difference
            over the seeds that both finished; without those of which it is not known.
        independent: `"validation"` and `"test"` -> number of independent sequences.
        seconds: cell -> mean seconds of training until the target on validation, of cells of which
            half of the runs or more reached it.
        trials: cell -> the validation metric of each trial of tuning, NaN where it diverged.
    """

    metric: Metric
    labels: Mapping[str, str]
    values: Mapping[str, Mapping[int, float]]
    diverged: Mapping[str, tuple[int, ...]]
    baselines: Mapping[str, float]
    resolution: float | None = None
    sampling: Mapping[tuple[str, str], Sampling] = field(default_factory=dict)
    independent: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    trials: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def complete(self) -> dict[str, Mapping[int, float]]:
        """The values of the cells that finished the most runs.

        The remaining runs of a cell with diverged runs may be a favorable selection.
        """
        most = max(map(len, self.values.values()), default=0)
        return {cell: runs for cell, runs in self.values.items() if runs and len(runs) == most}

    @property
    def best_baseline(self) -> str | None:
        """The label of the baseline that is best on test."""
        return max(
            self.baselines,
            key=lambda label: self.metric.score(self.baselines[label]),
            default=None,
        )


def collect_measurements(comparison: Comparison) -> Measurements:
    """Return the measurements of a comparison."""
    metric, labels = comparison.metric, comparison.labels
    values = {cell: comparison.tested(cell) for cell in labels}
    diverged = {
        cell: tuple(run.seed for run in comparison.runs_of(cell) if run.seed not in values[cell])
        for cell in labels
    }
    evaluation = comparison.metadata.evaluation
    return Measurements(
        metric=metric,
        labels=labels,
        values=values,
        diverged={cell: seeds for cell, seeds in diverged.items() if seeds},
        baselines={
            baseline.label: baseline.test[metric.name]
            for baseline in comparison.baselines
            if metric.is_in_range(baseline.test.get(metric.name, math.nan))
        },
        resolution=1 / evaluation.test.terms if metric.is_a_count else None,
        sampling=_sampling(comparison, list(labels)),
        independent={name: known.independent for name, known in evaluation},
        seconds={
            cost.cell: cost.seconds.mean
            for cost in costs(comparison)
            if cost.seconds is not None and 2 * cost.reached >= cost.runs
        },
        trials={tuning.cell: tuning.trials for tuning in tunings(comparison)},
    )


def _sampling(comparison: Comparison, cells: list[str]) -> dict[tuple[str, str], Sampling]:
    metric = comparison.metric
    weights = comparison.metadata.evaluation.test.weights
    blocks = {
        cell: {
            run.seed: np.array(run.test_blocks)
            for run in comparison.runs_of(cell)
            if run.status == "finished" and _fit(run.test_blocks, weights)
        }
        for cell in cells
    }
    others = {
        baseline.label: np.array(baseline.test_blocks[metric.name])
        for baseline in comparison.baselines
        if _fit(baseline.test_blocks.get(metric.name, ()), weights)
    }
    found = {}
    for one, other in (*itertools.combinations(cells, 2), *itertools.product(cells, others)):
        seeds = blocks[one].keys()
        if other in blocks:
            seeds = seeds & blocks[other].keys()
        if seeds:
            differences = [
                blocks[one][seed] - (blocks[other][seed] if other in blocks else others[other])
                for seed in sorted(seeds)
            ]
            found[one, other] = sampling_error(np.array(differences), np.array(weights))
    return found


def _fit(blocks: Sequence[float], weights: Sequence[float]) -> bool:
    """Return whether a metric is known on every block of test, and is a number in range."""
    return len(blocks) == len(weights) > 1 and all(map(Metric.is_in_range, blocks))
