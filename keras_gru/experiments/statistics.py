"""What the runs of a comparison say together, and no more than their seeds allow."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from keras_gru.datasets.sequence_dataset import Metric
from keras_gru.experiments.config import Experiment, Value
from keras_gru.experiments.results import Comparison, RunRecord

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation over seeds; the latter is None for a single seed."""

    mean: float
    deviation: float | None


@dataclass(frozen=True)
class CellSummary:
    """One cell over its seeds; the metric in the reader's unit."""

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
    """One row for each cell that has a run, in the experiment's order."""
    rows = []
    for cell in comparison.experiment.cells:
        runs = [run for run in comparison.runs if run.cell == cell]
        if not runs:
            continue
        good = [run for run in runs if run.status == "finished"]
        timed = good or runs
        rows.append(
            CellSummary(
                cell=cell,
                label=runs[0].label,
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
    """What tuning chose for a cell, among how many tries, and what they took.

    `edges` are the settings whose value is the lowest or the highest of those tried, with that
    word: beyond it may be a better one.
    """

    cell: str
    label: str
    settings: dict[str, Value]
    tries: int
    diverged: int
    seconds: float
    edges: dict[str, str]


def tunings(comparison: Comparison) -> tuple[CellTuning, ...]:
    """One row for each cell that was tuned and has a run, in the experiment's order."""
    rows = []
    for cell in comparison.experiment.cells:
        run = next((run for run in comparison.runs if run.cell == cell and run.settings), None)
        if run is None:
            continue
        tries = [record for record in comparison.tries if record.cell == cell]
        rows.append(
            CellTuning(
                cell=cell,
                label=run.label,
                settings=run.settings,
                tries=len(tries),
                diverged=sum(record.status == "diverged" for record in tries),
                seconds=sum(record.seconds for record in tries),
                edges=_edges(comparison.experiment, run.settings),
            )
        )
    return tuple(rows)


def _edges(experiment: Experiment, settings: dict[str, Value]) -> dict[str, str]:
    edges = {}
    for name, values in experiment.tuning.items():
        chosen = settings[name]
        if len(values) == 1 or not all(type(value) in (int, float) for value in values):
            continue
        if chosen == max(values):
            edges[name] = "highest"
        elif chosen == min(values) and chosen != 0:  # there is no dropout below 0
            edges[name] = "lowest"
    return edges


def seconds(comparison: Comparison) -> float:
    """Of all training: a try that tuning chose is the run of its seed and counts once."""
    chosen = {run.cell: run.settings for run in comparison.runs}
    lost = [record for record in comparison.tries if record.settings != chosen.get(record.cell)]
    return sum(record.seconds for record in (*comparison.runs, *lost))


def conclude(comparison: Comparison) -> str:
    """One sentence that does not claim more than the seeds allow.

    The cell that is best on test is held against every other one by the differences between runs
    of the same seed: their mean with a t interval at 95%, Bonferroni-corrected for the number of
    pairs of cells. A cell with fewer finished runs than another cannot be the best by that: ranks
    are given by the seeds that the most complete cells share. What diverged is named.

    Args:
        comparison: with any number of finished runs.

    Returns:
        The sentence.
    """
    metric = comparison.metric
    values = {
        cell: {
            run.seed: run.test[metric.name] * metric.scale for run in _finished(comparison, cell)
        }
        for cell in comparison.experiment.cells
    }
    label = {run.cell: run.label for run in comparison.runs}
    most = max(map(len, values.values()), default=0)
    if most == 0:
        return "No run has finished, so there is nothing to compare."
    whole = {cell: of_seed for cell, of_seed in values.items() if len(of_seed) == most}
    best = max(whole, key=lambda cell: metric.score(float(np.mean(list(whole[cell].values())))))
    others = [cell for cell in whole if cell != best]
    reached = f"{np.mean(list(whole[best].values())):,.{metric.digits}f}"
    if not others:
        sentence = (
            f"{label[best]} reached a test {metric.label} of {reached}: {plural(most, 'seed')}"
        )
    elif most < 2:
        sentence = (
            f"{label[best]} has the best test {metric.label}, {reached}, but with one seed no "
            "difference between cells can be told from chance"
        )
    else:
        sentence = _verdict(best, others, whole, label, metric)
    return f"{sentence}{_unfinished(comparison, label)}."


def _verdict(best: str, others: list[str], values: dict, label: dict, metric: Metric) -> str:
    """The best cell against each of the others."""
    pairs = math.comb(len(values), 2)
    sign = 1 if metric.mode == "max" else -1
    better, alike = [], []
    for other in others:
        interval = _paired_interval(values[best], values[other], pairs)
        if interval is not None and sign * interval[0] - interval[1] > 0:
            size = f"{abs(interval[0]):,.{metric.digits}f} ± {interval[1]:,.{metric.digits}f}"
            better.append(f"{label[other]} (by {size})")
        else:
            alike.append(label[other])
    parts = []
    if better:
        parts.append(f"{label[best]} beats {_list(better, 'and')} on test {metric.label}")
    if alike:
        between = "between it" if better else f"Between {label[best]}"
        parts.append(f"{between} and {_list(alike, 'or')} these runs cannot tell a difference")
    evidence = f"{plural(len(values[best]), 'seed')}, 95% intervals paired by seed"
    if pairs > 1:
        evidence += f" and corrected for {pairs} pairs"
    return f"{'; '.join(parts)}: {evidence}"


def _unfinished(comparison: Comparison, label: dict) -> str:
    """Which cells have runs that diverged, as the end of a sentence."""
    parts = []
    for cell in label:
        runs = [run for run in comparison.runs if run.cell == cell]
        diverged = sum(run.status == "diverged" for run in runs)
        if diverged:
            parts.append(f"{label[cell]} diverged in {diverged} of {plural(len(runs), 'run')}")
    return "".join(f"; {part}" for part in parts)


def _finished(comparison: Comparison, cell: str) -> list[RunRecord]:
    return [run for run in comparison.runs if run.cell == cell and run.status == "finished"]


def _spread(comparison: Comparison, metrics: list[dict[str, float]]) -> Spread | None:
    if not metrics:
        return None
    values = [row[comparison.metric.name] * comparison.metric.scale for row in metrics]
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return Spread(float(np.mean(values)), deviation)


def _paired_interval(
    one: dict[int, float], other: dict[int, float], pairs: int
) -> tuple[float, float] | None:
    """Mean difference over shared seeds and half the width of its interval."""
    shared = sorted(one.keys() & other.keys())
    if len(shared) < 2:
        return None
    differences = np.array([one[seed] - other[seed] for seed in shared])
    tail = (1 - CONFIDENCE) / pairs / 2
    half = stats.t.ppf(1 - tail, len(shared) - 1) * stats.sem(differences)
    return float(differences.mean()), float(half)


def plural(count: int, noun: str) -> str:
    """`1 seed`, `3 seeds`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _list(words: list[str], last: str) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {last} ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])
