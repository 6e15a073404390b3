"""Windows over series, and the baselines of forecasting."""

import dataclasses

import numpy as np
import pytest

from keras_gru.datasets.metric import ErrorUnits
from keras_gru.datasets.series import forecasting, linear_forecast
from keras_gru.datasets.split import Split


def series(size, columns=1):
    return np.arange(size * columns, dtype=np.float32).reshape(size, columns)


@pytest.mark.parametrize("horizon", [1, 3])
def test_targets_are_the_rows_after_each_window(horizon):
    split = forecasting.windows(series(20, 2), series(20), 5, horizon, every_step=False)
    assert split.size == 20 - 5 - horizon + 1
    for start in range(split.size):
        features, targets = split.inputs["features"][start], split.targets[start]
        np.testing.assert_array_equal(features, series(20, 2)[start : start + 5])
        np.testing.assert_array_equal(targets, series(20)[start + 5 : start + 5 + horizon])


def test_with_every_step_each_step_has_its_following_rows_as_targets():
    split = forecasting.windows(series(20), series(20), 5, 3, every_step=True)
    assert split.targets.shape == (13, 5, 3, 1)
    for start in range(split.size):
        for step in range(5):
            after = start + step + 1
            np.testing.assert_array_equal(split.targets[start, step], series(20)[after : after + 3])


def test_the_latest_windows_of_every_series_are_the_last_of_train():
    """A fraction of overlapping windows consists of the last ones, not of the last series."""
    rows = {"train": (0, 20), "validation": (20, 30), "test": (30, 40)}
    parts = [
        forecasting.SplitSeries(values, values, rows | {"train": (first, 20)}, 4, 1)
        for first, values in ((0, series(40)), (5, series(40) + 100))
    ]
    joined = forecasting.join_windows(parts)
    targets = {name: split.targets.ravel().tolist() for name, split in joined.items()}
    assert targets["train"] == [4, *(value for n in range(5, 20) for value in (n, 100 + n))]
    assert targets["test"] == [*range(30, 40), *range(130, 140)]
    for split in joined.values():
        np.testing.assert_array_equal(split.inputs["features"][:, -1] + 1, split.targets[:, 0])


@pytest.mark.parametrize("every_step", [False, True])
def test_a_series_shorter_than_a_window_has_no_windows(every_step):
    assert forecasting.windows(series(7), series(7), 5, 3, every_step).size == 0
    assert forecasting.windows(series(8), series(8), 5, 3, every_step).size == 1


