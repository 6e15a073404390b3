"""The predicted number of runs or datasets that would decide a claim, on invented evidence."""

import pytest
from scipy import stats

from keras_gru.claims.claim import FAILS, HOLDS, OPEN, most, no_winner
from keras_gru.claims.deciding import datasets_to_decide, narrow, runs_to_decide
from keras_gru.claims.verdicts import CLAIMS

from .samples import cell, comparison, curve, estimate, sweep

BY_NAME = {claim.name: claim for claim in CLAIMS}
RATE, WINNER, FASTER = (
    BY_NAME[name] for name in ("learning-rate-first", "no-clear-winner", "faster")
)


def over_all(claim, *parts):
    found = runs_to_decide(claim, parts, claim.over_all)
    return found.runs, found.verdict


@pytest.mark.parametrize("seeds", [3, 5, 20])
def test_the_predicted_number_of_seeds_narrows_the_interval_enough(seeds):
    needed = runs_to_decide(WINNER, [comparison(0.1, 0.3, seeds=seeds)]).runs

    def half(count):
        return 0.3 * stats.t.ppf(0.975, count - 1) / count**0.5 / (
            stats.t.ppf(0.975, seeds - 1) / seeds**0.5
        )  # fmt: skip

    assert half(needed) <= 0.1 < half(needed - 1 - needed // 50)


def test_runs_needed_to_decide_a_claim():
    def needed(name, part):
        return runs_to_decide(BY_NAME[name], [part]).runs

    # The interval must be half as wide, which takes four times as many trials.
    assert needed("learning-rate-first", sweep(rate=(0.1, 0.2))) == pytest.approx(160, rel=0.03)
    assert needed("faster", curve(epoch_seconds=estimate(1.3, 0.4))) > 3
    assert needed("faster", curve(epoch_seconds=estimate(1.3, 0.4), matched="parameters")) is None
    assert needed("fewer-parameters", curve(gru=cell(weights=400))) is None  # counted
    # GRU leads, and more data still helps LSTM, so more seeds cannot decide the claim.
    lead = curve(lstm=cell(before=2.1), difference=(-0.1, 0.2))
    assert needed("lstm-with-enough-data", lead) is None
    assert needed("no-clear-winner", lead.whole) > 3
    # GRU needs less data, which counts only if it is also significantly better on test.
    less = {"need": estimate(0.7, 0.2)}
    assert needed("less-data", curve(difference=(-0.1, 0.2), **less)) > 3
    assert needed("less-data", curve(difference=(0.1, 0.2), **less)) is None
    # A difference of 0.1% needs few seeds to be within 1%.
    assert 3 < needed("no-clear-winner", comparison(0.002, 0.03)) < 20


def test_more_seeds_do_not_reduce_the_sampling_error_of_test():
    found = runs_to_decide(WINNER, [comparison(0.1, 0.3, sampling_error=0.04)])
    alone = runs_to_decide(WINNER, [comparison(0.1, 0.3)])
    assert found.runs > alone.runs
    assert runs_to_decide(WINNER, [comparison(0.1, 0.3, sampling_error=0.06)]).runs is None
    narrowed = narrow(comparison(0.1, 0.3, sampling_error=0.06), 10_000).difference
    assert narrowed.high - 0.1 == pytest.approx(1.96 * 0.06, rel=0.01)


def test_runs_needed_over_all_datasets():
    """160 trials decide a lead of 1/2 of its interval, 360 one of 1/3; 3 of 4 datasets suffice."""
    half, third, fifth = (sweep(rate=(lead, 0.3)) for lead in (0.15, 0.1, 0.06))
    assert over_all(RATE, half, half, third, fifth) == (pytest.approx(360, rel=0.03), HOLDS)
    assert over_all(RATE, half, third, third) == (pytest.approx(360, rel=0.03), HOLDS)
    refuted = [sweep(rate=(-lead, 0.3)) for lead in (0.15, 0.15, 0.1)]
    assert over_all(RATE, *refuted) == (pytest.approx(160, rel=0.03), FAILS)


def test_a_refuted_dataset_keeps_the_others_from_deciding():
    likely = [sweep(rate=(0.15, 0.3))] * 3
    assert over_all(RATE, *likely) == (pytest.approx(160, rel=0.03), HOLDS)
    assert over_all(RATE, *likely, sweep(rate=(-0.4, 0.3))) == (None, OPEN)
    assert over_all(FASTER, *[curve(epoch_seconds=estimate(1.3, 0.4), matched="parameters")] * 3) \
        == (None, OPEN)  # fmt: skip


def test_a_verdict_that_even_more_runs_would_reverse():
    parts = [sweep(rate=(0.15, 0.3))] * 3 + [sweep(rate=(-0.1, 0.3))]
    found = runs_to_decide(RATE, parts, most)
    assert (found.runs, found.until) == (pytest.approx(160, rel=0.03), pytest.approx(360, rel=0.03))
    assert [finding.verdict for finding in found.findings] == [HOLDS] * 3 + [OPEN]


def test_with_enough_seeds_each_cell_is_better_on_one_dataset():
    found = runs_to_decide(WINNER, [comparison(-0.3, 0.2), comparison(0.1, 0.3)], no_winner)
    assert found.verdict == HOLDS and found.runs > 3


def test_datasets_needed_to_decide_by_probabilities():
    leads = [0.3, 0.2, 0.1, 0.05, -0.02, 0.0]
    needed, verdict = datasets_to_decide(leads)
    assert verdict == FAILS and len(leads) < needed < 60
    assert datasets_to_decide([0.001, -0.002, 0.003])[1] == HOLDS
    # The limit of the weights is (2/3, 1/3): GRU better and equal have a probability of 4/9 each.
    assert datasets_to_decide([0.1, 0.1, -0.1]) is None
