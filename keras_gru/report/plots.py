"""Common parts of plots: colors and markers of series, intervals, titles and ticks."""

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from keras_gru.experiments.comparison import Comparison

# After Okabe and Ito, distinguishable for color-blind readers. Markers differ, too.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#aa4499", "#b88600", "#4a5568")
MARKERS = "os^DvP"
INK = "#1f2937"
MUTED = "#6b7280"
LOGARITHMIC = 30  # an axis is logarithmic if its values differ by more than this factor
DASHES = (0, (4, 3))
Style = dict[str, Any]  # keyword arguments of matplotlib


def series(comparison: Comparison) -> dict[str, tuple[str, int]]:
    """Return label and number of every cell with a run; the number determines its color."""
    cells = comparison.experiment.cells
    return {cell: (label, cells.index(cell)) for cell, label in comparison.labels.items()}


def color(number: int) -> str:
    """Return the color of a series on a light background."""
    return COLORS[number % len(COLORS)]


def marker(number: int) -> str:
    """Return the marker of a series, which differs where colors repeat."""
    return MARKERS[(number + number // len(COLORS)) % len(MARKERS)]


def line(number: int) -> str:
    """Return the line style of a series: dashed where colors repeat."""
    return "--" if number // len(COLORS) % 2 else "-"


def interval(
    axes: Axes,
    row: float,
    value: float,
    ends: tuple[float, float] | None,
    paint: str,
    name: str = "",
    mark: str = "o",
    is_hollow: bool = False,
) -> None:
    """Draw a value with its interval in a row, below its name."""
    width = 1.2 if is_hollow else 1.9
    if ends is not None:
        axes.plot(ends, [-row, -row], "|-", color=paint, lw=width, ms=7, mew=width)
    inside: dict[str, Any] = {"mfc": "none", "mew": 1.2} if is_hollow else {"mew": 0}
    axes.plot(value, -row, mark, color=paint, ms=5 if is_hollow else 7, **inside)
    axes.text(0, 0.28 - row, name, fontsize=8.5, color=INK, transform=axes.get_yaxis_transform())


def finish_intervals(axes: Axes, rows: int) -> None:
    """Set up the axis of a plot of intervals."""
    axes.set_ylim(0.4 - max(rows, 1), 0.75)
    axes.set_yticks([])
    axes.grid(axis="x")


def title(axes: Axes, text: str, pad: float = 8, **options) -> None:
    """Set the title, which replaces the label of the vertical axis."""
    axes.set_title(text, loc="left", fontsize=9.5, pad=pad, **options)


def shades() -> LinearSegmentedColormap:
    """Return a color map from transparent to the first color, for any background."""
    return LinearSegmentedColormap.from_list("shades", [f"{COLORS[0]}00", f"{COLORS[0]}b0"])


def shorten(label: str, letters: int) -> str:
    """Shorten a label to a maximum number of characters."""
    return label if len(label) <= letters else f"{label[: letters - 1]}…"


def set_ticks(axis: Axis, integer: bool = False, count: int = 7) -> None:
    """Set round numbers as ticks, with equal numbers of decimals on an axis."""
    if axis.get_scale() == "log":
        low, high = axis.get_view_interval()
        subs = (1, 2, 5) if high < 100 * low else (1,)
        axis.set_major_locator(LogLocator(subs=subs))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
        axis.set_minor_formatter(NullFormatter())
        return
    axis.set_major_locator(MaxNLocator(count, steps=[1, 2, 5, 10], integer=integer, min_n_ticks=1))

    def text(value: float, _: int | None) -> str:
        ticks = axis.get_majorticklocs()
        step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
        return f"{value:,.{max(0, -math.floor(math.log10(step) + 1e-6))}f}"

    axis.set_major_formatter(FuncFormatter(text))
