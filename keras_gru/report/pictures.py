"""Figures as SVG for pages, and as PNG.

Text and axes of an SVG have the color of the surrounding text, and each series is a CSS variable
(`--series-1`, …) with a fallback, so that a figure works on light and dark pages.
"""

import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import matplotlib
from matplotlib.figure import Figure

from keras_gru.files import replacing
from keras_gru.report import plots

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType  # older versions of matplotlib do not have it

PIXELS = 96  # of CSS per inch
STYLE: "dict[RcKeyType, Any]" = {
    "font.size": 9.5,
    "text.parse_math": False,  # a label may contain a dollar sign
    "text.color": plots.INK,
    "axes.titlecolor": plots.INK,
    "axes.labelcolor": plots.INK,
    "axes.edgecolor": plots.MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": plots.MUTED,
    "grid.alpha": 0.2,
    "grid.linewidth": 0.7,
    "xtick.color": plots.MUTED,
    "xtick.labelcolor": plots.INK,
    "xtick.major.size": 3,
    "xtick.minor.size": 0,
    "ytick.labelcolor": plots.INK,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
    "svg.fonttype": "none",
}
VARIABLES = {plots.INK: "currentColor", plots.MUTED: f"var(--muted, {plots.MUTED})"} | {
    value: f"var(--series-{number}, {value})" for number, value in enumerate(plots.COLORS, 1)
}


def figure_to_svg(
    fill: Callable[[Figure], None], *, name: str, size: tuple[int, int], label: str
) -> str:
    """Return a figure as an `<svg>` element for a page.

    Args:
        name: unique on the page.
        size: width and height in CSS pixels; it shrinks if there is less space.
        label: text alternative for screen readers.
    """
    buffer = io.StringIO()
    salt = f"{name} {size}"  # makes ids unique on the page
    with _drawn(fill, size, {"svg.hashsalt": salt}) as figure:
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _for_a_page(buffer.getvalue(), size, label)


def figure_to_png(
    fill: Callable[[Figure], None], path: str | Path, *, size: tuple[int, int]
) -> None:
    """Save a figure on white at double resolution.

    Args:
        path: the PNG file, written atomically.
        size: width and height in CSS pixels.
    """
    with _drawn(fill, size, {}) as figure, replacing(path) as draft:
        figure.savefig(draft, format="png", dpi=2 * PIXELS, facecolor="white")


@contextmanager
def _drawn(
    fill: Callable[[Figure], None], size: tuple[int, int], options: "Mapping[RcKeyType, Any]"
) -> Iterator[Figure]:
    """A figure in the common style. Pages can show characters that matplotlib's font lacks."""
    width, height = size
    with matplotlib.rc_context(STYLE | dict(options)), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from font")
        figure = Figure(figsize=(width / PIXELS, height / PIXELS), layout="constrained")
        fill(figure)
        yield figure


def _for_a_page(document: str, size: tuple[int, int], label: str) -> str:
    """Convert matplotlib's SVG file to an element with the fonts and colors of the page."""
    root = ElementTree.fromstring(document)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.endswith(("metadata", "style")):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.partition("}")[2]  # HTML needs no namespace for svg
        element.attrib = _tidy(element.tag, element.attrib)
        element.tail = None
        if element.tag != "text":
            element.text = None
    view = root.attrib["viewBox"]
    root.attrib = {
        "viewBox": view,
        "width": str(size[0]),
        "height": str(size[1]),
        "role": "img",
        "aria-label": label,
        "stroke-linejoin": "round",
    }
    return ElementTree.tostring(root, encoding="unicode")


def _tidy(tag: str, attributes: dict[str, str]) -> dict[str, str]:
    """Shorten numbers, remove unused ids, and use the colors of the page."""
    tidy = {name.partition("}")[2] or name: value for name, value in attributes.items()}
    if tag == "g":
        tidy.pop("id", None)
    if tidy.get("transform", "").startswith("rotate(-0 "):
        del tidy["transform"]
    if "d" in tidy:
        numbers = re.sub(r"-?\d+\.\d+", lambda match: f"{float(match[0]):.1f}", tidy["d"])
        tidy["d"] = " ".join(numbers.split())
    if "style" in tidy:
        style = re.sub(r"font-family:[^;]*;?", "", tidy["style"])
        tidy["style"] = re.sub(r"#[0-9a-f]{6}", lambda m: VARIABLES.get(m[0], m[0]), style)
    return tidy
