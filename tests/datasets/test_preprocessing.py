"""Stored preprocessing is applied unchanged, and a fingerprint identifies the data.

Each kind is loaded with a stored preprocessing that differs from the one that would be fitted, so
the result shows which of the two was applied.
"""

import dataclasses

import numpy as np
import pytest
from pydantic import TypeAdapter

from keras_gru import datasets
from keras_gru.datasets.fingerprint import fingerprint_of_split
from keras_gru.datasets.own.csv_series import CsvSeries
from keras_gru.datasets.own.npz import Npz
from keras_gru.datasets.own.text_file import TextFile
from keras_gru.datasets.own.texts import Texts
from keras_gru.datasets.preprocessing import Preprocessing, Scaling
from keras_gru.datasets.published.etth1 import Etth1
from keras_gru.datasets.published.tiny_shakespeare import TinyShakespeare
from keras_gru.datasets.sequence_dataset import TaskSpec
from keras_gru.datasets.series.forecasting import windows
from keras_gru.datasets.synthetic.adding import Adding
from keras_gru.errors import UserError

ADDING = {"kind": "adding", "length": 4, "train": 8, "validation": 4, "test": 4}


def csv_series(folder, rows=60, first=0):
    lines = [f"{day % 3 * 10 + 100},{day / 2}" for day in range(first, first + rows)]
    (folder / "power.csv").write_text("load,heat\n" + "\n".join(lines) + "\n")
    columns = {"targets": ("load",), "inputs": ("load", "heat")}
    return CsvSeries(kind="csv_series", path=str(folder / "power.csv"), window=4, **columns)


def texts(folder, *labels, words="one two three four"):
    labels = labels or ("yes", "no") * 20
    rows = [f"{words} {number % 7},{label}" for number, label in enumerate(labels)]
    (folder / "texts.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    return Texts(kind="texts", path=str(folder / "texts.csv"))


def folder_of_texts(folder):
    for number in range(20):
        path = folder / "texts" / ("good" if number % 2 else "bad") / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"word {number}")
    return Texts(
        kind="texts", path=str(folder / "texts"), validation_fraction=0.2, test_fraction=0.2
    )


def text_file(folder, text="abcab " * 50):
    (folder / "a.txt").write_text(text)
    fractions = {"validation_fraction": 0.2, "test_fraction": 0.2}
    return TextFile(kind="text_file", path=str(folder / "a.txt"), window=5, **fractions)


def npz(folder, inputs=None, **arrays):
    inputs = np.arange(1, 61).reshape(20, 3) if inputs is None else inputs
    np.savez(folder / "a.npz", train_inputs=inputs, train_targets=np.arange(20) % 2, **arrays)
    return Npz(kind="npz", path=str(folder / "a.npz"), task="classification")


OWN = [csv_series, texts, folder_of_texts, text_file, npz]


@pytest.mark.parametrize("make", OWN)
def test_preprocessing_survives_json(make, tmp_path):
    stored = datasets.load(make(tmp_path)).preprocessing
    adapter = TypeAdapter(Preprocessing)
    assert adapter.validate_json(adapter.dump_json(stored)) == stored


@pytest.mark.parametrize("make", OWN)
def test_equal_data_have_equal_fingerprints(make, tmp_path):
    config = make(tmp_path)
    dataset = datasets.load(config)
    again = datasets.load(config, dataset.preprocessing, dataset.source)
    assert again.fingerprint == dataset.fingerprint and again.preprocessing == dataset.preprocessing


def a_longer_text(folder):
    with open(folder / "a.txt", "a") as file:
        file.write("b")


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (csv_series, lambda folder: csv_series(folder, rows=61)),
        (texts, lambda folder: texts(folder, *("yes", "never") * 20)),
        (texts, lambda folder: texts(folder, *("yes", "no") * 10)),
        (folder_of_texts, lambda folder: (folder / "texts/bad/0.txt").write_text("word 1")),
        (folder_of_texts, lambda folder: (folder / "texts/bad/0.txt").unlink()),
        (folder_of_texts, lambda folder: (folder / "texts/bad/0.txt").rename(folder / "0.txt")),
        (text_file, a_longer_text),
        (npz, lambda folder: npz(folder, np.arange(2, 62).reshape(20, 3))),
    ],
)
def test_a_changed_file_is_rejected(make, change, tmp_path):
    config = make(tmp_path)
    dataset = datasets.load(config)
    change(tmp_path)
    with pytest.raises(UserError, match="SHA-256"):
        datasets.load(config, dataset.preprocessing, dataset.source)


def test_a_file_that_no_longer_parses_is_rejected_as_changed(tmp_path):
    config = csv_series(tmp_path)
    dataset = datasets.load(config)
    (tmp_path / "power.csv").write_text("something,else\n1,2\n")
    with pytest.raises(UserError, match="SHA-256"):
        datasets.load(config, dataset.preprocessing, dataset.source)


