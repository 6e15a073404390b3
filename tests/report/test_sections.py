"""The sections of a comparison as data: their tables, sentences and commands."""

import dataclasses
import json
import shlex

import pytest
from matplotlib.figure import Figure as Canvas

from keras_gru.analysis import analyse
from keras_gru.analysis.variance import source_variances
from keras_gru.datasets.sequence_dataset import Baseline, Metric
from keras_gru.errors import UserError
from keras_gru.experiments.comparison import EnsembleRecord
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.configuration.yaml_writer import dump_experiment
from keras_gru.report.blocks import Code, Figure, Table
from keras_gru.report.metric_values import quantity, with_distinct_digits
from keras_gru.report.sections import (
    costs,
    forecast_errors,
    headline,
    pairs,
    results,
    runs,
    settings,
    tuning,
    variance,
)

from .samples import ACCURACY, BASELINES, MAE, comparison, diverged, run, scattered, tuned


def table(section):
    (found,) = [block for block in section.blocks if isinstance(block, Table)]
    return found


def values(section, label):
    """Return the values of a row by column header."""
    found = table(section)
    (row,) = [row for row in found.rows if row.label == label]
    headers = [column.header for column in found.columns[1:]]
    return dict(zip(headers, row.values, strict=True))


def finished(cell, tests, metric=MAE):
    return tuple(
        dataclasses.replace(run(cell, seed, metric), test={metric.name: value})
        for seed, value in enumerate(tests)
    )


def test_results_have_a_row_per_cell_in_order_then_the_baselines():
    compared = comparison(cells=("lstm", "gru"), baselines=BASELINES)
    rows = results.result_rows(analyse(compared))
    assert [row.label for row in rows] == ["LSTM", "GRU", *(row.label for row in BASELINES)]
    assert [row.is_baseline for row in rows] == [False, False, True, True]
    linear = values(results.section(analyse(compared)), "Linear model")
    assert (linear["Validation"], linear["Test"], linear["Units"]) == ("37,866", "37,200", "–")


def test_results_are_the_mean_and_deviation_over_seeds():
    compared = comparison(cells=("gru",), runs=finished("gru", (31_000, 32_000, 33_000)))
    row = values(results.section(analyse(compared)), "GRU")
    assert (row["Test"], row["Units"], row["Path"]) == ("32,000 ± 1,000", "32", "XLA")


def test_further_metrics_are_means_over_seeds():
    tests = ({"accuracy": 0.8, "macro_f1": 0.7}, {"accuracy": 0.9, "macro_f1": 0.8})
    gru = [
        dataclasses.replace(run("gru", seed, ACCURACY), test=metrics)
        for seed, metrics in enumerate(tests)
    ]
    compared = comparison(cells=("gru",), runs=tuple(gru), metric=ACCURACY)
    assert values(results.other_metrics(analyse(compared)), "GRU") == {"Macro F1": "0.7500 ± 0.071"}
    assert results.other_metrics(analyse(comparison())) is None


def test_forecasts_have_errors_by_step_and_by_variable(tmp_path):
    compared = dataclasses.replace(comparison(cells=("gru", "lstm"), seeds=(0, 1)), path=tmp_path)
    (tmp_path / "experiment.yaml").write_text(dump_experiment(compared.experiment))
    for number, record in enumerate(compared.runs):
        mae = [[1.0 + number, 10.0], [2.0 + number, 30.0]]
        errors = {"variables": ["bus", "rail"], "lead": 3}
        errors |= {name: {"mae": mae, "mse": mae} for name in ("validation", "test")}
        (tmp_path / f"{record.cell}-seed{record.seed}").mkdir()
        file = tmp_path / f"{record.cell}-seed{record.seed}" / "forecast_errors.json"
        file.write_text(json.dumps(errors))
    found = analyse(compared)
    assert found.forecast_errors.steps == (3, 4)
    assert values(forecast_errors.by_variable(found), "bus") == {"GRU": "2.00", "LSTM": "4.00"}
    steps = forecast_errors.by_step(found)
    tables = [block for block in steps.blocks if isinstance(block, Table)]
    assert [row.label for row in tables[0].rows] == ["+3", "+4"]
    assert [list(row.values) for row in tables[1].rows] == [["10.0", "10.0"], ["30.0", "30.0"]]
    (figure, _) = [block for block in steps.blocks if isinstance(block, Figure)]
    canvas = Canvas()
    figure.draw(canvas)
    assert [line.get_ydata().tolist() for line in canvas.axes[0].lines] == [[1.5, 2.5], [3.5, 4.5]]
    file.write_text(json.dumps(errors | {"variables": ["bus"]}))
    with pytest.raises(UserError, match="forecast_errors"):
        analyse(compared)


