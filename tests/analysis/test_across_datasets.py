"""Verdicts over several datasets: simulated error rates, and the formulas on made-up errors."""

import itertools
import json

import numpy as np
import pytest
from scipy import stats

from keras_gru.analysis.across_datasets import analyse_across_datasets, compare_across_datasets
from keras_gru.analysis.dataset_errors import DatasetErrors, dataset_errors
from keras_gru.analysis.expected_best import budget_profile, expected_best
from keras_gru.analysis.measurements import Measurements
from keras_gru.analysis.probabilities import (
    DECIDED,
    FEWEST_TO_DECIDE,
    decide,
    predict_dataset,
    probability_of_improvement,
    signed_rank,
)
from keras_gru.analysis.profiles import PROFILE_FACTORS, performance_profile, time_profile
from keras_gru.analysis.ranks import rank_cells
from keras_gru.analysis.verdicts import reach_verdicts
from keras_gru.datasets.metric import Metric
from keras_gru.errors import UserError


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def simulate(rng, lead, between, within=0.05, datasets=12, seeds=15):
    """Simulate datasets on which one cell leads by a relative difference that varies."""
    found = []
    for index in range(datasets):
        scale = 10.0 ** rng.uniform(-3, 2)
        true = lead + between * rng.standard_normal()
        errors = {
            "one": scale * (1 + within * rng.standard_normal(seeds)),
            "other": scale * (np.exp(true) + within * rng.standard_normal(seeds)),
        }
        found.append(DatasetErrors(f"{index}", {c: dict(enumerate(e)) for c, e in errors.items()}))
    return found


def decisions(rng, times, **options):
    return [compare_across_datasets(simulate(rng, **options))[0].decision for _ in range(times)]


@pytest.mark.parametrize("between", [0.0, 0.02])
def test_equal_cells_are_equal_or_undecided(rng, between):
    assert {"one", "other"}.isdisjoint(decisions(rng, 20, lead=0.0, between=between))


def test_a_second_look_at_equal_cells_is_wrong_in_seven_percent_of_all_cases(rng):
    """As with the atlas: after twelve datasets, and with six more."""

    def is_wrong(differences):
        return decide(signed_rank(differences), len(differences)) in (0, 2)

    wrong = [is_wrong(d[:12]) or is_wrong(d) for d in rng.standard_normal((1_000, 18))]
    assert 0.055 < np.mean(wrong) < 0.085


def wrong_verdicts(datasets):
    """Return the fraction of wrong verdicts on equal cells: all signs are equally likely.

    With differences far beyond the region of equivalence only their signs and ranks count.
    """
    ranks = np.arange(1.0, datasets + 1)
    signs = list(itertools.product(*[(-1, 1)] * (datasets - 1), [1]))
    found = [signed_rank(np.array(row) * ranks) for row in signs]
    return np.mean([max(lower, higher) >= DECIDED for lower, _, higher in found])


def test_of_equal_cells_one_is_called_better_in_five_percent_of_all_cases():
    assert wrong_verdicts(FEWEST_TO_DECIDE) == pytest.approx(0.05, abs=0.005)
    assert wrong_verdicts(6) > 0.09, "with fewer datasets there would be more"


def test_few_datasets_have_probabilities_and_no_verdict(rng):
    few, enough = (
        compare_across_datasets(simulate(rng, lead=0.5, between=0.0, datasets=count))[0]
        for count in (FEWEST_TO_DECIDE - 1, FEWEST_TO_DECIDE)
    )
    assert few.one_better > DECIDED and few.decision is None and enough.decision == "one"


def test_the_probabilities_on_a_new_dataset_are_fractions_of_the_datasets():
    """The typical difference is better for sure, and on one of three new datasets it is not."""
    differences = np.array([0.3, 0.3, 0.005] * 6)
    assert predict_dataset(differences) == pytest.approx((0, 6.5 / 18.5, 12 / 18.5))
    assert signed_rank(differences)[2] > 0.98


