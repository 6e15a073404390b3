"""The report over several datasets, and `keras-gru verdict`."""

import json

import pytest
from typer.testing import CliRunner

from keras_gru.analysis.across_datasets import AcrossDatasets
from keras_gru.analysis.dataset_errors import DatasetErrors
from keras_gru.analysis.profiles import PROFILE_FACTORS
from keras_gru.analysis.stored import read_measurements
from keras_gru.cli import app
from keras_gru.errors import UserError
from keras_gru.report.html import render_page
from keras_gru.report.verdict import verdict_report

METRIC = {"name": "accuracy", "mode": "max", "label": "accuracy", "digits": 3}


@pytest.fixture
def files(tmp_path):
    """Stored results of three datasets, on each of which the same cell is better."""
    for number in range(3):
        cells = {
            cell: {
                "label": cell.upper(),
                "diverged": 0,
                "test": {"values": {"0": a, "1": a + 0.01}},
                "cost": {"seconds_to_target": {"mean": 30 * a}, "reached_target": 2},
                "tuning": {"trials": [a, None] * 5},
            }
            for cell, a in (("gru", 0.9), ("lstm", 0.6))
        }
        result = {
            "name": f"set_{number}",
            "metric": METRIC,
            "sequences": {"test": 100},
            "cells": cells,
            "baselines": [{"label": "chance", "test": 0.5}, {"label": "unknown"}],
        }
        (tmp_path / f"{number}.json").write_text(json.dumps(result))
    return sorted(map(str, tmp_path.glob("*.json")))


def test_a_stored_result_has_measurements(files):
    name, measurements = read_measurements(files[0])
    assert (name, measurements.resolution) == ("set_0", 0.01)
    assert measurements.values["gru"] == {0: 0.9, 1: 0.91}
    assert measurements.baselines == {"chance": 0.5}


def test_the_command_prints_and_writes(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["verdict", *files, "--json", "numbers"])
    assert done.exit_code == 0 and "GRU" in done.output
    pair = json.loads((tmp_path / "numbers").read_text())["pairs"][0]
    assert pair["one_better"] > 0.8 and pair["differences"]["set_0"] == pytest.approx(0.3 / 0.095)
    page = (tmp_path / "verdict.html").read_text()
    assert "set_2" in page and page.count("<svg") >= 2
    numbers = json.loads((tmp_path / "numbers").read_text())
    # 27 seconds are 1.5 times 18 seconds.
    assert numbers["time_profiles"]["lstm"] == [1] * 41
    within = dict(zip(PROFILE_FACTORS, numbers["time_profiles"]["gru"], strict=True))
    assert {f for f, fraction in within.items() if fraction} == {f for f in within if f >= 1.5}
    assert "Time to result" in page and "Nemenyi" in page
    expected, low, high = numbers["budgets"]["gru"]
    assert expected == low == high == pytest.approx([1] * 10)
    assert numbers["budgets"]["lstm"][0] == pytest.approx([4] * 10)  # 0.4 of 0.1
    assert "Expected best against budget" in page
    assert numbers["ranks"]["means"] == {"gru": 1.0, "lstm": 2.0}


def test_a_file_that_is_no_result_is_rejected_in_one_sentence(tmp_path):
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(UserError, match=r"x\.json"):
        read_measurements(str(tmp_path / "x.json"))


def test_one_dataset_has_no_verdict_and_names_are_escaped():
    one = DatasetErrors("<b>", {"gru": {0: 0.1, 1: 0.2}})
    page = render_page(
        verdict_report(
            AcrossDatasets({"gru": "<i>"}, (one,), (), {"gru": [1] * 41}, {}, {}, None, 0.01)
        )
    )
    assert "<b>" not in page and "<i>" not in page and "&lt;i&gt;" in page