def test_other_files_in_a_folder_do_not_change_the_source(tmp_path):
    config = folder_of_texts(tmp_path)
    before = datasets.load(config).source
    (tmp_path / "texts" / ".DS_Store").write_bytes(b"\0")
    assert datasets.load(config).source == before


def test_stored_mean_and_deviation_scale_a_series(tmp_path):
    config = csv_series(tmp_path)
    scalings = {
        "input_scaling": Scaling(("load", "heat"), (100.0, 1.0), (2.0, 4.0)),
        "target_scaling": Scaling(("load",), (100.0,), (2.0,)),
    }
    stored = dataclasses.replace(datasets.load(config).preprocessing, **scalings)
    dataset = datasets.load(config, stored)
    first = dataset.splits["train"].inputs["features"][0, :2]
    np.testing.assert_array_equal(first, [[0, -0.25], [5, -0.125]])
    assert dataset.input_scaling == scalings["input_scaling"]
    assert dataset.scale == 2


def test_a_deviation_due_to_rounding_is_not_used_for_scaling():
    """A column of 21.7 has a computed deviation of about 1e-14; values are not divided by it."""
    values = np.full((1_000, 1), 21.7)
    values[700:] = 22.7
    scaling = Scaling.fit(["x"], values[:700])
    assert scaling.deviation == (1.0,)
    np.testing.assert_allclose(scaling.apply(values)[700:], 1.0, rtol=1e-6)


def test_stored_labels_and_vocabulary_encode_texts(tmp_path):
    config = texts(tmp_path)
    fitted = datasets.load(config).preprocessing
    stored = dataclasses.replace(
        fitted, vocabulary=("", "[UNK]", "four"), target_vocabulary=("no", "maybe", "yes")
    )
    dataset = datasets.load(config, stored)
    assert set(np.unique(dataset.splits["train"].targets)) == {0, 2}
    assert set(np.unique(dataset.splits["test"].inputs["tokens"])) == {1, 2}


def test_a_stored_vocabulary_encodes_a_text(tmp_path):
    config = text_file(tmp_path)
    stored = dataclasses.replace(
        datasets.load(config).preprocessing, vocabulary=("", "\ufffd", "b", "c", "x")
    )
    dataset = datasets.load(config, stored)
    assert dataset.splits["train"].inputs["tokens"][0].tolist() == [1, 2, 3, 1, 2]
    assert dataset.encode("xbz") == [4, 2, 1]


def test_the_source_of_generated_data_is_its_settings_and_seed():
    one, same, other = (
        datasets.load(Adding(**ADDING, **seed)) for seed in ({}, {"seed": 0}, {"seed": 1})
    )
    assert "seed=0" in one.source.name
    assert one.fingerprint == same.fingerprint
    assert one.source.sha256 != other.source.sha256
    with pytest.raises(UserError, match="seed=1"):
        datasets.load(Adding(**ADDING, seed=1), one.preprocessing, one.source)


def test_the_source_of_published_data_is_its_name_version_and_checksum(needs):
    needs("ETTh1.csv")
    config = Etth1(kind="etth1")
    dataset = datasets.load(config)
    assert dataset.source.name == "etth1/1.0.0"
    scaling = dataclasses.replace(dataset.input_scaling, mean=(0.0,), deviation=(1.0,))
    stored = dataclasses.replace(dataset.preprocessing, input_scaling=scaling)
    unscaled = datasets.load(config, stored, dataset.source)
    first = unscaled.splits["train"].inputs["features"][0, 0, 0]
    assert first == pytest.approx(30.531, abs=1e-3), "the first oil temperature of the file"
    other = dataclasses.replace(dataset.source, sha256="0" * 64)
    with pytest.raises(UserError, match="etth1"):
        datasets.load(config, dataset.preprocessing, other)


def test_a_stored_vocabulary_replaces_that_of_a_published_text(needs):
    needs("input.txt")
    config = TinyShakespeare(kind="tiny_shakespeare")
    dataset = datasets.load(config)
    assert dataset.vocabulary[-1] == "z"
    stored = dataclasses.replace(dataset.preprocessing, vocabulary=dataset.vocabulary[:-1])
    again = datasets.load(config, stored, dataset.source)
    assert dataset.encode("Az") == [dataset.encode("A")[0], len(dataset.vocabulary) - 1]
    assert again.encode("Az") == [dataset.encode("A")[0], 1]


def test_fingerprints_of_arrays_differ_if_their_inputs_differ():
    part = datasets.Split({"features": np.zeros((3, 2, 1), np.float32)}, np.arange(3))
    other = datasets.Split({"features": np.ones((3, 2, 1), np.float32)}, np.arange(3))
    spec = TaskSpec(task="classification", outputs=3, features=1, length=2)
    one, two = (
        datasets.SequenceDataset(
            name="mine",
            spec=spec,
            metric=datasets.Metric("accuracy", "max", "accuracy"),
            splits=dict.fromkeys(("train", "validation", "test"), split),
        )
        for split in (part, other)
    )
    assert one.source is None
    with pytest.raises(UserError, match="train split"):
        one.fingerprint.check(two.fingerprint)