@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("season", [1, 4, 13])  # the longest is longer than the window
def test_the_naive_forecast_repeats_the_last_season(every_step, season):
    horizon, window, first = 6, 9, 15
    periodic = np.tile(np.arange(season), 10)[:50, None].astype(np.float32)
    periodic = np.tile(periodic, (50 // len(periodic) + 1, 1))[:50]
    split = forecasting.windows(periodic[first:], periodic[first:], window, horizon, every_step)
    forecast = forecasting.naive(periodic, first, split.size, season, window, horizon, every_step)
    assert forecast.shape == split.targets.shape
    np.testing.assert_array_equal(forecast, split.targets)


@pytest.mark.parametrize("horizon, width", [(1, 1), (3, 2)])
def test_the_linear_model_is_the_same_on_views_and_on_copies(horizon, width):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(300, width)).cumsum(axis=0).astype(np.float32)
    views = forecasting.windows(values, values, 7, horizon, every_step=False)
    copies = dataclasses.replace(
        views, inputs={"features": np.ascontiguousarray(views.inputs["features"])}
    )
    (one, parameters), (other, same) = map(linear_forecast.fit_linear_model, (views, copies))
    assert parameters == same == (7 * width + 1) * horizon * width
    np.testing.assert_allclose(one(views), other(copies), rtol=1e-5, atol=1e-5)


def test_the_naive_forecast_without_a_season_repeats_the_last_value():
    values = np.array([[9.0], [1.0], [2.0], [5.0], [0.0], [0.0]])
    split = forecasting.windows(values[1:], values[1:], 3, 2, every_step=False)
    forecast = forecasting.naive(values, 1, split.size, 1, 3, 2, every_step=False)
    np.testing.assert_array_equal(forecast, [[[5.0], [5.0]]])


@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("look_back", [False, True])
@pytest.mark.parametrize("lead", [1, 4])
def test_targets_lie_in_their_split_but_windows_may_begin_before_it(every_step, look_back, lead):
    rows = {"train": (0, 20), "validation": (20, 30), "test": (30, 40)}
    data = forecasting.SplitSeries(series(40), series(40), rows, 5, 2, every_step, look_back, lead)
    for name, split in data.splits().items():
        first, last = rows[name]
        targets = np.unique(split.targets)
        back = look_back and name != "train"
        before = lead - 1 + (1 if every_step else 5)
        start = first if back else first + before
        np.testing.assert_array_equal(targets, np.arange(start, last))
        begin = start - before
        change = split.targets - data.last_season(name, 1)
        assert (change == [[lead], [lead + 1]]).all()
        np.testing.assert_array_equal(split.inputs["features"][0, :, 0], begin + np.arange(5))


def test_the_linear_model_fits_a_linear_series():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(300, 2)).astype(np.float32)
    rule = noise[:, :1].copy()
    rule[2:] = 0.5 * noise[1:-1, :1] - 2 * noise[:-2, 1:] + 0.3
    split = forecasting.windows(noise, rule, 2, 1, False)
    forecast, parameters = linear_forecast.fit_linear_model(split)
    assert parameters == 2 * 2 + 1
    np.testing.assert_allclose(forecast(split), split.targets, atol=1e-3)


def test_baselines_are_measured_after_the_last_step_of_a_window():
    rows = {"train": (0, 20), "validation": (20, 30), "test": (30, 40)}
    for every_step in (False, True):
        data = forecasting.SplitSeries(series(40) ** 2, series(40) ** 2, rows, 5, 2, every_step)
        splits = data.splits()
        (naive,) = forecasting.baselines([data], splits, 1, "")[:1]
        after = forecasting.after_last_step(splits["test"].targets, splits["test"])
        last = splits["test"].inputs["features"][:, -1:]
        expected = np.abs(after - last).mean()
        assert naive.test["mae"] == pytest.approx(expected, rel=1e-5)
    ragged = Split({"features": np.zeros((2, 3, 1))}, np.arange(6).reshape(2, 3, 1, 1),
                   {"features": np.array([1, 3])}, stepwise="features")  # fmt: skip
    assert forecasting.after_last_step(ragged.targets, ragged).ravel().tolist() == [0, 5]
    assert ragged.counted_steps().tolist() == [1, 1]


def test_errors_in_the_units_of_the_data():
    forecast, truth = np.array([[1.0], [3.0]]), np.zeros((2, 1))
    assert ErrorUnits().errors(forecast, truth) == {"mae": 2.0, "mse": 5.0}
    found = ErrorUnits(10.0, (4.0,), (0.0,)).errors(forecast, truth)
    assert found == {"mae": 20.0, "mse": 500.0, "mase": 0.5, "smape": 200.0}


@pytest.mark.parametrize("season", [1, 3, 11])
def test_the_naive_error_does_not_depend_on_the_block_size(monkeypatch, season):
    monkeypatch.setattr(forecasting, "_BLOCK", 4)
    values = series(17, 2)
    part = forecasting.SplitSeries(values, values, {"train": (0, 15)}, 2, 1)
    expected = np.abs(values[season:15] - values[: 15 - season]).mean(axis=0)
    np.testing.assert_allclose(forecasting.naive_errors([part, part], season), expected, rtol=1e-6)
    assert forecasting.naive_errors([part], 15) is None
