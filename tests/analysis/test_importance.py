"""Importances of sweeps that were made up, so that the truth is known."""

import math

import numpy as np
import pytest

from keras_gru.datasets.metric import Metric

pytest.importorskip("optuna", reason="optuna is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from keras_gru.analysis.importance import FEWEST, TOGETHER, importances, weigh
from keras_gru.experiments.sweeping.study import FinishedTrial
from tests.experiments.helpers import nested, tiny

MSE = Metric("mse", "min", "MSE")
RATE, UNITS, DROPOUT = "training.learning_rate", "model.size.units", "model.dropout"
RANGES = {
    RATE: {"low": 1e-4, "high": 1.0, "log": True},
    UNITS: (4, 8, 16),
    DROPOUT: {"low": 0.0, "high": 0.5},
}


def made_up(folder, value, count=60, ranges=RANGES):
    """An experiment and its trials, drawn at random; `value(cell, settings)` is their metric."""
    experiment = tiny(folder, cells=("gru", "lstm", "simple_rnn"), sweep=nested(ranges))
    random = np.random.default_rng(1)
    trials = []
    for number in range(count):
        cell = str(random.choice(experiment.cells))
        settings = {
            RATE: float(10 ** random.uniform(-4, 0)),
            UNITS: int(random.choice((4, 8, 16))),
            DROPOUT: float(random.uniform(0, 0.5)),
        }
        settings = {name: settings[name] for name in ranges}
        found = value(cell, settings)
        status = "finished" if math.isfinite(found) else "diverged"
        trials.append(FinishedTrial(number, cell, settings, status, found, 3, 1.0))
    return trials, experiment


def shares(folder, value, **options):
    rows = importances(*made_up(folder, value, **options), MSE, resamples=6)
    return {row.name: row for row in rows}


def test_the_one_setting_that_explains_all_does(tmp_path):
    rows = shares(tmp_path, lambda cell, settings: (math.log10(settings[RATE]) + 2) ** 2)
    assert [*rows][:1] == [RATE] and [*rows][-1] == TOGETHER
    assert rows[RATE].share > 0.9 and rows[RATE].low > 0.7
    assert all(rows[name].share < 0.05 for name in ("cell", UNITS, DROPOUT))
    assert sum(row.share for row in rows.values()) == pytest.approx(1)
    for row in rows.values():
        assert 0 <= row.low <= row.share <= row.high <= 1
    assert not rows[RATE].overlaps(rows["cell"]) and rows[UNITS].overlaps(rows["cell"])


def test_a_range_is_weighed_by_what_is_drawn_and_a_list_by_its_values(tmp_path):
    """Each of the three explains a third; by the rate itself its part would be next to nothing."""

    def value(cell, settings):
        rate = float(settings[RATE] > 1e-2)  # variance 1/4
        dropout = math.sqrt(12) * settings[DROPOUT]  # variance 1/4
        return rate + dropout + math.sqrt(9 / 8) * (cell == "lstm")  # variance 1/4

    rows = shares(tmp_path, value, count=150)
    for name in (RATE, DROPOUT, "cell"):
        assert rows[name].share == pytest.approx(1 / 3, abs=0.09)


def test_what_only_a_combination_explains_is_no_settings_own(tmp_path):
    def value(cell, settings):
        return float((settings[RATE] > 1e-2) != (settings[DROPOUT] > 0.25))

    rows = shares(tmp_path, value, count=150)
    assert rows[TOGETHER].share > 0.6


def test_a_trial_that_diverged_counts_as_the_worst(tmp_path):
    def value(cell, settings):
        return math.nan if settings[RATE] > 1e-2 else 1.0 + settings[DROPOUT]

    trials, experiment = made_up(tmp_path, value)
    rows = {row.name: row.share for row in importances(trials, experiment, MSE, resamples=4)}
    alive = [trial for trial in trials if trial.status == "finished"]
    left = {row.name: row.share for row in importances(alive, experiment, MSE, resamples=4)}
    assert rows[RATE] > 0.2 > 0.1 > left[RATE]


def test_nothing_is_reported_of_few_trials_or_of_equal_ones(tmp_path):
    assert shares(tmp_path, lambda cell, settings: settings[RATE], count=FEWEST - 1) == {}
    assert shares(tmp_path, lambda cell, settings: 1.0) == {}
    assert shares(tmp_path, lambda cell, settings: math.nan) == {}


def test_the_same_trials_give_the_same_shares(tmp_path):
    def value(cell, settings):
        return settings[DROPOUT]

    assert shares(tmp_path, value, count=12) == shares(tmp_path, value, count=12)


def test_a_setting_with_one_value_is_left_out(tmp_path):
    ranges = {RATE: RANGES[RATE], UNITS: (4,)}
    trials, experiment = made_up(tmp_path, lambda cell, settings: settings[RATE], 20, ranges)
    assert UNITS not in {row.name for row in importances(trials, experiment, MSE, resamples=2)}


def test_a_lead_is_a_difference_within_each_resample(tmp_path):
    """Each of two explains what the other leaves: their shares move against each other."""
    trials, experiment = made_up(
        tmp_path, lambda cell, settings: math.log10(settings[RATE]) + 2 * (cell == "lstm")
    )
    weighed = weigh(trials, experiment, MSE, resamples=6)
    rows = {row.name: row for row in weighed.importances()}
    value, low, high = weighed.lead(RATE, "cell")
    assert value == pytest.approx(rows[RATE].share - rows["cell"].share)
    drawn = weighed.resampled[:, [weighed.names.index(name) for name in (RATE, "cell")]]
    assert low <= value <= high and high <= max(value, np.ptp(drawn, axis=1).max())
    # Beside the cell the others are nothing, and combinations are no setting.
    assert weighed.lead(RATE) == (value, low, high)
    assert weighed.lead(UNITS)[0] < -0.3


def test_what_a_range_is_given_by_chance_is_taken_off(tmp_path):
    """Of noise a forest learns more from a range than from a list of three."""
    noise = np.random.default_rng(5)
    trials, experiment = made_up(tmp_path, lambda cell, settings: noise.normal(), count=30)
    weighed = weigh(trials, experiment, MSE, resamples=6, shuffle=(DROPOUT, "cell"))
    columns = [weighed.names.index(name) for name in (DROPOUT, "cell")]
    chance = np.subtract(*weighed.shuffled[:, columns].T).mean()
    assert chance > 0.05
    np.testing.assert_allclose(
        weighed.lead_over_chance(DROPOUT, "cell"),
        np.array(weighed.lead(DROPOUT, "cell")) - chance,
    )
    assert weigh(trials, experiment, MSE, resamples=2).shuffled.size == 0
