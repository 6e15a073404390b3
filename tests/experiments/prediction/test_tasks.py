"""Predictions for each task: tags, forecasts, next tokens, notes, translations."""

import numpy as np
import pytest

import keras_gru
from keras_gru.errors import UserError
from keras_gru.experiments.prediction.series import read_series

from .runs import command, covariates_csv, series_csv, untrained_run

CONLLU = (
    "# text = a b\n"
    "1\ta\ta\tX\t_\t_\t0\troot\t_\t_\n"
    "2-3\tbc\t_\t_\t_\t_\t_\t_\t_\t_\n"
    "2\tb\tb\tX\t_\t_\t1\tdep\t_\t_\n"
    "3\tc\tc\tX\t_\t_\t1\tdep\t_\tSpaceAfter=No\n"
    "\n"
)


class TestTags:
    def test_each_word_has_a_tag(self, tags_run):
        model = keras_gru.load(tags_run.path)
        found = model.predict(["A b", "zzz"])
        assert [row["word"] for row in found.rows] == ["A", "b", "zzz"]
        assert {row["tag"] for row in found.rows} <= {"NOUN", "VERB", "DET", "X"}
        assert "1 of 3 words" in found.notes[0] and "'zzz'" in found.notes[0]
        assert [output.shape for output in found.outputs] == [(2, 4), (1, 4)]
        assert model.predict([["A", "b"], ["zzz"]]).rows == found.rows

    def test_a_conllu_file_is_written_with_predicted_tags(self, tags_run, tmp_path):
        path = tmp_path / "new.conllu"
        path.write_text(CONLLU)
        tags = [row["tag"] for row in keras_gru.load(tags_run.path).predict("a b c").rows]
        expected = [line.split("\t") for line in CONLLU.splitlines()]
        for line, tag in zip((1, 3, 4), tags, strict=True):
            expected[line][3] = tag
        text = command("predict", tags_run.path, path)
        assert [line.split("\t") for line in text.splitlines()] == expected
        csv = command("predict", tags_run.path, path, "--format", "csv").splitlines()
        assert csv[0] == "sentence,word,truth,tag,probability"

    @pytest.mark.parametrize("blank", [" ", "\t"])
    def test_a_file_with_a_word_and_its_tag_on_each_line(self, tags_run, tmp_path, blank):
        """Its lines are no sentences of two words."""
        path, model = tmp_path / "new.txt", keras_gru.load(tags_run.path)
        lines = ["-DOCSTART- X", "", "a X", "zzz NOUN", "", "b VERB"]
        path.write_text("\r\n".join(lines).replace(" ", blank))
        found = model.predict(path)
        assert [(row["sentence"], row["word"], row["truth"]) for row in found.rows] == [
            (1, "a", "X"), (1, "zzz", "NOUN"), (2, "b", "VERB")
        ]  # fmt: skip
        expected = model.predict(["a zzz", "b"]).rows
        assert [row["tag"] for row in found.rows] == [row["tag"] for row in expected]
        path.write_text("a b\nc d\n")
        assert [row["word"] for row in model.predict(path).rows] == list("abcd")
        path.write_text("a X\nb X\nc\n")
        assert "line 3: expected 2 columns" in command("predict", tags_run.path, path, code=2)

    def test_tags_of_another_column_of_conllu(self, tmp_path):
        path = tmp_path / "train.conllu"
        sentence = "1\ta\ta\tX\tXA\t_\t0\troot\t_\t_\n2\tb\tb\tY\tXB\t_\t1\tdep\t_\t_\n\n"
        path.write_text(sentence * 20)
        dataset = {"kind": "tagged", "path": str(path), "tags": "xpos"}
        run = untrained_run(tmp_path, dataset, {"kind": "tagger"}, seeds=(0,))
        found = keras_gru.load(run.path).predict(path)
        assert [row["truth"] for row in found.rows[:2]] == ["XA", "XB"]
        written = found.conllu.splitlines()[0].split("\t")
        assert written[3:5] == ["X", found.rows[0]["tag"]]

    @pytest.mark.parametrize(
        ("text", "words"),
        [("1 a b\n", "CoNLL-U"), ("1\ta\n", "ten columns"), ("", "no word")],
    )
    def test_a_damaged_conllu_file_is_rejected(self, tags_run, tmp_path, text, words):
        path = tmp_path / "bad.conllu"
        path.write_text(text)
        assert words in command("predict", tags_run.path, path, code=2)


