"""`keras_gru.run`: from settings to a comparison and its analysis."""

import dataclasses

import numpy as np
import pytest

import keras_gru
from keras_gru import datasets
from keras_gru.datasets.storage.prepared import ARRAYS, read_prepared, write_prepared
from keras_gru.errors import UserError
from keras_gru.experiments import checkpoint
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.executors.jobs import Queue
from keras_gru.experiments.run_directory import RunDirectory
from tests.experiments.helpers import tiny

OVERRIDES = {"training.epochs": 1, "training.learning_rate": 1e-5, "cells": ["gru"]}


def settings(folder):
    """Return the settings of a tiny experiment as a dict."""
    return tiny(folder).model_dump(mode="json")


def test_a_comparison_has_a_frozen_analysis_and_is_resumed_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = settings(tmp_path) | {"runs": "runs"}
    comparison = keras_gru.run(made, training={"epochs": 1}, **{"model.size.units": 3})
    assert {(r.cell, r.units, r.epochs) for r in comparison.runs} == {
        ("gru", 3, 1),
        ("simple_rnn", 3, 1),
    }
    analysis = keras_gru.analyse(comparison)
    with pytest.raises(dataclasses.FrozenInstanceError):
        analysis.cells = ()
    again = keras_gru.run(resume="latest")
    assert again.runs == comparison.runs and again.path == comparison.path
    with pytest.raises(UserError, match="expected the settings of the run"):
        keras_gru.run(made, resume="tiny")


def test_a_config_is_a_name_or_a_dict_or_an_experiment(tmp_path):
    words = ["training.epochs=1", "training.learning_rate=1e-5", "cells=[gru]"]
    expected = load_experiment("quickstart", words)
    assert load_experiment("quickstart", OVERRIDES) == expected
    whole = load_experiment("quickstart")
    assert load_experiment(whole) == whole
    assert load_experiment(whole, OVERRIDES) == expected
    assert load_experiment(whole.model_dump(mode="json"), OVERRIDES) == expected


@pytest.mark.parametrize(
    ("config", "overrides", "words"),
    [
        ({"name": "x", "modell": {}}, {}, ["config", "modell", "model"]),
        (None, {}, ["config", "quickstart"]),
        ("quickstart", {"training.epoch": 3}, ["training.epoch", "epochs"]),
        ("quickstart", {"training.epochs": object()}, ["training.epochs"]),
    ],
)
def test_a_mistake_is_reported_with_its_name(config, overrides, words):
    with pytest.raises(UserError) as error:
        keras_gru.run(config, **overrides)
    assert all(word in str(error.value) for word in words)


def test_listing_the_remaining_jobs_changes_nothing_on_disk(tmp_path):
    experiment = tiny(tmp_path, tuning={"training.learning_rate": (0.01, 0.1)})
    folder = RunDirectory.create(experiment)
    leftover = folder.run_path("gru", 0) / checkpoint.FILE
    leftover.parent.mkdir()
    leftover.touch()
    before = {path: path.stat().st_mtime_ns for path in folder.path.rglob("*")}
    queue = Queue(experiment, folder, datasets.load(experiment.dataset).metric)
    assert len(list(iter(queue.next, None))) == 4
    assert folder.learning_curve() is None and folder.fractions() == ()
    assert {path: path.stat().st_mtime_ns for path in folder.path.rglob("*")} == before


def test_processes_share_the_arrays_of_a_dataset(tmp_path):
    config = {"kind": "csv_series", "path": str(tmp_path / "x.csv"), "targets": ["x"], "window": 50}
    rows = np.arange(600)
    (tmp_path / "x.csv").write_text("x\n" + "".join(f"{n % 7}.5\n" for n in rows))
    experiment = Experiment(
        name="x", dataset=config, model={"kind": "forecaster", "size": {"units": 2}}
    )
    dataset = datasets.load(experiment.dataset)
    windows = dataset.splits["train"].inputs["features"]
    write_prepared(dataset, tmp_path)
    assert (tmp_path / ARRAYS).stat().st_size < windows.nbytes
    shared = read_prepared(tmp_path)
    assert shared.fingerprint == dataset.fingerprint
    for name, split in dataset.splits.items():
        np.testing.assert_array_equal(
            shared.splits[name].inputs["features"], split.inputs["features"]
        )
        np.testing.assert_array_equal(shared.splits[name].targets, split.targets)
