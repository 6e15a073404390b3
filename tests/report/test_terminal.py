"""The report in a terminal of eighty columns."""

import dataclasses
import io

from rich.console import Console

from keras_gru.analysis import analyse
from keras_gru.report.blocks import Figure, Legend
from keras_gru.report.comparison import comparison_report
from keras_gru.report.terminal import print_report

from .samples import ACCURACY, BASELINES, comparison, run, scattered, tuned


def printed(compared, width=80) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_report(comparison_report(analyse(compared)), console)
    return console.file.getvalue()


def test_nothing_is_cut_off_and_the_headline_is_last():
    metric = dataclasses.replace(ACCURACY, digits=4)
    lines = printed(comparison(metric=metric, name="a" * 20)).splitlines()
    assert not [line for line in lines if "…" in line or len(line) > 80]
    row, _cost = [" ".join(line.split()) for line in lines if line.startswith("SimpleRNN ")][:2]
    assert row == "SimpleRNN 0.8145 ± 0.0020 0.8308 ± 0.0020 1,121 32 1.15 XLA"
    assert lines.index("Results") < next(i for i, t in enumerate(lines) if "has the best" in t)


def test_every_table_is_there():
    text = printed(scattered())
    for heading in ("Results", "Cell against cell", "Costs"):
        assert heading in text
    assert "Tuning" in printed(tuned()) and "Linear model" in printed(
        comparison(baselines=BASELINES)
    )


def test_the_terminal_does_not_mention_figures():
    text = " ".join(printed(scattered(), width=1000).split())
    sections = comparison_report(analyse(scattered())).sections
    blocks = [block for section in sections for block in section.blocks]
    captions = [block.caption for block in blocks if isinstance(block, Figure | Legend)]
    assert len([caption for caption in captions if caption]) > 1
    assert not [caption for caption in captions if caption and caption in text]


def test_without_runs_there_are_a_table_and_a_sentence():
    assert "nothing to compare" in printed(comparison(runs=()))


def test_names_are_text_and_not_markup():
    compared = comparison(
        cells=("gru",), runs=(run("gru", 0, label="[bold]mine[/bold]"),), seeds=(0,)
    )
    assert "[bold]mine[/bold]" in printed(compared)
