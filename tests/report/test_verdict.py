"""The report over several datasets, and `keras-gru verdict`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from keras_gru.analysis.across_datasets import (
    AcrossDatasets,
    analyse_across_datasets,
    compare_across_datasets,
)
from keras_gru.analysis.dataset_errors import DatasetErrors
from keras_gru.analysis.profiles import PROFILE_FACTORS, Profile
from keras_gru.analysis.stored import find_results, read_measurements
from keras_gru.cli import app
from keras_gru.errors import UserError
from keras_gru.report.blocks import Text
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
                "diverged": [],
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


def test_the_results_of_the_atlas_come_with_the_package(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = find_results(["atlas", files[0]])
    assert len(found) > 12 and found[-1] == files[0]
    assert {read_measurements(path)[0] for path in found} >= {"adding", "xml", "set_0"}
    (tmp_path / "atlas").mkdir()
    assert find_results(["atlas"]) == ["atlas"]


def test_the_command_prints_and_writes(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["verdict", *files, "--json", "numbers"])
    assert done.exit_code == 0 and "GRU" in done.output
    pair = json.loads((tmp_path / "numbers").read_text())["pairs"][0]
    assert pair["decision"] is None, "three datasets are too few"
    assert pair["on_new_dataset"] == pytest.approx([3 / 3.5, 0.5 / 3.5, 0])
    assert "0.86 / 0.14 / 0.00" in (tmp_path / "verdict.html").read_text()
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
    # Each second trial diverged, which counts as the highest error, 4 times the lowest.
    assert (expected[0], expected[-1]) == pytest.approx((2, 1), abs=0.01) and low[0] < 2 < high[0]
    assert numbers["budgets"]["lstm"][0] == pytest.approx([4] * 10)  # 0.4 of 0.1
    assert "Expected best against budget" in page
    assert numbers["ranks"]["means"] == {"gru": 1.0, "lstm": 2.0}


def test_diverged_runs_are_reported(files):
    stored = json.loads(Path(files[0]).read_text())
    stored["cells"]["lstm"]["diverged"] = [2, 3]
    Path(files[0]).write_text(json.dumps(stored))
    report = verdict_report(analyse_across_datasets(map(read_measurements, files)))
    texts = [block.text for block in report.sections[0].blocks if isinstance(block, Text)]
    assert any("LSTM in 2 of 4 runs on set_0" in text for text in texts)


@pytest.mark.parametrize("number", ["NaN", None])
def test_a_file_that_is_no_result_is_rejected_in_one_sentence(files, number):
    stored = Path(files[0]).read_text()
    Path(files[0]).write_text(stored.replace("0.91", number) if number else "{}")
    with pytest.raises(UserError, match=r"0\.json"):
        read_measurements(files[0])


def test_inputs_without_a_verdict_are_rejected_in_one_sentence(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stored = json.loads(Path(files[0]).read_text())
    for cell in stored["cells"].values():
        cell["test"]["values"] = {}
    (tmp_path / "begun.json").write_text(json.dumps({**stored, "name": "begun"}))
    for arguments, where in (
        (files[:2], "verdict:"),
        ([*files, files[0]], "set_0:"),
        ([*files, "begun.json"], "begun:"),
        ([*files, "--json", "verdict.html"], "--json"),
    ):
        done = CliRunner().invoke(app, ["verdict", *arguments])
        assert done.exit_code == 2 and where in done.output and done.output.count("\n") == 1
    assert not (tmp_path / "verdict.html").exists()


def test_a_dataset_of_one_seed_is_named_and_names_are_escaped():
    runs = {cell: {0: 0.1, 1: 0.2} for cell in ("gru", "lstm")}
    found = [DatasetErrors(f"<b>{number}", runs) for number in range(3)]
    found.append(DatasetErrors("single", {cell: {0: 0.1} for cell in runs}))
    labels = {"gru": "<i>", "lstm": "LSTM"}
    profiles = dict.fromkeys(runs, Profile(*[[1] * 41] * 3))
    pairs = compare_across_datasets(found)
    report = verdict_report(
        AcrossDatasets(labels, tuple(found), pairs, profiles, {}, {}, None, 0.01)
    )
    page = render_page(report)
    assert "<b>" not in page and "<i>" not in page and "&lt;i&gt;" in page
    texts = [block.text for block in report.sections[0].blocks if isinstance(block, Text)]
    assert "single" in texts[-1] and "3 datasets" in report.headline
