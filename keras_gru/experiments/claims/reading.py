"""From run folders to the evidence of the claims."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from keras_gru.datasets.judging import Metric
from keras_gru.errors import UserError
from keras_gru.experiments.claims.evidence import (
    CELLS,
    GRU,
    LSTM,
    Estimate,
    OfCell,
    OfCurve,
    OfSweep,
    Origin,
)
from keras_gru.experiments.claims.planned import PLANNED, Planned
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.results import Comparison, RunFolder, RunRecord
from keras_gru.experiments.shares import LearningCurve
from keras_gru.experiments.statistics import data_need
from keras_gru.experiments.statistics.cost import seconds_to, target
from keras_gru.experiments.statistics.summary import CellSummary, seconds, summarize
from keras_gru.experiments.statistics.verdicts import compare_pairs, paired_interval

if TYPE_CHECKING:
    from keras_gru.experiments.sweeping.study import Tried

SWEEP = "sweep"  # the name of a sweep's folder
RESAMPLES = 100  # of a sweep's trials
_SIZES = ("model.units", "model.parameters")
_RATE = "training.learning_rate"
_VERSIONS = ("python", "backend", "keras-gru", "keras", "tensorflow", "jax", "torch")
_HARDWARE = ("processor", "accelerators", "jobs")


def planned_as(folder: RunFolder, planned: Sequence[Planned] | None = None) -> Planned:
    """The plan that a run folder is of.

    Args:
        folder: of a learning curve or of a sweep.
        planned: among which; None for all there are.

    Raises:
        UserError: it was made with other settings than all of them.
    """
    made = _settings(folder.experiment())
    for plan in PLANNED if planned is None else planned:
        meant = plan.sweep() if folder.path.name == SWEEP else plan.curve()
        if _settings(meant) == made:
            return plan
    raise UserError(
        f"{folder.path}: was made with other settings than those of the claims; "
        "keras-gru claims prints the commands."
    )


def is_complete(folder: RunFolder, plan: Planned) -> bool:
    """Whether the folder of a learning curve holds every run of every share."""
    wanted = {(cell, seed) for cell in folder.experiment().cells for seed in plan.seeds}
    places = [folder]
    if not set(plan.shares) <= set(folder.shares()):
        return False
    places += [folder.of_share(share) for share in plan.shares]
    return all(
        place.has_facts() and {(r.cell, r.seed) for r in place.records()} >= wanted
        for place in places
    )


def read_curve(folder: RunFolder, plan: Planned) -> OfCurve:
    """What a learning curve gave.

    Raises:
        UserError: it is not finished.
    """
    if not is_complete(folder, plan):
        raise UserError(
            f"{folder.path}: is not finished; "
            f"go on with: keras-gru learning-curve --resume {folder.path}"
        )
    comparisons = {share: folder.of_share(share).comparison() for share in sorted(plan.shares)}
    return evidence_of_curve(LearningCurve({**comparisons, 1.0: folder.comparison()}), plan)


def evidence_of_curve(whole_curve: LearningCurve, plan: Planned) -> OfCurve:
    """The same of a curve that was read already."""
    comparisons = {share: _of_both(of) for share, of in whole_curve.comparisons.items()}
    curve = LearningCurve(comparisons)
    comparison, metric = curve.whole, curve.whole.metric
    need = next(iter(data_need.data_needs(curve)), None)
    pair = next(iter(compare_pairs(comparison)), None)
    difference = None
    if pair is not None and pair.difference is not None:
        low, high = pair.difference - pair.half, pair.difference + pair.half
        difference = Estimate(value=pair.difference, low=low, high=high)
    aim = target(comparison)
    experiment = comparison.experiment
    by_parameters = experiment.model.units is None or experiment.match == "parameters"
    spent = sum(seconds(of) for of in whole_curve.comparisons.values())
    return OfCurve(
        origin=_origin(comparison.facts, plan.curve_command, spent, experiment.seeds),
        metric=metric,
        matched="parameters" if by_parameters else "units",
        shares=tuple(comparisons),
        sequences=tuple(curve.sequences(share) for share in comparisons),
        cells={row.cell: _of_cell(row, curve) for row in summarize(comparison)},
        difference=difference,
        detectable=pair.detectable if pair else None,
        better=tuple(need.better.values()) if need else (None,) * len(comparisons),
        epoch_seconds=_times(comparison, lambda run: run.seconds_per_epoch),
        target=aim,
        target_seconds=_times(
            comparison, lambda run: None if aim is None else seconds_to(run, aim, metric)
        ),
        need=_estimate(need.ratio) if need else None,
        crossing=_estimate(need.crossing) if need else None,
    )


def read_sweep(folder: RunFolder, plan: Planned) -> OfSweep:
    """What a sweep with a journal in its folder gave.

    Raises:
        UserError: optuna is not installed, the journal is elsewhere, or trials are missing.
    """
    from keras_gru.experiments.sweeping import study as studies
    from keras_gru.experiments.sweeping.sweep import JOURNAL

    experiment, journal = folder.experiment(), folder.path / JOURNAL
    again = f"the same command goes on: {plan.sweep_command}"
    if not (journal.is_file() and folder.has_facts()):
        raise UserError(
            f"{folder.path}: holds no {JOURNAL} or no facts.json (versions, hardware); {again}"
        )
    facts = folder.facts()
    metric = Metric(**facts["metric"])
    trials = studies.finished(studies.open_study(experiment, metric, str(journal)))
    if len(trials) < experiment.sweep.trials:
        raise UserError(
            f"{folder.path}: has {len(trials)} of {experiment.sweep.trials} trials; {again}"
        )
    return evidence_of_sweep(experiment, metric, trials, facts, plan)


def evidence_of_sweep(
    experiment: Experiment, metric: Metric, whole: "Sequence[Tried]", facts: dict, plan: Planned
) -> OfSweep:
    """The same of trials that were read already."""
    from keras_gru.experiments.sweeping.importance import weigh
    from keras_gru.experiments.sweeping.study import CELL

    trials = [trial for trial in whole if trial.cell in CELLS]
    both = experiment.model_copy(update={"cells": CELLS})
    size = next(name for name in _SIZES if name in experiment.sweep.ranges)
    weighed = weigh(trials, both, metric, RESAMPLES, shuffle=(size, CELL))
    spent, trained = sum(trial.seconds for trial in whole), experiment.sweep.trials
    command = plan.sweep_command
    if trained != plan.sweep().sweep.trials:
        command += f" --trials {trained}"
    lead = shares = None
    if weighed is not None:
        shares = {r.name: _three(r.share, r.low, r.high) for r in weighed.importances()}
        lead = (_three(*weighed.lead_over_chance(size, CELL)), _three(*weighed.lead(_RATE)))
    return OfSweep(
        origin=_origin(facts, command, spent, experiment.seeds[:1]),
        trials=len(trials),
        pruned=sum(trial.status == "pruned" for trial in trials),
        diverged=sum(trial.status == "diverged" for trial in trials),
        size=size,
        shares=shares or {},
        size_over_cell=lead[0] if lead else None,
        rate_over_rest=lead[1] if lead else None,
    )


def _settings(experiment: Experiment) -> dict:
    """What decides the results; names and places do not, and of a sweep more trials only help."""
    settings = experiment.model_dump(exclude={"name", "description", "runs", "target"})
    if settings["sweep"] is not None:
        settings["sweep"].pop("trials")
    return settings


def _of_both(comparison: Comparison) -> Comparison:
    """GRU and LSTM alone: what is corrected for a number of pairs is so for theirs."""
    runs = tuple(run for run in comparison.runs if run.cell in CELLS)
    experiment = comparison.experiment.model_copy(update={"cells": CELLS})
    return dataclasses.replace(comparison, experiment=experiment, runs=runs)


def _of_cell(row: CellSummary, curve: LearningCurve) -> OfCell:
    metric, test = curve.whole.metric, []
    for comparison in curve.comparisons.values():
        values = [
            run.test[metric.name] * metric.scale
            for run in comparison.runs
            if run.cell == row.cell and run.status == "finished"
        ]
        known = values and _three(float(np.mean(values)), min(values), max(values))
        test.append(known or None)
    return OfCell(
        units=row.units,
        parameters=row.parameters,
        recurrent_parameters=row.recurrent_parameters,
        seconds_per_epoch=row.seconds_per_epoch,
        test=tuple(test),
    )


def _times(comparison: Comparison, of: Callable[[RunRecord], float | None]) -> Estimate | None:
    """The ratio of LSTM's times to GRU's: the geometric mean over seeds, its t interval in logs."""
    times: dict[str, dict[int, float]] = {cell: {} for cell in CELLS}
    for run in comparison.runs:
        taken = of(run) if run.status == "finished" else None
        if taken:
            times[run.cell][run.seed] = taken
    seeds = sorted(times[GRU].keys() & times[LSTM].keys())
    if not seeds:
        return None
    logs = np.log([times[LSTM][seed] / times[GRU][seed] for seed in seeds])
    if len(seeds) == 1:
        return Estimate(value=float(np.exp(logs[0])))
    mean, half = map(float, paired_interval(logs, 1))
    return _three(math.exp(mean), math.exp(mean - half), math.exp(mean + half))


def _estimate(found: "data_need.Estimate | None") -> Estimate | None:
    if found is None:
        return None
    low, high = found.interval or (None, None)
    return Estimate(value=found.value, low=low, high=high)


def _three(value: float, low: float, high: float) -> Estimate:
    return Estimate(value=value, low=low, high=high)


def _origin(facts: dict, command: str, spent: float, seeds: Sequence[int]) -> Origin:
    environment = facts["environment"]
    return Origin(
        command=command,
        date=facts["started"][:10],
        seconds=spent,
        seeds=tuple(seeds),
        hardware={name: environment[name] for name in _HARDWARE if name in environment},
        versions={name: environment[name] for name in _VERSIONS if name in environment},
    )
