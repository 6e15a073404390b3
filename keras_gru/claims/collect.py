"""Collect the evidence for the claims from run directories."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from keras_gru.analysis import data_need
from keras_gru.analysis.cost import seconds_to, target
from keras_gru.analysis.intervals import FEWEST_SEEDS, paired_interval
from keras_gru.analysis.measurements import Measurements, collect_measurements
from keras_gru.analysis.pairs import Pair, compare_pairs, interval_ends
from keras_gru.analysis.summary import CellSummary, seconds, summarize
from keras_gru.claims.evidence import (
    CELLS,
    GRU,
    LSTM,
    CellEvidence,
    ComparisonEvidence,
    CurveEvidence,
    Estimate,
    Origin,
    SweepEvidence,
)
from keras_gru.claims.plans import PLANNED, Planned
from keras_gru.datasets.metric import Metric
from keras_gru.errors import UserError
from keras_gru.experiments.comparison import Comparison, LearningCurve, RunRecord
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.environment import HARDWARE, VERSIONS
from keras_gru.experiments.metadata import Metadata
from keras_gru.experiments.run_directory import SWEEP, RunDirectory

if TYPE_CHECKING:
    from keras_gru.experiments.sweeping.study import FinishedTrial

RESAMPLES = 100  # of a sweep's trials
_SIZES = ("model.size.units", "model.size.parameters")
_RATE = "training.learning_rate"


def matches_plan(run_directory: RunDirectory, plan: Planned) -> bool:
    """Return whether a sweep, or a learning curve with its seeds or more, has a plan's settings."""
    begun = run_directory.experiment()
    if run_directory.path.name == SWEEP:
        meant = plan.sweep()
    else:
        has_more = begun.seeds[: len(plan.seeds)] == plan.seeds
        meant = (dataclasses.replace(plan, seeds=begun.seeds) if has_more else plan).curve()
    return _settings(meant.with_shards(begun.training.shards)) == _settings(begun)


def find_plan(run_directory: RunDirectory) -> Planned:
    """Return the plan of a run directory.

    Raises:
        UserError: no plan has its settings.
    """
    for plan in PLANNED:
        if matches_plan(run_directory, plan):
            return plan
    raise UserError(
        f"{run_directory.path}: was made with other settings than those of the claims; "
        "keras-gru claims prints the commands."
    )


def is_complete(run_directory: RunDirectory, plan: Planned) -> bool:
    """Return whether a learning curve has all runs of all fractions."""
    experiment = run_directory.experiment()
    wanted = {(cell, seed) for cell in experiment.cells for seed in experiment.seeds}
    if not set(plan.fractions) <= set(run_directory.fractions()):
        return False
    places = (run_directory, *map(run_directory.fraction, plan.fractions))
    return all(
        place.has_metadata() and {(r.cell, r.seed) for r in place.records()} >= wanted
        for place in places
    )


def read_curve(run_directory: RunDirectory, plan: Planned) -> CurveEvidence:
    """Read the evidence of a learning curve.

    Raises:
        UserError: it is not finished.
    """
    if not is_complete(run_directory, plan):
        raise UserError(
            f"{run_directory.path}: is not finished; "
            f"resume with: keras-gru learning-curve --resume {run_directory.path}"
        )
    comparisons = {
        fraction: run_directory.fraction(fraction).comparison()
        for fraction in sorted(plan.fractions)
    }
    return curve_evidence(LearningCurve({**comparisons, 1.0: run_directory.comparison()}), plan)


