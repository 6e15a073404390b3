"""What is drawn of a sweep: the importances, and the metric against each setting."""

import math
from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from keras_gru.analysis.importance import TOGETHER
from keras_gru.cells import cell_label
from keras_gru.experiments.configuration.sweep import Drawn, Range
from keras_gru.experiments.sweeping.study import CELL, Tried
from keras_gru.experiments.sweeping.sweep import SweepResult
from keras_gru.report.plots import INK, LOGARITHMIC, MUTED, colour, marker

APART = 0.12  # of the way from one value of a list to the next, between two cells


def cells(result: SweepResult) -> dict[str, tuple[str, int]]:
    """Each cell's label and its number, which decides its colour."""
    return {cell: (cell_label(cell), i) for i, cell in enumerate(result.experiment.cells)}


def shares(axes: Axes, result: SweepResult) -> None:
    """Draws each setting's share of the variance with its interval, a row for each."""
    rows = result.importances
    for row, found in enumerate(rows):
        alone = found.name != TOGETHER
        paint = colour(0) if alone else MUTED
        ends = [100 * found.low, 100 * found.high]
        axes.plot(ends, [-row, -row], "|-", color=paint, lw=1.9, ms=7, mew=1.9)
        axes.plot(100 * found.share, -row, "o", color=paint, ms=7, mew=0)
        name = found.name if alone else "settings in combination"
        axes.text(0, 0.28 - row, name, fontsize=8.5, transform=axes.get_yaxis_transform())
    axes.set_ylim(0.4 - len(rows), 0.75)
    axes.set_yticks([])
    axes.set_xlim(-2, 102)
    axes.grid(axis="x")
    axes.set_xlabel(f"Share of the variance in validation {result.metric.label} (%)")


def against(name: str) -> Callable[[Axes, SweepResult], None]:
    """What draws the metric on validation against a setting, or against `"cell"`."""
    return _Against(name)


class _Against:
    def __init__(self, name: str):
        self.name, self.__name__ = name, f"against {name}"

    def __call__(self, axes: Axes, result: SweepResult) -> None:
        drawn = result.experiment.cells
        if self.name != CELL:
            drawn = result.experiment.sweep.ranges[self.name]
        worst = _worst(result)
        for cell, (_, number) in cells(result).items():
            shift = (number - (len(result.experiment.cells) - 1) / 2) * APART
            for status, style in (
                ("finished", {"mfc": colour(number), "alpha": 0.75}),
                ("pruned", {"mfc": "none"}),
                ("diverged", {"marker": "x", "ms": 7}),
            ):
                of = [t for t in result.trials if t.cell == cell and t.status == status]
                xs = [_place(trial, self.name, drawn, shift) for trial in of]
                ys = [t.value if math.isfinite(t.value) else worst for t in of]
                common = {"color": colour(number), "ms": 6, "ls": "", "marker": marker(number)}
                axes.plot(xs, ys, **(common | style))
        _across(axes, self.name, drawn)
        _upwards(axes, result)


def _place(trial: Tried, name: str, drawn: Drawn, shift: float) -> float:
    value = trial.cell if name == CELL else trial.settings[name]
    return value if isinstance(drawn, Range) else drawn.index(value) + shift * (name != CELL)


def _across(axes: Axes, name: str, drawn: Drawn) -> None:
    axes.margins(0.08)
    if isinstance(drawn, Range):
        if drawn.log:
            axes.set_xscale("log")
        _ticks(axes.xaxis, whole=drawn.whole)
    else:
        labels = [cell_label(value) if name == CELL else str(value) for value in drawn]
        crowded = sum(map(len, labels)) > 36
        axes.set_xticks(range(len(drawn)), labels, rotation=30 if crowded else 0)
        axes.set_xlim(-0.5, len(drawn) - 0.5)
    axes.set_xlabel(name)


def _upwards(axes: Axes, result: SweepResult) -> None:
    values = np.array([t.value for t in result.trials if math.isfinite(t.value)])
    if values.size and values.min() > 0 and values.max() > LOGARITHMIC * values.min():
        axes.set_yscale("log")
    logarithmic = ", log scale" * (axes.get_yscale() == "log")
    title = f"Validation {result.metric.label}{logarithmic}"
    axes.set_title(title, loc="left", fontsize=9.5, pad=8, color=INK)
    _ticks(axes.yaxis)


def _ticks(axis: Axis, whole: bool = False) -> None:
    if axis.get_scale() == "log":
        low, high = axis.get_view_interval()
        narrow = high < 100 * low
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,)))
        axis.set_minor_formatter(NullFormatter())
    else:
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=whole))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))


def _worst(result: SweepResult) -> float:
    """Where those stand that diverged."""
    values = [trial.value for trial in result.trials if math.isfinite(trial.value)]
    return min(values, key=result.metric.score, default=math.nan)
