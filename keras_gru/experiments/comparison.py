"""Records of runs, comparisons of runs, learning curves of comparisons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from keras_gru.datasets.metric import Baseline, Metric
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.grids import Value
from keras_gru.experiments.metadata import Count, Metadata
from keras_gru.settings import STORED

NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Metrics = dict[str, float]
Epoch = dict[str, float | str]


def epoch_numbers(row: Epoch) -> Metrics:
    """Return the numbers of an epoch, without the name of its metric."""
    return {name: value for name, value in row.items() if not isinstance(value, str)}


@dataclass(frozen=True)
class RunRecord:
    """One trained network.

    Args:
        seed: seed of the initial weights, the order of the data and dropout.
        status: `"finished"`, `"diverged"` (the loss became NaN or Inf) or, in a sweep, `"pruned"`.
        message: the reason if the run is not finished.
        parameters: weights of the whole model.
        recurrent_parameters: weights of its recurrent layers.
        best_epoch: the best validation epoch, from 1, whose weights are saved.
        validation: validation metrics with those weights; errors are in the metric's unit.
        test: test metrics with those weights, measured once.
        seconds: duration of training and validation, all epochs.
        seconds_per_epoch: median training time of an epoch, without the first, which compiles.
        steps_per_second: optimizer steps per second, from the same median.
        path: how it was trained, such as `"XLA fused"`: compiled by XLA or run as a graph, and by
            which path of the layers (`keras_gru.RNN.path`).
        settings: the settings of this trial, or those that tuning chose, by dotted name.
        multiply_adds: multiplications of its recurrent layers for each time step; None if it is
            not known.
        peak_memory: bytes that the process had held at most until the end of its training; None
            where it is not known.
        test_blocks: the metric on each block of test (`Split.blocks`); () where it is not known.
        metric: the metric that runs are compared by, with its unit, such as `"MAE (passengers)"`.
    """

    __pydantic_config__ = STORED

    cell: str
    label: str
    seed: Count
    status: Literal["finished", "diverged", "pruned"]
    message: str
    units: Count
    parameters: Count
    recurrent_parameters: Count
    epochs: Count
    best_epoch: Count
    validation: Metrics
    test: Metrics
    seconds: NonNegative
    seconds_per_epoch: NonNegative
    steps_per_second: NonNegative
    path: str
    history: tuple[Epoch, ...] = ()
    settings: dict[str, Value] = field(default_factory=dict)
    multiply_adds: Count | None = None
    peak_memory: Count | None = None
    test_blocks: tuple[float, ...] = ()
    metric: str = field(kw_only=True)


@dataclass(frozen=True)
class EnsembleRecord:
    """The metrics of the ensemble of a cell's networks on one split."""

    __pydantic_config__ = STORED

    cell: str
    seeds: tuple[int, ...]
    split: Literal["train", "validation", "test"]
    metrics: Metrics
    metric: str


@dataclass(frozen=True)
class Comparison:
    """All runs of an experiment, with their common metadata.

    Args:
        metadata: collected when the first run began.
        runs: the ended runs, in order of completion.
        trials: trials of tuning, without their history.
    """

    experiment: Experiment
    metadata: Metadata
    runs: tuple[RunRecord, ...]
    trials: tuple[RunRecord, ...] = ()
    path: Path | None = None
    ensembles: tuple[EnsembleRecord, ...] = ()

    @property
    def metric(self) -> Metric:
        """The metric that runs are compared by."""
        return self.metadata.metric

    @property
    def baselines(self) -> tuple[Baseline, ...]:
        """Baselines without a recurrent network."""
        return self.metadata.baselines

    @property
    def labels(self) -> dict[str, str]:
        """The display name of each cell that has a run, in the experiment's order."""
        labels = {run.cell: run.label for run in self.runs}
        return {cell: labels[cell] for cell in self.experiment.cells if cell in labels}

    def runs_of(self, cell: str) -> list[RunRecord]:
        """Return the runs of a cell, finished or not."""
        return [run for run in self.runs if run.cell == cell]

    def best_run(self, cell: str | None = None, seed: int | None = None) -> RunRecord | None:
        """Return the finished run that is best on validation, the first of equals.

        Args:
            cell, seed: consider only runs of this cell or seed; None considers all.
        """
        finished = [run for run in self.runs if run.status == "finished"]
        return max(
            (r for r in finished if cell in (None, r.cell) and seed in (None, r.seed)),
            key=lambda run: self.metric.score(run.validation[self.metric.name]),
            default=None,
        )

    def ensemble_of(self, cell: str) -> Metrics | None:
        """Return the metrics on test of the ensemble of all finished networks of a cell."""
        seeds = {run.seed for run in self.runs_of(cell) if run.status == "finished"}
        for record in self.ensembles:
            if (record.cell, record.split, {*record.seeds}) == (cell, "test", seeds):
                return record.metrics
        return None

    def tested(self, cell: str) -> dict[int, float]:
        """Return the test metric of a cell's finished runs by seed, where it is a number."""
        found = {
            run.seed: run.test[self.metric.name]
            for run in self.runs_of(cell)
            if run.status == "finished"
        }
        return {seed: value for seed, value in found.items() if self.metric.is_in_range(value)}


@dataclass(frozen=True)
class LearningCurve:
    """Comparisons on fractions of the training data.

    Args:
        comparisons: the comparisons by fraction, the smallest first; the last is 1, all of the
            training data.
    """

    comparisons: Mapping[float, Comparison]

    @property
    def whole(self) -> Comparison:
        """The comparison on all of the training data."""
        return self.comparisons[1.0]

    def sequences(self, fraction: float) -> int:
        """Return the number of training sequences of a fraction."""
        return self.comparisons[fraction].metadata.sequences.train