def test_the_variance_of_each_source_is_a_fraction_of_the_total():
    def with_deviation(deviation):
        runs = finished("gru", (30_000 - deviation, 30_000, 30_000 + deviation))
        return comparison(cells=("gru",), runs=runs)

    whole = with_deviation(1_000)
    sources = {
        "initialization": with_deviation(400),
        "order": with_deviation(300),
        "split": comparison(runs=()),
    }
    rows = source_variances(whole, sources)
    assert [(row.source, row.deviation, row.runs) for row in rows] == [
        ("initialization", pytest.approx(400), 3), ("order", pytest.approx(300), 3)
    ]  # fmt: skip
    assert [row.fraction for row in rows] == pytest.approx([0.64, 0.36])
    # Quantiles of the chi-squared distribution with two degrees of freedom.
    ends = [400 * (2 / quantile) ** 0.5 for quantile in (7.378, 0.0506)]
    assert rows[0].interval == pytest.approx(ends, rel=1e-3)
    found = variance.section(dataclasses.replace(analyse(whole), source_variances=rows))
    assert [row.values[1] for row in table(found).rows] == ["64%", "36%"]
    equal = dataclasses.replace(rows[0], deviation=0.0, interval=(0.0, 0.0))
    found = variance.section(dataclasses.replace(analyse(whole), source_variances=(equal,)))
    assert table(found).rows[0].values[3] == "–"  # a certain 0 would claim too much
    assert variance.section(analyse(whole)) is None


def test_an_ensemble_has_a_column_and_a_row_of_further_metrics():
    runs = [
        dataclasses.replace(record, test={**record.test, "mase": 0.5 + seed / 10})
        for seed, record in enumerate(finished("gru", (31_000, 33_000)))
    ]
    metadata = {"other_metrics": [dataclasses.asdict(Metric("mase", "min", "MASE"))]}
    compared = comparison(
        ("gru",), (0, 1), runs=tuple(runs), baselines=BASELINES, metadata=metadata
    )
    ensemble = EnsembleRecord("gru", (0, 1), "test", {"mae": 30_000.0, "mase": 0.4}, MAE.label)
    compared = dataclasses.replace(compared, ensembles=(ensemble,))
    section = results.section(analyse(compared))
    assert values(section, "GRU")["Ensemble"] == "30,000"
    assert values(section, "GRU")["Test"].startswith("32,000 ±")
    assert values(section, "Linear model")["Ensemble"] == "–"
    metrics = results.other_metrics(analyse(compared))
    assert values(metrics, "GRU") == {"MASE": "0.5500 ± 0.071"}
    assert values(metrics, "GRU, ensemble") == {"MASE": "0.4000"}
    # An ensemble of other seeds is not shown.
    other = dataclasses.replace(compared, ensembles=(dataclasses.replace(ensemble, seeds=(0,)),))
    assert "Ensemble" not in values(results.section(analyse(other)), "GRU")


@pytest.mark.parametrize("rare", [25, 26])
def test_imbalanced_classes_show_further_metrics_in_the_terminal(rare):
    data = {"classes": {"spam": (rare, 0, 0), "ham": (80, 10, 10)}, "splits": ("a", "b", "c")}
    gru = dataclasses.replace(run("gru", 0, ACCURACY), test={"accuracy": 0.8, "macro_f1": 0.7})
    compared = comparison(("gru",), metric=ACCURACY, runs=(gru,), metadata={"data": data})
    assert results.other_metrics(analyse(compared)).in_terminal == (rare == 25)


def test_one_seed_has_no_deviation():
    section = results.section(analyse(comparison(seeds=(0,), metric=ACCURACY)))
    assert "±" not in "".join("".join(row.values) for row in table(section).rows)


def test_a_diverged_run_is_counted_and_left_out_of_the_mean():
    finished_runs = (run("gru", 0), run("gru", 1))
    compared = comparison(
        ("gru", "lstm"), runs=(*finished_runs, diverged("gru", 2), diverged("lstm", 0))
    )
    gru, lstm = results.result_rows(analyse(compared))
    assert (gru.remark, lstm.remark) == ("1 of 3 diverged", "1 of 3 seeds, 1 of 1 diverged")
    assert (
        gru.values[0]
        == results.result_rows(analyse(comparison(("gru",), runs=finished_runs)))[0].values[0]
    )
    assert lstm.values[:2] == ("–", "–")
    texts = [block.text for block in results.section(analyse(compared)).blocks[1:]]
    assert any("not a number at epoch 3" in text for text in texts)


