"""Costs of cells: seconds to a target, multiply-adds and memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from keras_gru.analysis.summary import Spread, spread_of
from keras_gru.datasets.sequence_dataset import Metric
from keras_gru.experiments.comparison import Comparison, RunRecord


@dataclass(frozen=True)
class CellCost:
    """The costs of one cell; None if not measured.

    Args:
        parameters: weights of the whole model.
        multiply_adds: multiplications of the recurrent layers for each time step
            (`models.multiply_adds`).
        reached: number of runs that reached the target on validation.
        seconds: duration of training and validation until then, over those that reached it.
        peak_memory: bytes of the process (`environment.peak_memory`), the most of the cell's runs.
    """

    cell: str
    label: str
    parameters: int
    multiply_adds: int | None
    runs: int
    reached: int
    seconds: Spread | None
    peak_memory: int | None


def costs(comparison: Comparison) -> tuple[CellCost, ...]:
    """Return one row for each cell that has a run, in the experiment's order."""
    metric, aim = comparison.metric, target(comparison)
    found = []
    for cell, label in comparison.labels.items():
        runs = comparison.runs_of(cell)
        taken = [] if aim is None else [seconds_to(run, aim, metric) for run in runs]
        taken = [seconds for seconds in taken if seconds is not None]
        found.append(
            CellCost(
                cell=cell,
                label=label,
                parameters=runs[0].parameters,
                multiply_adds=runs[0].multiply_adds,
                runs=len(runs),
                reached=len(taken),
                seconds=spread_of(taken),
                peak_memory=max(run.peak_memory or 0 for run in runs) or None,
            )
        )
    return tuple(found)


def target(comparison: Comparison) -> float | None:
    """Return the validation metric to which seconds are counted, in the unit of the metric.

    It is the experiment's, or else the worst of the finished runs' best values: the best one that
    every finished run has reached. None if there is neither.
    """
    if comparison.experiment.target is not None:
        return comparison.experiment.target
    metric = comparison.metric
    finished = [run for run in comparison.runs if run.status == "finished"]
    best = [run.validation[metric.name] for run in finished]
    best = [value for value in best if metric.is_in_range(value)]
    return min(best, key=metric.score, default=None)


def seconds_to(run: RunRecord, aim: float, metric: Metric) -> float | None:
    """Return the seconds of training and validation until the validation metric reached a value.

    Returns:
        The seconds until the end of the first such epoch, or None.
    """
    passed = 0.0
    for row in run.history:
        passed += float(row["seconds"])
        if metric.score(float(row[f"val_{metric.name}"])) >= metric.score(aim):
            return passed
    return None


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the Pareto front: points that no other point dominates in cost and score.

    Args:
        points: (cost, score) of each; a higher score is better.

    Returns:
        Indices of the points that no other one equals or beats in both and beats in one, by cost.
    """

    def is_dominated(cost: float, score: float) -> bool:
        return any(c <= cost and s >= score and (c, s) != (cost, score) for c, s in points)

    front = [number for number, point in enumerate(points) if not is_dominated(*point)]
    return sorted(front, key=points.__getitem__)