def test_a_lead_of_three_percent_is_detected(rng):
    found = decisions(rng, 40, lead=0.03, between=0.01)
    assert found.count("one") >= 0.8 * len(found) and "other" not in found


def test_the_order_of_the_datasets_does_not_matter():
    differences = np.array([0.3, -0.1, 0.02, 0.05, -0.004, 0.2])
    assert signed_rank(differences) == signed_rank(differences[::-1])
    assert signed_rank(np.repeat(differences, 2)) == pytest.approx(
        signed_rank(differences, copies=2), abs=0.01
    )


def test_one_dataset_of_many_does_not_decide_the_verdict(rng):
    datasets = simulate(rng, lead=0.0, between=0.02)
    datasets[0] = DatasetErrors("failed", {"one": {0: 1.0, 1: 1.1}, "other": {0: 900.0, 1: 990.0}})
    assert compare_across_datasets(datasets)[0].decision is None


def test_probabilities_add_up_and_swap_with_the_cells(rng):
    datasets = simulate(rng, lead=0.02, between=0.03)
    swapped = [DatasetErrors(d.name, dict(reversed(d.errors.items()))) for d in datasets]
    (pair,), (other) = compare_across_datasets(datasets), compare_across_datasets(swapped)[0]
    assert pair.one_better + pair.equal + pair.other_better == pytest.approx(1)
    assert pair.one_better == pytest.approx(other.other_better, abs=0.03)
    assert pair.improvement == pytest.approx(1 - other.improvement)


def test_equal_errors_of_zero_are_equal():
    perfect = {cell: {0: 0.0, 1: 0.0, 2: 0.0} for cell in ("one", "other")}
    (pair,) = compare_across_datasets([DatasetErrors(str(i), perfect, 0.01) for i in range(12)])
    assert pair.decision == "equal" and set(pair.differences.values()) == {0.0}


def test_an_error_of_zero_has_a_finite_relative_difference():
    errors = {"one": {0: 0.0, 1: 0.0}, "other": {0: 0.1, 1: 0.2}}
    (pair,) = compare_across_datasets([DatasetErrors(str(i), errors) for i in range(12)])
    assert pair.decision == "one" and max(pair.differences.values()) < 1e7


def test_fewer_than_three_datasets_or_fewer_than_two_seeds_have_no_verdict(rng):
    assert compare_across_datasets(simulate(rng, lead=0.5, between=0, datasets=2)) == ()
    assert compare_across_datasets(simulate(rng, lead=0.5, between=0, seeds=1)) == ()


def test_probability_of_improvement_counts_ties_half():
    one, other = np.array([1.0, 2.0]), np.array([2.0, 3.0])
    value, (low, high) = probability_of_improvement([np.stack([one, other])])
    assert value == (1 + 1 + 0.5 + 1) / 4 and low <= value <= high


def test_performance_profile_counts_datasets_within_a_factor_of_the_best():
    datasets = [
        DatasetErrors("a", {"one": {0: 1.0, 1: 1.0}, "other": {0: 1.5, 1: 3.0}}),
        DatasetErrors("b", {"one": {0: 4.0}, "other": {0: 1.0}}),
    ]
    found = performance_profile(datasets, [1, 2, 4])
    assert found["one"] == ([0.5, 0.5, 1.0],) * 3
    assert found["other"].fractions == [0.5, 0.75, 1.0]
    # Of two runs on one of two datasets, none or both may be drawn.
    assert (found["other"].low, found["other"].high) == ([0.5, 0.5, 1.0], [0.5, 1.0, 1.0])


