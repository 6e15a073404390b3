"""The sections of a sweep: importances, all trials, and the best trials."""

import json
import shlex

from keras_gru.analysis.importance import FEWEST, TOGETHER, Importance, SweepAnalysis
from keras_gru.experiments.sweeping.study import CELL, FinishedTrial
from keras_gru.formatting import date, duration, plural, setting_value
from keras_gru.report import sweep_plots
from keras_gru.report.blocks import Code, Column, Figure, Key, Legend, Row, Section, Table, Text
from keras_gru.report.metric_values import quantity
from keras_gru.report.sections.budget import budget_blocks

SHOWN = 10  # of the best trials
BUDGETS = (1, 3, 10, 30)  # trials
SAMPLERS = {"tpe": "TPE", "random": "random"}


def headline_text(analysis: SweepAnalysis) -> str:
    """Return the importance of each setting, and whether their order is certain."""
    result = analysis.result
    trials = plural(len(result.trials), "trial")
    if len(result.trials) < FEWEST:
        return f"Importances cannot be estimated from {trials}; at least {FEWEST} are required."
    if not analysis.importances:
        return f"Importances cannot be estimated: all of {trials} are equal or diverged."
    *rows, _ = analysis.importances
    first, *others = rows
    shown = rows[:2] + [row for row in rows[2:] if row.name == CELL]
    parts = [
        f"{_importance_text(first)} of the variance in validation {result.metric.label} is due to "
        f"{_spoken(first.name)}",
        *(f"{_importance_text(row)} to {_spoken(row.name)}" for row in shown[1:]),
    ]
    rivals = [row for row in others if row.overlaps(first)]
    if not rivals:
        return f"{', '.join(parts)}: {trials}."
    names = [_spoken(row.name) for row in (first, *rivals)]
    either = f"{', '.join(names[:-1])} or {names[-1]}"
    return f"{', '.join(parts)}; {trials} cannot decide whether {either} matters most."


def setup(analysis: SweepAnalysis) -> dict[str, str]:
    """Return the setup at a glance."""
    result = analysis.result
    experiment = result.experiment
    counts = [plural(len(result.trials), "trial")]
    for status in ("pruned", "diverged"):
        number = sum(trial.status == status for trial in result.trials)
        counts += [f"{number} {status}"] * bool(number)
    return {
        "Cells": ", ".join(label for label, _ in sweep_plots.cells(result).values()),
        "Trials": ", ".join(counts),
        "Sampler": SAMPLERS[result.sweep.sampler],
        "Seed": str(experiment.seeds[0]),
        "Training": f"up to {plural(experiment.training.epochs, 'epoch')}",
        "Trained for": duration(sum(trial.seconds for trial in result.trials)),
        "Started": date(result.metadata.started),
    }


def importances(analysis: SweepAnalysis) -> Section | None:
    """Return the importance of each setting, or None if it cannot be estimated."""
    if not analysis.importances:
        return None
    rows = [
        Row(
            "settings in combination" if row.name == TOGETHER else row.name,
            (f"{100 * row.fraction:.0f}%", f"{100 * row.low:.0f} to {100 * row.high:.0f}%"),
        )
        for row in analysis.importances
    ]
    reading = ", ".join(f"{row.label} {row.values[0]} ({row.values[1]})" for row in rows)
    height = 90 + 48 * len(rows)
    figure = Figure(
        "importances",
        lambda canvas: sweep_plots.importances(canvas.add_subplot(), analysis),
        f"Fractions of the variance: {reading}.",
        heights=(height, height),
    )
    note = Text(
        "The fraction of the variance over the search space that each setting explains by itself, "
        "with its 95% interval (Hutter et al. 2014); combinations of settings explain the rest. "
        "Pruned trials count with their best epoch, diverged trials as the worst. Intervals are "
        "percentiles over resamples of the trials."
    )
    columns = (Column("Setting"), Column("Fraction of variance"), Column("95% interval"))
    title = f"{analysis.result.experiment.name}: {analysis.result.metric.label}"
    table = Table("importances", title, columns, rows)
    return Section("importances", "What matters", (figure, table, note), in_terminal=True)


