"""Runs exported by `keras-gru export` and served without Keras and this package."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import keras_gru
from keras_gru import models
from keras_gru.experiments import networks
from keras_gru.experiments.exports import load_parities
from keras_gru.experiments.training_data import stored_data
from keras_gru.exporting.export import export_run

from .runs import command, series_csv, untrained_run

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def only_onnxruntime(monkeypatch):
    for package in ("openvino", "tract"):
        monkeypatch.setitem(sys.modules, package, None)


def load(run):
    return networks.load_model(run, networks.choose_run(run))


def exported(run, output, **options):
    export_run(run, networks.choose_run(run), "onnx", output=output, measure_time=False, **options)


def serve(*arguments, code=0):
    """Run the recipe in a process in which neither Keras nor this package can be imported.

    Returns what it prints, or the message with which it exits.
    """
    script = (
        "import runpy, sys; sys.modules.update(dict.fromkeys(['keras', 'keras_gru', 'tensorflow']))"
        "; del sys.argv[0]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    words = [sys.executable, "-c", script, str(ROOT / "recipes" / "serve.py"), *map(str, arguments)]
    completed = subprocess.run(words, capture_output=True, text=True)
    assert completed.returncode == code, completed.stderr
    return completed.stderr if code else json.loads(completed.stdout)


def test_the_comparison_is_printed_stored_and_on_the_page(text_run, tmp_path):
    said = command("export", text_run.path, "--output", tmp_path)
    assert "onnxruntime: largest difference" in said and "100.00 % of predictions equal" in said
    (parity,) = load_parities(tmp_path).values()
    assert parity.agrees and parity.difference < 1e-6
    assert parity.accuracy == parity.keras_accuracy == accuracy_on_test(text_run)
    assert set(parity.milliseconds) == {"1", "32"}
    page = (text_run.path / "report.html").read_text()
    assert f"{parity.difference:.1e}" in page and "model.onnx" in page


def accuracy_on_test(run):
    (value,) = [
        found
        for name, found in networks.evaluate(run, networks.choose_run(run), "test").items()
        if name == "accuracy"
    ]
    return pytest.approx(value, abs=1e-6)


class TestServe:
    """`recipes/serve.py` prints the predictions of `keras-gru` for raw input."""

    def test_classes_and_tags(self, texts_run, tags_run, tmp_path):
        exported(texts_run, tmp_path / "a")
        found = serve(tmp_path / "a" / "model.onnx", "a b unheard c")
        (row,) = keras_gru.load(texts_run.path).predict("a b unheard c").rows
        assert found == {
            "class": row["label"],
            "probability": pytest.approx(row["probability"], abs=1e-5),
        }
        exported(tags_run, tmp_path / "b")
        rows = keras_gru.load(tags_run.path).predict("A zzz c").rows
        tags = serve(tmp_path / "b" / "model.onnx", "A zzz c")
        assert [tag for _, tag in tags] == [row["tag"] for row in rows]

    def test_forecasts_in_the_units_of_the_columns(self, series_run, tmp_path):
        exported(series_run, tmp_path)
        table = tmp_path / "new.csv"
        table.write_text(series_csv(9))
        expected = keras_gru.load(series_run.path).predict(table).outputs[-1]
        found = serve(tmp_path / "model.onnx", table)
        np.testing.assert_allclose([list(row.values()) for row in found], expected, rtol=1e-5)

    def test_forecasts_of_one_of_several_series(self, many_series_run, tmp_path):
        exported(many_series_run, tmp_path)
        rows = np.arange(4.0)
        (tmp_path / "y.csv").write_text("a\n" + "\n".join(f"{1000 * row}" for row in rows))
        found = serve(tmp_path / "model.onnx", tmp_path / "y.csv", "--series", "y")
        both = "".join(f"{1000 * row},y\n{row},x\n" for row in rows)
        (tmp_path / "both.csv").write_text("a,shop\n" + both)
        assert serve(tmp_path / "model.onnx", tmp_path / "both.csv", "--series", "y") == found
        (end,) = [end for end in stored_data(many_series_run).ends if end.name == "y"]
        scaled = stored_data(many_series_run).preprocessing.scalings_of("y")
        x = scaled[0].apply(1000 * rows[:, None])[None]
        assert x.shape[1:] == np.shape(end.features)
        y = np.asarray(load(many_series_run)({"features": x}))[0] * scaled[1].deviation
        np.testing.assert_allclose([row["a"] for row in found], y[:, 0] + scaled[1].mean, rtol=1e-4)

    @pytest.mark.parametrize("setting", [{"known": ("b",)}, {"every_nth_row": 2}])
    def test_inputs_that_are_not_the_last_rows_of_a_table(self, setting, tmp_path):
        """`b` of the next row is an input, which as many columns as the table's would hide."""
        table = tmp_path / "series.csv"
        table.write_text(series_csv(90))
        dataset = {"kind": "csv_series", "path": str(table), "targets": ("a",), "window": 4}
        run = untrained_run(tmp_path, dataset | setting, {"kind": "forecaster"}, seeds=(0,))
        exported(run, tmp_path)
        model = tmp_path / "model.onnx"
        assert "expected an .npy file of vectors" in serve(model, table, code=1)
        x = np.random.default_rng(0).normal(size=(4, 1 + ("known" in setting)))
        np.save(tmp_path / "x.npy", x)
        (row,) = serve(model, tmp_path / "x.npy")
        y = np.asarray(load(run)({"features": x[None]})).item()
        scaling = stored_data(run).preprocessing.target_scaling
        assert row["a"] == pytest.approx(y * scaling.deviation[0] + scaling.mean[0], rel=1e-5)

    def test_probabilities_of_notes(self, music_run, tmp_path):
        exported(music_run, tmp_path)
        roll = np.array([[0, 1, 0], [1, 1, 0], [0, 0, 0], [0, 1, 1], [1, 0, 0]])
        np.save(tmp_path / "roll.npy", roll)
        found = serve(tmp_path / "model.onnx", tmp_path / "roll.npy")
        (expected,) = keras_gru.load(music_run.path).predict(roll[None]).outputs
        np.testing.assert_allclose(found["probabilities"], expected[-1], rtol=1e-4)

    def test_the_next_token_and_a_generated_text(self, text_run, tmp_path):
        exported(text_run, tmp_path)
        (row,) = keras_gru.load(text_run.path).predict("abc a").rows
        assert serve(tmp_path / "model.onnx", "abc a")["next"] == row["next"]
        exported(text_run, tmp_path, step=True)
        said = command("generate", text_run.path, "--prompt", "abc a", "--temperature", "0")
        text = serve(tmp_path / "step.onnx", "abc a")
        assert len(text) == 205 and said.startswith(text)

    def test_translations(self, translation_run, tmp_path):
        exported(translation_run, tmp_path)
        model, preprocessing = load(translation_run), stored_data(translation_run).preprocessing
        source = np.array([preprocessing.encode("Good 3!")])
        ends = {"start": preprocessing.spec.start, "end": preprocessing.spec.end}
        for beams in (1, 3):
            (tokens,) = models.translate(model, source, **ends, max_length=50, beams=beams)
            found = serve(tmp_path, "Good 3!", "--beams", beams)
            assert found == preprocessing.decode(tokens), beams


