"""Every verdict of every claim, from evidence whose correct verdict is known."""

import pytest

from keras_gru.claims.claim import (
    FAILS,
    HOLDS,
    OPEN,
    VERDICTS,
    Finding,
    most,
    no_winner,
    probabilities,
)
from keras_gru.claims.evidence import Estimate, Evidence
from keras_gru.claims.verdicts import CLAIMS, evaluate_claims

from .samples import ACCURACY, cell, comparison, curve, estimate, sweep

BY_NAME = {claim.name: claim for claim in CLAIMS}
MATCHED = {"matched": "parameters"}
CASES = [
    # 0.5% is below the limit of 1%, 0.5 of 2.0 is not; a significant difference has a winner.
    ("no-clear-winner", curve(difference=(0.0, 0.01)).whole, HOLDS),
    ("no-clear-winner", curve(difference=(0.0, 0.03)).whole, OPEN),
    ("no-clear-winner", curve(difference=(-0.3, 0.2)).whole, FAILS),
    ("no-clear-winner", curve(difference=(0.3, 0.2)).whole, FAILS),
    ("no-clear-winner", curve(difference=(0.005, 0.001)).whole, FAILS),
    ("no-clear-winner", curve(difference=None).whole, OPEN),
    ("size-over-cell", sweep(size=(0.3, 0.2)), HOLDS),
    ("size-over-cell", sweep(size=(-0.3, 0.2)), FAILS),
    ("size-over-cell", sweep(size=(0.0, 0.01)), OPEN),
    ("size-over-cell", sweep(size=None), OPEN),
    ("fewer-parameters", curve(), HOLDS),
    ("fewer-parameters", curve(gru=cell(weights=500)), FAILS),
    ("fewer-parameters", curve(gru=cell(weights=400)), OPEN),
    # At an equal number of weights, the cell with more units.
    ("fewer-parameters", curve(cell(units=9, weights=395), **MATCHED), HOLDS),
    ("fewer-parameters", curve(cell(units=7, weights=395), **MATCHED), FAILS),
    ("fewer-parameters", curve(cell(units=8, weights=395), **MATCHED), OPEN),
    ("fewer-parameters", curve(cell(units=9, weights=300), **MATCHED), OPEN),
    ("faster", curve(epoch_seconds=estimate(1.3, 0.2)), HOLDS),
    ("faster", curve(epoch_seconds=estimate(0.7, 0.2)), FAILS),
    ("faster", curve(epoch_seconds=estimate(1.3, 0.2), **MATCHED), OPEN),
    ("faster", curve(epoch_seconds=estimate(1.3, 0.4)), OPEN),
    ("faster", curve(epoch_seconds=Estimate(value=1.3)), OPEN),
    ("faster", curve(epoch_seconds=None), OPEN),
    ("faster", curve(target_seconds=estimate(3, 1)), OPEN),
    ("less-data", curve(need=estimate(0.7, 0.2), difference=(-0.3, 0.2)), HOLDS),
    ("less-data", curve(need=estimate(1.3, 0.2), difference=(0.3, 0.2)), FAILS),
    ("less-data", curve(need=estimate(0.7, 0.4), difference=(-0.3, 0.2)), OPEN),
    ("less-data", curve(need=estimate(0.7, 0.2), difference=(-0.3, 0.4)), OPEN),
    ("less-data", curve(need=estimate(1.3, 0.2), difference=(-0.3, 0.2)), OPEN),
    ("less-data", curve(need=estimate(0.7, 0.2), difference=None), OPEN),
    ("less-data", curve(need=None), OPEN),
    ("lstm-with-enough-data", curve(difference=(0.3, 0.2)), HOLDS),
    ("lstm-with-enough-data", curve(lstm=cell(before=2.01), difference=(-0.3, 0.2)), FAILS),
    ("lstm-with-enough-data", curve(lstm=cell(before=1.9), difference=(0.0, 0.01)), FAILS),
    ("lstm-with-enough-data", curve(lstm=cell(before=2.1), difference=(-0.3, 0.2)), OPEN),
    ("lstm-with-enough-data", curve(lstm=cell(before=2.1), difference=(0.0, 0.01)), OPEN),
    (
        "lstm-with-enough-data",
        curve(difference=(-0.3, 0.2)),
        OPEN,
    ),  # half of train was not measured
    ("lstm-with-enough-data", curve(difference=(0.3, 0.4)), OPEN),
    ("lstm-with-enough-data", curve(difference=None), OPEN),
    ("learning-rate-first", sweep(rate=(0.3, 0.2)), HOLDS),
    ("learning-rate-first", sweep(rate=(-0.3, 0.2)), FAILS),
    ("learning-rate-first", sweep(rate=(0.1, 0.2)), OPEN),
    ("learning-rate-first", sweep(rate=None), OPEN),
]


