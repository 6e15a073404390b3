"""Drawings of cells over several datasets: differences, ranks, profiles."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from keras_gru.analysis.across_datasets import AcrossDatasets, PairAcrossDatasets
from keras_gru.analysis.profiles import PROFILE_FACTORS, Profile
from keras_gru.report import plots


def differences(axes: Axes, pair: PairAcrossDatasets, across: AcrossDatasets) -> None:
    """Draw the relative difference on each dataset, on a symmetric logarithmic axis."""
    order = sorted(pair.differences, key=pair.differences.__getitem__)
    values = np.array([pair.differences[name] for name in order])
    errors = 2 * np.array([pair.standard_errors[name] for name in order])
    cells = list(across.labels)
    colors = [
        plots.MUTED
        if abs(value) <= across.rope
        else plots.color(cells.index(pair.one if value > 0 else pair.other))
        for value in values
    ]
    axes.axvspan(-100 * across.rope, 100 * across.rope, color=plots.MUTED, alpha=0.15, linewidth=0)
    axes.axvline(0, color=plots.MUTED, linewidth=0.8)
    for y, (value, error, color) in enumerate(zip(values, errors, colors, strict=True)):
        axes.plot([100 * (value - error), 100 * (value + error)], [y, y], color=color, linewidth=2)
        axes.plot(100 * value, y, "o", color=color, markersize=5)
    axes.set_xscale("symlog", linthresh=10)
    largest = math.ceil(math.log10(max(10, *abs(values * 100) + 100 * errors)))
    every = 1 if largest < 4 else 2  # more labels would overlap on a phone
    ticks = [0, *(sign * 10**n for n in range(1, largest, every) for sign in (-1, 1))]
    low, high = axes.get_xlim()
    shown = [tick for tick in ticks if low <= tick <= high]
    axes.set_xticks(shown, [f"{tick:,}".replace("-", "−") for tick in shown])
    axes.minorticks_off()
    axes.set_yticks(range(len(order)), order)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("Difference (%) ± 2 standard errors")


def ranks(axes: Axes, across: AcrossDatasets, order: Sequence[str]) -> None:
    """Draw each cell's mean rank, ± half the critical difference."""
    assert across.ranks is not None  # the section has ranks
    half, cells = across.ranks.critical_difference / 2, list(across.profiles)
    for row, cell in enumerate(order):
        mean = across.ranks.means[cell]
        color = plots.color(cells.index(cell))
        plots.interval(axes, row, mean, (mean - half, mean + half), color, across.labels[cell])
    plots.finish_intervals(axes, len(order))
    axes.set_xlabel("Mean rank; 1 is the lowest error")


def profiles(
    axes: Axes,
    fractions: Mapping[str, list[float]],
    cells: Sequence[str],
    title: str,
    measured: str,
    intervals: Mapping[str, Profile] | None = None,
) -> None:
    """Draw fractions within a factor of the best; the order of the cells decides their colors."""
    for cell, profile in (intervals or {}).items():
        color = plots.color(cells.index(cell))
        axes.fill_between(
            PROFILE_FACTORS, profile.low, profile.high, color=color, alpha=0.15, linewidth=0
        )
    for cell, within in fractions.items():
        number = cells.index(cell)
        axes.plot(PROFILE_FACTORS, within, color=plots.color(number), linestyle=plots.line(number))
    axes.set_xscale("log")
    axes.set_ylim(0, 1.03)
    ticks = [1, 1.5, 2, 3, 5, 10]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel(f"Factor of the best {measured}")
    axes.set_title(title, loc="left", fontsize="medium")