class TestSeries:
    def test_every_window_is_forecast_beside_the_true_values(self, series_run, tmp_path):
        path = tmp_path / "new.csv"
        path.write_text(series_csv(10))
        model = keras_gru.load(series_run.path)
        found = model.predict(path)
        assert found.outputs.shape == (5, 3, 2)  # 10 rows have 5 windows of 6
        assert len(found.rows) == 5 * 3
        first, last = found.rows[0], found.rows[-1]
        assert first["date"][:16] == "2020-01-01 06:00" and last["date"][:16] == "2020-01-01 12:00"
        assert (first["b (truth)"], last["b (truth)"]) == (106, None)
        assert first["a"] == pytest.approx(found.outputs[0, 0, 0], rel=1e-5)
        array = np.array([[10 * n % 7, 100 + n] for n in range(10)], float)
        np.testing.assert_allclose(model.predict(array).outputs, found.outputs, rtol=1e-5)
        windows = np.stack([array[n : n + 6] for n in range(5)])
        np.testing.assert_allclose(model.predict(windows).outputs, found.outputs, rtol=1e-5)
        text = command("predict", series_run.path, path)
        assert text.splitlines()[0] == "date,step,a,a (truth),b,b (truth)"

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (series_csv(5), "6 rows or more"),
            ("time,a,c\n2020-01-01,1,2\n", "'b'"),
            ("a,b\n1,2\n1,x\n", "line 3"),
            ("a,b\n1,2\n1,\n", "line 3"),
            ("a,b\n1,2\n1,2,3\n", "line 3"),
            ("a,b\n" + "1,1e99\n" * 9, "float32"),
            ("", "empty"),
            (series_csv(4) + "2020-01-01 00:00,1,2\n" * 3, "2020-01-01"),
        ],
    )
    def test_mistakes_are_reported_in_one_sentence(self, series_run, tmp_path, text, words):
        path = tmp_path / "bad.csv"
        path.write_text(text)
        said = command("predict", series_run.path, path, code=2)
        assert words in said and said.count("\n") == 1

    def test_a_new_table_may_be_written_otherwise(self, series_run, tmp_path):
        path, other = tmp_path / "new.csv", tmp_path / "neu.csv"
        path.write_text(series_csv(40))
        rows = [row.split(",") for row in series_csv(40).splitlines()]
        for row in rows[1:]:
            row[0] = f"{row[0][8:10]}.01.2020{row[0][10:]}"
        other.write_text("\n".join(";".join(row).replace(".5", ",5") for row in rows))
        expected = keras_gru.load(series_run.path).predict(path)
        assert keras_gru.load(series_run.path).predict(other).rows == expected.rows
        said = command("evaluate", series_run.path, "--data", path)
        assert command("evaluate", series_run.path, "--data", other) == said.replace("new", "neu")

    def test_another_time_step_than_that_of_training_is_noted(self, series_run, tmp_path):
        path, words = tmp_path / "new.csv", "rows are 2 hours apart, in training they were 1 hour"
        header, *rows = series_csv(40).splitlines(keepends=True)
        for kept, is_other in ((rows, False), (rows[::2], True), (rows[4:24:2], True)):
            path.write_text(header + "".join(kept))
            predictions = keras_gru.load(series_run.path).predict(path)
            assert any(words in note for note in predictions.notes) == is_other
        assert words in command("evaluate", series_run.path, "--data", path)
        path.write_text(header + "".join(rows[:10] + rows[11:]))  # a row is missing
        assert words not in " ".join(keras_gru.load(series_run.path).predict(path).notes)

    @pytest.mark.parametrize("data", [np.zeros((9, 3)), np.zeros((2, 5, 2)), "no text", "x.csv"])
    def test_arrays_of_another_shape_are_rejected(self, series_run, data):
        with pytest.raises(UserError, match="expected"):
            keras_gru.load(series_run.path).predict(data)


class TestLanguageModel:
    def test_the_next_character_and_the_bits_of_a_text(self, text_run):
        model = keras_gru.load(text_run.path)
        long, short = model.predict(["abc abc abc abc", "a"]).rows
        assert long["next"] in model.labels and 0 < long["probability"] <= 1
        assert 0 < long["bits_per_unit"] < 10 and "bits_per_unit" not in short
        # The predictions for a prefix do not depend on what follows it.
        one, two = (model.predict(text).outputs[0] for text in ("abca", "abcb"))
        np.testing.assert_allclose(one[:3], two[:3], rtol=1e-5)


