"""Plots of a sweep: importances, and the metric against each setting."""

import math

import numpy as np
from matplotlib.axes import Axes

from keras_gru.analysis.importance import TOGETHER, SweepAnalysis
from keras_gru.cells import cell_label
from keras_gru.experiments.configuration.sweep import Drawn, Range
from keras_gru.experiments.sweeping.study import CELL, FinishedTrial
from keras_gru.experiments.sweeping.sweep import SweepResult
from keras_gru.report.plots import (
    LOGARITHMIC,
    MUTED,
    Style,
    color,
    finish_intervals,
    interval,
    marker,
    set_ticks,
    title,
)

APART = 0.12  # of the way from one value of a list to the next, between two cells


def cells(result: SweepResult) -> dict[str, tuple[str, int]]:
    """Return each cell's label and number, which determines its color."""
    return {cell: (cell_label(cell), i) for i, cell in enumerate(result.experiment.cells)}


def importances(axes: Axes, analysis: SweepAnalysis) -> None:
    """Draw each setting's fraction of the variance with its interval, one row each."""
    for row, importance in enumerate(analysis.importances):
        is_setting = importance.name != TOGETHER
        name = importance.name if is_setting else "settings in combination"
        ends = (100 * importance.low, 100 * importance.high)
        paint = color(0) if is_setting else MUTED
        interval(axes, row, 100 * importance.fraction, ends, paint, name)
    finish_intervals(axes, len(analysis.importances))
    axes.set_xlim(-2, 102)
    label = analysis.result.metric.label
    axes.set_xlabel(f"Fraction of the variance in validation {label} (%)")


def metric_against(axes: Axes, result: SweepResult, name: str) -> None:
    """Draw the validation metric against a setting, or against `"cell"`."""
    drawn: Drawn = result.experiment.cells
    if name != CELL:
        drawn = result.sweep.ranges[name]
    finite = [trial.value for trial in result.trials if math.isfinite(trial.value)]
    worst = min(finite, key=result.metric.score, default=math.nan)  # where diverged trials are
    for cell, (_, number) in cells(result).items():
        shift = (number - (len(result.experiment.cells) - 1) / 2) * APART
        common: Style = {"color": color(number), "ls": "", "clip_on": False}
        styles: dict[str, Style] = {
            "finished": {"mfc": color(number), "alpha": 0.75},
            "pruned": {"mfc": "none"},
            "diverged": {"marker": "x", "ms": 7},
        }
        for status, style in styles.items():
            trials = [t for t in result.trials if t.cell == cell and t.status == status]
            xs = [_place(trial, name, drawn, shift) for trial in trials]
            ys = [trial.value if math.isfinite(trial.value) else worst for trial in trials]
            axes.plot(xs, ys, **({"marker": marker(number), "ms": 6} | style), **common)
    _across(axes, name, drawn)
    _upwards(axes, result)


def _place(trial: FinishedTrial, name: str, drawn: Drawn, shift: float) -> float:
    value = trial.cell if name == CELL else trial.settings[name]
    if not isinstance(drawn, Range):
        return drawn.index(value) + shift * (name != CELL)
    assert isinstance(value, int | float)  # a range has only numbers
    return value


def _across(axes: Axes, name: str, drawn: Drawn) -> None:
    axes.margins(0.08)
    if isinstance(drawn, Range):
        if drawn.log:
            axes.set_xscale("log")
        set_ticks(axes.xaxis, integer=drawn.whole, count=5)
    else:
        labels = [cell_label(str(value)) if name == CELL else str(value) for value in drawn]
        crowded = sum(map(len, labels)) > 36
        axes.set_xticks(range(len(drawn)), labels, rotation=30 if crowded else 0)
        axes.set_xlim(-0.5, len(drawn) - 0.5)
    axes.set_xlabel(name)


def _upwards(axes: Axes, result: SweepResult) -> None:
    values = np.array([t.value for t in result.trials if math.isfinite(t.value)])
    if values.size and values.min() > 0 and values.max() > LOGARITHMIC * values.min():
        axes.set_yscale("log")
    logarithmic = ", log scale" * (axes.get_yscale() == "log")
    title(axes, f"Validation {result.metric.label}{logarithmic}")
    set_ticks(axes.yaxis, count=5)