def test_a_cell_that_misses_the_target_counts_as_unsolved():
    errors = {cell: {0: 1.0} for cell in ("gru", "lstm", "rnn")}
    one = DatasetErrors("one", errors, seconds={"gru": 2.0, "lstm": 3.0})
    two = DatasetErrors("two", errors, seconds={"gru": 2.0, "rnn": 4.0})
    alone = DatasetErrors("alone", errors, seconds={"lstm": 1.0})
    found = time_profile([one, two, alone], [1.0, 1.5, 10.0])
    assert found == {"gru": [1, 1, 1], "lstm": [0, 0.5, 0.5], "rnn": [0, 0, 0.5]}


def test_ranks_equal_scipy_and_the_critical_difference_equals_the_published_table():
    rng = np.random.default_rng(3)
    errors = rng.integers(1, 4, (12, 4)).astype(float)  # with ties
    rows = [dict(zip("abcd", row, strict=True)) for row in errors]
    found = rank_cells([*rows, {"a": 1.0}])
    assert found.datasets == 12 and sum(found.means.values()) == pytest.approx(10)
    assert found.p_value == pytest.approx(stats.friedmanchisquare(*errors.T).pvalue)
    # Demšar (2006), table 5: q = 2.569 for four classifiers.
    assert found.critical_difference == pytest.approx(2.569 * (4 * 5 / 6 / 12) ** 0.5, rel=1e-3)
    assert rank_cells(rows[:2]) is None


def test_expected_best_rises_from_the_mean_of_one_trial_to_the_best_trial(rng):
    values = rng.normal(size=20)
    expected, low, high = expected_best(values, "max")
    assert expected[0] == pytest.approx(values.mean())
    assert np.all(np.diff(expected) > 0) and expected[-1] < values.max()
    assert np.all((low <= np.array(expected)) & (np.array(expected) <= high))
    drawn = rng.choice(values, (20_000, 5)).max(axis=1).mean()
    assert expected[4] == pytest.approx(drawn, abs=0.02)
    for ours, theirs in zip(expected_best(-values, "min"), (expected, high, low), strict=True):
        np.testing.assert_allclose(ours, -np.array(theirs), atol=0.05)


def test_a_diverged_trial_counts_as_the_worst():
    assert expected_best([1.0, np.nan, 3.0], "min")[0][0] == pytest.approx(7 / 3)


def test_errors_at_a_budget_are_relative_to_the_best_trial():
    tens = {"one": [0.1] * 10, "other": [0.4] * 9 + [np.nan]}
    ones = {"one": [2.0] * 10, "other": [1.0] * 10}
    few = {"one": [1.0] * 3, "other": [9.0] * 3}
    found = budget_profile(
        [DatasetErrors(str(n), {}, trials=trials) for n, trials in enumerate((tens, ones, few))]
    )
    assert found["one"].expected == pytest.approx([2**0.5] * 10)  # geometric mean of 1 and 2
    assert found["other"].low == pytest.approx([2.0] * 10)  # geometric mean of 4 and 1
    assert budget_profile([DatasetErrors("few", {}, trials=few)]) == {}


def test_several_comparisons_are_collected_and_written_as_json():
    def measured(errors, diverged=None):
        metric = Metric("accuracy", "max", "accuracy")
        values = {
            cell: dict(enumerate(1 - np.array(errors_of_cell)))
            for cell, errors_of_cell in errors.items()
        }
        labels = dict.fromkeys(errors, "A cell")
        return Measurements(metric, labels, values, diverged or {}, {}, resolution=0.001)

    of_three = [
        ("a", measured({"one": [0.1, 0.2], "other": [0.2, 0.4]})),
        ("b", measured({"one": [0.1, 0.1, 0.1], "other": [0.1]}, {"other": (1, 2)})),
        ("b", measured({"one": [0.3, 0.3], "other": [0.3, 0.3]})),
    ]
    across = analyse_across_datasets(of_three)
    assert [dataset.name for dataset in across.datasets] == ["a", "b", "b (2)"]
    assert across.pairs[0].differences == pytest.approx({"a": 1.0, "b": 0.0, "b (2)": 0.0})
    assert json.loads(across.to_json())["pairs"][0]["equal"] == across.pairs[0].equal
    assert {len(profile.low) for profile in across.profiles.values()} == {len(PROFILE_FACTORS)}