def test_an_exported_file_that_differs_exits_with_1(texts_run, tmp_path):
    command("export", texts_run.path, "--output", tmp_path, "--tolerance", "0", code=1)
    assert not load_parities(tmp_path)["onnx model"].agrees


def test_without_the_data_random_sequences_of_the_right_length_are_compared(
    texts_run, tags_run, tmp_path
):
    """The texts have up to 5 words; the length of the sentences is not known."""
    found = [
        export_run(run, networks.choose_run(run), "onnx", output=tmp_path, measure_time=False)
        for run in (texts_run, tags_run)
    ]
    assert all(one.is_random and one.accuracy is None for one in found)
    said = command("export", tags_run.path, "--to", "litert", "--output", tmp_path, code=2)
    assert "litert: expected the data of the run" in said
    pytest.importorskip("ai_edge_litert")
    from ai_edge_litert.interpreter import Interpreter

    command("export", texts_run.path, "--to", "litert", "--output", tmp_path)
    interpreter = Interpreter(str(tmp_path / "model.tflite"))
    assert interpreter.get_input_details()[0]["shape"].tolist() == [1, 5]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--quantize", "int8"], "quantize: onnx has no int8"),
        (["--cell", "lstm"], "no finished run of cell 'lstm'"),
    ],
)
def test_an_export_that_is_not_possible_exits_with_2(texts_run, tmp_path, arguments, said):
    assert said in command("export", texts_run.path, "--output", tmp_path, *arguments, code=2)
