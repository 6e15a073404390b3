"""Coverage of intervals, power of detectable differences, and the number of seeds needed."""

import itertools

import numpy as np
import pytest

from keras_gru.analysis.intervals import (
    Sampling,
    detectable_difference,
    paired_interval,
    sampling_error,
    seeds_needed,
)


def simulated(many, seeds, gaps=(0.0, 0.0, 0.0)):
    """Simulate test metrics (many, cell, seed): a term per seed plus a term per run.

    The cells have different spreads, so that no two pairs have the same interval.
    """
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(many, 1, seeds))
    own = rng.normal(size=(many, len(gaps), seeds)) * np.array([0.5, 1.0, 2.0])[:, None]
    return 10 + shared + own + np.array(gaps)[:, None]


def chance(rate, many):
    """Return how far a fraction of `many` trials may deviate from its rate: 4 standard errors."""
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


def test_equal_cells_have_no_significant_difference_in_95_percent_of_comparisons():
    values = simulated(20_000, 5)
    claimed = np.zeros(len(values), bool)
    alone = np.zeros(len(values), bool)
    for one, other in itertools.combinations(range(3), 2):
        for claims, pairs in ((claimed, 3), (alone, 1)):
            mean, half = paired_interval(values[:, one] - values[:, other], pairs)
            claims |= abs(mean) > half
    assert claimed.mean() <= 0.05
    assert alone.mean() > 0.07, "without the correction there are too many, so the test can fail"


@pytest.mark.parametrize(("seeds", "pairs"), [(2, 1), (3, 3), (5, 1), (5, 3), (20, 10)])
def test_a_detectable_difference_is_detected_in_four_of_five_simulations(seeds, pairs):
    effect = detectable_difference(1.0, seeds, pairs)
    rng = np.random.default_rng(1)
    mean, half = paired_interval(effect + rng.normal(size=(20_000, seeds)), pairs)
    assert np.mean(mean > half) == pytest.approx(0.8, abs=chance(0.8, 20_000))


def test_one_seed_less_than_needed_is_too_few():
    for effect, pairs in ((0.3, 1), (1.0, 3), (5.0, 3)):
        seeds = seeds_needed(effect, 1.0, pairs)
        assert detectable_difference(1.0, seeds, pairs) <= effect
        assert detectable_difference(1.0, seeds - 1, pairs) > effect
    assert seeds_needed(1e6, 1.0, 3) == 2


def crossed(rng, seeds, blocks, own, common, both, gap=0.0, many=4_000):
    """Simulate differences (many, seed, block): terms per seed, per block, and per pair of both."""
    parts = ((own, (many, seeds, 1)), (common, (many, 1, blocks)), (both, (many, seeds, blocks)))
    return gap + sum(size * rng.normal(size=shape) for size, shape in parts)


@pytest.mark.parametrize(
    ("own", "common", "both"), [(1.0, 0.0, 5.0), (0.1, 10.0, 1.0), (1.0, 10.0, 10.0)]
)
def test_with_the_sampling_error_an_interval_covers_the_difference_on_other_test_sets(
    own, common, both
):
    values = crossed(np.random.default_rng(2), 5, 60, own, common, both, gap=0.7)
    sampling = sampling_error(values, np.ones(60))
    covered = {}
    for known in (sampling, None):
        mean, half = paired_interval(values.mean(-1), 1, known)
        covered[known is None] = np.mean(abs(mean - 0.7) <= half)
    assert 0.95 - chance(0.95, 4_000) <= covered[False] <= 0.99
    if common > 5 * own:
        assert covered[True] < 0.9, "without the sampling error it is too narrow"


@pytest.mark.parametrize("seeds", [3, 5])
def test_with_few_seeds_and_the_sampling_error_an_interval_is_not_too_narrow(seeds):
    """A deviation that is small by chance must not raise the degrees of freedom."""
    values = crossed(
        np.random.default_rng(4), seeds, 60, 1.0, 2.6 / np.sqrt(seeds), 1.0, many=20_000
    )
    sampling = sampling_error(values, np.ones(60))
    (mean, half), (_, alone) = (
        paired_interval(values.mean(-1), 3, known) for known in (sampling, None)
    )
    assert (half >= alone).all()
    assert np.mean(abs(mean) > half) <= 0.05 / 3 + 0.005


def test_the_sampling_error_does_not_contain_the_spread_over_seeds():
    rng = np.random.default_rng(3)
    alone = sampling_error(crossed(rng, 5, 60, 1.0, 0.0, 5.0), np.ones(60))
    assert alone.error.mean() < 0.4 * 5 / np.sqrt(60), (
        "the spread over seeds already contains the interaction"
    )
    shared = sampling_error(crossed(rng, 5, 60, 1.0, 5.0, 0.0), np.ones(60))
    assert shared.error.mean() == pytest.approx(5 / np.sqrt(60), rel=0.02)
    assert (shared.blocks, sampling_error(np.ones((3, 1)), np.ones(1))) == (60, None)


def test_blocks_are_weighted():
    differences = np.array([[1.0, 2.0, 9.0]] * 3)
    whole = sampling_error(differences[..., :2], np.array([3, 5])).error
    assert sampling_error(differences, np.array([3, 5, 0])).error == pytest.approx(
        whole * np.sqrt(3 / 2 / 2)
    )


def test_a_test_set_can_be_too_small_for_any_number_of_seeds():
    sampling = Sampling(0.1, 20)
    assert seeds_needed(0.2, 0.3, 1, sampling) is None
    seeds = seeds_needed(0.35, 0.3, 1, sampling)
    assert detectable_difference(0.3, seeds, 1, sampling) <= 0.35
    assert detectable_difference(0.3, seeds - 1, 1, sampling) > 0.35
    assert seeds > seeds_needed(0.35, 0.3, 1)
