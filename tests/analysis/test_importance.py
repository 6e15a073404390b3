"""Importances of simulated sweeps, of which the true importances are known."""

import math

import numpy as np
import pytest

from keras_gru.datasets.metric import Metric

pytest.importorskip("optuna", reason="optuna is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from keras_gru.analysis.importance import FEWEST, TOGETHER, importances, weigh
from keras_gru.experiments.sweeping.study import FinishedTrial
from tests.experiments.helpers import nest_settings, tiny

MSE = Metric("mse", "min", "MSE")
RATE, UNITS, DROPOUT = "training.learning_rate", "model.size.units", "model.dropout"
RANGES = {
    RATE: {"low": 1e-4, "high": 1.0, "log": True},
    UNITS: (4, 8, 16),
    DROPOUT: {"low": 0.0, "high": 0.5},
}


def simulated_trials(folder, value, count=60, ranges=RANGES):
    """Return random trials and their experiment; the metric is `value(cell, settings)`."""
    experiment = tiny(folder, cells=("gru", "lstm", "simple_rnn"), sweep=nest_settings(ranges))
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


def importances_by_name(folder, value, **options):
    rows = importances(*simulated_trials(folder, value, **options), MSE, resamples=6)
    return {row.name: row for row in rows}


def test_a_single_decisive_setting_has_nearly_all_importance(tmp_path):
    rows = importances_by_name(
        tmp_path, lambda cell, settings: (math.log10(settings[RATE]) + 2) ** 2
    )
    assert [*rows][:1] == [RATE] and [*rows][-1] == TOGETHER
    assert rows[RATE].fraction > 0.9 and rows[RATE].low > 0.7
    assert all(rows[name].fraction < 0.05 for name in ("cell", UNITS, DROPOUT))
    assert sum(row.fraction for row in rows.values()) == pytest.approx(1)
    for row in rows.values():
        assert 0 <= row.low <= row.fraction <= row.high <= 1
    assert not rows[RATE].overlaps(rows["cell"]) and rows[UNITS].overlaps(rows["cell"])


def test_a_range_is_weighted_by_the_sampled_scale_and_a_list_by_its_values(tmp_path):
    """Each explains a third; on a linear scale, the learning rate would explain almost nothing."""

    def value(cell, settings):
        rate = float(settings[RATE] > 1e-2)  # variance 1/4
        dropout = math.sqrt(12) * settings[DROPOUT]  # variance 1/4
        return rate + dropout + math.sqrt(9 / 8) * (cell == "lstm")  # variance 1/4

    rows = importances_by_name(tmp_path, value, count=150)
    for name in (RATE, DROPOUT, "cell"):
        assert rows[name].fraction == pytest.approx(1 / 3, abs=0.09)


def test_what_only_a_combination_explains_belongs_to_no_single_setting(tmp_path):
    def value(cell, settings):
        return float((settings[RATE] > 1e-2) != (settings[DROPOUT] > 0.25))

    rows = importances_by_name(tmp_path, value, count=150)
    assert rows[TOGETHER].fraction > 0.6


def test_a_trial_that_diverged_counts_as_the_worst(tmp_path):
    def value(cell, settings):
        return math.nan if settings[RATE] > 1e-2 else 1.0 + settings[DROPOUT]

    trials, experiment = simulated_trials(tmp_path, value)
    rows = {row.name: row.fraction for row in importances(trials, experiment, MSE, resamples=4)}
    alive = [trial for trial in trials if trial.status == "finished"]
    remaining = {row.name: row.fraction for row in importances(alive, experiment, MSE, resamples=4)}
    assert rows[RATE] > 0.2 > 0.1 > remaining[RATE]


def test_few_trials_or_equal_metrics_have_no_importances(tmp_path):
    assert (
        importances_by_name(tmp_path, lambda cell, settings: settings[RATE], count=FEWEST - 1) == {}
    )
    assert importances_by_name(tmp_path, lambda cell, settings: 1.0) == {}
    assert importances_by_name(tmp_path, lambda cell, settings: math.nan) == {}


def test_the_same_trials_give_the_same_importances(tmp_path):
    def value(cell, settings):
        return settings[DROPOUT]

    assert importances_by_name(tmp_path, value, count=12) == importances_by_name(
        tmp_path, value, count=12
    )


def test_a_setting_with_one_value_is_left_out(tmp_path):
    ranges = {RATE: RANGES[RATE], UNITS: (4,)}
    trials, experiment = simulated_trials(
        tmp_path, lambda cell, settings: settings[RATE], 20, ranges
    )
    assert UNITS not in {row.name for row in importances(trials, experiment, MSE, resamples=2)}


def test_a_lead_is_a_difference_within_each_resample(tmp_path):
    """Two settings explain all variance together, so their importances are anticorrelated."""
    trials, experiment = simulated_trials(
        tmp_path, lambda cell, settings: math.log10(settings[RATE]) + 2 * (cell == "lstm")
    )
    weighed = weigh(trials, experiment, MSE, resamples=6)
    rows = {row.name: row for row in weighed.importances()}
    value, low, high = weighed.lead(RATE, "cell")
    assert value == pytest.approx(rows[RATE].fraction - rows["cell"].fraction)
    drawn = weighed.resampled[:, [weighed.names.index(name) for name in (RATE, "cell")]]
    assert low <= value <= high and high <= max(value, np.ptp(drawn, axis=1).max())
    # The other settings explain nothing, and combinations do not count as a setting.
    assert weighed.lead(RATE) == (value, low, high)
    assert weighed.lead(UNITS)[0] < -0.3


def test_the_importance_that_noise_gives_a_range_is_subtracted(tmp_path):
    """A forest fits more noise with a continuous range than with a list of three values."""
    noise = np.random.default_rng(5)
    trials, experiment = simulated_trials(tmp_path, lambda cell, settings: noise.normal(), count=30)
    weighed = weigh(trials, experiment, MSE, resamples=6, shuffle=(DROPOUT, "cell"))
    columns = [weighed.names.index(name) for name in (DROPOUT, "cell")]
    chance = np.subtract(*weighed.shuffled[:, columns].T).mean()
    assert chance > 0.05
    np.testing.assert_allclose(
        weighed.lead_over_chance(DROPOUT, "cell"),
        np.array(weighed.lead(DROPOUT, "cell")) - chance,
    )
    assert weigh(trials, experiment, MSE, resamples=2).shuffled.size == 0