def curve_evidence(whole_curve: LearningCurve, plan: Planned) -> CurveEvidence:
    """Return the evidence of a learning curve."""
    comparisons = {at: _of_both(whole) for at, whole in whole_curve.comparisons.items()}
    curve = LearningCurve(comparisons)
    comparison, metric = curve.whole, curve.whole.metric
    need = next(iter(data_need.data_needs(curve)), None)
    measured = [collect_measurements(comparison) for comparison in comparisons.values()]
    *others, pair = (next(iter(compare_pairs(found)), None) for found in measured)
    if pair is None or None in others:  # the remaining runs may be a favorable selection
        need = None
    aim = target(comparison)
    experiment = comparison.experiment
    command = dataclasses.replace(plan, seeds=experiment.seeds).curve_command
    by_parameters = "parameters" in (experiment.match, *type(experiment.model.size).model_fields)
    spent = sum(seconds(comparison) for comparison in whole_curve.comparisons.values())
    return CurveEvidence(
        origin=_origin(comparison.metadata, command, spent, experiment.seeds),
        metric=metric,
        matched="parameters" if by_parameters else "units",
        fractions=tuple(comparisons),
        sequences=tuple(map(curve.sequences, comparisons)),
        cells={row.cell: _of_cell(row, curve) for row in summarize(comparison)},
        difference=_difference(pair, metric),
        detectable=pair.detectable if pair else None,
        sampling_error=_sampling_error(measured[-1]),
        better=tuple(need.better.values()) if need else (None,) * len(comparisons),
        epoch_seconds=pair and _time_ratio(comparison, lambda run: run.seconds_per_epoch),
        target=aim,
        target_seconds=pair
        and _time_ratio(
            comparison, lambda run: None if aim is None else seconds_to(run, aim, metric)
        ),
        need=_estimate(need.ratio) if need else None,
        crossing=_estimate(need.crossing) if need else None,
    )


def comparison_evidence(measured: Measurements, origin: Origin) -> ComparisonEvidence:
    """Return the evidence of a comparison; other cells are left out."""
    values = {cell: measured.values[cell] for cell in CELLS if measured.values.get(cell)}
    pair = next(iter(compare_pairs(dataclasses.replace(measured, values=values))), None)
    return ComparisonEvidence(
        origin=origin,
        metric=measured.metric,
        test={cell: float(np.mean(list(runs.values()))) for cell, runs in values.items()},
        difference=_difference(pair, measured.metric),
        detectable=pair.detectable if pair else None,
        sampling_error=_sampling_error(measured),
    )


def read_sweep(run_directory: RunDirectory, plan: Planned) -> SweepEvidence:
    """Read the evidence of a sweep with a journal in its directory.

    Raises:
        UserError: optuna is not installed, the journal is elsewhere, or trials are missing.
    """
    from keras_gru.experiments.sweeping import study as studies
    from keras_gru.experiments.sweeping.sweep import JOURNAL

    experiment, journal = run_directory.experiment(), run_directory.path / JOURNAL
    again = f"resume it with: {_sweep_command(experiment, plan)}"
    if not (journal.is_file() and run_directory.has_metadata()):
        raise UserError(
            f"{run_directory.path}: expected {JOURNAL} and metadata.json, found not both; {again}"
        )
    metadata = run_directory.metadata()
    metric = metadata.metric
    trials = studies.finished_trials(studies.open_study(experiment, metric, str(journal)))
    assert experiment.sweep is not None  # its journal holds the trials of one
    if len(trials) < experiment.sweep.trials:
        raise UserError(
            f"{run_directory.path}: has {len(trials)} of {experiment.sweep.trials} trials; {again}"
        )
    return sweep_evidence(experiment, metric, trials, metadata, plan)


def sweep_evidence(
    experiment: Experiment,
    metric: Metric,
    whole: "Sequence[FinishedTrial]",
    metadata: Metadata,
    plan: Planned,
) -> SweepEvidence:
    """Return the evidence of the trials of a sweep."""
    from keras_gru.analysis.importance import weigh
    from keras_gru.experiments.sweeping.study import CELL

    trials = [trial for trial in whole if trial.cell in CELLS]
    both = experiment.model_copy(update={"cells": CELLS})
    assert experiment.sweep is not None  # the trials are of a sweep
    size = next(name for name in _SIZES if name in experiment.sweep.ranges)
    weighed = weigh(trials, both, metric, RESAMPLES, shuffle=(size, CELL))
    spent = sum(trial.seconds for trial in whole)
    lead, importances = None, {}
    if weighed is not None:
        importances = {r.name: _with_ends(r.fraction, r.low, r.high) for r in weighed.importances()}
        lead = (_with_ends(*weighed.lead_over_chance(size, CELL)), _with_ends(*weighed.lead(_RATE)))
    return SweepEvidence(
        origin=_origin(metadata, _sweep_command(experiment, plan), spent, experiment.seeds[:1]),
        trials=len(trials),
        pruned=sum(trial.status == "pruned" for trial in trials),
        diverged=sum(trial.status == "diverged" for trial in trials),
        size=size,
        importances=importances,
        size_over_cell=lead[0] if lead else None,
        rate_over_rest=lead[1] if lead else None,
    )


