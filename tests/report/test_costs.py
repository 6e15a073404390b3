"""What cells cost, in the terminal and on the page."""

import dataclasses
import io

from matplotlib.figure import Figure
from rich.console import Console

from keras_gru.report import plots
from keras_gru.report.costs import cost_table
from keras_gru.report.page import render_page

from .samples import comparison, diverged, run
from .test_page import Outline


def printed(of) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    console.print(cost_table(of))
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def sample():
    runs = [
        dataclasses.replace(run(cell, seed), multiply_adds=12_345, peak_memory=512 * 2**20)
        for cell in ("gru", "simple_rnn")
        for seed in (0, 1)
    ]
    return comparison(("gru", "simple_rnn", "lstm"), (0, 1), runs=(*runs, diverged("lstm", 0)))


def test_the_terminal_has_every_cost_and_a_dash_for_what_is_not_known():
    lines = printed(sample())
    gru, rnn, lstm = (
        next(line for line in lines if line.startswith(label))
        for label in ("GRU", "SimpleRNN", "LSTM")
    )
    assert gru.endswith("12,345 512") and rnn.endswith("12,345 512")
    assert lstm.startswith("LSTM not reached – –")


def test_the_target_is_in_the_header_and_those_that_reach_it_are_counted():
    of = sample()
    best = sorted(r.validation["mae"] for r in of.runs if r.cell == "gru")
    aim = of.experiment.model_copy(update={"target": sum(best) / 2})
    lines = printed(dataclasses.replace(of, experiment=aim))
    text = " ".join(lines)
    assert f"{sum(best) / 2:,.0f}" in text
    assert "(1 of 2)" in next(line for line in lines if line.startswith("GRU"))
    assert "SimpleRNN not reached" in text


def test_the_page_has_the_same_beside_the_pictures():
    page = render_page(sample())
    outline = Outline(page)
    section = page[page.index('id="cost"') :]
    section = section[: section.index("</section>")]
    assert outline.open == []
    for words in ("12,345", "512", "not reached", "Multiply-adds", "3,393"):
        assert words in section, words


def test_the_line_of_the_picture_connects_what_is_not_dominated():
    axes = Figure().add_subplot()
    of = comparison(seeds=(0,))
    plots.metric_by_parameters(axes, of)
    (front,) = [line for line in axes.lines if line.get_color() == plots.MUTED]
    by_cell = {r.cell: (r.parameters, r.test["mae"]) for r in of.runs}
    # The LSTM is larger than the GRU and worse; the SimpleRNN is worst and smallest.
    assert [tuple(point) for point in front.get_xydata()] == [by_cell["simple_rnn"], by_cell["gru"]]
    alone = Figure().add_subplot()
    plots.metric_by_parameters(alone, comparison(("gru", "lstm"), (0,)))
    assert not [line for line in alone.lines if line.get_color() == plots.MUTED]
