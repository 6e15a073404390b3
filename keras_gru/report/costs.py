"""What each cell costs, for the terminal and for the page."""

from html import escape

from rich import box
from rich.table import Table
from rich.text import Text

from keras_gru.analysis.cost import CellCost, costs, target
from keras_gru.experiments.comparison import Comparison
from keras_gru.formatting import quantity, significant
from keras_gru.report.pieces import cells_of, table


def cost_headers(comparison: Comparison) -> tuple[str, ...]:
    """Of the columns; the seconds' has the target."""
    aim = target(comparison)
    to = "target" if aim is None else quantity(aim, comparison.metric)
    return ("Cell", f"Seconds to {to}", "Multiply-adds", "Memory (MiB)")


def cost_values(cost: CellCost) -> tuple[str, ...]:
    """A row without its label, in the order of the headers."""
    return (
        _seconds(cost),
        "–" if cost.multiply_adds is None else f"{cost.multiply_adds:,}",
        "–" if cost.peak_memory is None else f"{cost.peak_memory / 2**20:,.0f}",
    )


def cost_explanation(comparison: Comparison) -> str:
    """What the numbers are, and what they are not."""
    aim = "what every finished run reached"
    if comparison.experiment.target is not None:
        aim = "the target"
    return (
        f"Seconds of training and validation until validation was as good as {aim}, mean ± "
        "standard deviation. Multiply-adds of the recurrent layers' matrix products, for each "
        "time step. Memory is the most that the process had held until then, with everything that "
        "it trained before. A dash is what was not measured."
    )


def cost_table(comparison: Comparison) -> Table:
    """The costs for a terminal.

    Args:
        comparison: a `Comparison`.

    Returns:
        A `rich.table.Table`.
    """
    drawn = Table(
        title=Text("What it costs", style="bold"),
        caption=Text(cost_explanation(comparison)),
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for header in cost_headers(comparison):
        drawn.add_column(header, justify="left" if header == "Cell" else "right")
    for cost in costs(comparison):
        drawn.add_row(*map(Text, (cost.label, *cost_values(cost))))
    return drawn


def cost_piece(comparison: Comparison) -> str:
    """The costs for the page, as HTML."""
    lines = [
        f'<tr><th scope="row">{escape(cost.label)}</th>'
        f"{cells_of((f'{cost.parameters:,}', *cost_values(cost)))}</tr>"
        for cost in costs(comparison)
    ]
    first, *others = cost_headers(comparison)
    caption = f"Costs; the target is a validation {comparison.metric.label}"
    return f"<p>{escape(cost_explanation(comparison))}</p>\n" + table(
        "cost", caption, (first, "Parameters", *others), [lines]
    )


def _seconds(cost: CellCost) -> str:
    if cost.seconds is None:
        return "not reached"
    text = significant(cost.seconds.mean)
    if cost.seconds.deviation is not None:
        text += f" ± {significant(cost.seconds.deviation, 2)}"
    return text if cost.reached == cost.runs else f"{text} ({cost.reached} of {cost.runs})"
