"""Classifying new texts: strings, tables and files."""

import io
import json

import numpy as np
import pytest

import keras_gru
from keras_gru.errors import UserError

from .runs import command, untrained_run, words

TEXTS = words(9, seed=1)


@pytest.fixture(scope="module")
def model(texts_run):
    return keras_gru.load(texts_run.path)


def test_the_best_run_on_validation_is_loaded(model):
    assert [record.seed for record in model.records] == [1]
    assert model.labels == ("x", "y", "z") and model.task == "classification"


def test_strings_tables_and_files_give_the_same_predictions(model, tmp_path, monkeypatch):
    class Table:
        columns = ("text", "label")

        def __getitem__(self, name):
            return TEXTS if name == "text" else list("xyz") * 3

    (tmp_path / "a.txt").write_text("\n".join(TEXTS))
    (tmp_path / "a.csv").write_text("n,text\n" + "".join(f"1,{text}\n" for text in TEXTS))
    (tmp_path / "flat").mkdir()
    for number, text in enumerate(TEXTS):
        (tmp_path / "flat" / f"{number}.txt").write_text(text)
    expected = model.predict(TEXTS).outputs
    assert expected.shape == (9, 3)
    np.testing.assert_allclose(expected.sum(-1), 1)
    stdin = io.TextIOWrapper(io.BytesIO("\n".join(TEXTS).encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    for data in (Table(), tmp_path / "a.txt", str(tmp_path / "a.csv"), tmp_path / "flat", "-"):
        np.testing.assert_array_equal(model.predict(data).outputs, expected)
    (one,) = model.predict(TEXTS[0]).rows
    assert one["probabilities"] == pytest.approx(
        model.predict(TEXTS).rows[0]["probabilities"], rel=1e-5
    )


def test_only_line_ends_separate_texts(model, tmp_path):
    (tmp_path / "a.txt").write_bytes("x\u2028y\x0cz\r\nx\x85y\n".encode())
    assert len(model.predict(tmp_path / "a.txt").rows) == 2


def test_the_ensemble_is_the_mean_of_the_probabilities(texts_run):
    one, two, both = (
        keras_gru.load(texts_run.path, "gru", seed).predict(TEXTS).outputs for seed in (0, 1, "all")
    )
    np.testing.assert_allclose(both, (one + two) / 2, rtol=1e-5)
    assert abs(one - two).max() > 1e-3


def test_unknown_words_are_counted(model, tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text("text,label\na b zzz,x\n?,y\na a a a a a a,w\n")
    found = model.predict(path)
    assert [row["label"] is None for row in found.rows] == [False, True, False]
    assert [row["truth"] for row in found.rows] == ["x", "y", "w"]
    unknown_class, empty, unknown_word, cut = found.notes
    assert "1 of 2 labels" in unknown_class and "'w' (1)" in unknown_class
    assert "1 of 3 texts" in empty
    assert "1 of 8 words (12.5%)" in unknown_word and "'zzz' (1)" in unknown_word
    assert "1 of 2 texts" in cut and "5 words" in cut


def test_tokens_after_the_length_of_a_sequence_are_padding(model):
    tokens = np.array([[2, 3, 4, 5], [6, 7, 8, 9]])
    found = model.predict({"inputs": tokens, "lengths": [2, 4]}).outputs
    expected = model.predict([tokens[0, :2], tokens[1]]).outputs
    np.testing.assert_array_equal(found, expected)


def test_files_beside_the_folders_are_reported(model, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.txt").write_text("a b")
    (tmp_path / "loose.txt").write_text("a b")
    found = model.predict(tmp_path)
    assert len(found.rows) == 1 and "1 loose.txt" in found.notes[0]


def test_the_command_writes_csv_and_json_lines(texts_run, tmp_path):
    csv = command("predict", texts_run.path, TEXTS[0]).splitlines()
    assert csv[0] == "text,label,probability,p_x,p_y,p_z" and len(csv) == 2
    command("predict", texts_run.path, TEXTS[0], "--seed", "all", "-o", tmp_path / "a.jsonl")
    row = json.loads((tmp_path / "a.jsonl").read_text())
    assert row["text"] == TEXTS[0] and row["label"] in row["probabilities"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "one word or more"),
        ("?!", "one word or more"),
        ([], "no text"),
        ([1.5], "text 0: expected a string, found float"),
        ("missing.csv", "missing.csv: expected"),
        ("wrong_column.csv", "'text'"),
        ("binary.csv", "binary.csv"),
        ("ragged.csv", "line 3"),
        ("empty.csv", "empty"),
        ("folder", "no text"),
        (np.zeros((2, 3, 4)), "expected tokens"),
    ],
)
def test_mistakes_are_reported_in_one_sentence(model, tmp_path, monkeypatch, data, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong_column.csv").write_text("review,label\na,x\n")
    (tmp_path / "binary.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    (tmp_path / "ragged.csv").write_text("text,label\na,x\na,b,c\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError) as error:
        model.predict(data)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_seed_that_is_not_a_number_is_rejected(texts_run):
    assert "--seed" in command("predict", texts_run.path, "a", "--seed", "x", code=2)
    assert "seed 7" in command("predict", texts_run.path, "a", "--seed", "7", code=2)


def test_predictions_do_not_need_the_data_file(tmp_path):
    path = tmp_path / "texts.csv"
    rows = [f"{text},{'xy'[n % 2]}" for n, text in enumerate(words(30))]
    path.write_text("text,label\n" + "\n".join(rows) + "\n")
    dataset = {"kind": "texts", "path": str(path)}
    run = untrained_run(tmp_path, dataset, {"kind": "classifier", "embedding": 4}, seeds=(0,))
    before = keras_gru.load(run.path).predict(TEXTS)
    path.unlink()
    after = keras_gru.load(run.path).predict(TEXTS)
    assert after.rows == before.rows
    np.testing.assert_array_equal(after.outputs, before.outputs)
