"""A run directory is self-contained: its data file may change, move or disappear."""

import gzip
import json
import re
import shutil

import numpy as np
import pytest

from keras_gru.datasets.published import spa_eng
from keras_gru.experiments.examples import read_examples
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import FILE, load_data, stored_data

from .test_verbs import TINY, keras_gru

GREETINGS = {"en": "good morning my friend", "es": "buenos dias mi amigo", "de": "guten tag"}


def rows_of_labels(count=60):
    labels = list(GREETINGS)
    return [f"{GREETINGS[labels[n % 3]]} {'abcdefg'[n % 7]},{labels[n % 3]}" for n in range(count)]


def write_csv(path, rows):
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")


def train(runs, dataset, model, *overrides):
    """Train a very small comparison on a file; return its run directory."""
    config = runs / "config.yaml"
    config.write_text(f"name: own\ndataset: {dataset}\nmodel: {model}\n")
    small = ["cells=[gru]", "seeds=[3]", "training.epochs=1", f"runs={runs / 'runs'}"]
    small.append("training.jit_compile=false")
    keras_gru("compare", config, *small, *overrides, "--jobs", 1)
    (run,) = (runs / "runs").glob("*/*")
    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run directory, and the file that it was trained on."""
    folder = tmp_path_factory.mktemp("labels")
    write_csv(folder / "langid.csv", rows_of_labels())
    dataset = "{kind: texts, path: langid.csv, validation_fraction: 0.2, test_fraction: 0.2}"
    run = train(folder, dataset, "{kind: classifier, size: {units: 2}}")
    return run, folder / "langid.csv"


@pytest.fixture
def run(trained):
    return trained[0]


@pytest.fixture
def data(trained):
    """The data file; it is restored after the test."""
    file = trained[1]
    content = file.read_bytes()
    yield file
    file.write_bytes(content)


def half(rows):
    return rows[: len(rows) // 2]


def with_a_label_renamed(rows):
    return [row.replace(",en", ",english") for row in rows]


def with_rows_appended(rows):
    return [*rows, *rows_of_labels(3)]


def with_a_row_edited(rows):
    return [rows[0].replace("good", "bad"), *rows[1:]]


@pytest.mark.parametrize(
    "change", [half, with_a_label_renamed, with_rows_appended, with_a_row_edited]
)
@pytest.mark.parametrize(
    "command",
    [
        ["evaluate"],
        ["inspect"],
        ["compare", "--resume"],
        ["learning-curve", "--fractions", "0.5", "--jobs", 1, "--resume"],
    ],
    ids=lambda command: command[0],
)
def test_changed_data_are_rejected(run, data, command, change):
    before = sorted(run.rglob("*"))
    write_csv(data, change(rows_of_labels()))
    output = keras_gru(*command, run, code=2)
    assert "langid.csv" in output and "SHA-256" in output and "--data" in output
    assert len(output.splitlines()) == 1
    assert sorted(run.rglob("*")) == before


def test_a_run_that_was_stopped_is_not_resumed_on_changed_data(run, data, tmp_path):
    stopped = tmp_path / "stopped"
    shutil.copytree(run, stopped)
    (stopped / "results.jsonl").unlink()
    write_csv(data, half(rows_of_labels()))
    assert "SHA-256" in keras_gru("compare", "--resume", stopped, "--jobs", 1, code=2)
    assert not (stopped / "results.jsonl").exists()


def test_evaluate_prints_the_recorded_value_beside_the_new_one(run):
    output = keras_gru("evaluate", run)
    new, recorded = re.findall(r"\d\.\d+", output)
    assert new == recorded and output.count("test") == 2
    assert "recorded" not in keras_gru("evaluate", run, "--split", "train")


def test_evaluate_says_which_file_is_missing(run, data):
    data.unlink()
    assert "langid.csv" in keras_gru("evaluate", run, code=2)
    assert "SimpleRNN" not in keras_gru("report", run), "a report needs no data"


class TestOtherData:
    """`evaluate --data`: another file, encoded with the stored vocabulary and labels."""

    def test_all_rows_of_another_file_are_evaluated(self, run, data, tmp_path):
        write_csv(tmp_path / "new.csv", rows_of_labels(9))
        before = keras_gru("evaluate", run, "--data", tmp_path / "new.csv")
        assert "new.csv (9 sequences)" in before and "recorded on test" in before
        assert "0.0% of the tokens" in before
        write_csv(data, with_a_label_renamed(rows_of_labels()))
        assert keras_gru("evaluate", run, "--data", tmp_path / "new.csv") == before

    def test_unknown_tokens_and_labels_are_counted(self, run, tmp_path):
        rows = [*rows_of_labels(3), "bonjour mon ami,fr", "a b c d x,en"]
        write_csv(tmp_path / "new.csv", rows)
        output = keras_gru("evaluate", run, "--data", tmp_path / "new.csv")
        assert (
            "new.csv (4 sequences)" in output and "1 of 5 texts" in output and "'fr' (1)" in output
        )

    def test_a_moved_training_file_is_evaluated_on_its_own_splits(self, run, data, tmp_path):
        expected = keras_gru("evaluate", run)
        data.rename(tmp_path / "moved.csv")
        output = keras_gru("evaluate", run, "--data", tmp_path / "moved.csv")
        (tmp_path / "moved.csv").rename(data)
        assert output == expected

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("text,label\nbonjour,fr\n", "'fr' (1)"),
            ("words,label\nbonjour,en\n", "'text'"),
            (None, "no.csv"),
        ],
    )
    def test_a_file_without_known_labels_or_columns_is_rejected(self, run, tmp_path, text, words):
        if text is not None:
            (tmp_path / "no.csv").write_text(text)
        assert words in keras_gru("evaluate", run, "--data", tmp_path / "no.csv", code=2)

    def test_another_file_has_no_train_split(self, run, tmp_path):
        write_csv(tmp_path / "new.csv", rows_of_labels(9))
        options = ["--data", tmp_path / "new.csv", "--split", "train"]
        assert "--split train" in keras_gru("evaluate", run, *options, code=2)


class TestStoredFile:
    @pytest.mark.parametrize(
        "command",
        [["evaluate"], ["inspect"], ["compare", "--resume"]],
        ids=lambda command: command[0],
    )
    def test_a_run_directory_without_stored_data_is_rejected(self, run, tmp_path, command):
        shutil.copytree(run, tmp_path / "old")
        (tmp_path / "old" / FILE).unlink()
        output = keras_gru(*command, tmp_path / "old", code=2)
        assert FILE in output and len(output.splitlines()) == 1

    @pytest.mark.parametrize(
        "content", [b"\x00\xff", b"[]", b"3", b"null", b"{}", b'{"preprocessing": {}}', b"[" * 9999]
    )
    def test_damaged_stored_data_is_rejected_in_one_sentence(self, run, tmp_path, content):
        shutil.copytree(run, tmp_path / "damaged")
        (tmp_path / "damaged" / FILE).write_bytes(content)
        output = keras_gru("evaluate", tmp_path / "damaged", code=2)
        assert FILE in output and len(output.splitlines()) == 1

    def test_stored_data_without_a_field_is_rejected(self, run, tmp_path):
        stored = json.loads((run / FILE).read_text(encoding="utf-8"))
        shutil.copytree(run, tmp_path / "damaged")
        for part in ("metric", "spec"):
            lacking = {**stored, "preprocessing": {**stored["preprocessing"]}}
            del lacking["preprocessing"][part]
            (tmp_path / "damaged" / FILE).write_text(json.dumps(lacking))
            assert part in keras_gru("evaluate", tmp_path / "damaged", code=2)

    def test_stored_data_has_vocabulary_source_and_sizes(self, run):
        stored = stored_data(RunDirectory(run))
        assert stored.preprocessing == load_data(RunDirectory(run)).preprocessing
        assert stored.preprocessing.target_vocabulary == ("de", "en", "es")
        assert stored.fingerprint.source.name == "langid.csv"
        assert [split.sequences for split in stored.fingerprint.splits.values()] == [36, 12, 12]


def test_other_settings_of_generated_data_are_rejected(tmp_path):
    keras_gru("compare", "quickstart", *TINY, "cells=[gru]", "seeds=[3]", f"runs={tmp_path}")
    (run,) = tmp_path.glob("*/*")
    config = run / "experiment.yaml"
    assert "recorded on test" in keras_gru("evaluate", run)
    assert "'adding'" in keras_gru("evaluate", run, "--data", config, code=2)
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("train: 32", "train: 31"), encoding="utf-8")
    assert "adding" in keras_gru("evaluate", run, code=2)


def test_text_is_generated_without_the_training_text(tmp_path):
    (tmp_path / "a.txt").write_text("abc " * 100)
    dataset = (
        "{kind: text_file, path: a.txt, window: 8, validation_fraction: 0.2, test_fraction: 0.2}"
    )
    run = train(tmp_path, dataset, "{kind: language_model, size: {units: 2}}")
    options = ["--prompt", "ab", "--length", 5, "--sampling-seed", 1]
    before = keras_gru("generate", run, *options)
    (tmp_path / "a.txt").unlink()
    assert keras_gru("generate", run, *options) == before
    both = keras_gru("generate", run, *options, "--prompt", "bc")
    assert both.startswith(before + "\n") and len(both) == 2 * len(before) + 1
    assert "prompt 2" in keras_gru("generate", run, *options, "--prompt", "", code=2)
    assert "a.txt" in keras_gru("evaluate", run, code=2)


def test_sentences_are_translated_without_the_training_data(tmp_path, monkeypatch):
    english = [f"{word} {number}" for word in ("good", "bad") for number in range(20)]
    columns = {
        "english": np.array([text.encode() for text in english], object),
        "spanish": np.array([f"hola {text}".encode() for text in english], object),
    }
    monkeypatch.setattr(spa_eng.source, "read", lambda *_, **__: {"train": columns})
    dataset = "{kind: spa_eng, vocabulary: 20}"
    model = "{kind: encoder_decoder, size: {units: 2}, attention: true}"
    run = train(tmp_path, dataset, model)
    before = keras_gru("translate", run, "good 3")
    (tmp_path / "some.txt").write_text("good 3\n\nbad 1\n")
    assert keras_gru("translate", run, tmp_path / "some.txt").count("\n") == 2
    sentence, *beams = keras_gru("translate", run, "good 3", "--beams", 3, "--scores").splitlines()
    scores = [float(line.split()[0]) for line in beams]
    assert sentence == "good 3" and len(scores) == 3 and scores == sorted(scores, reverse=True)
    assert "UNK" not in keras_gru("translate", run, "good 3", "--no-unknown")
    (example,) = read_examples(RunDirectory(run)).content.attention.values()
    np.testing.assert_allclose(np.sum(example.weights, 1), 1, atol=1e-3)

    def fail_to_read(*_, **__):
        raise AssertionError("the data are read")

    monkeypatch.setattr(spa_eng.source, "read", fail_to_read)
    assert keras_gru("translate", run, "good 3") == before
    assert "sentence 2" in keras_gru("translate", run, "good 3", "?", code=2)


def test_a_run_stores_the_guessed_settings_and_resumes_with_them(tmp_path):
    """A gzipped cp1252 export with semicolons and decimal commas, newest row first."""
    days = np.datetime64("2024-01-01") + np.arange(80)
    rows = [f"{day};{n % 7},5" for n, day in enumerate(days)]
    text = "Tag;Größe\n" + "\n".join(reversed(rows)) + "\n"
    (tmp_path / "export.csv.gz").write_bytes(gzip.compress(text.encode("cp1252")))
    dataset = "{kind: csv_series, path: export.csv.gz, targets: [Größe], window: 4}"
    run = train(tmp_path, dataset, "{kind: forecaster, size: {units: 2}}")
    stored = RunDirectory(run).experiment().dataset
    assert (stored.separator, stored.decimal, stored.encoding) == (";", ",", "cp1252")
    assert (stored.time, stored.date_format) == ("Tag", "ISO 8601")
    metadata = RunDirectory(run).metadata()
    assert any("newest row came first" in note for note in metadata.notes)
    assert metadata.data.facts["Range"] == "2024-01-01 to 2024-03-20"
    small = ["cells=[gru]", "seeds=[3]", "training.epochs=1", f"runs={tmp_path / 'runs'}"]
    small.append("training.jit_compile=false")
    assert "The page" in keras_gru("compare", tmp_path / "config.yaml", *small, "--resume", run)
