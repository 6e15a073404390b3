"""The expected best of n trials of tuning, for a sweep and across datasets."""

from collections.abc import Callable, Mapping, Sequence

from matplotlib.figure import Figure as Canvas

from keras_gru.analysis.expected_best import ExpectedBest
from keras_gru.formatting import plural
from keras_gru.report import plots
from keras_gru.report.blocks import Column, Figure, Key, Row, Table


def budget_blocks(
    name: str,
    subject: str,
    found: Mapping[str, ExpectedBest],
    cells: Mapping[str, tuple[str, int]],
    budgets: Sequence[int],
    format: Callable[[float], str],
    unit: str = "",
) -> tuple[Figure, Table]:
    """Return a figure and a table of the expected best of n trials, with its interval.

    Args:
        name: identifies the figure on the page.
        subject: what is expected.
        cells: cell -> its label and its number.
        budgets: the numbers of trials in the table; those that no cell has are left out.
        unit: the end of the figure's title.
    """

    def text(best: ExpectedBest, trials: int) -> str:
        if trials > len(best.expected):
            return "–"
        return "{} [{}, {}]".format(*(format(ends[trials - 1]) for ends in best))

    def draw(canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        for cell, (expected, low, high) in found.items():
            number = cells[cell][1]
            paint, trials = plots.color(number), range(1, len(expected) + 1)
            axes.fill_between(trials, low, high, color=paint, alpha=0.15, lw=0)
            axes.plot(trials, expected, plots.line(number), color=paint, lw=1.6)
        axes.set_xscale("log")
        plots.set_ticks(axes.xaxis, integer=True)
        plots.set_ticks(axes.yaxis, count=5)
        axes.set_xlabel("Trials, log scale")
        plots.title(axes, f"{subject}{unit}")

    most = max(len(best.expected) for best in found.values())
    budgets = [n for n in budgets if n <= most]
    columns = [Column("Cell"), *(Column(plural(n, "trial")) for n in budgets)]
    rows = [Row(cells[cell][0], [text(best, n) for n in budgets]) for cell, best in found.items()]
    reading = "; ".join(f"{row.label} {', '.join(row.values)}" for row in rows)
    description = f"{subject} of {', '.join(map(str, budgets))} trials: {reading}."
    keys = [Key(*cells[cell]) for cell in found]
    return (
        Figure(name, draw, description, heights=(330, 310), keys=keys),
        Table(f"{name}-table", f"{subject} of n trials", columns, rows),
    )
