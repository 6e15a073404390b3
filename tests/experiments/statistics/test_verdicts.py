"""What is said of two cells: as much as the seeds allow, and how much that is."""

import itertools

import numpy as np
import pytest
from scipy import stats

from keras_gru.experiments.statistics.summary import summarize
from keras_gru.experiments.statistics.verdicts import (
    compare_pairs,
    conclude,
    detectable_effect,
    paired_interval,
    seeds_needed,
)
from tests.experiments.helpers import LABELS, comparison


def simulated(many, seeds, gaps=(0.0, 0.0, 0.0)):
    """Test metrics (many, cell, seed): a part that a seed's runs share, and one of each run.

    The cells spread differently, so that no pair has the interval of another.
    """
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(many, 1, seeds))
    own = rng.normal(size=(many, len(gaps), seeds)) * np.array([0.5, 1.0, 2.0])[:, None]
    return 10 + shared + own + np.array(gaps)[:, None]


def chance(rate, many):
    """How far a share of so many trials may be from its rate, by chance: 4 standard errors."""
    return 4 * np.sqrt(rate * (1 - rate) / many)


@pytest.mark.parametrize("seeds", [2, 3, 5, 10])
@pytest.mark.parametrize("pairs", [1, 3])
def test_an_interval_covers_the_true_difference_at_its_nominal_rate(seeds, pairs):
    gap = 0.7
    values = simulated(20_000, seeds, gaps=(0.0, gap, 0.0))
    mean, half = paired_interval(values[:, 1] - values[:, 0], pairs)
    nominal = 1 - 0.05 / pairs
    covered = np.mean(abs(mean - gap) <= half)
    assert covered == pytest.approx(nominal, abs=chance(nominal, 20_000))


def test_equal_cells_are_called_equal_in_at_least_95_percent_of_all_comparisons():
    values = simulated(20_000, 5)
    claimed = np.zeros(len(values), bool)
    alone = np.zeros(len(values), bool)
    for one, other in itertools.combinations(range(3), 2):
        for claims, pairs in ((claimed, 3), (alone, 1)):
            mean, half = paired_interval(values[:, one] - values[:, other], pairs)
            claims |= abs(mean) > half
    assert claimed.mean() <= 0.05
    assert alone.mean() > 0.07, "without the correction it would be too many: the test can fail"


def test_the_words_follow_the_intervals():
    """The same through the comparison itself, and no sentence says more than its pairs."""
    wrong = 0
    for values in simulated(200, 5):
        found = comparison(dict(zip(LABELS, values.tolist(), strict=True)))
        pairs = compare_pairs(found)
        claims = [pair for pair in pairs if pair.better is not None]
        wrong += bool(claims)
        for pair in pairs:
            assert ("no difference detected" in pair.verdict) == (pair.better is None)
        assert claims or "beats" not in conclude(found)
    assert wrong / 200 <= 0.05 + chance(0.05, 200)


@pytest.mark.parametrize(("seeds", "pairs"), [(2, 1), (3, 3), (5, 1), (5, 3), (20, 10)])
def test_what_is_called_detectable_is_detected_in_four_of_five_cases(seeds, pairs):
    effect = detectable_effect(seeds, pairs)
    rng = np.random.default_rng(1)
    mean, half = paired_interval(effect + rng.normal(size=(20_000, seeds)), pairs)
    assert np.mean(mean > half) == pytest.approx(0.8, abs=chance(0.8, 20_000))


def test_one_seed_less_than_needed_would_not_do():
    for effect, pairs in ((0.3, 1), (1.0, 3), (5.0, 3)):
        seeds = seeds_needed(effect, pairs)
        assert detectable_effect(seeds, pairs) <= effect < detectable_effect(seeds - 1, pairs)
    assert seeds_needed(1e6, 3) == 2


def test_a_pair_says_what_its_seeds_would_have_shown():
    found = comparison({"gru": [1.0, 1.2, 0.9, 1.1, 1.05], "lstm": [1.1, 1.1, 1.0, 1.12, 0.93]})
    (pair,) = compare_pairs(found)
    differences = np.subtract([1.0, 1.2, 0.9, 1.1, 1.05], [1.1, 1.1, 1.0, 1.12, 0.93])
    spread = differences.std(ddof=1)
    assert pair.difference == pytest.approx(differences.mean())
    assert pair.half == pytest.approx(stats.t.ppf(0.975, 4) * spread / np.sqrt(5))
    assert pair.detectable == pytest.approx(detectable_effect(5, 1) * spread)
    assert pair.smaller == pytest.approx(pair.detectable / 2, rel=0.34)
    assert pair.verdict == (
        "no difference detected; 5 seeds would have shown 0.18; about 13 are needed for 0.09"
    )


@pytest.mark.parametrize(("mode", "winner"), [("min", "GRU"), ("max", "LSTM")])
def test_a_pair_names_the_better_cell_and_by_how_much(mode, winner):
    values = {"gru": [1.0, 1.1, 1.2], "lstm": [2.0, 2.12, 2.19]}
    (pair,) = compare_pairs(comparison(values, mode))
    assert pair.difference == pytest.approx(-1.0033, abs=1e-4)
    assert pair.verdict == f"{winner} better by 1.00 ± 0.04"
    assert LABELS[pair.better] == winner


def test_a_difference_below_the_metrics_digits_is_still_seen():
    (pair,) = compare_pairs(comparison({"gru": [1e-4, 1.1e-4], "lstm": [1.9e-4, 2.01e-4]}))
    assert pair.verdict == "GRU better by 0.000091 ± 0.000006"


def test_equal_results_with_every_seed_need_no_more_of_them():
    (same,) = compare_pairs(comparison({"gru": [0.1, 0.2, 0.7], "lstm": [0.1, 0.2, 0.7]}))
    assert same.verdict == "no difference detected; the same on test with 3 seeds"
    (pair,) = compare_pairs(comparison({"gru": [0.1, 0.2, 0.7], "lstm": [0.4, 0.5, 1.0]}))
    assert pair.verdict == "GRU better by 0.30 ± 0.00" and pair.needed is None


def test_one_seed_has_no_deviation_and_allows_no_verdict():
    one = comparison({"gru": [0.1], "lstm": [0.9]})
    assert summarize(one)[0].test.deviation is None
    assert compare_pairs(one)[0].verdict == "not decided: 1 seed in common, and two are the least"
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


def test_one_cell_is_told_with_what_diverged_beside_it():
    found = comparison({"gru": [1.0, 1.2]}, diverged=[("lstm", 0), ("lstm", 1)])
    assert conclude(found) == (
        "GRU reached a test MAE of 1.10: 2 seeds; LSTM diverged in 2 of 2 runs."
    )


def test_one_lucky_run_of_a_cell_that_diverges_is_not_the_best():
    values = {"gru": [1.0, 1.1, 1.2], "lstm": [5.0, 5.2, 5.1], "simple_rnn": [0.1]}
    found = comparison(values, diverged=[("simple_rnn", 1), ("simple_rnn", 2)])
    sentence = conclude(found)
    assert sentence.startswith("GRU beats LSTM (by 4.00") and "3 seeds" in sentence
    assert sentence.endswith("; SimpleRNN diverged in 2 of 3 runs.")
    assert [(pair.one, pair.other) for pair in compare_pairs(found)] == [("gru", "lstm")]


def test_nothing_finished_nothing_to_say():
    found = comparison({}, diverged=[("gru", 0)])
    assert "nothing to compare" in conclude(found)
    assert compare_pairs(found) == ()
