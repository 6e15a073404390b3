"""Runs, exported by the command line and served without this package."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from keras_gru.experiments import networks
from keras_gru.experiments.training_data import stored_data

from .runs import command, untrained_run, words

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def texts_run(tmp_path_factory):
    """A classifier of three classes of texts."""
    folder = tmp_path_factory.mktemp("texts")
    rows = [f"{text},{'xyz'[n % 3]}" for n, text in enumerate(words(30))]
    (folder / "texts.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    dataset = {"kind": "texts", "path": str(folder / "texts.csv"), "max_length": 5}
    return untrained_run(folder, dataset, {"kind": "classifier", "embedding": 4}, seeds=(0,))


@pytest.fixture(scope="module")
def series_run(tmp_path_factory):
    """Forecasts of one of two columns, from windows of both."""
    folder = tmp_path_factory.mktemp("series")
    values = np.random.default_rng(0).normal(size=(200, 2)) * (3, 40) + (5, 100)
    rows = [f"{a:.3f},{b:.3f}" for a, b in values]
    (folder / "series.csv").write_text("a,b\n" + "\n".join(rows) + "\n")
    dataset = {
        "kind": "csv_series",
        "path": str(folder / "series.csv"),
        "inputs": ["a", "b"],
        "targets": ["a"],
        "window": 6,
        "horizon": 2,
    }
    return untrained_run(folder, dataset, {"kind": "forecaster"}, seeds=(0,))


def serve(*arguments):
    """Run the recipe in a process in which neither Keras nor this package can be imported."""
    code = (
        "import runpy, sys; sys.modules.update(dict.fromkeys(['keras', 'keras_gru', 'tensorflow']))"
        "; del sys.argv[0]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    words = [sys.executable, "-c", code, str(ROOT / "recipes" / "serve.py"), *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_export_compares_and_serves_a_text(texts_run, tmp_path):
    said = command("export", texts_run.path, "--output", tmp_path)
    assert "onnxruntime: largest difference" in said and "100.00 % of predictions equal" in said
    parity = json.loads((tmp_path / "parity.json").read_text())["onnx model"]
    assert (
        parity["agrees"]
        and parity["difference"] < 1e-6
        and set(parity["milliseconds"]) == {"1", "32"}
    )

    preprocessing = stored_data(texts_run).preprocessing
    model = networks.load_model(texts_run, networks.choose_run(texts_run))
    tokens = np.array([preprocessing.encode("a b unheard c")], "int32")
    odds = np.exp(np.asarray(model({"tokens": tokens}))[0])
    found = serve(tmp_path / "model.onnx", "a b unheard c")
    assert found["class"] == preprocessing.target_vocabulary[odds.argmax()]
    assert found["probability"] == pytest.approx(odds.max() / odds.sum(), abs=1e-5)


def test_a_forecast_is_served_in_the_unit_of_the_column(series_run, tmp_path):
    command("export", series_run.path, "--output", tmp_path)
    (tmp_path / "new.csv").write_text("b,a\n" + "\n".join(f"{100 + i},{i}" for i in range(9)))
    found = np.ravel(serve(tmp_path / "model.onnx", tmp_path / "new.csv"))
    preprocessing = stored_data(series_run).preprocessing
    model = networks.load_model(series_run, networks.choose_run(series_run))
    rows = preprocessing.input_scaling.apply(np.array([[i, 100.0 + i] for i in range(3, 9)]))
    scaling = preprocessing.target_scaling
    expected = np.asarray(model({"features": rows[None]})).ravel() * scaling.deviation[0]
    np.testing.assert_allclose(found, expected + scaling.mean[0], rtol=1e-5)


def test_a_file_that_differs_is_exit_code_1(texts_run, tmp_path):
    command("export", texts_run.path, "--output", tmp_path, "--tolerance", "0", code=1)
    stored = json.loads((tmp_path / "parity.json").read_text())
    assert not stored["onnx model"]["agrees"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--quantize", "int8"], "quantize: onnx has no int8"),
        (["--cell", "lstm"], "no finished run of cell 'lstm'"),
    ],
)
def test_what_cannot_be_exported_is_exit_code_2(texts_run, tmp_path, arguments, said):
    assert said in command("export", texts_run.path, "--output", tmp_path, *arguments, code=2)
