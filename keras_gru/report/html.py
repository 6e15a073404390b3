"""Reports as self-contained HTML pages, rendered by Jinja2 with autoescape."""

import base64
import hashlib
from importlib import resources
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from keras_gru.files import write_text
from keras_gru.report import blocks, plots
from keras_gru.report.pictures import figure_to_svg

WIDE, HALF, NARROW = 830, 400, 370  # width of a figure in CSS pixels
LONG = 220  # characters; longer headlines have a smaller font
# The markers of the series, as in the figures.
MARKER_PATHS = {
    "o": "M8.6 6a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0z",
    "s": "M9 3h6v6h-6z",
    "^": "M12 2l3.8 7h-7.6z",
    "D": "M12 1.6l4.4 4.4l-4.4 4.4l-4.4-4.4z",
    "v": "M12 10l3.8-7h-7.6z",
    "P": "M10.6 2h2.8v2.6h2.6v2.8h-2.6v2.6h-2.8v-2.6h-2.6v-2.8h2.6z",
}


def write_page(report: blocks.Report, path: str | Path) -> None:
    """Write a report as an HTML file, atomically."""
    write_text(path, render_page(report))


def render_page(report: blocks.Report) -> str:
    """Return a report as HTML.

    All text is escaped. The content security policy allows only the script that sorts tables, by
    its hash, and forbids loading anything.
    """
    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.tests["block"] = lambda block, kind: type(block).__name__ == kind
    script = _read("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.from_string(_read("page.html.j2")).render(
        report=report,
        style=Markup(_read("page.css")),
        script=Markup(script),
        digest=digest,
        is_long=len(report.headline) > LONG,
        pictures=_pictures,
        swatch=_swatch,
        bodies=lambda rows: [list(body) for _, body in groupby(rows, lambda r: r.is_baseline)],
        groups=_groups,
    )


def _pictures(figure: blocks.Figure) -> dict[str, Markup]:
    """Return the figure for wide and for narrow pages."""
    widths = {"wide": HALF if figure.is_half else WIDE, "narrow": NARROW}
    return {
        kind: Markup(
            figure_to_svg(
                figure.draw,
                name=figure.name,
                size=(width, figure.heights[kind == "narrow"]),
                label=figure.description,
            )
        )
        for kind, width in widths.items()
    }


def _groups(content: list[blocks.Block]) -> list[tuple[bool, list[blocks.Block]]]:
    """Group neighboring figures of half width; other blocks are groups of one."""
    grouped = groupby(content, lambda block: isinstance(block, blocks.Figure) and block.is_half)
    return [(is_pair, list(group)) for is_pair, group in grouped]


def _swatch(number: int) -> dict[str, object]:
    """Return the style of a series: its color, whether its line is dashed, and its marker."""
    return {
        "color": number % len(plots.COLORS) + 1,
        "is_dashed": plots.line(number) != "-",
        "marker": MARKER_PATHS[plots.marker(number)],
    }


def _read(name: str) -> str:
    return resources.files("keras_gru.report").joinpath(name).read_text(encoding="utf-8")