class TestNotes:
    def test_the_probability_of_each_note_in_the_next_step(self, music_run):
        model = keras_gru.load(music_run.path, seed="all")
        roll = np.array([[[0, 1, 0], [1, 1, 0], [0, 0, 0], [0, 1, 1], [1, 0, 0]]])
        found = model.predict(roll)
        assert [row["step"] for row in found.rows] == [0, 1, 2, 3, 4]
        assert set(found.rows[0]["probabilities"]) == {"0", "1", "2"}
        ones = [keras_gru.load(music_run.path, seed=s).predict(roll).outputs[0] for s in (0, 1)]
        np.testing.assert_allclose(found.outputs[0], np.mean(ones, axis=0), rtol=1e-5)

    @pytest.mark.parametrize(
        "data",
        [
            np.zeros((1, 2, 4)),
            np.zeros((1, 2, 3)),
            np.full((1, 5, 3), 0.5),
            np.full((1, 5, 3), np.nan),
            np.zeros((0, 5, 3)),
            {"features": np.zeros((1, 5, 3))},
            {"inputs": np.zeros((1, 5, 3)), "lengths": [6]},
            {"inputs": np.zeros((1, 5, 3)), "lengths": [5, 5]},
            [np.zeros((2, 3)), np.zeros((2, 2))],
            "a text",
            "missing.npz",
        ],
    )
    def test_mistakes_are_reported_in_one_sentence(self, music_run, data):
        with pytest.raises(UserError, match="expected") as error:
            keras_gru.load(music_run.path).predict(data)
        assert "\n" not in str(error.value)


class TestTranslation:
    def test_a_file_of_sentences(self, translation_run, tmp_path):
        path = tmp_path / "a.txt"
        path.write_text("good 3\nbad 1 zzz\n")
        text = command("translate", translation_run.path, path)
        found = keras_gru.load(translation_run.path).predict(path)
        assert [row["translation"] for row in found.rows] == text.splitlines()
        assert [row["text"] for row in found.rows] == ["good 3", "bad 1 zzz"]
        assert "'zzz'" in found.notes[0]
        assert "all" in command("predict", translation_run.path, "a", "--seed", "all", code=2)

    def test_a_file_of_pairs(self, translation_run, tmp_path):
        path = tmp_path / "new.txt"
        path.write_text("good 3\thola good 3\nbad 1\thola bad 1\n")
        model = keras_gru.load(translation_run.path)
        found, sentences = model.predict(path), model.predict(["good 3", "bad 1"])
        assert [row["truth"] for row in found.rows] == ["hola good 3", "hola bad 1"]
        assert [row["translation"] for row in found.rows] == [
            row["translation"] for row in sentences.rows
        ]


class TestManySeries:
    def test_each_series_is_forecast_in_its_own_unit(self, many_series_run):
        model = keras_gru.load(many_series_run.path)
        found = model.forecast()
        assert [row["series"] for row in found.rows] == ["x", "x", "y", "y"]
        assert found.rows[0]["row"] == 91
        widths = [row["a (high)"] - row["a (low)"] for row in found.rows]
        assert widths[2] == pytest.approx(1000 * widths[0], rel=1e-3)
        path = many_series_run.path.parents[2] / "series.csv"
        windows = model.predict(path)
        last = [row for row in windows.rows if row["series"] == "y"][-2:]
        assert [row["a"] for row in last] == pytest.approx([row["a"] for row in found.rows[2:]])
        assert windows.rows[0]["a (truth)"] == pytest.approx(4) and last[0]["a (truth)"] is None

    def test_arrays_cannot_replace_a_table_of_several_series(self, many_series_run):
        spec = keras_gru.load(many_series_run.path).preprocessing.spec
        with pytest.raises(UserError, match="expected a table"):
            keras_gru.load(many_series_run.path).predict(np.zeros((2, spec.length, spec.features)))

    def test_an_unknown_series_is_rejected(self, many_series_run, tmp_path):
        path = tmp_path / "new.csv"
        path.write_text("id,a\n" + "z,1\n" * 9)
        assert "'z'" in command("predict", many_series_run.path, path, code=2)


