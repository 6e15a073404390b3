"""A metric has the same unit in every file, in every call and in the report."""

import json

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.experiments import networks
from keras_gru.experiments.compare import compare
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.run_directory import RunDirectory


@pytest.fixture(scope="module")
def riders(tmp_path_factory):
    """A tuned comparison on a series of values near 5,000, and the scale of its dataset."""
    path = tmp_path_factory.mktemp("riders")
    values = 5_000 + 1_000 * np.sin(np.arange(200)) + 300 * np.cos(3 * np.arange(200))
    (path / "riders.csv").write_text("riders\n" + "\n".join(map(str, values)) + "\n")
    (path / "riders.yaml").write_text(
        f"name: riders\nruns: {path / 'runs'}\ncells: [gru]\nseeds: [0]\n"
        "dataset: {kind: csv_series, path: riders.csv, targets: [riders], window: 4}\n"
        "model: {kind: forecaster, size: {units: 2}}\n"
        "training: {epochs: 2, jit_compile: false, learning_rate: {grid: [0.01, 0.1]}}\n"
    )
    return compare(load_experiment(path / "riders.yaml"))


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_file_has_the_error_in_the_reported_unit_and_names_the_unit(riders):
    folder = riders.path
    histories = sorted(folder.glob("**/history.jsonl"))
    assert len(histories) == 3  # two trials and the run
    for path in (folder / "results.jsonl", folder / "tuning.jsonl", *histories):
        for row in rows(path):
            assert row["metric"] == "MAE (riders)"
            error = row.get("val_mae", row.get("validation", {}).get("mae"))
            assert 50 < error < 2_000  # in standard deviations it would be below 2
    baseline = json.loads((folder / "metadata.json").read_text())["baselines"][0]
    assert 50 < baseline["test"]["mae"] < 2_000


def test_the_recorded_error_is_that_of_the_forecasts(riders):
    folder = RunDirectory(riders.path)
    (record,) = riders.runs
    dataset = datasets.load(riders.experiment.dataset)
    network = networks.load_model(folder, record)
    split = dataset.splits["test"]
    forecasts = network.predict({"features": np.array(split.inputs["features"])}, verbose=0)
    deviation = np.loadtxt(riders.experiment.dataset.path, skiprows=1)[:140].std()
    error = (forecasts - split.targets) * deviation
    assert record.test["mae"] == pytest.approx(np.abs(error).mean(), rel=1e-4)
    assert record.test["mse"] == pytest.approx(np.square(error).mean(), rel=1e-4)
    assert networks.evaluate(folder, record, "test")["mae"] == pytest.approx(record.test["mae"])
