"""The data: rows, dates, gaps, shapes, and classes by split."""

from keras_gru.analysis import Analysis
from keras_gru.report.blocks import Block, Column, Definitions, Items, Row, Section, Table

SHOWN = 40  # classes


def section(analysis: Analysis) -> Section | None:
    """Return the section, or None if a run directory stores no summary of its data."""
    metadata = analysis.comparison.metadata
    data = metadata.data
    blocks: list[Block] = [Definitions(data.facts)] if data.facts else []
    if data.classes:
        columns = [Column("Class"), *(Column(split.capitalize()) for split in data.splits)]
        shown = list(data.classes.items())[:SHOWN]
        rows = [Row(name, [f"{count:,}" for count in counts]) for name, counts in shown]
        more = len(data.classes) - len(rows)
        caption = "Sequences by class" + (f", {more:,} more classes left out" if more else "")
        blocks.append(Table("classes", caption, columns, rows))
    if metadata.notes:
        blocks.append(Items(metadata.notes))
    return Section("data", "Data", blocks) if blocks else None