class TestCovariates:
    def test_a_new_file_in_utf_8_is_not_read_in_the_encoding_of_train(self, tmp_path):
        path, new = tmp_path / "series.csv", tmp_path / "new.csv"
        path.write_text(covariates_csv(90, "üv"), encoding="cp1252")
        new.write_text(covariates_csv(40, "üv"), encoding="utf-8")
        dataset = {"kind": "csv_series", "path": str(path), "targets": ("a",), "window": 4}
        dataset |= {"categories": ("kind",), "encoding": "cp1252"}
        run = untrained_run(tmp_path, dataset, {"kind": "forecaster"}, seeds=(0,))
        found = keras_gru.load(run.path).predict(new)
        assert not any("not in train" in note for note in found.notes)
        said = command("evaluate", run.path, "--data", new)
        new.write_text(covariates_csv(40, "üv"), encoding="cp1252")
        assert keras_gru.load(run.path).predict(new).rows == found.rows
        assert command("evaluate", run.path, "--data", new) == said

    def test_an_unseen_category_is_counted(self, covariates_run, tmp_path):
        path = tmp_path / "new.csv"
        path.write_text(covariates_csv(8, "uvw"))
        model = keras_gru.load(covariates_run.path)
        found = model.predict(path)
        assert "2 of 8 values" in found.notes[0] and "'w' (2)" in found.notes[0]
        # Only for windows whose columns known in advance are in the file.
        assert len(found.outputs) == 8 - 4 - 2 + 1
        assert all(row["a (truth)"] is not None for row in found.rows)

    def test_future_values_of_a_known_column_are_required(self, covariates_run, tmp_path):
        assert "offer" in command("forecast", covariates_run.path, code=2)
        path = tmp_path / "short.csv"
        path.write_text(covariates_csv(5))
        said = command("predict", covariates_run.path, path, code=2)
        assert "4 rows or more" in said and "2 rows known in advance" in said

    def test_the_future_has_no_targets(self, covariates_run, tmp_path):
        whole, path = tmp_path / "whole.csv", tmp_path / "new.csv"
        whole.write_text(covariates_csv(9))
        lines = covariates_csv(9).splitlines()
        lines[-3:] = [line[line.index(",") :] for line in lines[-3:]]
        path.write_text("\n".join(lines))
        model = keras_gru.load(covariates_run.path)
        found = model.predict(path)
        # Two rows are forecast from the last with a target, the sixth.
        np.testing.assert_allclose(found.outputs, model.predict(whole).outputs[:3], rtol=1e-5)
        assert found.rows[-1] == {**found.rows[-1], "row": 8, "a (truth)": None}
        lines[3] = lines[3][1:]
        path.write_text("\n".join(lines))
        assert "line 4, column 'a'" in command("predict", covariates_run.path, path, code=2)

    def test_filled_targets_are_not_the_truth(self, covariates_run, tmp_path):
        path = tmp_path / "new.csv"
        lines = covariates_csv(9).splitlines()
        lines[7] = lines[7][1:]
        path.write_text("\n".join(lines))
        model = keras_gru.load(covariates_run.path)
        config = covariates_run.experiment().dataset.model_copy(update={"missing": "forward_fill"})
        inputs = read_series(path, config, model.preprocessing)
        is_missing = np.isnan(inputs.split.targets[..., 0]).tolist()
        assert is_missing == [[False, False], [False, True], [True, False], [False, False]]
        assert "1 of 9 values" in inputs.notes[0]

    @pytest.mark.parametrize("column", ["a", "kind", "offer"])
    def test_a_missing_column_is_rejected(self, covariates_run, tmp_path, column):
        path = tmp_path / "new.csv"
        path.write_text(covariates_csv(9).replace(column, "other", 1))
        assert repr(column) in command("predict", covariates_run.path, path, code=2)


class TestTokenIds:
    def test_token_ids_are_translated_into_token_ids(self, token_ids_runs, tmp_path):
        run = token_ids_runs["translation"]
        np.savez(tmp_path / "new.npz", inputs=[[6, 2, 1], [3, 0, 0]])
        rows = command("predict", run.path, tmp_path / "new.npz").splitlines()
        lines = command("translate", run.path, "6 2 1", "3").splitlines()
        assert rows == ["sequence,translation", f"0,{lines[0]}", f"1,{lines[1]}"]
        model = keras_gru.load(run.path).network
        tokens = keras_gru.models.translate(model, [[6, 2, 1]], start=9, end=10, max_length=7)
        assert lines[0] == " ".join(map(str, tokens[0])) and {*tokens[0]} <= {*range(11)}
        assert "1 to 6" in command("translate", run.path, "7", code=2)

    def test_a_sequence_of_token_ids_is_continued(self, token_ids_runs):
        run = token_ids_runs["language_model"]
        options = ("--length", 3, "--temperature", 0)
        written = command("generate", run.path, "--prompt", "5 2", *options).strip()
        tokens = keras_gru.models.sample(keras_gru.load(run.path).network, [5, 2], 3, temperature=0)
        assert written == " ".join(map(str, [5, 2, *tokens]))
        stopped = command("generate", run.path, "--prompt", "5 2", "--stop", tokens[0], *options)
        assert stopped.strip() == "5 2"
        for prompt in ("7", "a", "\n"):
            assert "1 to 6" in command("generate", run.path, "--prompt", prompt, code=2)
