"""A look inside for a reader: its pictures, its table, and its section of the page."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from keras_gru.experiments.comparison import Comparison
from keras_gru.formatting import quantity, significant
from keras_gru.inspection.found import Inspection, Look, found_in
from keras_gru.inspection.memory import half_lives
from keras_gru.report import inside_plots, plots
from keras_gru.report.pictures import figure_to_png, figure_to_svg
from keras_gru.report.pieces import cells_of
from keras_gru.report.pieces import table as in_a_table

WIDE, NARROW = 830, 370  # in CSS pixels
HEADERS = ("Network", "Validation")


def save_pictures(inspection: Inspection, comparison: Comparison, folder: Path) -> list[Path]:
    """Saves the pictures as PNG, each whole or not at all.

    Args:
        inspection: what was found.
        comparison: where.
        folder: where to.

    Returns:
        The files.
    """
    files = []
    for look in inspection.looks:
        files.append(folder / f"gates-{look.cell}-seed{look.seed}.png")
        size = (WIDE, inside_plots.gates_height(inspection, look))
        figure_to_png(_gates(inspection, look), files[-1], size=size)
    for name, draw in _curves(inspection).items():
        files.append(folder / f"{name}.png")
        figure_to_png(_with_legend(draw, inspection, comparison), files[-1], size=(760, 380))
    return files


def print_inspection(
    inspection: Inspection, comparison: Comparison, console: Console | None = None
) -> None:
    """Prints what each network remembers, and what it does with its gates held.

    Args:
        inspection: what was found.
        comparison: where.
        console: a `rich.console.Console`; standard output where None.
    """
    console = console or Console()
    table = Table(
        title=Text(_title(comparison), style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
    )
    table.add_column(HEADERS[0])
    table.add_column(HEADERS[1], justify="right", no_wrap=True)
    for name, value in _rows(inspection, comparison):
        table.add_row(Text(name), Text(value))
    console.print(table)
    console.print()
    for sentence in sentences(inspection):
        console.print(Text(sentence))


def sentences(inspection: Inspection) -> list[str]:
    """What was found of each network's memory and gradient, a sentence each."""
    found = []
    for look in inspection.looks:
        parts = []
        if look.keep is not None:
            steps = half_lives(np.array(look.keep))
            parts.append(
                f"half of a state is kept for {_steps(np.median(steps))} by the median unit and "
                f"for {_steps(steps.max())} by the longest"
            )
        if look.reach:
            back = len(look.reach) - 1
            parts.append(f"{_share(look.reach[-1])} of the gradient is left {back} steps back")
        said = "; ".join(parts) or "no gradient"
        found.append(f"{look.label}, seed {look.seed}: {said}.")
    return found


def section(comparison: Comparison) -> str:
    """The section of the page, in HTML; nothing where nobody has looked inside."""
    inspection = found_in(comparison.folder)
    # A cell that was looked into and whose run is gone has no colour.
    if (
        inspection is None
        or {look.cell for look in inspection.looks} - plots.series(comparison).keys()
    ):
        return ""
    items = "".join(f"<li>{escape(text)}</li>" for text in sentences(inspection))
    curves = "\n".join(
        f"<figure>{_in_two_widths(name, _with_legend(draw, inspection, comparison), 330, text)}"
        f"<figcaption>{escape(text)}</figcaption></figure>"
        for (name, draw), text in zip(
            _curves(inspection).items(), _captions(inspection), strict=True
        )
    )
    gates = "\n".join(_figure_of_gates(inspection, look) for look in inspection.looks)
    lines = [
        [f'<tr><th scope="row">{escape(name)}</th>{cells_of([value])}</tr>' for name, value in body]
        for body in ([*_rows_of(look, comparison)] for look in inspection.looks)
    ]
    table = in_a_table("inside", _title(comparison), HEADERS, lines)
    return f"""<section aria-labelledby="look">
<h2 id="look">A look inside</h2>
<p>Of each cell the one run that is best on validation, so without intervals; recurrent layer
{inspection.layer}.</p>
{curves}
<ul class="notes">{items}</ul>
{gates}
{table}
</section>
"""


def _figure_of_gates(inspection: Inspection, look: Look) -> str:
    name = f"{look.label}, seed {look.seed}"
    shown = len(look.state)
    steps = f"{shown} steps" if shown == inspection.length else f"first {shown} steps"
    gates = ", ".join(f"{gate} gate" for gate in look.gates)
    text = (
        f"{name}: {gates + ' and state' if gates else 'state'} over the {steps} of sequence "
        f"{inspection.sequence} of validation, a row for each unit"
        + (", those that keep the most of their state on top." if look.keep else ".")
    )
    height = inside_plots.gates_height(inspection, look)
    picture = _in_two_widths(f"gates of {look.cell}", _gates(inspection, look), height, text)
    return f"<figure>{picture}<figcaption>{escape(text)}</figcaption></figure>"


def _in_two_widths(name: str, fill, height: int, label: str) -> str:
    wide = figure_to_svg(fill, name=name, size=(WIDE, height), label=label)
    narrow = figure_to_svg(fill, name=name, size=(NARROW, height), label=label)
    return f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>'


def _captions(inspection: Inspection) -> list[str]:
    of = "its last step's loss" if inspection.last_step else "its loss"
    captions = [
        f"How far gradients reach: for each sequence, the gradient of {of} by the state so many "
        "steps back, the mean over sequences of validation."
    ]
    if len(_curves(inspection)) > 1:
        captions.append(
            "How long units remember: ln ½ / ln k steps, where k is the mean of the gate that "
            "keeps the state (an LSTM's forget gate, a GRU's update gate). It is at most that, and "
            "leaves out what goes through the weights of the state."
        )
    return captions


def _curves(inspection: Inspection) -> dict:
    found = {"gradient-reach": inside_plots.reach}
    if any(look.keep is not None for look in inspection.looks):
        found["half-lives"] = inside_plots.memory
    return found


def _gates(inspection: Inspection, look: Look):
    return lambda figure: inside_plots.fill_with_gates(figure, inspection, look)


def _with_legend(draw, inspection: Inspection, comparison: Comparison):
    def fill(figure: Figure) -> None:
        draw(axes := figure.add_subplot(), inspection, comparison)
        keys = [line for line in axes.lines if not line.get_label().startswith("_")]
        columns = 4 if figure.get_figwidth() > 5 else 2
        figure.legend(handles=keys, loc="outside upper left", ncols=columns, frameon=False)

    return fill


def _title(comparison: Comparison) -> str:
    return f"{comparison.metric.label} with gates held"


def _rows(inspection: Inspection, comparison: Comparison) -> Iterator[tuple[str, str]]:
    for look in inspection.looks:
        yield from _rows_of(look, comparison)


def _rows_of(look: Look, comparison: Comparison) -> Iterator[tuple[str, str]]:
    for name, value in look.ablation.items():
        yield f"{look.label}, {name}", quantity(value, comparison.metric)


def _steps(steps: float) -> str:
    return f"{significant(steps, 2)} steps" if steps < inside_plots.LONGEST else "ever"


def _share(share: float) -> str:
    return f"{significant(100 * share, 2)}%"
