"""How much data each cell needs, for the terminal and for the page."""

from html import escape

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from keras_gru.analysis.data_need import data_needs
from keras_gru.analysis.summary import summarize
from keras_gru.experiments.comparison import LearningCurve
from keras_gru.formatting import percent
from keras_gru.report import plots
from keras_gru.report.pictures import to_svg
from keras_gru.report.pieces import cells_of, key, table
from keras_gru.report.sections.data_need import need_text
from keras_gru.report.table import spread_text

EXPLANATION = (
    "Shares are nested, validation and test are the same for all, and each epoch has as many "
    "updates as one on all of train. Better is what 95% intervals paired by seed, corrected for "
    "pairs of cells and shares, set apart. A factor is followed by its 95% interval by the "
    "bootstrap over seeds."
)


def draw_data_need(axes: Axes, curve: LearningCurve) -> None:
    """Draws the test metric by the share of train: means, with bars from lowest to highest seed.

    Args:
        axes: of matplotlib.
        curve: with any number of finished runs.
    """
    metric, shares = curve.whole.metric, list(curve.comparisons)
    for place, (cell, (_, number)) in enumerate(plots.series(curve.whole).items()):
        tested = {share: [*of.tested(cell).values()] for share, of in curve.comparisons.items()}
        known = [(share, values) for share, values in tested.items() if values]
        x = np.array([share for share, _ in known]) * 1.02**place  # so that no bar hides another
        mean, low, high = (np.array([of(v) for _, v in known]) for of in (np.mean, min, max))
        style = {"color": plots.colour(number), "marker": plots.marker(number), "ms": 5, "mew": 0}
        axes.plot(x, mean, plots.line(number), lw=1.7, **style)
        axes.vlines(x, low, high, color=plots.colour(number), lw=1.2, alpha=0.6)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(shares))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: percent(share)))
    axes.set_xlabel("Share of the training sequences")
    axes.set_title(f"Test {metric.label}", loc="left", fontsize=9.5, pad=8)


def print_data_need(curve: LearningCurve, console: Console | None = None) -> None:
    """Prints the metric by share, and a sentence for every two cells.

    Args:
        curve: with any number of finished runs.
        console: a `rich.console.Console`; standard output where None.
    """
    console = console or Console()
    headers, lines = _table(curve)
    drawn = Table(
        title=Text(f"Test {curve.whole.metric.label} by share of train", style="bold"),
        caption=EXPLANATION,
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
    )
    for header in headers:
        drawn.add_column(header, justify="right")
    for line in lines:
        drawn.add_row(*map(Text, line))
    console.print(drawn)
    console.print()
    for need in data_needs(curve):
        console.print(Text(need_text(need, curve), style="bold"))


def data_need_section(curve: LearningCurve | None) -> str:
    """The same for the page, as HTML; nothing where there is no learning curve."""
    if curve is None:
        return ""
    sentences = [need_text(need, curve) for need in data_needs(curve)]
    label = " ".join(sentences) or "Test metric by share of train"
    wide, narrow = (
        to_svg(lambda axes, _: draw_data_need(axes, curve), curve.whole, size=size, label=label)
        for size in ((830, 380), (370, 320))
    )
    headers, lines = _table(curve)
    rows = [f'<tr><th scope="row">{escape(head)}</th>{cells_of(of)}</tr>' for head, *of in lines]
    items = "".join(f"<li>{escape(text)}</li>" for text in sentences)
    caption = f"Test {curve.whole.metric.label}, mean ± standard deviation over seeds"
    return f"""<section aria-labelledby="data">
<h2 id="data">How much data each needs</h2>
<p>The mean over seeds, with a bar from the lowest to the highest.</p>
{key(plots.series(curve.whole).values())}
<figure><div class="wide">{wide}</div><div class="narrow">{narrow}</div></figure>
<ul class="notes">{items}</ul>
<p>{escape(EXPLANATION)}</p>
{table("data", caption, headers, [rows])}
</section>
"""


def _table(curve: LearningCurve) -> tuple[list[str], list[list[str]]]:
    """Headers, and a line for each share."""
    labels = {cell: label for cell, (label, _) in plots.series(curve.whole).items()}
    lines = []
    for share, comparison in curve.comparisons.items():
        of_cell = {
            row.cell: spread_text(row.test, comparison.metric) for row in summarize(comparison)
        }
        values = [of_cell.get(cell, "–") for cell in labels]
        lines.append([percent(share), f"{curve.sequences(share):,}", *values])
    return ["Train", "Sequences", *labels.values()], lines
