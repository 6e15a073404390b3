"""Plots of a comparison."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keras_gru.analysis import Analysis
from keras_gru.analysis.cost import pareto_front
from keras_gru.analysis.pairs import interval_ends
from keras_gru.datasets.metric import LARGEST
from keras_gru.experiments.comparison import Comparison, RunRecord
from keras_gru.report.plots import (
    DASHES,
    INK,
    LOGARITHMIC,
    MUTED,
    Style,
    color,
    finish_intervals,
    interval,
    line,
    marker,
    series,
    set_ticks,
    shorten,
    title,
)

FAR = 0.6  # of the range of the runs; baselines further away are not on the axis
TIME_UNITS = ((3600, "hours"), (60, "minutes"), (1, "seconds"))
LABEL_HEIGHT = 15  # CSS pixels between two letters of baselines


def baseline_levels(comparison: Comparison, split: str) -> dict[str, tuple[str, float]]:
    """Return letter -> label and metric of each baseline with a finite metric in range."""
    metric = comparison.metric
    levels = [(row.label, getattr(row, split).get(metric.name)) for row in comparison.baselines]
    known = [(label, value) for label, value in levels if value is not None]
    known = [(label, value) for label, value in known if metric.is_in_range(value)]
    return {chr(ord("a") + number): row for number, row in enumerate(known)}


def learning_curves(axes: Axes, comparison: Comparison) -> None:
    """Draw the validation metric by epoch.

    The line is the mean over seeds and the band spans the lowest to the highest seed, up to the
    last epoch that all seeds reached; later epochs of a seed are a thin line. An unfinished run is
    a thin line that ends in a cross. Epochs beyond the axis are marked by triangles at its edge.
    """
    curves: list[tuple[np.ndarray, int]] = []
    unfinished = []
    for cell, (_, number) in series(comparison).items():
        runs = comparison.runs_of(cell)
        finished = [_curve(run, comparison) for run in runs if run.status == "finished"]
        shared = min(map(len, finished), default=0)
        _mean_and_band(axes, [curve[:shared] for curve in finished], number)
        for curve in finished:
            _thin(axes, curve, max(shared, 1), number)
        for curve in (_curve(run, comparison) for run in runs if run.status != "finished"):
            _thin(axes, curve, 1, number)
            unfinished.append((curve, number))
        curves += [(curve, number) for curve in finished]
    levels = baseline_levels(comparison, "validation")
    _limit(axes, [curve for curve, _ in curves], levels, comparison.metric.mode)
    for curve, number in curves:
        _mark_beyond(axes, curve, number)
    for curve, number in unfinished:
        _cross(axes, curve, number)
    epochs = max((run.epochs for run in comparison.runs), default=1)
    axes.set_xlim(1 - min(0.02 * epochs, 0.7), epochs + max(0.02 * epochs, 0.1))
    axes.set_xlabel("Epoch")
    set_ticks(axes.xaxis, integer=True)
    _name_metric(axes, comparison, "Validation")


def metric_by_parameters(axes: Axes, comparison: Comparison) -> None:
    """Draw the test metric against the parameters of the model, one point per finished run.

    A line connects the cells, by their means, that are on the Pareto front.
    """
    _scatter(axes, comparison, lambda run: run.parameters)
    axes.set_xlabel("Parameters of the model")
    set_ticks(axes.xaxis)


def metric_by_time(axes: Axes, comparison: Comparison) -> None:
    """Draw the test metric against the training time to the best epoch, one point per run.

    A line connects the cells, by their means, that are on the Pareto front.
    """
    longest = max(map(seconds_to_best, comparison.runs), default=0)
    size, unit = next(pair for pair in TIME_UNITS if longest >= 3 * pair[0] or pair[0] == 1)
    _scatter(axes, comparison, lambda run: seconds_to_best(run) / size)
    axes.set_xlabel(f"Training until the best epoch ({unit})")
    set_ticks(axes.xaxis)


def differences(axes: Axes, analysis: Analysis) -> None:
    """Draw the mean test difference of each pair of cells with its interval, one row per pair.

    A significant difference has the color and the marker of the better cell. A pair without an
    interval is left out.
    """
    comparison = analysis.comparison
    numbers = series(comparison)
    pairs = [pair for pair in analysis.verdicts.pairs if pair.half is not None]
    axes.axvline(0, color=MUTED, lw=0.9, ls=DASHES, zorder=1)
    for row, pair in enumerate(pairs):
        assert pair.difference is not None and pair.half is not None  # it has an interval
        paint, mark = INK, "o"
        if pair.better is not None:
            number = numbers[pair.better][1]
            paint, mark = color(number), marker(number)
        ends = interval_ends(pair.difference, pair.half, comparison.metric)
        name = f"{shorten(pair.label, 24)} − {shorten(pair.other_label, 24)}"
        interval(axes, row, pair.difference, ends, paint, name, mark)
    finish_intervals(axes, len(pairs))
    axes.margins(x=0.06)
    title(axes, f"Difference of test {comparison.metric.label}")
    sides = ("first better", "second better")
    left, right = sides if comparison.metric.mode == "min" else sides[::-1]
    axes.set_xlabel(f"← {left} · {right} →")
    set_ticks(axes.xaxis)


def seconds_to_best(run: RunRecord) -> float:
    """Return the training time of a run until the end of its best epoch."""
    if all("seconds" in row for row in run.history[: run.best_epoch]) and run.history:
        return sum(float(row["seconds"]) for row in run.history[: run.best_epoch])
    return run.seconds * run.best_epoch / max(run.epochs, 1)


def _curve(run: RunRecord, comparison: Comparison) -> np.ndarray:
    """Return the validation metric of every epoch; NaN if it is NaN, Inf or extremely large."""
    name = f"val_{comparison.metric.name}"
    values = np.array([row.get(name, np.nan) for row in run.history], float)
    return np.where(np.abs(values) < LARGEST, values, np.nan)


def _mean_and_band(axes: Axes, curves: Sequence[np.ndarray], number: int) -> None:
    if not curves or not curves[0].size:
        return
    stack = np.stack(curves)
    epochs = np.arange(1, stack.shape[1] + 1)
    style: Style = {"color": color(number), "ls": line(number), "lw": 1.9, "ms": 5, "zorder": 3}
    if len(epochs) == 1:
        style |= {"marker": marker(number), "clip_on": False}
    axes.plot(epochs, stack.mean(0), **style)
    if len(stack) > 1:
        axes.fill_between(epochs, stack.min(0), stack.max(0), color=color(number), alpha=0.18, lw=0)


def _thin(axes: Axes, curve: np.ndarray, first: int, number: int) -> None:
    """Draw one run from its epoch `first` on."""
    if len(curve) > first or first == 1:
        epochs = np.arange(first, len(curve) + 1)
        axes.plot(epochs, curve[first - 1 :], color=color(number), lw=0.9, alpha=0.6)


def _mark_beyond(axes: Axes, curve: np.ndarray, number: int) -> None:
    """Draw a triangle at the edge of the axis for every epoch beyond it."""
    low, high = axes.get_ylim()
    style: Style = {"color": color(number), "ms": 5, "mew": 0, "clip_on": False, "zorder": 4}
    for is_beyond, edge, mark in ((curve > high, high, "^"), (curve < low, low, "v")):
        epochs = np.flatnonzero(is_beyond) + 1
        axes.plot(epochs, np.full(len(epochs), edge), mark, **style)


def _cross(axes: Axes, curve: np.ndarray, number: int) -> None:
    """Draw a cross at the last epoch with a metric; at the edge if it is beyond the axis."""
    last = np.flatnonzero(np.isfinite(curve))[-1:]
    height = np.clip(curve[last], *axes.get_ylim())
    axes.plot(last + 1, height, "x", color=color(number), ms=7, mew=1.8, clip_on=False, zorder=4)


def _scatter(axes: Axes, comparison: Comparison, x: Callable[[RunRecord], float]) -> None:
    name = comparison.metric.name
    across, heights, means = [], [], []
    for cell, (_, number) in series(comparison).items():
        tested = comparison.tested(cell)
        runs = [run for run in comparison.runs_of(cell) if run.seed in tested]
        xs, ys = [x(run) for run in runs], [run.test[name] for run in runs]
        style: Style = {"color": color(number), "ms": 6, "alpha": 0.75, "mew": 0, "clip_on": False}
        axes.plot(xs, ys, marker(number), **style)
        across, heights = across + xs, heights + ys
        if runs:
            means.append((float(np.mean(xs)), float(np.mean(ys))))
    front = pareto_front([(cost, comparison.metric.score(value)) for cost, value in means])
    if len(front) > 1:
        axes.plot(*zip(*(means[n] for n in front), strict=True), "-", color=MUTED, lw=1.2, zorder=1)
    axes.margins(0.1)
    if across and min(across) > 0:
        if max(across) > LOGARITHMIC * min(across):
            axes.set_xscale("log")
        elif max(across) < 1.2 * min(across):  # equal values are side by side, not at the far ends
            middle = (min(across) + max(across)) / 2
            axes.set_xlim(0.85 * middle, 1.15 * middle)
    _fit(axes, heights, baseline_levels(comparison, "test"), room=0.1)
    _name_metric(axes, comparison, "Test")


def _limit(axes: Axes, curves: Sequence[np.ndarray], levels: dict, mode: str) -> None:
    """Set the limits without the worst 5 % of the values: first epochs would flatten the plot."""
    values = np.concatenate([*curves, []])
    values = values[np.isfinite(values)]
    limits = []
    if values.size:
        worst_end, best_end = (5, 100) if mode == "max" else (95, 0)
        ends = [curve[-1] for curve in curves if curve.size and np.isfinite(curve[-1])]
        limits = [np.percentile(values, worst_end), np.percentile(values, best_end), *ends]
    _fit(axes, limits, levels, room=0.06)


def _fit(axes: Axes, values: Sequence[float], levels: dict, room: float) -> None:
    """Set the limits of the metric axis from the runs and the baselines near them.

    Args:
        levels: as `baseline_levels` returns them.
        room: margin as a fraction of the range of the values.
    """
    heights = [value for _, value in levels.values()]
    values = list(values) or heights
    if not values:
        return
    low, high = min(values), max(values)
    reach = FAR * max(high - low, 0.03 * max(abs(low), abs(high)))
    near = [value for value in heights if low - reach <= value <= high + reach]
    low, high = min([low, *near]), max([high, *near])
    if low > 0 and high / low > LOGARITHMIC:
        axes.set_yscale("log")
        factor = (high / low) ** room
        axes.set_ylim(low / factor, high * factor)
    else:
        # At least 3 % of the value from end to end, so that a tiny difference looks like one.
        least = (0.03 * max(abs(low), abs(high)) - (high - low)) / 2
        space = max(room * (high - low), least) or 1.0
        axes.set_ylim(low - space, high + space)
    _draw_baselines(axes, levels)


def _draw_baselines(axes: Axes, levels: dict[str, tuple[str, float]]) -> None:
    """Draw baselines as dashed lines with letters; arrows point to those beyond the axis."""
    to_axes = axes.transScale + axes.transLimits
    assert isinstance(axes.figure, Figure)  # it has no sub-figures
    height = axes.figure.get_figheight() * 0.7 * 96  # of the axes, about
    gap, lowest = LABEL_HEIGHT / height, -1.0
    for letter, (_, level) in sorted(levels.items(), key=lambda row: row[1][1]):
        place, arrow = -0.02, "↓"
        if level > 0 or axes.get_yscale() != "log":
            place = float(to_axes.transform((1, level))[1])
            arrow = "↓" * (place < 0) + "↑" * (place > 1)
        if not arrow:
            axes.axhline(level, color=MUTED, lw=0.9, ls=DASHES, zorder=1)
        lowest = max(min(max(place, 0.0), 1.0), lowest + gap)
        axes.annotate(
            f"{letter}{arrow}", (1, lowest), (4, 0), xycoords="axes fraction", va="center",
            textcoords="offset points", fontsize=8.5, color=INK, annotation_clip=False,
        )  # fmt: skip


def _name_metric(axes: Axes, comparison: Comparison, split: str) -> None:
    scale = ", log scale" if axes.get_yscale() == "log" else ""
    title(axes, f"{split} {comparison.metric.label}{scale}")
    set_ticks(axes.yaxis)
