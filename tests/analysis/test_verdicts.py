"""Conclusions about pairs of cells and baselines claim only what the statistics allow."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from keras_gru.analysis.dataset_errors import dataset_errors
from keras_gru.analysis.intervals import detectable_difference
from keras_gru.analysis.measurements import collect_measurements
from keras_gru.analysis.pairs import NoInterval, compare_pairs
from keras_gru.analysis.summary import summarize
from keras_gru.analysis.variance import TEST, source_variances
from keras_gru.analysis.verdicts import Caution, reach_verdicts
from keras_gru.datasets.sequence_dataset import Baseline
from keras_gru.report.sections.headline import caution_texts, headline_text
from keras_gru.report.sections.pairs import describe_interval, verdict_text
from tests.experiments.helpers import LABELS, comparison

from .test_intervals import chance, simulated


def findings(*arguments, **options):
    return collect_measurements(comparison(*arguments, **options))


def evaluation(terms, independent=40, weights=()):
    """Return the sizes of a test split; validation has 30 independent sequences."""
    test = {"independent": independent, "terms": terms, "weights": weights}
    return {"validation": {"independent": 30, "terms": 900}, "test": test}


def conclude(measured):
    return headline_text(reach_verdicts(measured))


def above_baseline(measured):
    headline = reach_verdicts(measured).headline
    return headline.above_baseline, headline.significantly_above


def pair_of(*arguments, **options):
    (pair,) = compare_pairs(findings(*arguments, **options))
    return pair


def test_a_cell_is_called_better_only_where_its_interval_excludes_zero():
    """The error rate is that of the intervals, and the conclusion claims no more than its pairs."""
    wrong = 0
    for values in simulated(200, 5):
        found = findings(dict(zip(LABELS, values.tolist(), strict=True)))
        pairs = compare_pairs(found)
        claims = [pair for pair in pairs if pair.better is not None]
        wrong += bool(claims)
        assert all(pair.half is not None for pair in pairs)
        assert claims or "is better than" not in conclude(found)
    assert wrong / 200 <= 0.05 + chance(0.05, 200)


def test_a_pair_has_its_minimum_detectable_difference():
    one, other = [1.0, 1.2, 0.9, 1.1, 1.05], [1.1, 1.1, 1.0, 1.12, 0.93]
    pair = pair_of({"gru": one, "lstm": other})
    differences = np.subtract(one, other)
    spread = differences.std(ddof=1)
    assert pair.difference == pytest.approx(differences.mean())
    assert pair.half == pytest.approx(stats.t.ppf(0.975, 4) * spread / np.sqrt(5))
    assert pair.detectable == pytest.approx(detectable_difference(spread, 5, 1))
    assert pair.smaller == pytest.approx(pair.detectable / 2, rel=0.34)
    assert (pair.better, pair.needed) == (None, 13)
    text = verdict_text(pair, findings({"gru": one}).metric)
    assert text.startswith("LSTM ahead by 0.01") == (pair.difference > 0)
    assert text.endswith("0.18 with 5 seeds, 0.09 with 13")


@pytest.mark.parametrize(("mode", "winner"), [("min", "GRU"), ("max", "LSTM")])
def test_a_pair_names_the_better_cell_and_the_difference(mode, winner):
    pair = pair_of({"gru": [0.1, 0.11, 0.12], "lstm": [0.2, 0.212, 0.219]}, mode)
    assert pair.difference == pytest.approx(-0.10033, abs=1e-5)
    text = verdict_text(pair, findings({"gru": [0.1]}, mode).metric)
    assert text == f"{winner} better by 0.100 ± 0.004"
    assert LABELS[pair.better] == winner


def test_a_difference_below_the_metrics_digits_is_still_shown():
    found = findings({"gru": [1e-4, 1.1e-4, 1.2e-4], "lstm": [1.9e-4, 2.01e-4, 2.1e-4]})
    (pair,) = compare_pairs(found)
    assert verdict_text(pair, found.metric).startswith("GRU better by 0.000090 ± 0.00000")


def test_without_spread_over_seeds_there_is_no_interval_and_no_winner():
    """Three seeds that all differ by 2/370 must not give an interval of width zero."""
    for gap in (0.0, 2 / 370):
        gru = [0.9, 0.91, 0.95]
        pair = pair_of({"gru": gru, "lstm": [value - gap for value in gru]}, "max")
        assert (pair.half, pair.better, pair.detectable, pair.needed) == (None,) * 4
        assert pair.reason == NoInterval.NO_SPREAD
        conclusion = conclude(findings({"gru": gru, "lstm": [value - gap for value in gru]}, "max"))
        assert "GRU and LSTM cannot be compared" in conclusion and "significant" not in conclusion


@pytest.mark.parametrize("seeds", [1, 2])
def test_fewer_than_three_seeds_have_no_interval_and_no_winner(seeds):
    found = comparison({"gru": [0.1, 0.2][:seeds], "lstm": [0.8, 0.91][:seeds]})
    assert (summarize(found)[0].test.deviation is None) == (seeds == 1)
    (pair,) = compare_pairs(collect_measurements(found))
    assert (pair.difference, pair.half, pair.better) == (None, None, None)
    assert pair.reason == NoInterval.FEW_SEEDS
    assert "no cell is called better: 3 are required." in conclude(collect_measurements(found))


def test_an_interval_is_at_least_one_right_answer_wide():
    values = {"gru": [0.90, 0.92, 0.91, 0.93], "lstm": [0.8999, 0.92, 0.91, 0.93]}
    for terms in (40, 1_000_000):
        found = findings(values, "max", evaluation=evaluation(terms))
        (pair,) = compare_pairs(found)
        assert pair.half == pytest.approx(max(1 / terms, 3.18 * 0.000025), rel=0.01)
        assert pair.better is None and pair.detectable >= 1 / terms
        assert (pair.needed is None) == (terms == 40), "less than one right answer is not detected"
    assert findings({"gru": [0.1]}).resolution is None, "an error is not a count of right answers"


def test_an_interval_beyond_the_metrics_range_is_not_printed():
    """Three seeds with a large spread once gave an accuracy of "−0.097 ± 2.419"."""
    accuracy = pair_of({"gru": [0.2, 0.9, 0.5], "lstm": [0.95, 0.1, 0.8]}, "max")
    error = pair_of({"gru": [0.2, 0.9, 0.5], "lstm": [0.95, 0.1, 0.8]}, "min")
    for pair in (accuracy, error):
        assert (pair.half, pair.detectable, pair.smaller, pair.needed) == (None,) * 4
        assert pair.reason == NoInterval.OUT_OF_RANGE


def test_a_detectable_difference_beyond_the_metrics_range_is_not_printed():
    pair = pair_of({"gru": [0.0002, 0.0003, 0.0003], "lstm": [0.0003, 0.0002, 0.0004]})
    assert pair.half is not None and (pair.detectable, pair.needed) == (None, None)


def test_a_significant_difference_beyond_the_range_is_printed_as_a_lower_bound():
    found = findings({"gru": [1.0, 0.99, 1.0], "lstm": [0.02, 0.0, 0.05]}, "max")
    (pair,) = compare_pairs(found)
    assert pair.better == "gru" and pair.difference + pair.half > 1
    assert verdict_text(pair, found.metric) == "GRU better by ≥ 0.92" and "±" not in conclude(found)
    assert describe_interval(-pair.difference, pair.half, found.metric) == "≤ -0.92"


def test_a_clear_difference_is_significant_and_has_an_interval():
    values = {"gru": [1.0, 1.1, 1.2], "lstm": [1.02, 1.09, 1.21], "simple_rnn": [5.0, 5.3, 5.1]}
    differences = np.subtract(values["simple_rnn"], values["gru"])
    half = stats.t.ppf(1 - 0.05 / 3 / 2, 2) * stats.sem(differences)
    assert conclude(findings(values)) == (
        "GRU has the best test MAE, 1.10. GRU is better than SimpleRNN by "
        f"{differences.mean():.2f} ± {half:.2f}; GRU's lead over LSTM "
        "(0.007 ± 0.067) is not significant (3 seeds, statistically significant at 95 %, corrected "
        "for 3 pairs, without the sampling error of test)."
    )


def test_a_wide_spread_gives_no_significant_difference():
    sentence = conclude(findings({"gru": [1.0, 2.0, 3.0], "lstm": [2.0, 1.9, 3.9]}))
    assert "GRU's lead over LSTM (0.60 ± 1.51) is not significant" in sentence


def test_a_third_cell_makes_the_correction_stricter():
    """The same two cells, with and without a third one."""
    pair = {"gru": [1.0, 1.1, 1.2, 1.3], "lstm": [1.05, 1.3, 1.28, 1.5]}
    differences = np.subtract(pair["lstm"], pair["gru"])
    p = stats.ttest_1samp(differences, 0).pvalue
    assert 0.05 / 3 < p < 0.05, "the example must lie between the two thresholds"
    assert "GRU is better than LSTM" in conclude(findings(pair))
    third = {**pair, "simple_rnn": [9.0, 9.1, 9.0, 9.2]}
    assert "is not significant" in conclude(findings(third))


def test_the_choice_of_test_has_the_variance_of_a_single_run():
    """Blocks on which each run does differently count, too, as in the test metric of one run."""
    rng = np.random.default_rng(0)
    made = comparison({"gru": [0.5] * 5}, evaluation=evaluation(900, weights=[1] * 100))
    runs = [
        dataclasses.replace(run, test_blocks=tuple(0.5 + rng.normal(size=100))) for run in made.runs
    ]
    found = source_variances(dataclasses.replace(made, runs=tuple(runs)), {"order": made})
    assert [row.source for row in found] == ["order", TEST]
    assert found[1].deviation == pytest.approx(1 / np.sqrt(100), rel=0.1)


def test_one_cell_is_reported_with_diverged_runs():
    found = findings({"gru": [1.0, 1.2]}, diverged=[("lstm", 0), ("lstm", 1)])
    assert conclude(found) == (
        "GRU reached a test MAE of 1.10 (2 seeds). LSTM diverged in 2 of 2 runs."
    )


def test_one_lucky_run_of_a_cell_that_diverges_is_not_the_best():
    values = {"gru": [1.0, 1.1, 1.2], "lstm": [5.0, 5.2, 5.1], "simple_rnn": [0.1]}
    found = findings(values, diverged=[("simple_rnn", 1), ("simple_rnn", 2)])
    sentence = conclude(found)
    assert "GRU is better than LSTM by 4.00" in sentence and "3 seeds" in sentence
    assert sentence.endswith(" SimpleRNN diverged in 2 of 3 runs.")
    assert [(pair.one, pair.other) for pair in compare_pairs(found)] == [("gru", "lstm")]


def test_a_cell_with_fewer_results_is_named():
    values = {"gru": [1.0, 1.1, 1.2], "lstm": [5.0, 5.2, 5.1], "simple_rnn": [0.1, 0.2]}
    assert conclude(findings(values)).endswith(" SimpleRNN with fewer results: not compared.")
    values["simple_rnn"].append(float("nan"))  # on test, although it was finite on validation
    found = findings(values)
    assert conclude(found).endswith(" SimpleRNN diverged in 1 of 3 runs.")
    assert dataset_errors("a", found).errors["simple_rnn"] == {0: 0.1, 1: 0.2, 2: 5.2}


def test_the_best_mean_of_all_runs_may_be_behind_with_the_same_seeds():
    values = {"gru": [0.50, 0.51, 0.52, 5.0], "lstm": [0.60, 0.612, 0.62, 0.1]}
    made = comparison(values, diverged=[("gru", 4), ("lstm", 4)])
    other = {("lstm", 3): 4}  # LSTM finished seed 4 and diverged with seed 3
    runs = tuple(
        dataclasses.replace(run, seed=other.get((run.cell, run.seed), run.seed))
        for run in made.runs
        if (run.cell, run.seed) != ("lstm", 4)
    )
    sentence = conclude(collect_measurements(dataclasses.replace(made, runs=runs)))
    assert "LSTM has the best test MAE" in sentence and "lead" not in sentence
    assert "with the same seeds, LSTM is behind GRU by 0.10" in sentence.replace("With", "with")
    assert "significantly (3 seeds" in sentence


def test_cells_with_the_same_mean_are_both_the_best():
    found = findings({"gru": [0.9, 0.9, 0.9], "lstm": [0.9, 0.9, 0.9]}, mode="max")
    assert conclude(found).startswith("GRU and LSTM have the best test accuracy, 0.90")


def test_a_cell_without_runs_has_no_sources_of_variance():
    whole = comparison({"gru": [1.0, 1.1, 1.2]})
    source = comparison({"gru": [1.0, 1.1, 1.2], "lstm": [1.0, 1.1, 1.2]})
    whole = dataclasses.replace(whole, experiment=source.experiment)  # LSTM waits
    assert {row.cell for row in source_variances(whole, {"order": source})} == {"gru"}


def test_without_finished_runs_there_is_no_verdict():
    found = findings({}, diverged=[("gru", 0)])
    assert "nothing to compare" in conclude(found)
    assert reach_verdicts(found).pairs == () == reach_verdicts(found).cautions


GRUS = {"gru": [0.50, 0.51, 0.52], "lstm": [0.70, 0.72, 0.73]}


@pytest.mark.parametrize(
    ("baselines", "above", "words"),
    [
        ([("A", 0.04), ("B", 9.0)], ((), ()), "; the best baseline, A, has 0.040, which no cell"),
        (
            [("A", 0.60)],
            (("gru",), ("gru",)),
            "A, has 0.60, which GRU beats significantly and LSTM",
        ),
        (
            [("A", 0.9)],
            (("gru", "lstm"),) * 2,
            "A, has 0.90, which GRU and LSTM beat significantly.",
        ),
        ([("A", 0.515)], (("gru",), ()), "A, has 0.52, which no cell beats significantly."),
    ],
)
def test_the_conclusion_names_the_best_baseline_and_the_cells_that_beat_it(baselines, above, words):
    """A linear model that was 14 times as good as the best cell was once not mentioned."""
    found = findings(GRUS, baselines=baselines)
    assert above_baseline(found) == above
    assert words in conclude(found)
    cautions = reach_verdicts(found).cautions
    assert bool(cautions) == (not above[1])


def test_a_network_that_predicts_what_the_baseline_does_is_not_above_it():
    """Networks compute in float32: 47 of 60 are 0.78333336, and 0.78333333 of a baseline."""
    same = {"gru": [float(np.float32(47 / 60))] * 3}
    found = findings(same, "max", baselines=[("A", 47 / 60)], evaluation=evaluation(60))
    assert above_baseline(found) == ((), ())
    assert Caution.BASELINE_NOT_BEATEN in reach_verdicts(found).cautions


def test_two_seeds_are_not_enough_to_beat_a_baseline():
    found = findings({"gru": [0.5, 0.51]}, baselines=[("A", 0.9)])
    sentence = conclude(found)
    assert "A, has 0.90." in sentence and "With 2 seeds no cell is called better" in sentence
    assert reach_verdicts(found).cautions == ()
    assert "which no cell beats" in conclude(findings({"gru": [0.5]}, baselines=[("A", 0.4)]))


def test_perfect_seeds_beat_chance_by_more_than_one_answer():
    for baseline, beaten in ((0.5, ("gru",)), (1 - 1 / 50, ())):
        found = findings(
            {"gru": [1.0] * 3}, "max", baselines=[("A", baseline)], evaluation=evaluation(40)
        )
        assert above_baseline(found)[1] == beaten


def test_small_splits_have_a_warning():
    verdicts = reach_verdicts(findings(GRUS, evaluation=evaluation(900, independent=4)))
    assert verdicts.cautions == (Caution.FEW_TEST_SEQUENCES,)
    assert " 4 " in caution_texts(verdicts)[0]


def test_the_interval_contains_the_sampling_error_of_the_test_split():
    """The same seeds; the blocks of the test split differ a little or a lot between the cells."""
    rng = np.random.default_rng(0)
    halves = []
    for spread in (0.001, 0.5):
        blocks = 0.2 + spread * rng.normal(size=100)
        blocks -= blocks.mean()
        compared = comparison(GRUS, evaluation=evaluation(100, weights=[1] * 100))
        runs = tuple(
            dataclasses.replace(
                run, test_blocks=tuple(run.test["mae"] + blocks * (run.cell == "gru"))
            )
            for run in compared.runs
        )
        baseline = Baseline("A", {"mae": 0.6}, {"mae": 0.6}, test_blocks={"mae": [0.6] * 100})
        found = collect_measurements(
            dataclasses.replace(
                compared,
                runs=runs,
                metadata=compared.metadata.model_copy(update={"baselines": (baseline,)}),
            )
        )
        assert found.sampling["gru", "lstm"].error == pytest.approx(spread / 10, rel=0.2)
        (pair,) = compare_pairs(found)
        halves.append(pair.half)
        assert "with the sampling error of test" in conclude(found)
        assert above_baseline(found)[1] == (("gru",) if spread < 0.1 else ())
    plain = pair_of(GRUS).half
    assert halves[0] == pytest.approx(plain, rel=0.01) and halves[1] > 2 * plain
