"""Forecasts beyond the end of a file, their prediction intervals, and errors by step."""

import functools
import json

import numpy as np
import pytest

import keras_gru
from keras_gru.errors import UserError
from keras_gru.experiments.forecasts import load_forecasts, spread_of
from keras_gru.experiments.training_data import stored_data

from .runs import command, series_csv, untrained_run


def test_a_forecast_starts_from_the_last_window_of_the_file(series_run, tmp_path):
    """The training file is deleted; a copy of it gives the same forecast."""
    model = keras_gru.load(series_run.path, seed="all")
    found = model.forecast()
    path = tmp_path / "copy.csv"
    path.write_text(series_csv(200))
    last = model.predict(path)
    np.testing.assert_allclose(found.mean[0], last.outputs[-1], rtol=1e-5)
    assert [row["date"] for row in found.rows] == [row["date"] for row in last.rows[-3:]]
    assert found.seeds.shape == (2, 1, 3, 2)
    row = found.rows[0]
    assert row["a (low)"] < row["a (lowest seed)"] <= row["a"] <= row["a (highest seed)"]
    assert row["a (high)"] - row["a"] == pytest.approx(found.half_widths[0, 0, 0], rel=1e-3)


def test_beyond_the_horizon_forecasts_become_inputs(series_run):
    model = keras_gru.load(series_run.path, seed=0)
    direct, longer = model.forecast(), model.forecast(7)
    np.testing.assert_array_equal(longer.mean[0, :3], direct.mean[0])
    scaling = model.preprocessing.target_scaling
    end = np.array(stored_data(series_run).ends[0].features)
    features = np.concatenate([end, scaling.apply(direct.mean[0])])[-6:]
    windows = features * np.array(scaling.deviation) + np.array(scaling.mean)
    again = model.predict(windows[None]).outputs[0]
    np.testing.assert_allclose(longer.mean[0, 3:6], again, rtol=1e-4)
    assert longer.rows[2]["a (low)"] is not None and longer.rows[3]["a (low)"] is None
    assert any("recursively" in note for note in longer.notes)


def test_many_steps_trace_a_graph_and_do_not_run_eagerly(series_run, monkeypatch):
    calls, call = [], keras_gru.GRU.call
    counted = functools.wraps(call)(lambda *a, **k: calls.append(1) or call(*a, **k))
    monkeypatch.setattr(keras_gru.GRU, "call", counted)
    model = keras_gru.load(series_run.path, seed=0)
    model.forecast()
    once = len(calls)
    model.forecast(30)  # ten outputs of a network with a horizon of three
    assert 0 < len(calls) <= 2 * once


def test_a_lead_of_four_forecasts_only_the_fourth_row(tmp_path):
    (tmp_path / "series.csv").write_text(series_csv(200))
    dataset = {"kind": "csv_series", "path": str(tmp_path / "series.csv"), "targets": ("b",)}
    dataset |= {"window": 6, "lead": 4, "calendar": ("hour",)}
    run = untrained_run(tmp_path, dataset, {"kind": "forecaster"}, seeds=(0,))
    model = keras_gru.load(run.path)
    (row,) = model.forecast().rows
    last = model.predict(tmp_path / "series.csv").rows[-1]
    # The series ends on January 9 at 7:00.
    assert row["date"] == last["date"] == "2020-01-09 11:00:00" and row["step"] == last["step"] == 4
    assert row["b"] == pytest.approx(last["b"], rel=1e-5)
    known = model.predict(tmp_path / "series.csv").rows[0]
    assert known["b (truth)"] == 100 + 6 + 3 and known["date"] == "2020-01-01 09:00:00"
    with pytest.raises(UserError, match="expected at most 1"):
        model.forecast(2)


def test_months_ahead_are_months_in_dates_and_inputs(tmp_path):
    """A recursive forecast is the same as that of a file which goes on with its forecasts."""
    months = np.arange(np.datetime64("2015-01"), np.datetime64("2020-02"))
    lines = [f"{month}-01,{n % 12}" for n, month in enumerate(months) if n != 40]
    path, longer = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_text("month,sold\n" + "\n".join(lines[:-1]) + "\n")
    dataset = {"kind": "csv_series", "path": str(path), "targets": ("sold",), "window": 4}
    dataset |= {"calendar": ("month",)}
    run = untrained_run(tmp_path, dataset, {"kind": "forecaster"}, seeds=(0,))
    model = keras_gru.load(run.path)
    rows = model.forecast(3).rows
    assert [row["date"] for row in rows] == ["2020-01-01", "2020-02-01", "2020-03-01"]
    lines[-1] = f"2020-01-01,{rows[0]['sold']}"
    longer.write_text("month,sold\n" + "\n".join(lines) + "\n")
    found = model.predict(longer).rows
    assert found[-1]["sold"] == pytest.approx(rows[1]["sold"], rel=1e-4)
    ahead = [*(line.split(",")[0] for line in lines[4:]), "2020-02-01"]  # also after the gap
    assert [row["date"] for row in found] == ahead
    assert "1 row is missing" in model.predict(longer).notes[0]


def test_the_spread_of_a_window_is_that_of_its_changes():
    window = np.array([[0, 5], [2, 5], [1, 9]], float)
    np.testing.assert_allclose(spread_of(window, (0,), 1), [1.5])
    np.testing.assert_allclose(spread_of(window[None], None, 2), [[0, 0]])


def test_errors_by_step_and_variable_are_json(series_run):
    path = series_run.run_path("gru", 0)
    errors = json.loads((path / "forecast_errors.json").read_text())
    assert errors["variables"] == ["a", "b"]
    stored = load_forecasts([path])["test"]
    assert stored.forecast.shape == (28, 3, 2)  # 30 rows of test, 3 ahead
    difference = np.abs(stored.forecast.astype(float) - stored.truth)
    np.testing.assert_allclose(errors["test"]["mae"], difference.mean(0))
    np.testing.assert_allclose(stored.truth[0], [[10 * n % 7, 100 + n] for n in (170, 171, 172)])
    both = load_forecasts([path, series_run.run_path("gru", 1)])["test"]
    assert abs(both.forecast - stored.forecast).max() > 1e-3


def test_the_command_writes_forecasts(series_run, texts_run, tmp_path):
    text = command("forecast", series_run.path, "--steps", 4, "--seed", 1)
    header, *rows = text.splitlines()
    assert header == "date,step,a,a (low),a (high),b,b (low),b (high)" and len(rows) == 4
    command("forecast", series_run.path, "-o", tmp_path / "f.jsonl")
    assert len((tmp_path / "f.jsonl").read_text().splitlines()) == 3
    assert "time series" in command("forecast", texts_run.path, code=2)


def test_other_inputs_than_forecasts_limit_the_horizon(series_run):
    model = keras_gru.load(series_run.path)
    spec = model.preprocessing.spec
    object.__setattr__(spec, "history", None)
    try:
        with pytest.raises(UserError, match="expected at most 3"):
            model.forecast(4)
    finally:
        object.__setattr__(spec, "history", (0, 1))


def test_a_damaged_file_of_forecasts_is_rejected(tmp_path):
    assert load_forecasts([tmp_path]) is None
    np.savez(tmp_path / "forecasts.npz", validation_truth=np.zeros(3))
    with pytest.raises(UserError, match="damaged"):
        load_forecasts([tmp_path])