def _sweep_command(made: Experiment, plan: Planned) -> str:
    planned = plan.sweep()
    assert made.sweep is not None and planned.sweep is not None  # both are sweeps
    trials = made.sweep.trials
    return plan.sweep_command + f" --trials {trials}" * (trials != planned.sweep.trials)


def _settings(experiment: Experiment) -> dict:
    """Return the settings that determine the results, without names, paths and trials."""
    settings = experiment.model_dump(exclude={"name", "description", "runs"})
    if settings["sweep"] is not None:
        settings["sweep"].pop("trials")
    return settings


def _of_both(comparison: Comparison) -> Comparison:
    """Return the comparison of GRU and LSTM only, corrected for their single pair."""
    runs = tuple(run for run in comparison.runs if run.cell in CELLS)
    experiment = comparison.experiment.model_copy(update={"cells": CELLS})
    return dataclasses.replace(comparison, experiment=experiment, runs=runs)


def _difference(pair: Pair | None, metric: Metric) -> Estimate | None:
    if pair is None or pair.difference is None:
        return None
    ends = (None, None)
    if pair.half is not None:
        ends = interval_ends(pair.difference, pair.half, metric)
    return _with_ends(pair.difference, *ends)


def _sampling_error(measured: Measurements) -> float | None:
    sampling = measured.sampling.get(CELLS)
    return None if sampling is None else float(sampling.error)


def _of_cell(row: CellSummary, curve: LearningCurve) -> CellEvidence:
    test = []
    for comparison in curve.comparisons.values():
        values = list(comparison.tested(row.cell).values())
        known = values and _with_ends(float(np.mean(values)), min(values), max(values))
        test.append(known or None)
    return CellEvidence(
        units=row.units,
        recurrent_parameters=row.recurrent_parameters,
        test=tuple(test),
    )


def _time_ratio(
    comparison: Comparison, measure: Callable[[RunRecord], float | None]
) -> Estimate | None:
    """Return the geometric mean over seeds of LSTM's time / GRU's, with a t interval in logs."""
    times: dict[str, dict[int, float]] = {cell: {} for cell in CELLS}
    for run in comparison.runs:
        taken = measure(run) if run.status == "finished" else None
        if taken:
            times[run.cell][run.seed] = taken
    seeds = sorted(times[GRU].keys() & times[LSTM].keys())
    if not seeds:
        return None
    logs = np.log([times[LSTM][seed] / times[GRU][seed] for seed in seeds])
    if len(seeds) < FEWEST_SEEDS:
        return Estimate(value=float(np.exp(logs.mean())))
    mean, half = map(float, paired_interval(logs, 1))
    return _with_ends(math.exp(mean), math.exp(mean - half), math.exp(mean + half))


def _estimate(found: "data_need.Estimate | None") -> Estimate | None:
    if found is None:
        return None
    low, high = found.interval or (None, None)
    return Estimate(value=found.value, low=low, high=high)


def _with_ends(value: float, low: float | None, high: float | None) -> Estimate:
    return Estimate(value=value, low=low, high=high)


def _origin(metadata: Metadata, command: str, spent: float, seeds: Sequence[int]) -> Origin:
    environment = metadata.environment
    return Origin(
        command=command,
        date=metadata.started[:10],
        seconds=spent,
        seeds=tuple(seeds),
        hardware={name: environment[name] for name in HARDWARE if name in environment},
        versions={name: environment[name] for name in VERSIONS if name in environment},
    )
