"""Reports as data: sections of text, tables and figures.

`keras_gru.report.html`, `terminal` and `markdown` render the same blocks. The terminal omits
figures and folded code, and Markdown omits figures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True)
class Text:
    """A paragraph.

    Args:
        style: `"note"`, `"strong"` (a conclusion) or `"warning"`.
        links: a label and a URL each, after the text.
    """

    text: str
    style: Literal["note", "strong", "warning"] = "note"
    links: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Items:
    """A list of sentences with optional terms, such as names of datasets."""

    texts: Sequence[str]
    terms: Sequence[str] = ()

    def lines(self) -> list[str]:
        """Return the sentences, after their terms."""
        terms = [f"{term}: " for term in self.terms] or [""] * len(self.texts)
        return [f"{term}{text}" for term, text in zip(terms, self.texts, strict=True)]


@dataclass(frozen=True)
class Column:
    """The header of a column; terminals omit details."""

    header: str
    is_text: bool = False
    is_detail: bool = False


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Args:
        remark: text below the label, such as the number of diverged runs.
        series: number of the series in the figures, which determines its color.
        is_baseline: whether it is a baseline, below the cells.
    """

    label: str
    values: Sequence[str]
    remark: str = ""
    series: int | None = None
    is_baseline: bool = False
    link: str = ""


@dataclass(frozen=True)
class Table:
    """A table; `name` identifies it on the page."""

    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Key:
    """An entry of a legend: a label and either a series or a letter."""

    label: str
    series: int | None = None
    letter: str = ""


@dataclass(frozen=True)
class Legend:
    """A common legend of several figures, with a caption. Renderers without figures skip it."""

    keys: Sequence[Key]
    caption: str = ""


@dataclass(frozen=True)
class Figure:
    """A figure, drawn for wide and for narrow pages.

    Args:
        name: identifies it on the page.
        draw: fills an empty matplotlib figure.
        description: text alternative for screen readers.
        heights: heights of the wide and the narrow figure, in CSS pixels.
        is_half: whether two such figures are side by side on a wide page.
    """

    name: str
    draw: Callable[[Canvas], None]
    description: str
    heights: tuple[int, int] = (380, 320)
    keys: Sequence[Key] = ()
    caption: str = ""
    is_half: bool = False


@dataclass(frozen=True)
class Code:
    """A command, or a file that is folded under a title."""

    text: str
    title: str = ""


@dataclass(frozen=True)
class Definitions:
    """Names and values."""

    items: Mapping[str, str]
    title: str = ""


Block = Text | Items | Table | Legend | Figure | Code | Definitions


@dataclass(frozen=True)
class Section:
    """A section of a report.

    Args:
        name: identifies it on the page.
        in_terminal: whether the terminal shows it.
    """

    name: str
    heading: str
    blocks: Sequence[Block]
    in_terminal: bool = False


@dataclass(frozen=True)
class Report:
    """A headline and the sections below it.

    Args:
        name: name of its subject.
        links: sources of the description, a label and a URL each.
        cautions: warnings about the use of the numbers.
        setup: names and values at a glance.
    """

    title: str
    name: str
    headline: str
    sections: Sequence[Section]
    description: str = ""
    links: Sequence[tuple[str, str]] = ()
    cautions: Sequence[str] = ()
    setup: Mapping[str, str] = field(default_factory=dict)