def trials(analysis: SweepAnalysis) -> Section:
    """Return every trial's metric against each setting."""
    result = analysis.result
    names = [*([CELL] if len(result.experiment.cells) > 1 else []), *result.sweep.ranges]
    figures = [
        Figure(
            f"against-{name}",
            lambda canvas, name=name: sweep_plots.metric_against(
                canvas.add_subplot(), result, name
            ),
            f"Validation {result.metric.label} of every trial against {name}.",
            heights=(310, 310),
            is_half=True,
        )
        for name in names
    ]
    status = {trial.status for trial in result.trials}
    marks = " Hollow marks are pruned trials." * ("pruned" in status)
    marks += " Crosses are diverged trials." * ("diverged" in status)
    keys = [Key(label, number) for label, number in sweep_plots.cells(result).values()]
    note = f"The best validation epoch of every trial against each setting.{marks}"
    return Section("trials", "Every trial", (Legend(keys, note), *figures))


def expected_best(analysis: SweepAnalysis) -> Section:
    """Return the expected best of n trials of each cell, or its requirements."""
    result, found = analysis.result, analysis.expected_best
    title = "Expected best against budget"
    if not found:
        text = (
            "This requires random trials without pruning: sweep.sampler=random sweep.pruning=false"
        )
        return Section("expected-best", title, [Text(text)])
    blocks = budget_blocks(
        "expected-best",
        f"Expected best validation {result.metric.label}",
        found,
        sweep_plots.cells(result),
        BUDGETS,
        lambda value: quantity(value, result.metric),
    )
    note = Text(
        "Expected best validation metric of n random trials (Dodge et al. 2019), with its 95% "
        "bootstrap interval. A diverged trial counts as the cell's worst that did not diverge. A "
        "cell that needs less tuning is near its best after fewer trials."
    )
    return Section("expected-best", title, [*blocks, note])


def best_trials(analysis: SweepAnalysis) -> Section:
    """Return the best trials, and the command that trains the best one with all seeds."""
    result = analysis.result
    finished = [trial for trial in result.trials if trial.status == "finished"]
    finished.sort(key=lambda trial: result.metric.score(trial.value), reverse=True)
    names = list(result.sweep.ranges)
    rows = [
        Row(
            trial.label,
            (
                *(setting_value(trial.settings[name]) for name in names),
                quantity(trial.value, result.metric),
                str(trial.epochs),
                duration(trial.seconds),
            ),
        )
        for trial in finished[:SHOWN]
    ]
    columns = [Column("Cell"), *map(Column, names)]
    columns += [Column("Validation"), Column("Epochs"), Column("Time")]
    blocks = [Table("best-trials", result.metric.label, columns, rows)]
    if not finished:
        return Section("best", "The best trials", [Text("No trial was trained to the end.")])
    drawn = [f"{name} {setting_value(value)}" for name, value in finished[0].settings.items()]
    note = (
        f"The best trial, {', '.join([finished[0].label, *drawn])}, had one seed, and part of its "
        "advantage is chance. To train it with all seeds and test it:"
    )
    blocks += [Text(note), Code(_command(analysis, finished[0]))]
    return Section("best", "The best trials", blocks, in_terminal=True)


def _command(analysis: SweepAnalysis, trial: FinishedTrial) -> str:
    """Return the command that trains and tests a trial's settings with all seeds."""
    result = analysis.result
    settings = [f"{name}={json.dumps(value)}" for name, value in trial.settings.items()]
    file = str(result.path.resolve() / "experiment.yaml")
    return shlex.join(["keras-gru", "compare", file, f"cells=[{trial.cell}]", *settings])


def _spoken(name: str) -> str:
    """Return a setting in a sentence: `the learning rate`."""
    return f"the {name.rpartition('.')[2].replace('_', ' ')}"


def _importance_text(row: Importance) -> str:
    return f"{100 * row.fraction:.0f}% [{100 * row.low:.0f}, {100 * row.high:.0f}]"