def test_every_row_of_a_series_changes_the_fingerprint(tmp_path):
    """The first step of each window and all steps of the last are hashed: together, every row."""
    values = np.arange(20, dtype=np.float32)[:, None]
    split = windows(values, values, 4, 2, False)
    before = fingerprint_of_split(split, every_input=True)
    for row in range(20):
        other = values.copy()
        other[row] += 1
        changed = windows(other, other, 4, 2, False)
        assert fingerprint_of_split(changed, every_input=True) != before


class TestAsTest:
    """A user's file as a test split, for a network that was trained on another file."""

    def test_all_windows_of_a_series_are_the_test_split(self, tmp_path):
        stored = datasets.load(csv_series(tmp_path)).preprocessing
        dataset = datasets.load_as_test(csv_series(tmp_path, rows=70, first=30), stored)
        assert list(dataset.splits) == ["test"] and dataset.size("test") == 70 - 4
        assert dataset.input_scaling == stored.input_scaling
        heat = dataset.splits["test"].inputs["features"][0, 0, 1]
        mean, deviation = (
            values[1] for values in (stored.input_scaling.mean, stored.input_scaling.deviation)
        )
        assert heat == pytest.approx((15 - mean) / deviation, rel=1e-6)

    def test_unknown_labels_and_tokens_are_counted(self, tmp_path):
        stored = datasets.load(texts(tmp_path)).preprocessing
        other = texts(tmp_path, *("yes", "maybe", "no", "maybe"), words="one two three nine")
        dataset = datasets.load_as_test(other, stored)
        assert dataset.size("test") == 2
        assert dataset.target_vocabulary == ("no", "yes")
        assert any("2 of 4" in note and "'maybe' (2)" in note for note in dataset.notes)
        assert any("20.0%" in note for note in dataset.notes)

    def test_a_file_without_a_known_label_is_rejected(self, tmp_path):
        stored = datasets.load(texts(tmp_path)).preprocessing
        with pytest.raises(UserError, match="'maybe'"):
            datasets.load_as_test(texts(tmp_path, "maybe", "maybe"), stored)

    def test_a_missing_column_is_rejected(self, tmp_path):
        config = csv_series(tmp_path)
        stored = datasets.load(config).preprocessing
        (tmp_path / "power.csv").write_text("load\n" + "1\n" * 60)
        with pytest.raises(UserError, match="'heat'"):
            datasets.load_as_test(config, stored)

    def test_a_complete_text_is_the_test_split(self, tmp_path):
        stored = datasets.load(text_file(tmp_path)).preprocessing
        dataset = datasets.load_as_test(text_file(tmp_path, "abz" * 7), stored)
        assert dataset.size("test") == 4 and dataset.vocabulary == stored.vocabulary
        assert any("30.0%" in note for note in dataset.notes)

    def test_all_sequences_of_an_npz_file_are_the_test_split(self, tmp_path):
        stored = datasets.load(npz(tmp_path, train_lengths=np.arange(20) % 3 + 1)).preprocessing
        more = {"test_inputs": np.full((2, 5), 7), "test_targets": np.array([0, 1])}
        dataset = datasets.load_as_test(npz(tmp_path, np.full((20, 3), 9), **more), stored)
        assert dataset.size("test") == 22
        assert dataset.splits["test"].inputs["tokens"].shape == (22, 5)
        np.savez(tmp_path / "a.npz", **more)
        config = Npz(kind="npz", path=str(tmp_path / "a.npz"), task="classification")
        assert datasets.load_as_test(config, stored).size("test") == 2, (
            "a test split alone is enough"
        )

    @pytest.mark.parametrize(
        ("arrays", "words"),
        [
            ({"test_inputs": np.full((2, 3), 61)}, "tokens from 1 to 60"),
            ({"test_inputs": np.full((2, 4), 7)}, "sequences of 3 steps"),
            ({"test_inputs": np.ones((2, 3, 1))}, "tokens"),
            ({"test_targets": np.array([0, 2])}, "labels of train, 0, 1, got 2"),
        ],
    )
    def test_arrays_of_other_shapes_are_rejected(self, arrays, words, tmp_path):
        config = npz(tmp_path)
        stored = datasets.load(config).preprocessing
        both = {"test_inputs": np.full((2, 3), 7), "test_targets": np.array([0, 1])}
        np.savez(tmp_path / "a.npz", **{**both, **arrays})
        with pytest.raises(UserError, match=words):
            datasets.load_as_test(config, stored)