def test_a_diverged_run_counts_as_the_worst_run():
    metric = Metric("mse", "min", "MSE")
    values = {"one": {0: 1.0, 1: 5.0}, "other": {0: 2.0}}
    diverged = {"one": (3,), "other": (1, 3)}
    found = dataset_errors("a", Measurements(metric, {}, values, diverged, {}))
    assert found.errors == {"one": {0: 1.0, 1: 5.0, 3: 5.0}, "other": {0: 2.0, 1: 5.0, 3: 5.0}}
    assert found.diverged == {"one": 1, "other": 2}


def test_a_cell_that_diverged_is_not_equal_to_one_that_is_always_right():
    metric = Metric("accuracy", "max", "accuracy")
    values, chance = {"one": {0: 1.0, 1: 1.0}, "other": {}}, {"Always 'a'": 0.25}
    measured = Measurements(metric, {}, values, {"other": (0, 1)}, chance, resolution=0.01)
    assert dataset_errors("a", measured).errors["other"] == {0: 0.75, 1: 0.75}
    across = analyse_across_datasets((str(number), measured) for number in range(12))
    assert across.pairs[0].decision == "one"


def test_a_dataset_on_which_every_run_diverged_is_no_evidence_of_equal_cells():
    metric = Metric("mse", "min", "MSE")
    none = Measurements(metric, {}, {"one": {}, "other": {}}, {"one": (0, 1), "other": (0, 1)}, {})
    with pytest.raises(UserError, match="found none"):
        analyse_across_datasets([("a", none)])


def test_equal_means_of_runs_in_another_order_have_the_same_rank(rng):
    """A sum of floats depends on their order."""
    metric, values = Metric("accuracy", "max", "accuracy"), 1 - rng.integers(0, 60, (20, 5)) / 640
    measured = [
        Measurements(
            metric,
            dict.fromkeys(("one", "other"), "A cell"),
            {"one": dict(enumerate(row)), "other": dict(enumerate(other))},
            {},
            {},
        )
        for row, other in zip(values, rng.permuted(values, axis=1), strict=True)
    ]
    across = analyse_across_datasets((str(n), found) for n, found in enumerate(measured))
    assert across.ranks.means == {"one": 1.5, "other": 1.5}
    found = [reach_verdicts(row).headline.means for row in measured]
    assert all(means["one"] == means["other"] for means in found)


def test_a_cell_is_measured_on_its_own_datasets():
    both = {"one": {0: 2.0, 1: 2.0}, "other": {0: 1.0, 1: 1.0}}
    datasets = [
        DatasetErrors("a", both, seconds={"one": 1.0, "other": 2.0}),
        DatasetErrors(
            "b", {"one": {0: 1.0}, "third": {0: 3.0}}, seconds={"one": 1.0, "third": 4.0}
        ),
    ]
    profiles = performance_profile(datasets, (1.0, 2.0, 10.0))
    assert profiles["one"].fractions == [0.5, 1.0, 1.0]
    assert profiles["other"].fractions == [1.0, 1.0, 1.0]
    assert profiles["third"].fractions == [0.0, 0.0, 1.0]
    assert time_profile(datasets, (1.0, 2.0))["other"] == [0.0, 1.0]


def test_a_cell_whose_trials_all_diverged_has_the_highest_error():
    nan = float("nan")
    trials = {"one": [2.0] * 9 + [8.0], "other": [nan] * 10}
    found = budget_profile([DatasetErrors("a", {}, trials=trials)])
    assert found["other"].expected == pytest.approx([4.0] * 10)
    assert (
        budget_profile([DatasetErrors("a", {}, trials={"one": [nan] * 10, "other": [nan] * 10})])
        == {}
    )
