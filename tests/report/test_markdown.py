"""The report as Markdown."""

from keras_gru.report.blocks import Code, Column, Items, Report, Row, Section, Table, Text
from keras_gru.report.markdown import render_report, render_table


def test_a_table_has_as_many_columns_in_every_row():
    columns = (Column("Cell"), Column("Test"), Column("Path", is_text=True))
    rows = [Row("a | b\nc", ("1", "XLA")), Row("GRU", ("2", "–"), "1 of 2 diverged", link="#x")]
    lines = render_table(columns, rows).splitlines()
    assert lines[1:] == [
        "| --- | ---: | --- |",
        "| a \\| b c | 1 | XLA |",
        "| [GRU (1 of 2 diverged)](#x) | 2 | – |",
    ]


def test_a_report_has_its_headline_and_every_block():
    blocks = (
        Text("Said by", links=(("somebody", "https://x.org"),)),
        Items(["one", "two"], ["a", "b"]),
        Code("keras-gru list"),
        Table("t", "Values", (Column("Cell"),), [Row("GRU", ())]),
    )
    text = render_report(Report("t", "Name", "Best.", [Section("s", "Heading", blocks)]), "Written")
    for part in ("# Name", "**Best.**", '<a id="s"></a>', "## Heading", "- a: one", "| GRU |"):
        assert part in text, part
    assert "Said by [somebody](https://x.org)" in text and "keras-gru list" in text
