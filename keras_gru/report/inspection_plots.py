"""Plots of an inspection: gates over a sequence, gradient decay, half-lives."""

# Shapes: T time, D features, U units.

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from keras_gru.experiments.comparison import Comparison
from keras_gru.inspection.memory import half_lives
from keras_gru.inspection.result import Inspection, NetworkInspection
from keras_gru.report import plots
from keras_gru.report.pictures import PIXELS

PANEL = 112  # height of one heat map, in CSS pixels
READ = 96  # height of the input
TOKEN = 9  # pixels per token, or per character of a vertical token
LINES = 8  # features drawn as lines; more are drawn as an image
LEAST = 1e-12  # smallest fraction of a gradient that is drawn
LONGEST = 1e5  # steps of a half-life
IMAGE: plots.Style = {"aspect": "auto", "interpolation": "none"}
NOTES = LinearSegmentedColormap.from_list("notes", [f"{plots.MUTED}00", plots.MUTED])
_VISIBLE = {"\n": "↵", " ": "␣", "\t": "⇥"}


def gates_height(inspection: Inspection, network: NetworkInspection) -> int:
    """Return the height of a gates figure in CSS pixels."""
    longest = max(map(len, inspection.tokens or ["x" * 6]))
    input_height = 24 + 6 * min(longest, 12) if inspection.tokens else READ + 40
    return PANEL * (len(network.gates) + 1) + input_height


def fill_with_gates(figure: Figure, inspection: Inspection, network: NetworkInspection) -> None:
    """Draw each gate and the state as a heat map over time, one row per unit.

    Units with the longest memory are on top. The input (tokens, notes or the series) is below.
    """
    maps: list[tuple[str, str, float]] = [
        (f"{name.capitalize()} gate", "viridis", 0) for name in network.gates
    ]
    values = [np.array(gate) for gate in (*network.gates.values(), network.state)]
    top = float(f"{np.abs(values[-1]).max() or 1:.1g}")
    maps.append(("State", "RdBu_r", -top))
    order = np.argsort(network.keep)[::-1] if network.keep else np.arange(values[-1].shape[1])
    input_heights = [] if inspection.features is None else [READ]
    all_axes = figure.subplots(
        len(maps) + len(input_heights),
        sharex=True,
        squeeze=False,
        height_ratios=[PANEL] * len(maps) + input_heights,
    )[:, 0]
    for axes, (title, colors, low), rows in zip(all_axes, maps, values, strict=False):
        high = -low or 1
        image = axes.imshow(rows[:, order].T, vmin=low, vmax=high, cmap=colors, **IMAGE)
        bar = figure.colorbar(image, ax=axes, pad=0.01, fraction=0.03, ticks=[low, high])
        bar.outline.set_visible(False)
        plots.title(axes, title, pad=4)
        axes.set_yticks([])
        axes.set_ylabel(f"{len(order)} units")
        axes.grid(False)
        axes.tick_params(axis="x", length=0)
    _draw_input(figure, all_axes[-1], inspection)


def gradient_decay(axes: Axes, inspection: Inspection, comparison: Comparison) -> None:
    """Draw the remaining gradient by steps back, one line per cell, on a log scale."""
    numbers = plots.series(comparison)
    for network in inspection.networks:
        left = np.array(network.gradient_decay)
        left = np.where(left > LEAST, left, np.nan)
        style = _style(numbers[network.cell][1], network.label)
        axes.plot(np.arange(len(left)), left, marker="o" if len(left) == 1 else "", **style)
    _log_scale(axes, subs=(1,))
    text = "Norm of the gradient of the state, relative to that of the last state, log scale"
    plots.title(axes, text, wrap=True)
    axes.set_xlabel("Steps back")
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10], integer=True))


def memory(axes: Axes, inspection: Inspection, comparison: Comparison) -> None:
    """Draw the half-life of each unit, longest first, one line per cell with a suitable gate."""
    numbers = plots.series(comparison)
    for network in inspection.networks:
        if network.keep is None:
            continue
        steps = np.sort(np.clip(half_lives(np.array(network.keep)), 0.01, LONGEST))[::-1]
        percent = 100 * (np.arange(len(steps)) + 0.5) / len(steps)
        number = numbers[network.cell][1]
        style = _style(number, network.label, 1.2)
        axes.plot(percent, steps, marker=plots.marker(number), ms=3.5, **style)
    axes.axhline(inspection.length, color=plots.MUTED, lw=0.9, ls=plots.DASHES, zorder=1)
    axes.annotate(
        "length of the sequence shown",
        (1, inspection.length),
        (0, 3),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        fontsize=8.5,
    )
    _log_scale(axes, subs=(1, 2, 5))
    plots.title(axes, "Half-life of each unit's state in steps, log scale")
    axes.set_xlabel("Units, longest first (%)")
    axes.set_xlim(0, 100)


def _draw_input(figure: Figure, axes: Axes, inspection: Inspection) -> None:
    """Draw the input: on the time axis, or in the last axes."""
    if inspection.tokens is not None:
        room = figure.get_figwidth() * PIXELS - 110
        every = math.ceil(len(inspection.tokens) * TOKEN / room)
        shown = range(0, len(inspection.tokens), every)
        words = [plots.shorten(_VISIBLE.get(word, word), 12) for word in inspection.tokens[::every]]
        upright = (len(words) - 1) * max(map(len, words)) * TOKEN <= room
        axes.set_xticks(shown, words, rotation=0 if upright else 90, fontsize=8.5)
        axes.tick_params(axis="x", labelbottom=True)
        return
    values = np.array(inspection.features)
    if values.shape[1] > LINES:
        # Only the keys of a piano roll that sound.
        sounding = np.flatnonzero(values.any(0))
        first, last = (sounding[0], sounding[-1] + 1) if sounding.size else (0, 1)
        axes.imshow(values[:, first:last].T, cmap=NOTES, origin="lower", **IMAGE)
        axes.set_yticks([])
        axes.grid(False)
    else:
        for number, column in enumerate(values.T):
            # Colors from the end of the list, as cells use the first ones.
            style = _style(len(plots.COLORS) - 1 - number, "", 1.3)
            axes.plot(np.arange(len(column)), column, drawstyle="steps-mid", **style)
        axes.yaxis.set_major_locator(MaxNLocator(3))
    plots.title(axes, "Input", pad=4)
    axes.set_xlabel("Time step")
    axes.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10], integer=True))


def _style(number: int, label: str, width: float = 1.9) -> dict[str, Any]:
    return {"color": plots.color(number), "ls": plots.line(number), "lw": width, "label": label}


def _log_scale(axes: Axes, subs: tuple[int, ...]) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=8))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
