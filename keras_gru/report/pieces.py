"""Pieces of HTML that the sections of the page are made of; every text in them is escaped."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from importlib import resources

from keras_gru.experiments.metadata import Metadata
from keras_gru.report import plots

# What has a place of its own on the page, or is in the table.
SHOWN_ELSEWHERE = ("started", "metric", "baselines", "evaluation")
MARKER_PATHS = {
    "o": "M8.6 6a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0z",
    "s": "M9 3h6v6h-6z",
    "^": "M12 2l3.8 7h-7.6z",
    "D": "M12 1.6l4.4 4.4l-4.4 4.4l-4.4-4.4z",
    "v": "M12 10l3.8-7h-7.6z",
    "P": "M10.6 2h2.8v2.6h2.6v2.8h-2.6v2.6h-2.8v-2.6h-2.6v-2.8h2.6z",
}


def document(title: str, body: str) -> str:
    """A whole page that loads nothing; the title is escaped, the body is HTML already.

    Its policy lets a browser run the one script that sorts tables, known by its hash, and no other.
    """
    style, script = _beside("page.css"), _beside("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
{body}
<footer>Written by keras_gru.</footer>
<script>{script}</script>
</body>
</html>
"""


def definitions(items: dict[str, str], kind: str) -> str:
    """A list of names and what stands behind each."""
    pairs = [(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>") for name, text in items.items()]
    if kind == "setup":
        pairs = [f"<div>{pair}</div>" for pair in pairs]
    return f'<dl class="{kind}">{"".join(pairs)}</dl>'


def table(kind: str, caption: str, headers: Iterable[str], bodies: Iterable[Iterable[str]]) -> str:
    """A table that scrolls by itself; each body is a list of rows that are HTML already."""
    head = "".join(f'<th scope="col">{escape(header)}</th>' for header in headers)
    body = "\n".join("<tbody>\n" + "\n".join(lines) + "\n</tbody>" for lines in bodies)
    return f"""<div class="scroll" tabindex="0" role="region" aria-labelledby="{kind}-table">
<table class="{kind}">
<caption id="{kind}-table"><span>{escape(caption)}</span></caption>
<thead><tr>{head}</tr></thead>
{body}
</table>
</div>"""


def cells_of(values: Iterable[str]) -> str:
    """The cells of a row behind its head."""
    return "".join(f"<td>{escape(value)}</td>" for value in values)


def key(series: Iterable[tuple[str, int]]) -> str:
    """What the colours and markers of a picture stand for: labels and numbers of series."""
    items = "".join(
        f'<li class="name">{swatch(number)}<span>{escape(label)}</span></li>'
        for label, number in series
    )
    return f'<ul class="key">{items}</ul>'


def swatch(number: int) -> str:
    """A line with its marker, in the colour of a series."""
    paint = f"var(--series-{number % len(plots.COLOURS) + 1})"
    dashes = ";stroke-dasharray:5 2" * (plots.line(number) != "-")
    shape = MARKER_PATHS[plots.marker(number)]
    return (
        '<svg class="swatch" viewBox="0 0 24 12" aria-hidden="true">'
        f'<path d="M0 6h24" style="stroke:{paint};stroke-width:2{dashes}"/>'
        f'<path d="{shape}" style="fill:{paint}"/></svg>'
    )


def origin(metadata: Metadata) -> str:
    """The section of what holds for all networks."""
    groups = "".join(
        f"<div><h3>{escape(name.capitalize())}</h3>{_value(value)}</div>"
        for name, value in (metadata.model_dump() | {"data": dict(metadata.data.facts)}).items()
        if name not in SHOWN_ELSEWHERE and value
    )
    return f"""<section aria-labelledby="facts">
<h2 id="facts">Where it comes from</h2>
<div class="origin">{groups}</div>
</section>"""


def _beside(name: str) -> str:
    return resources.files("keras_gru.report").joinpath(name).read_text(encoding="utf-8")


def _value(value: object) -> str:
    if isinstance(value, dict):
        return definitions({name: _text(of) for name, of in value.items()}, "facts")
    if isinstance(value, list | tuple):
        return f'<ul class="notes">{"".join(f"<li>{escape(_text(v))}</li>" for v in value)}</ul>'
    return f"<p>{escape(_text(value))}</p>"


def _text(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
