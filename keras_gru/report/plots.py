"""What is drawn of a comparison: functions that each fill one pair of matplotlib axes."""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from keras_gru.analysis.cost import pareto_front
from keras_gru.analysis.measurements import collect_measurements
from keras_gru.analysis.pairs import compare_pairs, interval_ends
from keras_gru.datasets.metric import LARGEST, Baseline
from keras_gru.experiments.comparison import Comparison, RunRecord

# After Okabe and Ito: the colour-blind can tell them apart. The markers differ, too.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#aa4499", "#b88600", "#4a5568")
MARKERS = "os^DvP"
INK = "#1f2937"
MUTED = "#6b7280"
LOGARITHMIC = 30  # an axis is logarithmic where its values differ by more than this factor
TIME_UNITS = ((3600, "hours"), (60, "minutes"), (1, "seconds"))
LABEL_GAP = 0.055  # of the axes' height, between the labels of two baselines


def series(comparison: Comparison) -> dict[str, tuple[str, int]]:
    """Every cell that has a run: its label and its number, from 0, which decides its colour."""
    labels = {run.cell: run.label for run in comparison.runs}
    cells = comparison.experiment.cells
    return {cell: (labels[cell], i) for i, cell in enumerate(cells) if cell in labels}


def colour(number: int) -> str:
    """The colour of a series on a light ground."""
    return COLOURS[number % len(COLOURS)]


