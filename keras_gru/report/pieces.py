"""Pieces of HTML that the sections of the page are made of; every text in them is escaped."""

from collections.abc import Iterable
from html import escape


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
    return f"""<div class="scroll" tabindex="0" role="region" aria-labelledby="{kind}">
<table class="{kind}">
<caption>{escape(caption)}</caption>
<thead><tr>{head}</tr></thead>
{body}
</table>
</div>"""


def cells_of(values: Iterable[str]) -> str:
    """The cells of a row behind its head."""
    return "".join(f"<td>{escape(value)}</td>" for value in values)
