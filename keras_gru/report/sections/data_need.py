"""Data needs of cells: the test metric by amount of training data."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from keras_gru.analysis import Analysis
from keras_gru.analysis.data_need import FEWEST_RESAMPLED, DataNeed, Estimate
from keras_gru.analysis.summary import spread_of
from keras_gru.datasets.metric import Metric
from keras_gru.formatting import percent
from keras_gru.report import plots
from keras_gru.report.blocks import Column, Figure, Items, Row, Section, Table, Text
from keras_gru.report.metric_values import plus_minus, quantity
from keras_gru.report.sections.curves import legend

EXPLANATION = (
    "Fractions are nested, with the same validation and test, and each epoch has the same number "
    "of updates. Better means significantly better by 95% intervals paired by seed, corrected for "
    "pairs of cells and fractions. A factor is followed by its 95% interval by the bootstrap over "
    f"seeds, which requires {FEWEST_RESAMPLED}; with so few, it excludes 1 for two equal cells in "
    "up to 9% of all cases."
)


def section(analysis: Analysis) -> Section | None:
    """Return the section, or None without a learning curve."""
    if not analysis.fractions:
        return None
    comparison = analysis.comparison
    metric, cells = comparison.metric, plots.series(comparison)
    smallest = analysis.fractions[0].fraction
    texts = [need_text(need, smallest, metric) for need in analysis.data_needs]
    figure = Figure(
        "data-need",
        lambda canvas: _draw(canvas.add_subplot(), analysis),
        " ".join(texts) or "Test metric by fraction of train",
        heights=(380, 320),
        keys=legend(analysis),
        caption="Means over the seeds of all fractions, with bars from the lowest to the highest.",
    )
    rows = []
    for row in analysis.fractions:
        spreads = [spread_of(row.values.get(cell, ())) for cell in cells]
        values = [plus_minus(s.mean, s.deviation, metric) if s else "–" for s in spreads]
        rows.append(Row(percent(row.fraction), (f"{row.sequences:,}", *values)))
    columns = [Column("Train"), Column("Sequences")]
    columns += [Column(label) for label, _ in cells.values()]
    caption = f"Test {metric.label}, mean ± standard deviation over the seeds of all fractions"
    table = Table("data-need", caption, columns, rows)
    blocks = (figure, table, Items(texts), Text(EXPLANATION))
    return Section("data-need", "Training data needed", blocks, in_terminal=True)


def need_text(need: DataNeed, smallest: float, metric: Metric) -> str:
    """Describe the learning curves of two cells."""
    parts = []
    for cell, label in ((need.one, need.label), (need.other, need.other_label)):
        fractions = [percent(part) for part, better in need.better.items() if better == cell]
        if fractions:
            parts.append(f"{label} is better at {', '.join(fractions)} of train")
    if not parts:
        parts.append(
            f"No fraction of train shows a significant difference between {need.label} and "
            f"{need.other_label}"
        )
    if need.crossing is not None:
        place = percent(need.crossing.value)
        parts.append(f"they cross at {place}{_interval(need.crossing)}")
    parts.append(_which_needs_less(need, smallest, metric))
    return f"{'; '.join(parts)}."


def _which_needs_less(need: DataNeed, smallest: float, metric: Metric) -> str:
    less, more = need.one, need.other
    if need.needs[less] > need.needs[more]:
        less, more = more, less
    labels = {need.one: need.label, need.other: need.other_label}
    needed = {
        cell: f"{percent(value)}{' or less' * (value <= smallest)}"
        for cell, value in need.needs.items()
    }
    text = (
        f"to reach {quantity(need.target, metric)}, {labels[less]} needs {needed[less]} of train "
        f"and {labels[more]} {needed[more]}"
    )
    if need.ratio is None:
        return f"{text}, without an interval: {need.seeds} of {FEWEST_RESAMPLED} seeds"
    assert need.ratio.interval is not None  # with enough seeds the ratio has one
    low, high = need.ratio.interval
    significant = low > 1 or high < 1
    return (
        f"{text}{'' if significant else ', which may be chance'}: a factor of "
        f"{need.ratio.value:.2g} [{low:.2g}, {high:.2g}] between {need.label} and "
        f"{need.other_label}"
    )


def _interval(estimate: Estimate) -> str:
    if estimate.interval is None:
        return ""
    low, high = estimate.interval
    return f" [{percent(low)}, {percent(high)}]"


def _draw(axes: Axes, analysis: Analysis) -> None:
    """Draw the test metric by fraction of train: means, with bars from lowest to highest seed."""
    for place, (cell, (_, number)) in enumerate(plots.series(analysis.comparison).items()):
        known = [row for row in analysis.fractions if row.values.get(cell)]
        values = [row.values[cell] for row in known]
        # Side by side, so that no bar hides another.
        x = np.array([row.fraction for row in known]) * 1.02**place
        draw_curve(axes, x, [(np.mean(v), min(v), max(v)) for v in values], number)
    set_fractions(axes, [row.fraction for row in analysis.fractions])
    axes.set_xlabel("Fraction of the training sequences")
    plots.title(axes, f"Test {analysis.comparison.metric.label}")


def draw_curve(axes: Axes, x: np.ndarray, rows: list[tuple[Any, ...]], number: int) -> None:
    """Draw means with bars from low to high: `rows` are (mean, low, high)."""
    if not rows:
        return
    mean, low, high = np.array(rows, float).T
    paint, mark = plots.color(number), plots.marker(number)
    axes.plot(x, mean, plots.line(number), lw=1.7, color=paint, marker=mark, ms=5, mew=0)
    axes.vlines(x, low, high, color=paint, lw=1.2, alpha=0.6)


def set_fractions(axes: Axes, fractions: list[float]) -> None:
    """Set the horizontal axis to fractions of the training data, on a logarithmic scale."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(fractions))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda part, _: percent(part)))