@pytest.mark.parametrize(("name", "evidence", "verdict"), CASES)
def test_the_verdict_on_each_case(name, evidence, verdict):
    assert BY_NAME[name].evaluate(evidence).verdict == verdict


def test_every_verdict_of_every_claim_is_among_the_cases():
    assert {(name, verdict) for name, _, verdict in CASES} == {
        (name, verdict) for name in BY_NAME for verdict in VERDICTS
    }


def test_accuracies_are_compared_by_their_error_rates():
    """98% against 98.1% is 5% fewer errors, not 0.1% more accuracy."""
    right = {"metric": ACCURACY, "gru": cell(0.98), "lstm": cell(0.981)}
    evaluate = BY_NAME["no-clear-winner"].evaluate
    found = evaluate(comparison(-0.001, 0.002, **right))
    assert found.verdict == OPEN and found.drawn.value == pytest.approx(-1 / 19)
    found = evaluate(comparison(-0.001, 0.0005, **right))
    assert (found.verdict, found.better) == (FAILS, "lstm")
    assert evaluate(comparison(0.0, 0.0001, **right)).verdict == HOLDS


def test_a_lower_error_is_better():
    found = BY_NAME["no-clear-winner"].evaluate(comparison(-0.3, 0.2))
    assert found.better == "gru" and found.drawn.value == pytest.approx(0.15)


def findings(*verdicts):
    return [verdict and Finding(verdict) for verdict in verdicts]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((HOLDS, HOLDS, HOLDS, HOLDS), HOLDS),
        ((HOLDS, HOLDS, HOLDS, OPEN), HOLDS),
        ((HOLDS, HOLDS, HOLDS, None), HOLDS),
        ((HOLDS, HOLDS, OPEN, OPEN), OPEN),  # half is not more than half
        ((HOLDS, HOLDS, HOLDS, FAILS), OPEN),
        ((FAILS, FAILS, FAILS, OPEN), FAILS),
        ((FAILS, FAILS, FAILS, HOLDS), OPEN),
        ((FAILS, FAILS, None, None), OPEN),
        ((OPEN, OPEN, OPEN, OPEN), OPEN),
        ((None, None, None, None), OPEN),
    ],
)
def test_most_datasets_decide_the_overall_verdict(verdicts, expected):
    assert most(findings(*verdicts)) == expected


def test_different_winners_on_different_datasets_are_no_clear_winner():
    gru, lstm = Finding(FAILS, better="gru"), Finding(FAILS, better="lstm")
    assert no_winner([gru, lstm, Finding(OPEN), None]) == HOLDS
    assert no_winner([gru, Finding(OPEN), Finding(OPEN), None]) == OPEN


@pytest.mark.parametrize(
    ("advantage", "expected"), [(0.2, FAILS), (-0.2, FAILS), (0.001, HOLDS), (0.011, OPEN)]
)
def test_probabilities_over_datasets_decide_the_overall_winner(advantage, expected):
    found = [Finding(OPEN, estimate(advantage + 0.0005 * n)) for n in range(-6, 6)]
    assert no_winner([*found, None]) == expected
    assert probabilities(found[:2]) is None
    assert no_winner(found[:9]) == OPEN, "so few datasets would often decide by chance"


def test_a_dataset_that_was_not_run_has_no_finding_but_counts():
    holds = Evidence(curve=curve(epoch_seconds=estimate(1.5, 0.1)))
    evaluated = {
        claim.claim.name: claim
        for claim in evaluate_claims({"a": holds, "b": holds}, ["a", "b", "c", "d"])
    }
    assert evaluated["faster"].findings["c"] is None and evaluated["faster"].verdict == OPEN
    assert evaluated["faster"].findings["a"].verdict == HOLDS
    assert evaluated["size-over-cell"].findings == dict.fromkeys("abcd")
    three = evaluate_claims(dict.fromkeys("abc", holds), list("abcd"))
    assert {claim.claim.name: claim.verdict for claim in three}["faster"] == HOLDS


def test_where_the_atlas_was_run_its_comparisons_are_the_evidence():
    curves = {"a": Evidence(curve=curve(difference=(0.0, 0.01)))}
    atlas = {f"atlas/{n}": Evidence(comparison=comparison(-0.3, 0.2)) for n in "abcdefghij"}
    alone, *_ = evaluate_claims(curves, ["a"])
    assert alone.claim.name == "no-clear-winner" and alone.findings["a"].verdict == HOLDS
    winner, *others = evaluate_claims(curves | atlas, ["a"])
    assert winner.findings.keys() == atlas.keys() and winner.verdict == FAILS
    assert all(claim.findings.keys() == {"a"} for claim in others)


def test_every_rule_names_its_undecided_case():
    assert len(BY_NAME) == len(CLAIMS) == 7
    for claim in CLAIMS:
        assert "not decided" in claim.rule and "olds if" in claim.rule
        assert claim.source.url.startswith("http") and claim.sentence.endswith((".", "…"))
