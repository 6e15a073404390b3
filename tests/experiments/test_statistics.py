"""One sentence, and no more in it than the seeds allow."""

import numpy as np
import pytest
from scipy import stats

from keras_gru.datasets.sequence_dataset import Metric
from keras_gru.experiments.config import Experiment
from keras_gru.experiments.results import Comparison, RunRecord
from keras_gru.experiments.statistics import conclude, summarize

LABELS = {"gru": "GRU", "lstm": "LSTM", "simple_rnn": "SimpleRNN"}


def record(cell, seed, value, status="finished"):
    metrics = {"mae": value} if status == "finished" else {}
    return RunRecord(
        cell=cell,
        label=LABELS[cell],
        seed=seed,
        status=status,
        message="",
        units=4,
        parameters=100,
        recurrent_parameters=90,
        epochs=3,
        best_epoch=2,
        validation=metrics,
        test=metrics,
        seconds=3.0,
        seconds_per_epoch=1.0 + seed,
        steps_per_second=10.0,
        path="XLA",
    )


def comparison(values, mode="min", scale=1.0, diverged=()):
    """`values`: the test metric of each cell's seeds."""
    runs = [record(c, seed, v) for c, vs in values.items() for seed, v in enumerate(vs)]
    runs += [record(cell, seed, None, "diverged") for cell, seed in diverged]
    cells = tuple(dict.fromkeys([*values, *(cell for cell, _ in diverged)]))
    experiment = Experiment(
        name="x",
        cells=cells,
        dataset={"kind": "adding"},
        model={"kind": "forecaster", "units": 4},
    )
    metric = Metric(name="mae", mode=mode, label="MAE", scale=scale, digits=2)
    return Comparison(experiment, metric, tuple(runs), (), {})


def test_mean_and_deviation_over_seeds_in_the_readers_unit():
    (row,) = summarize(comparison({"gru": [0.1, 0.2, 0.4]}, scale=10))
    assert row.test.mean == pytest.approx(7 / 3)
    assert row.test.deviation == pytest.approx(np.std([1, 2, 4], ddof=1))
    assert row.seconds_per_epoch == 2.0


def test_one_seed_has_no_deviation_and_allows_no_verdict():
    one = comparison({"gru": [0.1], "lstm": [0.9]})
    assert summarize(one)[0].test.deviation is None
    assert conclude(one) == (
        "GRU has the best test MAE, 0.10, but with one seed no difference between cells can be "
        "told from chance."
    )


def test_a_clear_difference_and_its_interval():
    values = {"gru": [1.0, 1.1, 1.2], "lstm": [1.02, 1.09, 1.21], "simple_rnn": [5.0, 5.3, 5.1]}
    differences = np.subtract(values["simple_rnn"], values["gru"])
    half = stats.t.ppf(1 - 0.05 / 3 / 2, 2) * stats.sem(differences)
    assert conclude(comparison(values)) == (
        f"GRU beats SimpleRNN (by {differences.mean():.2f} ± {half:.2f}) on test MAE; between it "
        "and LSTM these runs cannot tell a difference: 3 seeds, 95% intervals paired by seed and "
        "corrected for 3 pairs."
    )


def test_where_more_is_better_the_highest_wins():
    sentence = conclude(comparison({"gru": [0.5, 0.51, 0.52], "lstm": [0.8, 0.81, 0.82]}, "max"))
    assert sentence.startswith("LSTM beats GRU (by 0.30 ± 0.00) on test MAE: 3 seeds")


def test_no_difference_is_claimed_where_the_spread_is_wide():
    sentence = conclude(comparison({"gru": [1.0, 2.0, 3.0], "lstm": [2.0, 1.9, 3.9]}))
    assert sentence.startswith("Between GRU and LSTM these runs cannot tell a difference: 3 seeds")


def test_the_correction_makes_a_claim_harder():
    """The same two cells, alone and beside a third one."""
    pair = {"gru": [1.0, 1.1, 1.2, 1.3], "lstm": [1.05, 1.3, 1.28, 1.5]}
    differences = np.subtract(pair["lstm"], pair["gru"])
    p = stats.ttest_1samp(differences, 0).pvalue
    assert 0.05 / 3 < p < 0.05, "the example must lie between the two thresholds"
    assert "GRU beats LSTM" in conclude(comparison(pair))
    third = {**pair, "simple_rnn": [9.0, 9.1, 9.0, 9.2]}
    assert "between it and LSTM these runs cannot tell a difference" in conclude(comparison(third))


def test_equal_cells_are_called_equal_in_nearly_all_cases():
    rng = np.random.default_rng(0)
    claims = sum(
        "beats" in conclude(comparison({c: rng.normal(size=5).tolist() for c in LABELS}))
        for _ in range(300)
    )
    # The best of three is held against two others: at most 5% are wrong, give or take chance.
    assert claims <= 300 * 0.05 + 3 * np.sqrt(300 * 0.05 * 0.95)


def test_runs_that_diverged_are_counted_and_not_averaged():
    found = comparison({"gru": [1.0, 1.2]}, diverged=[("lstm", 0), ("lstm", 1)])
    rows = {row.cell: row for row in summarize(found)}
    assert rows["lstm"].unfinished == ("diverged", "diverged") and rows["lstm"].test is None
    assert conclude(found) == (
        "GRU reached a test MAE of 1.10: 2 seeds; LSTM diverged in 2 of 2 runs."
    )


def test_one_lucky_run_of_a_cell_that_diverges_is_not_the_best():
    values = {"gru": [1.0, 1.1, 1.2], "lstm": [5.0, 5.2, 5.1], "simple_rnn": [0.1]}
    found = comparison(values, diverged=[("simple_rnn", 1), ("simple_rnn", 2)])
    sentence = conclude(found)
    assert sentence.startswith("GRU beats LSTM (by 4.00") and "3 seeds" in sentence
    assert sentence.endswith("; SimpleRNN diverged in 2 of 3 runs.")


def test_nothing_finished_nothing_to_say():
    assert "nothing to compare" in conclude(comparison({}, diverged=[("gru", 0)]))