def marker(number: int) -> str:
    """The marker of a series; where the colours repeat, it is another one."""
    return MARKERS[(number + number // len(COLOURS)) % len(MARKERS)]


def line(number: int) -> str:
    """The style of a series' line: dashed where the colours repeat."""
    return "--" if number // len(COLOURS) % 2 else "-"


def learning_curves(axes: Axes, comparison: Comparison) -> None:
    """Draws the validation metric by epoch.

    The line is the mean over seeds and the band goes from the lowest to the highest, as far as all
    of a cell's seeds were trained; beyond, each goes on as a thin line. A run that did not finish
    is a thin line that ends in a cross.

    Args:
        axes: of matplotlib.
        comparison: with any number of runs, of any length.
    """
    shown, ends = [], []
    for cell, (_, number) in series(comparison).items():
        runs = comparison.runs_of(cell)
        curves = [_curve(run, comparison) for run in runs if run.status == "finished"]
        shared = min(map(len, curves), default=0)
        _mean_and_band(axes, [curve[:shared] for curve in curves], number)
        for curve in curves:
            _thin(axes, curve, max(shared, 1), number)
        for curve in (_curve(run, comparison) for run in runs if run.status != "finished"):
            _thin(axes, curve, 1, number)
            ends.append((curve, number))
        shown += curves
    levels = _levels(comparison, (b.validation for b in comparison.baselines))
    _limit(axes, shown, [level for _, level in levels], comparison.metric.mode)
    _draw_baselines(axes, levels)
    for curve, number in ends:
        _cross(axes, curve, number)
    epochs = max((run.epochs for run in comparison.runs), default=1)
    axes.set_xlim(1 - min(0.02 * epochs, 0.7), epochs + max(0.02 * epochs, 0.1))
    axes.set_xlabel("Epoch")
    _ticks(axes.xaxis, integer=True)
    _name_metric(axes, comparison, "Validation")


def metric_by_parameters(axes: Axes, comparison: Comparison) -> None:
    """Draws the test metric against the parameters of the model, a point for each finished run.

    A line connects the cells, by their means, that no other one beats in both: the Pareto front.
    """
    _scatter(axes, comparison, lambda run: run.parameters)
    axes.set_xlabel("Parameters of the model")
    _ticks(axes.xaxis)


def metric_by_time(axes: Axes, comparison: Comparison) -> None:
    """Draws the test metric against the training until the best epoch, a point for each run.

    A line connects the cells, by their means, that no other one beats in both: the Pareto front.
    """
    longest = max(map(seconds_to_best, comparison.runs), default=0)
    size, unit = next(pair for pair in TIME_UNITS if longest >= 3 * pair[0] or pair[0] == 1)
    _scatter(axes, comparison, lambda run: seconds_to_best(run) / size)
    axes.set_xlabel(f"Training until the best epoch ({unit})")
    _ticks(axes.xaxis)


def differences(axes: Axes, comparison: Comparison) -> None:
    """Draws the mean difference on test of every two cells with its interval, a row for each pair.

    A significant difference has the colour and the mark of the better cell.

    Args:
        axes: of matplotlib.
        comparison: with any number of runs; a pair without an interval is left out.
    """
    numbers = series(comparison)
    pairs = [
        pair for pair in compare_pairs(collect_measurements(comparison)) if pair.half is not None
    ]
    axes.axvline(0, color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=1)
    for row, pair in enumerate(pairs):
        paint, mark = (INK, "o")
        if pair.better is not None:
            number = numbers[pair.better][1]
            paint, mark = colour(number), marker(number)
        ends = interval_ends(pair.difference, pair.half, comparison.metric)
        axes.plot(ends, [-row, -row], "|-", color=paint, lw=1.9, ms=7, mew=1.9)
        axes.plot(pair.difference, -row, mark, color=paint, ms=7, mew=0)
        name = f"{_short(pair.label, 24)} − {_short(pair.other_label, 24)}"
        axes.text(0, 0.28 - row, name, fontsize=8.5, transform=axes.get_yaxis_transform())
    axes.set_ylim(0.4 - max(len(pairs), 1), 0.75)
    axes.set_yticks([])
    axes.margins(x=0.06)
    axes.set_title(f"Difference of test {comparison.metric.label}", loc="left", fontsize=9.5, pad=8)
    sides = ("first better", "second better")
    left, right = sides if comparison.metric.mode == "min" else sides[::-1]
    axes.set_xlabel(f"← {left} · {right} →")
    _ticks(axes.xaxis)


def seconds_to_best(run: RunRecord) -> float:
    """How long a run trained until its best epoch had ended."""
    if all("seconds" in row for row in run.history[: run.best_epoch]) and run.history:
        return sum(row["seconds"] for row in run.history[: run.best_epoch])
    return run.seconds * run.best_epoch / max(run.epochs, 1)


def _curve(run: RunRecord, comparison: Comparison) -> np.ndarray:
    """The validation metric of every epoch in the reader's unit; NaN where it is no number."""
    name = f"val_{comparison.metric.name}"
    values = np.array([row.get(name, np.nan) for row in run.history], float)
    return np.where(np.abs(values) < LARGEST, values, np.nan)


def _mean_and_band(axes: Axes, curves: Sequence[np.ndarray], number: int) -> None:
    if not curves or not curves[0].size:
        return
    stack = np.stack(curves)
    epochs = np.arange(1, stack.shape[1] + 1)
    style = {"color": colour(number), "ls": line(number), "lw": 1.9, "ms": 5, "zorder": 3}
    axes.plot(epochs, stack.mean(0), marker=marker(number) if len(epochs) == 1 else "", **style)
    if len(stack) > 1:
        low, high = stack.min(0), stack.max(0)
        axes.fill_between(epochs, low, high, color=colour(number), alpha=0.18, lw=0)


def _thin(axes: Axes, curve: np.ndarray, first: int, number: int) -> None:
    """One run from its epoch `first` on."""
    if len(curve) > first or first == 1:
        epochs = np.arange(first, len(curve) + 1)
        axes.plot(epochs, curve[first - 1 :], color=colour(number), lw=0.9, alpha=0.6)


def _cross(axes: Axes, curve: np.ndarray, number: int) -> None:
    """Where a run broke off; at the edge of the picture where it had left it."""
    last = np.flatnonzero(np.isfinite(curve))[-1:]
    height = np.clip(curve[last], *axes.get_ylim())
    axes.plot(last + 1, height, "x", color=colour(number), ms=7, mew=1.8, clip_on=False, zorder=4)


def _scatter(axes: Axes, comparison: Comparison, x: Callable[[RunRecord], float]) -> None:
    name = comparison.metric.name
    across, heights, means = [], [], []
    for cell, (_, number) in series(comparison).items():
        tested = comparison.tested(cell)
        runs = [run for run in comparison.runs_of(cell) if run.seed in tested]
        xs, ys = [x(run) for run in runs], [run.test[name] for run in runs]
        axes.plot(xs, ys, marker(number), color=colour(number), ms=6, alpha=0.75, mew=0)
        across, heights = across + xs, heights + ys
        if runs:
            means.append((float(np.mean(xs)), float(np.mean(ys))))
    front = pareto_front([(cost, comparison.metric.score(value)) for cost, value in means])
    if len(front) > 1:
        axes.plot(*zip(*(means[n] for n in front), strict=True), "-", color=MUTED, lw=1.2, zorder=1)
    levels = _levels(comparison, (b.test for b in comparison.baselines))
    heights += [level for _, level in levels]
    axes.margins(0.1)
    if across and min(across) > 0:
        if max(across) > LOGARITHMIC * min(across):
            axes.set_xscale("log")
        elif max(across) < 1.2 * min(across):  # equals stand side by side, not at the far ends
            middle = (min(across) + max(across)) / 2
            axes.set_xlim(0.85 * middle, 1.15 * middle)
    if heights:
        _stretch(axes, min(heights), max(heights), room=0.1)
    _draw_baselines(axes, levels)
    _name_metric(axes, comparison, "Test")


def _limit(axes: Axes, curves: Sequence[np.ndarray], levels: list[float], mode: str) -> None:
    """Leaves out the worst twentieth of the values: the first epochs, which would flatten all."""
    values = np.concatenate([*curves, levels])
    values = values[np.isfinite(values)]
    if not values.size:
        return
    worst_end, best_end = (5, 100) if mode == "max" else (95, 0)
    ends = [curve[-1] for curve in curves if curve.size and np.isfinite(curve[-1])]
    kept = [np.percentile(values, worst_end), np.percentile(values, best_end), *ends, *levels]
    _stretch(axes, min(kept), max(kept), room=0.06)


def _stretch(axes: Axes, low: float, high: float, room: float) -> None:
    """The limits of the metric's axis, with some room; logarithmic where it spans much."""
    if low > 0 and high / low > LOGARITHMIC:
        axes.set_yscale("log")
        factor = (high / low) ** room
        axes.set_ylim(low / factor, high * factor)
    else:
        # At least 3 % of the value from end to end, so that a tiny difference looks like one.
        least = (0.03 * max(abs(low), abs(high)) - (high - low)) / 2
        space = max(room * (high - low), least) or 1.0
        axes.set_ylim(low - space, high + space)


def _levels(comparison: Comparison, metrics: Iterable) -> list[tuple[str, float]]:
    name = comparison.metric.name
    pairs = zip(comparison.baselines, metrics, strict=True)
    levels = [(_label(baseline), of.get(name, np.nan)) for baseline, of in pairs]
    return [(label, level) for label, level in levels if comparison.metric.is_in_range(level)]


def _label(baseline: Baseline) -> str:
    return _short(baseline.label, 40)


def _short(label: str, letters: int) -> str:
    return label if len(label) <= letters else f"{label[: letters - 1]}…"


def _draw_baselines(axes: Axes, levels: list[tuple[str, float]]) -> None:
    """Dashed lines, each with its label above it, or higher where another label is."""
    lowest = 0.0
    to_axes = axes.transScale + axes.transLimits
    for label, level in sorted(levels, key=lambda pair: pair[1]):
        axes.axhline(level, color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=1)
        height = max(to_axes.transform((1, level))[1] + 0.012, lowest)
        lowest = height + LABEL_GAP
        axes.text(1, height, label, ha="right", fontsize=8.5, color=INK, transform=axes.transAxes)


def _name_metric(axes: Axes, comparison: Comparison, split: str) -> None:
    scale = ", log scale" if axes.get_yscale() == "log" else ""
    axes.set_title(f"{split} {comparison.metric.label}{scale}", loc="left", fontsize=9.5, pad=8)
    _ticks(axes.yaxis)


def _ticks(axis: Axis, integer: bool = False) -> None:
    """Round numbers, all of an axis with the same digits."""
    if axis.get_scale() == "log":
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
        axis.set_minor_formatter(NullFormatter())
        return
    axis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10], integer=integer, min_n_ticks=1))

    def text(value: float, _: int | None) -> str:
        ticks = axis.get_majorticklocs()
        step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
        return f"{value:,.{max(0, -math.floor(math.log10(step) + 1e-6))}f}"

    axis.set_major_formatter(FuncFormatter(text))
