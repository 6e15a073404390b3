"""Inspection: gates over a sequence, gradient decay, half-lives, constant gates."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from rich.console import Console

from keras_gru.analysis import Analysis
from keras_gru.experiments.comparison import Comparison
from keras_gru.formatting import significant
from keras_gru.inspection.memory import half_lives
from keras_gru.inspection.result import Inspection, NetworkInspection, read_inspection
from keras_gru.report import inspection_plots, plots
from keras_gru.report.blocks import Column, Figure, Items, Row, Section, Table, Text
from keras_gru.report.metric_values import quantity
from keras_gru.report.pictures import figure_to_png
from keras_gru.report.terminal import print_section

Draw = Callable[[Axes, Inspection, Comparison], None]


def section(analysis: Analysis) -> Section | None:
    """Return the section, or None if no network was inspected."""
    comparison = analysis.comparison
    inspection = read_inspection(comparison.path)
    if inspection is None:
        return None
    # An inspected cell whose run was removed has no color.
    if {network.cell for network in inspection.networks} - plots.series(comparison).keys():
        return None
    return inspection_section(inspection, comparison)


def inspection_section(inspection: Inspection, comparison: Comparison) -> Section:
    """Return the section of an inspection."""
    curves = [
        Figure(
            name,
            _with_legend(draw, inspection, comparison),
            caption,
            heights=(330, 330),
            caption=caption,
        )
        for name, (draw, caption) in _curves(inspection).items()
    ]
    gates = [_gates_figure(inspection, network) for network in inspection.networks]
    rows = [
        Row(f"{network.label}, {name}", (quantity(value, comparison.metric),))
        for network in inspection.networks
        for name, value in network.ablation.items()
    ]
    caption = f"{comparison.metric.label} with constant gates"
    columns = (Column("Network"), Column("Validation"))
    runs = ", ".join(f"{network.label} seed {network.seed}" for network in inspection.networks)
    note = Text(
        f"The best runs on validation when they were inspected, {runs}, so without intervals; "
        f"recurrent layer {inspection.layer}."
    )
    table = Table("inspection", caption, columns, rows)
    blocks = (note, *curves, Items(list(_sentences(inspection))), *gates, table)
    return Section("inspection", "Inspection", blocks)


def print_inspection(
    inspection: Inspection, comparison: Comparison, console: Console | None = None
) -> None:
    """Print the memory of each network, and its metric with constant gates."""
    print_section(inspection_section(inspection, comparison), console or Console())


def save_pictures(inspection: Inspection, comparison: Comparison, directory: Path) -> list[Path]:
    """Save the figures as PNG, atomically, and return their files."""
    files = []
    for network in inspection.networks:
        figure = _gates_figure(inspection, network)
        files.append(directory / f"gates-{network.cell}-seed{network.seed}.png")
        figure_to_png(figure.draw, files[-1], size=(830, figure.heights[0]))
    for name, (draw, _) in _curves(inspection).items():
        files.append(directory / f"{name}.png")
        figure_to_png(_with_legend(draw, inspection, comparison), files[-1], size=(760, 380))
    return files


def _sentences(inspection: Inspection) -> Iterator[str]:
    """Return the measurements of each network's memory and gradient, one sentence each."""
    for network in inspection.networks:
        parts = []
        if network.keep is not None:
            steps = half_lives(np.array(network.keep))
            parts.append(
                f"half of a state is kept for {_steps(np.median(steps))} by the median unit and "
                f"for {_steps(steps.max())} by the longest"
            )
        if network.gradient_decay:
            *_, last = network.gradient_decay
            back = len(network.gradient_decay) - 1
            parts.append(f"{significant(100 * last, 2)}% of the gradient is left {back} steps back")
        yield f"{network.label}, seed {network.seed}: {'; '.join(parts) or 'no gradient'}."


def _gates_figure(inspection: Inspection, network: NetworkInspection) -> Figure:
    shown = len(network.state)
    steps = f"{shown} steps" if shown == inspection.length else f"first {shown} steps"
    gates = ", ".join(f"{gate} gate" for gate in network.gates)
    text = (
        f"{network.label}, seed {network.seed}: {gates + ' and state' if gates else 'state'} over "
        f"the {steps} of sequence {inspection.sequence} of validation, one row per unit"
        + (", longest memory on top." if network.keep else ".")
    )
    height = inspection_plots.gates_height(inspection, network)
    return Figure(
        f"gates-{network.cell}",
        lambda canvas: inspection_plots.fill_with_gates(canvas, inspection, network),
        text,
        heights=(height, height),
        caption=text,
    )


def _curves(inspection: Inspection) -> dict[str, tuple[Draw, str]]:
    """Return name -> drawing function and caption."""
    loss = "its last step's loss" if inspection.last_step else "its loss"
    curves: dict[str, tuple[Draw, str]] = {
        "gradient-decay": (
            inspection_plots.gradient_decay,
            f"How far gradients reach: the gradient of {loss} with respect to the state so "
            "many steps back, the mean over sequences of validation.",
        )
    }
    if any(network.keep is not None for network in inspection.networks):
        curves["half-lives"] = (
            inspection_plots.memory,
            "How long units remember: ln ½ / ln k steps, where k is the mean of the gate that "
            "keeps the state (an LSTM's forget gate, a GRU's update gate). It is an upper bound, "
            "and excludes the path through the weights of the state.",
        )
    return curves


def _with_legend(
    draw: Draw, inspection: Inspection, comparison: Comparison
) -> Callable[[Canvas], None]:
    def fill(canvas: Canvas) -> None:
        draw(axes := canvas.add_subplot(), inspection, comparison)
        keys = [line for line in axes.lines if not str(line.get_label()).startswith("_")]
        columns = 4 if canvas.get_figwidth() > 5 else 2
        canvas.legend(handles=keys, loc="outside upper left", ncols=columns, frameon=False)

    return fill


def _steps(steps: float) -> str:
    return f"{significant(steps, 2)} steps" if steps < inspection_plots.LONGEST else "ever"
