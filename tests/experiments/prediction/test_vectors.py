"""Classifying new recordings and new .ts files."""

import shutil

import numpy as np
import pytest
from scipy.io import wavfile

import keras_gru
from keras_gru.errors import UserError
from keras_gru.experiments.training_data import load_data

from .runs import command, untrained_run

RNG = np.random.default_rng(0)


def write_sound(path, size=900, rate=8_000):
    wavfile.write(path, rate, RNG.integers(-9_000, 9_000, size).astype(np.int16))


@pytest.fixture(scope="module")
def sounds_run(tmp_path_factory):
    """A classifier of recordings with the labels x and y; its files are deleted."""
    folder = tmp_path_factory.mktemp("sounds")
    for label in "xy":
        (folder / "all" / label).mkdir(parents=True)
        for number in range(6):
            write_sound(folder / "all" / label / f"{number}.wav", 600 + 100 * number)
    dataset = {"kind": "audio", "path": str(folder / "all"), "bands": 10}
    dataset |= {"validation_fraction": 0.2, "test_fraction": 0.2}
    run = untrained_run(folder, dataset, {"kind": "classifier"}, seeds=(0,))
    shutil.rmtree(folder / "all")
    return run


@pytest.fixture(scope="module")
def new_sounds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("new")
    for label in "xz":
        (folder / label).mkdir()
        write_sound(folder / label / "a.wav")
    write_sound(folder / "x" / "fast.wav", 2_000, 16_000)
    write_sound(folder / "x" / "short.wav", 50)
    write_sound(folder / "loose.wav")
    return folder


def test_recordings_are_predicted_from_a_file_or_a_folder(sounds_run, new_sounds):
    model = keras_gru.load(sounds_run.path)
    found = model.predict(new_sounds)
    files = ["x/a.wav", "x/fast.wav", "x/short.wav", "z/a.wav"]
    assert [row["file"] for row in found.rows] == files
    assert [row["label"] is None for row in found.rows] == [False, False, True, False]
    assert [row["truth"] for row in found.rows] == list("xxxz")
    notes = " ".join(found.notes)
    assert "1 of 3 labels" in notes and "16,000" in notes and "Left out 1" in notes
    assert "1 loose.wav" in notes
    one = model.predict(str(new_sounds / "x" / "a.wav"))
    np.testing.assert_allclose(one.outputs[0], found.outputs[0], rtol=1e-4)
    lines = command("predict", sounds_run.path, new_sounds / "x").splitlines()
    assert len(lines) == 4 and lines[0].startswith("file,label,probability,p_x,p_y")


@pytest.mark.parametrize(
    "data, parts",
    [
        ("missing.wav", ("missing.wav", "no such file")),
        ("hello", (".wav", "'hello'")),
        ("x/short.wav", ("25 ms", "shorter")),
        ("y.wav", ("y.wav", "WAV")),
        (3, (".wav", "int")),
    ],
)
def test_other_inputs_are_rejected(sounds_run, new_sounds, monkeypatch, data, parts):
    monkeypatch.chdir(new_sounds)
    (new_sounds / "y.wav").write_bytes(b"RIFF no")
    with pytest.raises(UserError) as error:
        keras_gru.load(sounds_run.path).predict(data)
    assert all(part in str(error.value) for part in parts)
    (new_sounds / "y.wav").unlink()


HEAD = "@problemName a\n@univariate false\n@classLabel {}\n@data\n"


@pytest.fixture(scope="module")
def ts_run(tmp_path_factory):
    """A classifier of two-dimensional series of different lengths."""
    folder = tmp_path_factory.mktemp("ts")
    sizes = [3 + 2 * (n % 3) for n in range(40)]
    rows = [f"{'1,2,3,4'[:size]}:{'4,5,6,7'[:size]}:{'ab'[n % 2]}" for n, size in enumerate(sizes)]
    (folder / "a.ts").write_text(HEAD.format("true a b") + "\n".join(rows) + "\n")
    dataset = {"kind": "ts", "path": str(folder / "a.ts")}
    return untrained_run(folder, dataset, {"kind": "classifier"}, seeds=(0,))


def test_series_are_predicted_with_and_without_labels(ts_run, tmp_path):
    (tmp_path / "a.ts").write_text(HEAD.format("true a b c") + "1,2:3,4:a\n5,6,7:1,2,3:c\n")
    (tmp_path / "b.ts").write_text(HEAD.format("false") + "1,2:3,4\n5,6,7:1,2,3\n")
    model = keras_gru.load(ts_run.path)
    labelled, others = (model.predict(tmp_path / name) for name in ("a.ts", "b.ts"))
    np.testing.assert_array_equal(labelled.outputs, others.outputs)
    assert [row["truth"] for row in labelled.rows] == ["a", "c"] and "'c' (1)" in labelled.notes[0]
    assert "truth" not in others.rows[0]
    (tmp_path / "c.ts").write_text(HEAD.format("false") + "1,2\n")
    with pytest.raises(UserError, match=r"series 1: .* 2 dimensions, .* 1 dimension\."):
        model.predict(tmp_path / "c.ts")


@pytest.mark.parametrize("labels", [[1, 2, 3], ["a", "b", "c"]])
def test_a_file_of_arrays_is_read_as_in_training(tmp_path, labels):
    random = np.random.default_rng(0)
    inputs, targets = random.normal(size=(60, 4, 4)), np.array(labels)[np.arange(60) % 3]
    path = tmp_path / "arrays.npz"
    np.savez(path, train_inputs=inputs, train_targets=targets)
    dataset = {"kind": "npz", "path": str(path), "task": "classification"}
    dataset |= {"axes": "channels, time", "scale": True}
    run = untrained_run(tmp_path, dataset, {"kind": "classifier"}, seeds=(0,))
    model = keras_gru.load(run.path)
    found = model.predict(path)
    assert [row["truth"] for row in found.rows] == [str(label) for label in targets]
    test = load_data(run).splits["test"]
    expected = model.outputs(load_data(run), "test")
    assert test.size == 6 and len(found.outputs) == 60
    rows = [np.abs(found.outputs - row).max(1).argmin() for row in expected]
    np.testing.assert_allclose(found.outputs[rows], expected, rtol=1e-4, atol=1e-6)
