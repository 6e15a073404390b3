"""Cells over several datasets: probabilities, differences on each dataset, performance profiles."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from keras_gru.analysis.across_datasets import (
    DECIDED,
    AcrossDatasets,
    PairAcrossDatasets,
)
from keras_gru.analysis.profiles import PROFILE_FACTORS
from keras_gru.formatting import plural
from keras_gru.report import plots
from keras_gru.report.blocks import Block, Column, Figure, Key, Row, Section, Table, Text

EXPLANATION = (
    "The probabilities are those of a Bayesian signed-rank test over datasets (Benavoli et al. "
    "2017): that the first cell is better, that both are practically equal (within {rope:g} % of "
    "the lower error), and that the second is better, on a dataset like these. A verdict requires "
    "{decided:g} %. In simulations of 12 datasets the test then decides for one of two equal cells "
    "in at most 5 % of all cases. The probability of improvement is that of a single run, with a "
    "95 % bootstrap interval over seeds (Agarwal et al. 2021). Datasets count alike; where several "
    "are variants of one task, they are fewer independent ones than their number."
)


def headline_text(across: AcrossDatasets) -> str:
    """Return one sentence with three probabilities for each pair of cells."""
    if not across.pairs:
        return "No two cells have at least two seeds on three datasets or more: no verdict."
    return " ".join(_sentence(across, pair) for pair in across.pairs)


def probabilities(across: AcrossDatasets) -> Section | None:
    """Return the table of pairs; None where there is none."""
    if not across.pairs:
        return None
    columns = (
        Column("Pair"),
        Column("First better"),
        Column("Equal"),
        Column("Second better"),
        Column("Verdict", is_text=True),
        Column("Datasets"),
        Column("Probability of improvement"),
    )
    rows = [
        Row(
            _name(across, pair),
            (
                *map(_probability, (pair.one_better, pair.equal, pair.other_better)),
                _verdict(across, pair),
                str(len(pair.differences)),
                "{:.2f} [{:.2f}, {:.2f}]".format(pair.improvement, *pair.improvement_interval),
            ),
        )
        for pair in across.pairs
    ]
    text = EXPLANATION.format(rope=100 * across.rope, decided=100 * DECIDED)
    blocks: list[Block] = [Table("across", "Over all datasets", columns, rows), Text(text)]
    return Section("probabilities", "Probabilities", blocks, in_terminal=True)


def differences(across: AcrossDatasets) -> Section | None:
    """Return a table and a figure of the relative difference on each dataset."""
    if not across.pairs:
        return None
    names = [dataset.name for dataset in across.datasets]
    columns = [Column("Dataset"), *(Column(_name(across, pair)) for pair in across.pairs)]
    rows = [
        Row(name, [_relative(pair, name) for pair in across.pairs])
        for name in names
        if any(name in pair.differences for pair in across.pairs)
    ]
    height = 90 + 22 * len(rows)
    blocks: list[Block] = [
        Figure(
            f"differences-{number}",
            lambda canvas, pair=pair: draw_differences(canvas.add_subplot(), pair, across),
            f"{_name(across, pair)}: {_sentence(across, pair)}",
            heights=(height, height),
            caption=f"{_name(across, pair)}: right of 0, the first has the lower error.",
        )
        for number, pair in enumerate(across.pairs)
    ]
    caption = "Relative difference of the error on test, ± standard error over seeds"
    blocks.append(Table("differences", caption, columns, rows))
    blocks.append(
        Text(
            "Relative to the lower of both errors: (second − first) / lower. Above 0 the first "
            "cell has the lower error. Where a metric counts what is right, the error is 1 minus "
            "the metric."
        )
    )
    return Section("differences", "On each dataset", blocks)


def profiles(across: AcrossDatasets) -> Section:
    """Return the performance profile of all cells."""
    reading = "; ".join(
        f"{across.labels[cell]}: {100 * fractions[0]:.0f} % of runs at the best mean, "
        f"{100 * fractions[-1]:.0f} % within {PROFILE_FACTORS[-1]:g} times it"
        for cell, fractions in across.profiles.items()
    )
    cells = list(across.profiles)
    keys = [Key(across.labels[cell], number) for number, cell in enumerate(cells)]
    figure = Figure(
        "profiles",
        lambda canvas: draw_profiles(
            canvas.add_subplot(), across.profiles, cells, "Fraction of runs", "mean error"
        ),
        reading,
        keys=keys,
        caption="The fraction of runs whose error is within a factor of the best cell's mean.",
    )
    text = f"Over {plural(len(across.datasets), 'dataset')} (Dolan and Moré 2002). {reading}."
    return Section("profiles", "Performance profiles", [figure, Text(text)])


def ranks(across: AcrossDatasets) -> Section | None:
    """Return the mean ranks with Nemenyi's critical difference; None where there are none."""
    found = across.ranks
    if found is None:
        return None
    order = sorted(found.means, key=found.means.__getitem__)
    reading = ", ".join(f"{across.labels[cell]} {found.means[cell]:.2f}" for cell in order)
    height = 90 + 40 * len(order)
    figure = Figure(
        "ranks",
        lambda canvas: draw_ranks(canvas.add_subplot(), across, order),
        f"Mean ranks: {reading}.",
        heights=(height, height),
        caption="Mean ranks ± half the critical difference: where two bars do not overlap, the "
        "cells differ significantly.",
    )
    text = (
        f"Mean ranks over {plural(found.datasets, 'dataset')}: {reading}. Friedman's test that "
        f"all are equal: p = {found.p_value:.3g}; critical difference of two mean ranks by "
        f"Nemenyi's test at 5 %: {found.critical_difference:.2f} (Demšar 2006)."
    )
    return Section("ranks", "Ranks", [figure, Text(text)])


