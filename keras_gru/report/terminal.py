"""Reports in the terminal: tables and sentences, with the headline last."""

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text as RichText

from keras_gru.report.blocks import Block, Code, Definitions, Items, Report, Section, Table, Text

STYLES = {"note": "", "strong": "bold", "warning": "yellow"}


def print_report(report: Report, console: Console | None = None) -> None:
    """Print the sections for terminals, the headline and the cautions.

    Args:
        console: a `rich.console.Console`; None is standard output.
    """
    console = console or Console()
    for section in report.sections:
        if section.in_terminal:
            print_section(section, console)
    console.print(RichText(report.headline, style="bold"))
    for caution in report.cautions:
        console.print(RichText(caution, style="yellow"))


def print_section(section: Section, console: Console) -> None:
    """Print the heading of a section and its blocks."""
    console.print(RichText(section.heading, style="bold"))
    for block in section.blocks:
        _print_block(block, console)
    console.print()


def _print_block(block: Block, console: Console) -> None:
    if isinstance(block, Table):
        console.print(_table(block))
    elif isinstance(block, Text):
        console.print(RichText(block.text, style=STYLES[block.style]))
    elif isinstance(block, Items):
        for line in block.lines():
            console.print(RichText(line))
    elif isinstance(block, Definitions):
        for name, value in block.items.items():
            console.print(RichText(f"{name}: {value}"))
    elif isinstance(block, Code) and not block.title:
        console.print(RichText(f"  {block.text}"), soft_wrap=True)


def _table(table: Table) -> RichTable:
    """Return a table with narrow columns and wrapped headers, to fit eighty columns."""
    drawn = RichTable(
        title=RichText(table.caption),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=0,
        pad_edge=False,
        show_edge=False,
    )
    shown = [number for number, column in enumerate(table.columns) if not column.is_detail]
    longest = max((len(row.label) for row in table.rows if not row.is_baseline), default=0)
    for number in shown:
        column = table.columns[number]
        drawn.add_column(
            column.header.replace(" ", "\n"),
            justify="left" if column.is_text or not number else "right",
            no_wrap=number > 0 and not column.is_text,
            min_width=None if number else min(longest, 14),
        )
    for row in table.rows:
        label = RichText(row.label)
        if row.remark:
            label.append(f"\n{row.remark}", style="red")
        cells = [label, *map(RichText, row.values)]
        style = "dim" if row.is_baseline else None
        drawn.add_row(*(cells[number] for number in shown), style=style)
    return drawn
