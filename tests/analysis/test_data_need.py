"""Training data needed: known curves give known results, and equal cells seldom any."""

import numpy as np
import pytest

from keras_gru.analysis.data_need import data_fractions, data_needs
from keras_gru.experiments.comparison import LearningCurve
from keras_gru.report.sections.data_need import need_text
from tests.experiments.helpers import comparison

FRACTIONS = (0.01, 0.1, 1.0)


def curve(values, noise=0.0, seeds=5, seed=0, **options):
    """Return a learning curve; `values`: cell -> its mean metric on each fraction of train."""
    random = np.random.default_rng(seed)
    comparisons = {}
    for number, fraction in enumerate(FRACTIONS):
        by_cell = {
            cell: (means[number] + noise * random.normal(size=seeds)).tolist()
            for cell, means in values.items()
        }
        comparisons[fraction] = comparison(by_cell, **options)
    return LearningCurve(comparisons)


def test_curves_cross_where_the_interpolated_lines_meet():
    # Between 10% and 100% the difference goes from −1 to 1, so the curves cross at 10^−0.5.
    found = curve({"gru": (3, 2, 1.5), "lstm": (5, 3, 0.5)}, noise=0.01)
    (need,) = data_needs(found)
    assert need.better == {0.01: "gru", 0.1: "gru", 1.0: "lstm"}
    assert need.crossing.value == pytest.approx(10**-0.5, rel=0.02)
    low, high = need.crossing.interval
    assert 0.28 < low < need.crossing.value < high < 0.36
    # LSTM falls from 3 to 0.5; on a logarithmic axis, it reaches 1.5 after 60% of the distance.
    assert need.target == pytest.approx(1.5, abs=0.02)
    assert need.needs["lstm"] == pytest.approx(10 ** (-1 + 0.6), rel=0.03)
    assert need.needs["gru"] == pytest.approx(1.0)
    assert need.ratio.value == pytest.approx(10**0.4, rel=0.04)
    text = need_text(need, FRACTIONS[0], found.whole.metric)
    assert "32% [" in text and "40%" in text and "100%" in text


def test_a_metric_to_maximize_gives_the_same_result():
    less = curve({"gru": (3, 2, 1.5), "lstm": (5, 3, 0.5)}, noise=0.01)
    more = curve({"gru": (-3, -2, -1.5), "lstm": (-5, -3, -0.5)}, noise=0.01, mode="max")
    (one,), (other,) = data_needs(less), data_needs(more)
    assert one.better == other.better and other.target == pytest.approx(-one.target, abs=0.02)
    assert one.crossing.value == pytest.approx(other.crossing.value, rel=0.02)


def test_equal_cells_differ_significantly_as_seldom_as_the_level_says():
    """95% intervals: simultaneous over the fractions, and of the ratio of the data needed."""
    decisions = ratios = 0
    for seed in range(200):
        found = curve({"gru": (3, 2, 1), "lstm": (3, 2, 1)}, noise=0.1, seed=seed)
        (need,) = data_needs(found)
        decisions += any(need.better.values())
        low, high = need.ratio.interval
        ratios += low > 1 or high < 1
        assert need.crossing is None or set(need.better.values()) >= {"gru", "lstm"}
    assert decisions <= 20
    assert ratios <= 26, "16 are expected: 8% of 200"


def test_fewer_than_five_seeds_have_no_interval_and_one_has_no_difference():
    """Of two equal cells, 3 seeds would exclude a ratio of 1 in 14 to 23 % of all cases."""
    (need,) = data_needs(curve({"gru": (3, 2, 1), "lstm": (4, 3, 2)}, seeds=4))
    assert need.ratio is None and need.needs["gru"] < need.needs["lstm"]
    crossing = curve({"gru": (3, 2, 1.5), "lstm": (5, 3, 0.5)}, noise=0.01, seeds=4)
    assert data_needs(crossing)[0].crossing.interval is None
    alone = curve({"gru": (3, 2, 1), "lstm": (4, 3, 2)}, seeds=1)
    (need,) = data_needs(alone)
    assert not any(need.better.values()) and need.ratio is None
    assert "1 of 5 seeds" in need_text(need, FRACTIONS[0], alone.whole.metric)


def test_means_are_over_the_seeds_of_all_fractions():
    part, whole = comparison({"gru": [3, 5]}), comparison({"gru": [1, 2, 9], "lstm": [4, 4, 4]})
    found = data_fractions(LearningCurve({0.5: part, 1.0: whole}))
    assert [row.values["gru"] for row in found] == [(3, 5), (1, 2)]
    assert [row.values["lstm"] for row in found] == [(), (4, 4, 4)]


def test_a_cell_that_diverged_everywhere_is_left_out():
    found = curve({"gru": (3, 2, 1)}, diverged=[("lstm", 0)])
    assert data_needs(found) == ()