def draw_ranks(axes: Axes, across: AcrossDatasets, order: Sequence[str]) -> None:
    """Draw each cell's mean rank, ± half the critical difference."""
    assert across.ranks is not None  # the section has ranks
    half, cells = across.ranks.critical_difference / 2, list(across.profiles)
    for row, cell in enumerate(order):
        mean = across.ranks.means[cell]
        color = plots.color(cells.index(cell))
        plots.interval(axes, row, mean, (mean - half, mean + half), color, across.labels[cell])
    plots.finish_intervals(axes, len(order))
    axes.set_xlabel("Mean rank; 1 is the lowest error")


def time_profiles(across: AcrossDatasets) -> Section | None:
    """Return the profile of seconds to the target; None without times."""
    if not across.time_profiles:
        return None
    reading = "; ".join(
        f"{across.labels[cell]} is the fastest on {100 * fractions[0]:.0f} %, and within "
        f"{PROFILE_FACTORS[-1]:g} times the fastest on {100 * fractions[-1]:.0f} %"
        for cell, fractions in across.time_profiles.items()
    )
    cells = list(across.profiles)
    figure = Figure(
        "time-profiles",
        lambda canvas: draw_profiles(
            canvas.add_subplot(), across.time_profiles, cells, "Fraction of datasets", "seconds"
        ),
        reading,
        keys=[Key(across.labels[cell], cells.index(cell)) for cell in across.time_profiles],
        caption="The fraction of datasets on which a cell reaches the target within a factor of "
        "the fastest cell's seconds.",
    )
    text = (
        "Seconds of training and validation until the target on validation, which is by default "
        f"the best value that every run reaches. {reading}."
    )
    return Section("time-profiles", "Time to result", [figure, Text(text)])


def draw_differences(axes: Axes, pair: PairAcrossDatasets, across: AcrossDatasets) -> None:
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
    largest = math.ceil(math.log10(max(abs(values * 100) + 100 * errors, default=10)))
    ticks = [0, *(sign * 10**n for n in range(1, largest) for sign in (-1, 1))]
    low, high = axes.get_xlim()
    shown = [tick for tick in ticks if low <= tick <= high]
    axes.set_xticks(shown, [f"{tick:,}".replace("-", "−") for tick in shown])
    axes.minorticks_off()
    axes.set_yticks(range(len(order)), order)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("Relative difference (%), ± two standard errors")


def draw_profiles(
    axes: Axes,
    profiles: Mapping[str, list[float]],
    cells: Sequence[str],
    title: str,
    of_best: str,
) -> None:
    """Draw fractions within a factor of the best; the order of the cells decides their colors."""
    for cell, fractions in profiles.items():
        color, line = (of(cells.index(cell)) for of in (plots.color, plots.line))
        axes.plot(PROFILE_FACTORS, fractions, color=color, linestyle=line)
    axes.set_xscale("log")
    axes.set_ylim(0, 1.03)
    ticks = [1, 1.25, 1.5, 2, 3, 5, 10]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel(f"Factor of the best {of_best}")
    axes.set_title(title, loc="left", fontsize="medium")


def _name(across: AcrossDatasets, pair: PairAcrossDatasets) -> str:
    return f"{across.labels[pair.one]} and {across.labels[pair.other]}"


def _verdict(across: AcrossDatasets, pair: PairAcrossDatasets) -> str:
    if pair.decision is None:
        return "not decided"
    if pair.decision == "equal":
        return "practically equal"
    return f"{across.labels[pair.decision]} better"


def _sentence(across: AcrossDatasets, pair: PairAcrossDatasets) -> str:
    better, equal, worse = map(_probability, (pair.one_better, pair.equal, pair.other_better))
    return (
        f"{across.labels[pair.one]} against {across.labels[pair.other]} over "
        f"{plural(len(pair.differences), 'dataset')}: {_verdict(across, pair)} (probability of "
        f"better {better}, practically equal {equal}, worse {worse})."
    )


def _relative(pair: PairAcrossDatasets, name: str) -> str:
    if name not in pair.differences:
        return "–"
    value, error = 100 * pair.differences[name], 100 * pair.standard_errors[name]
    digits = 1 if abs(value) < 100 else 0
    return f"{value:+,.{digits}f} % ± {error:,.{digits}f}"


def _probability(value: float) -> str:
    """A probability that simulation gives is never 0 or 1."""
    return "< 0.001" if value < 0.001 else "> 0.999" if value > 0.999 else f"{value:.3f}"
