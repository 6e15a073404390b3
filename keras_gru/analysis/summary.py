"""Summaries over seeds: metrics and tuned settings of each cell."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from keras_gru.experiments.comparison import Comparison
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.grids import Value


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation over seeds; the latter is None for a single seed."""

    mean: float
    deviation: float | None


@dataclass(frozen=True)
class CellSummary:
    """One cell over its seeds, in the unit of the metric."""

    cell: str
    label: str
    units: int
    parameters: int
    recurrent_parameters: int
    finished: int
    unfinished: tuple[str, ...]
    validation: Spread | None
    test: Spread | None
    seconds_per_epoch: float
    steps_per_second: float
    path: str


def summarize(comparison: Comparison) -> tuple[CellSummary, ...]:
    """Return one row for each cell that has a run, in the experiment's order."""
    rows = []
    for cell, label in comparison.labels.items():
        runs = comparison.runs_of(cell)
        good = [run for run in runs if run.status == "finished"]
        timed = good or runs
        rows.append(
            CellSummary(
                cell=cell,
                label=label,
                units=runs[0].units,
                parameters=runs[0].parameters,
                recurrent_parameters=runs[0].recurrent_parameters,
                finished=len(good),
                unfinished=tuple(run.status for run in runs if run.status != "finished"),
                validation=_spread(comparison, [run.validation for run in good]),
                test=_spread(comparison, [run.test for run in good]),
                seconds_per_epoch=float(np.median([run.seconds_per_epoch for run in timed])),
                steps_per_second=float(np.median([run.steps_per_second for run in timed])),
                path=" / ".join(sorted({run.path for run in timed})),
            )
        )
    return tuple(rows)


@dataclass(frozen=True)
class CellTuning:
    """The result of tuning a cell.

    Args:
        settings: dotted name -> the value that was best on validation.
        trials: the validation metric of each trial; NaN where it diverged.
        seconds: of all trials.
        edges: settings whose value is the `"lowest"` or the `"highest"` of those tried, so that a
            better one may lie beyond.
    """

    cell: str
    label: str
    settings: dict[str, Value]
    trials: tuple[float, ...]
    seconds: float
    edges: dict[str, str]

    @property
    def diverged(self) -> int:
        """How many trials diverged."""
        return sum(map(math.isnan, self.trials))


def tunings(comparison: Comparison) -> tuple[CellTuning, ...]:
    """Return one row for each cell that was tuned and has a run, in the experiment's order."""
    rows = []
    for cell in comparison.experiment.cells:
        run = next((run for run in comparison.runs if run.cell == cell and run.settings), None)
        if run is None:
            continue
        trials = [record for record in comparison.trials if record.cell == cell]
        values = [record.validation.get(comparison.metric.name, math.nan) for record in trials]
        rows.append(
            CellTuning(
                cell=cell,
                label=run.label,
                settings=run.settings,
                trials=tuple(values),
                seconds=sum(record.seconds for record in trials),
                edges=_edges(comparison.experiment, run.settings),
            )
        )
    return tuple(rows)


def _edges(experiment: Experiment, settings: dict[str, Value]) -> dict[str, str]:
    edges = {}
    for name, values in (experiment.tuning or {}).items():
        chosen = settings[name]
        # A boolean is an int to Python, and has no highest value.
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        if len(values) == 1 or len(numbers) < len(values):
            continue
        if chosen == max(numbers):
            edges[name] = "highest"
        elif chosen == min(numbers) and chosen != 0:  # there is no dropout below 0
            edges[name] = "lowest"
    return edges


def seconds(comparison: Comparison) -> float:
    """Return the seconds of all training, the trials of tuning included."""
    return sum(record.seconds for record in (*comparison.runs, *comparison.trials))


def mean_of(values: Iterable[float]) -> float:
    """Return the mean with 12 digits: a sum of floats depends on their order beyond them."""
    return float(f"{np.mean(list(values)):.12g}")


def spread_of(values: Sequence[float]) -> Spread | None:
    """Return the mean and the standard deviation over seeds; None for no values."""
    if not values:
        return None
    with np.errstate(over="ignore", invalid="ignore"):  # losses that are nearly infinite
        deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return Spread(float(np.mean(values)), deviation)


def _spread(comparison: Comparison, metrics: list[dict[str, float]]) -> Spread | None:
    metric = comparison.metric
    return spread_of([row[metric.name] for row in metrics if metric.is_in_range(row[metric.name])])
