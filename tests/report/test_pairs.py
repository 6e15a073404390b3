"""Cell against cell: the same numbers in the terminal, on the page and in the picture."""

import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from rich.console import Console

from keras_gru.analysis import analyse
from keras_gru.analysis.measurements import collect_measurements
from keras_gru.analysis.pairs import compare_pairs
from keras_gru.report import plots
from keras_gru.report.page import render_page
from keras_gru.report.sections.headline import headline_text
from keras_gru.report.sections.pairs import outcome_text, verdict_text
from keras_gru.report.table import print_results

from .samples import comparison, diverged, run, scattered
from .test_page import EVIL, Outline


def printed(of, width=80) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_results(of, console)
    return console.file.getvalue()


def test_the_terminal_shows_every_pair_in_eighty_columns():
    of = scattered()
    lines = [" ".join(line.split()) for line in printed(of).splitlines()]
    first, second, third = compare_pairs(collect_measurements(of))
    assert (first.better, second.better, third.better) == (None, "gru", "lstm")
    for pair in (first, second, third):
        (line,) = [line for line in lines if line.startswith(f"{pair.label} − {pair.other_label}")]
        assert line.endswith(outcome_text(pair))
        assert f"{pair.difference:,.0f} ± {pair.half:,.0f}" in line
        assert f"{pair.needed} for" in line
    assert not [line for line in lines if "…" in line]


def test_the_page_shows_every_pair_with_its_verdict_and_the_conclusion_before_all():
    of = scattered()
    page = render_page(of)
    text = "".join(Outline(page).text)
    assert Outline(page).open == []
    for pair in compare_pairs(collect_measurements(of)):
        assert verdict_text(pair, of.metric) in text
    assert (
        text.index(headline_text(analyse(of).verdicts))
        < text.index("Learning curves")
        < text.index("Cell against")
    )


@pytest.mark.parametrize(
    "of",
    [
        comparison(seeds=(0,)),
        comparison(("gru",)),
        comparison(("gru", "lstm"), runs=(run("gru", 0), run("gru", 1), diverged("lstm", 0))),
    ],
    ids=["one seed", "one cell", "one cell finished"],
)
def test_where_nothing_can_be_paired_nothing_is_shown(of):
    assert "Differences of test" not in printed(of)
    assert 'id="pairs"' not in render_page(of)


def test_names_are_text():
    of = scattered(label=EVIL)
    assert EVIL not in render_page(of)
    assert "[bold]" in printed(scattered(label="[bold]"))


def test_the_picture_is_of_the_intervals_and_only_what_is_decided_has_a_colour():
    of = scattered()
    axes = Figure().add_subplot()
    plots.differences(axes, of)
    pairs = compare_pairs(collect_measurements(of))
    bars = [line for line in axes.lines if line.get_marker() == "|"]
    marks = [line for line in axes.lines[1:] if line.get_marker() != "|"]
    for pair, bar, mark in zip(pairs, bars, marks, strict=True):
        ends = [pair.difference - pair.half, pair.difference + pair.half]
        np.testing.assert_allclose(bar.get_xdata(), ends)
        np.testing.assert_allclose(mark.get_xdata(), pair.difference)
        number = {"gru": 0, "lstm": 1}.get(pair.better)
        colour = plots.INK if number is None else plots.colour(number)
        assert mark.get_color() == bar.get_color() == colour
    assert axes.get_xlabel() == "← first better · second better →"