def test_numbers_have_enough_digits_to_differ():
    """With one digit, a cell with 1.6 would be better than another with 1.6."""
    metric = dataclasses.replace(MAE, digits=1)
    compared = comparison(
        ("gru", "lstm"), (0,), metric, (*finished("gru", [1.579]), *finished("lstm", [1.644])),
        (Baseline("Last value", {"mae": 1.61}, {"mae": 1.6101}),),
    )  # fmt: skip
    analysis = analyse(compared)
    tested = [row.values[1] for row in results.result_rows(analysis)]
    assert tested == ["1.58", "1.64", "1.61"]
    assert "1.58;" in headline.headline_text(analysis.verdicts)
    assert with_distinct_digits([1.0, 1.00000001], metric) == metric, (
        "tiny differences may be noise"
    )
    assert quantity(1.64, with_distinct_digits([1.0, 2.0], metric)) == "1.6"


def test_pairs_have_their_verdict_first_and_their_numbers():
    analysis = analyse(scattered())
    section = pairs.section(analysis)
    assert [pair.better == pair.one for pair in analysis.verdicts.pairs] == [False, True, True]
    assert analysis.verdicts.pairs[0].better is None
    assert [column.header for column in table(section).columns][:2] == ["Pair", "Verdict"]
    for pair in analysis.verdicts.pairs:
        row = values(section, f"{pair.label} − {pair.other_label}")
        assert row["Verdict"] == pairs.outcome_text(pair)
        assert row["Difference"] == f"{pair.difference:,.0f} ± {pair.half:,.0f}"
        assert row["Seeds needed"].startswith(f"{pair.needed} for")


@pytest.mark.parametrize(
    "compared",
    [
        comparison(seeds=(0,)),
        comparison(("gru",)),
        comparison(("gru", "lstm"), runs=(run("gru", 0), run("gru", 1), diverged("lstm", 0))),
    ],
    ids=["one seed", "one cell", "one cell finished"],
)
def test_without_pairs_there_is_no_section(compared):
    assert pairs.section(analyse(compared)) is None


def test_pairs_without_an_interval_have_no_figure():
    section = pairs.section(analyse(comparison()))  # every seed has the same difference
    assert not [block for block in section.blocks if isinstance(block, Figure)]
    assert {row.values[0] for row in table(section).rows} == {"not decided"}


def test_unknown_costs_are_dashes():
    made = [
        dataclasses.replace(run(cell, seed), multiply_adds=12_345, peak_memory=512 * 2**20)
        for cell in ("gru", "simple_rnn")
        for seed in (0, 1)
    ]
    cells = ("gru", "simple_rnn", "lstm")
    compared = comparison(cells, (0, 1), runs=(*made, diverged("lstm", 0)))
    gru = values(costs.section(analyse(compared)), "GRU")
    assert (gru["Multiply-adds"], gru["Memory (MiB)"]) == ("12,345", "512")
    assert list(values(costs.section(analyse(compared)), "LSTM").values())[1:] == [
        "not reached",
        "–",
        "–",
    ]
    best = [record.validation["mae"] for record in made[:2]]
    aim = compared.experiment.model_copy(update={"target": sum(best) / 2})
    section = costs.section(analyse(dataclasses.replace(compared, experiment=aim)))
    assert "(1 of 2)" in values(section, "GRU")[f"Seconds to {sum(best) / 2:,.0f}"]


def test_tuning_has_every_trial_and_warns_at_the_edge_of_the_list():
    section = tuning.section(analyse(tuned()))
    assert len(table(section).rows) == 3
    (text,) = section.blocks[1].texts
    assert "training.learning_rate 0.01" in text and "3 trials, 1 diverged" in text
    assert "highest" in text
    assert tuning.section(analyse(comparison())) is None


def test_every_run_has_a_row_in_the_order_of_the_cells():
    compared = comparison(("gru", "lstm"), (0,), runs=(diverged("lstm", 0), run("gru", 0)))
    gru, lstm = table(runs.section(analyse(compared))).rows
    assert (gru.label, gru.values[-1], lstm.values[-1]) == ("GRU", "finished", "diverged")
    assert lstm.values[3] == "– of 3" and "epoch 3" in lstm.remark


def test_the_command_runs_the_comparison_again_from_any_folder(tmp_path, monkeypatch):
    directory = tmp_path / "runs" / "with space"
    directory.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    compared = comparison()
    code, file = [
        block
        for block in settings.section(compared.experiment, directory.relative_to(tmp_path)).blocks
        if isinstance(block, Code)
    ]
    (directory / "experiment.yaml").write_text(file.text)
    monkeypatch.chdir("/")
    program, verb, path = shlex.split(code.text)
    assert (program, verb) == ("keras-gru", "compare")
    assert load_experiment(path, []) == compared.experiment


def test_the_matched_size_is_reported():
    compared = comparison()
    matched = compared.experiment.model_copy(update={"match": "parameters"})
    of_matched = analyse(dataclasses.replace(compared, experiment=matched))
    assert headline.setup(analyse(compared))["Size"] == "32 units"
    assert headline.setup(of_matched)["Size"] == "recurrent parameters of GRU with 32 units"
