import dataclasses
import io

from rich.console import Console

from keras_gru.analysis.summary import Spread
from keras_gru.report.table import (
    explanation,
    markdown_table,
    print_results,
    rows,
    spread_text,
    tuning_sentences,
)

from .samples import ACCURACY, BASELINES, MAE, comparison, diverged, run, tuned


def printed(of, width=80) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_results(of, console)
    return console.file.getvalue()


def test_a_deviation_is_shown_where_there_is_one():
    assert spread_text(Spread(31231.4, 87.6), MAE) == "31,231 ± 88"
    assert spread_text(Spread(31231.4, None), MAE) == "31,231"
    assert spread_text(None, MAE) == "–"


def test_a_row_per_cell_in_the_order_of_the_experiment_then_the_baselines():
    of = comparison(cells=("lstm", "gru"), baselines=BASELINES)
    assert [row.label for row in rows(of)] == [
        "LSTM",
        "GRU",
        "The day a week before",
        "Linear model",
    ]


def test_mean_and_deviation_over_seeds_in_the_reader_s_unit():
    values = (30_000, 31_000, 32_000)
    runs = tuple(
        dataclasses.replace(run("gru", seed), validation={"mae": v}, test={"mae": v + 1_000})
        for seed, v in enumerate(values)
    )
    (row,) = rows(comparison(cells=("gru",), runs=runs))
    assert row.validation == "31,000 ± 1,000"
    assert row.test == "32,000 ± 1,000"
    assert (row.units, row.parameters, row.path, row.steps_per_second) == (
        "32",
        "3,393",
        "XLA",
        "41.5",
    )


def test_a_baseline_shows_its_metrics_and_no_speed():
    row = rows(comparison(baselines=BASELINES))[-1]
    assert (row.validation, row.test, row.parameters) == ("37,866", "37,200", "57")
    assert row.seconds_per_epoch == row.steps_per_second == row.units == "–"


def test_one_seed_has_no_deviation_and_the_table_says_so():
    of = comparison(seeds=(0,), metric=ACCURACY)
    assert "±" not in "".join("".join(row.values) for row in rows(of))
    assert "One seed" in explanation(of)
    assert "higher is better" in explanation(of)


def test_a_diverged_run_is_told_and_left_out_of_the_mean():
    runs = (run("gru", 0), run("gru", 1), diverged("gru", 2), diverged("lstm", 0))
    of = comparison(cells=("gru", "lstm"), runs=runs)
    gru, lstm = rows(of)
    alone = rows(comparison(cells=("gru",), runs=runs[:2]))[0]
    assert gru.remark == "1 of 3 diverged"
    assert gru.validation == alone.validation
    assert (lstm.remark, lstm.validation, lstm.test) == ("1 of 1 diverged", "–", "–")
    assert "The loss was not a number at epoch 3" in printed(of, width=100)


def test_what_tuning_chose_is_told_with_a_warning_at_the_edge_of_the_list():
    (sentence,) = tuning_sentences(tuned())
    assert sentence == (
        "GRU: tuning chose training.learning_rate 0.01, by validation with seed 1000, which no "
        "reported run has; 3 trials, of which 1 diverged, 25 s. It is the highest "
        "training.learning_rate of the list: a higher one may do better."
    )
    assert sentence in printed(tuned(), width=300)
    assert tuning_sentences(comparison()) == ()


def test_nothing_is_cut_off_in_eighty_columns():
    metric = dataclasses.replace(ACCURACY, digits=4)
    lines = printed(comparison(metric=metric, name="a" * 20)).splitlines()
    assert not [line for line in lines if "…" in line]
    row, _cost = [" ".join(line.split()) for line in lines if line.startswith("SimpleRNN")]
    assert row == "SimpleRNN 0.8145 ± 0.0020 0.8308 ± 0.0020 1,121 32 1.15 41.5 XLA"


def test_no_run_at_all_is_a_table_and_a_sentence():
    assert "nothing to compare" in printed(comparison(runs=()))


def test_names_are_text_and_not_markup():
    of = comparison(cells=("gru",), runs=(run("gru", 0, label="[bold]mine[/bold]"),), seeds=(0,))
    assert "[bold]mine[/bold]" in printed(of)


def test_markdown_has_as_many_columns_in_every_row():
    runs = (run("gru", 0, label="a | b\nc"), run("lstm", 0))
    table = markdown_table(comparison(("gru", "lstm"), (0,), MAE, runs, BASELINES))
    lines = table.splitlines()
    assert "| a \\| b c |" in table
    assert "Validation MAE (passengers)" in lines[0]
    assert {line.replace("\\|", "").count("|") for line in lines} == {9}
    assert len(lines) == 2 + 2 + 2
