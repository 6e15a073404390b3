"""A user's own series, texts and text file: read as configured, or rejected in one sentence."""

import json
import os

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.own.csv_series import CsvSeries
from keras_gru.datasets.own.text_file import TextFile
from keras_gru.datasets.own.texts import Texts
from keras_gru.datasets.summary import summarize
from keras_gru.errors import UserError
from tests.datasets.samples import check_history

SERIES = {"kind": "csv_series", "targets": ("load",), "window": 4, "season": 3}


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return str(path)


def series_csv(path, rows=60):
    lines = [f"{day},{day % 3 * 10 + 100},{day / 2}" for day in range(rows)]
    return write(path / "power.csv", "day,load,heat\n" + "\n".join(lines) + "\n")


def assert_rejected(settings, *parts):
    with pytest.raises(UserError) as error:
        datasets.load(settings)
    sentence = str(error.value)
    assert "\n" not in sentence
    for part in parts:
        assert part in sentence


def test_a_series_with_two_inputs(tmp_path):
    path = series_csv(tmp_path)
    dataset = datasets.load(CsvSeries(**SERIES, path=path, inputs=("load", "heat"), horizon=2))
    assert (dataset.spec.features, dataset.spec.outputs, dataset.spec.length) == (2, 1, 4)
    assert [dataset.size(s) for s in dataset.splits] == [42 - 5, 9 - 1, 9 - 1]
    assert dataset.metric.label == "MAE (load)"
    last, naive, linear = dataset.baselines
    assert last.label == "Last value" and last.validation["mae"] > 0
    assert naive.validation["mae"] == 0  # the series repeats itself every three rows
    assert (naive.label, linear.label) == ("Value 3 rows earlier", "Linear model")
    assert linear.parameters == (4 * 2 + 1) * 2
    loads = dataset.splits["train"].inputs["features"][:, 0, 0]
    scaled_back = loads * dataset.scale
    assert np.ptp(scaled_back) == pytest.approx(20, rel=1e-4)


def test_splits_of_a_series_follow_one_another(tmp_path):
    """Scaling uses train alone; each row after the first window is forecast once."""
    path = series_csv(tmp_path)
    settings = CsvSeries(kind="csv_series", path=path, targets=("heat",), window=4)
    dataset = datasets.load(settings)
    train = np.arange(42) / 2
    for name, (first, last) in {"train": (0, 41), "validation": (41, 50), "test": (50, 59)}.items():
        split = dataset.splits[name]
        begin = split.inputs["features"][0, 0 if name == "train" else -1, 0]
        ends = begin, split.targets[-1, -1, 0]
        expected = (np.array([first, last]) / 2 - train.mean()) / train.std()
        np.testing.assert_allclose(ends, expected, rtol=1e-5)


def test_two_targets_are_measured_without_a_unit(tmp_path):
    config = CsvSeries(**{**SERIES, "targets": ("load", "heat")}, path=series_csv(tmp_path))
    dataset = datasets.load(config)
    assert dataset.spec.outputs == 2 and dataset.scale == 1
    assert dataset.metric.label == "MAE (standard deviations)"


@pytest.mark.parametrize(
    "targets, inputs, history",
    [
        (("load",), (), (0,)),
        (("heat", "load"), ("load", "heat"), (1, 0)),
        (("heat",), ("load",), None),
    ],
)
def test_history_names_the_inputs_that_are_the_past_of_the_targets(
    tmp_path, targets, inputs, history
):
    settings = {**SERIES, "targets": targets, **({"inputs": inputs} if inputs else {})}
    dataset = datasets.load(CsvSeries(**settings, path=series_csv(tmp_path)))
    assert dataset.spec.history == history
    if history:
        check_history(dataset)


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({"season": None}, {"Last value": 1}),
        ({"season": 1, "horizon": 2}, {"Last value": 1.5}),
        ({"season": 4}, {"Last value": 1, "Value 4 rows earlier": 4}),
        ({"season": 40, "horizon": 2}, {"Last value": 1.5, "Value 40 rows earlier": 40}),
        (
            {"season": 2, "horizon": 3},
            {"Last value": 2, "Value 2 rows earlier, repeated": np.mean([2, 2, 4])},
        ),
        ({"season": 5, "every_step": True}, {"Last value": 1, "Value 5 rows earlier": 5}),
    ],
)
def test_the_naive_forecast_looks_back_as_far_as_its_label_says(tmp_path, settings, expected):
    """On a series that grows by 1 per row, the error is the number of rows that it looks back."""
    path = write(tmp_path / "line.csv", "load\n" + "\n".join(map(str, range(60))) + "\n")
    dataset = datasets.load(CsvSeries(**{**SERIES, "path": path, **settings}))
    found = {rule.label: rule.test["mae"] for rule in dataset.baselines}
    found.pop("Linear model", None)
    assert found == pytest.approx(expected, rel=1e-4)


def test_a_season_longer_than_train_is_rejected(tmp_path):
    config = CsvSeries(**{**SERIES, "season": 43}, path=series_csv(tmp_path))
    assert_rejected(config, "dataset.season", "at most 42", "got 43")


def test_144_monthly_rows_suffice_for_a_window_and_a_horizon_of_a_year(tmp_path):
    settings = {**SERIES, "window": 12, "horizon": 12, "season": 12}
    dataset = datasets.load(CsvSeries(**settings, path=series_csv(tmp_path, rows=144)))
    assert [dataset.size(s) for s in dataset.splits] == [100 - 23, 22 - 11, 22 - 11]


@pytest.mark.parametrize("rare", [3, 5])
def test_a_rare_class_is_in_every_split(tmp_path, rare):
    labels = ["no"] * (1_000 - rare) + ["yes"] * rare
    rows = "".join(f"text number {number},{label}\n" for number, label in enumerate(labels))
    path = write(tmp_path / "rare.csv", "text,label\n" + rows)
    dataset = datasets.load(Texts(kind="texts", path=path))
    for split in dataset.splits.values():
        assert 1 in split.targets
    assert sum(dataset.size(s) for s in dataset.splits) == 1_000
    assert not any("no sequence" in note for note in dataset.notes)


def test_a_class_that_is_missing_from_a_split_is_named(tmp_path):
    rows = "".join(f"text {n},{label}\n" for n, label in enumerate(["no"] * 40 + ["yes"]))
    path = write(tmp_path / "once.csv", "text,label\n" + rows)
    notes = datasets.load(Texts(kind="texts", path=path)).notes
    assert "'yes' (1)" in notes[0]  # a class with fewer than 10 sequences
    assert "'no' has 40 sequences and 'yes' 1" in notes[1]  # classes with a ratio of 4 to 1 or more
    notes = notes[2:]
    assert [note.split()[1] for note in notes] == ["validation", "test"]
    assert all("'yes'" in note for note in notes)


def test_class_names_that_differ_only_in_case_are_noted(tmp_path):
    rows = "".join(f"text {n},{('ham', 'spam', 'Spam', 'spam ')[n % 4]}\n" for n in range(80))
    dataset = datasets.load(
        Texts(kind="texts", path=write(tmp_path / "a.csv", "text,label\n" + rows))
    )
    (note,) = dataset.notes
    assert dataset.target_vocabulary == ("Spam", "ham", "spam") and "'Spam' and 'spam'" in note


def test_a_constant_column_is_accepted(tmp_path):
    path = write(tmp_path / "flat.csv", "a\n" + "5\n" * 60)
    dataset = datasets.load(CsvSeries(kind="csv_series", path=path, targets=("a",), window=4))
    assert np.isfinite(dataset.splits["train"].inputs["features"]).all()


@pytest.mark.parametrize(
    "content, parts",
    [
        ("day,laod\n1,2\n", ("no column 'load'", "Did you mean 'laod'?")),
        ("x,y\n1,2\n", ("no column 'load'", "Known: x, y.")),
        ("load\n1\nmany\n", ("line 3", "'load'", "got 'many'", "finite number")),
        ("load\n1\n\nnan\n2\n", ("line 3", "got none (2 of 4 are missing)", "dataset.missing")),
        ("day,load\n1,\n2,7\n", ("line 2", "'load'", "got none")),
        ("day,load\n1,\n", ("'load' has no number at all",)),
        ("load\n" + "1\n" * 6, ("at least 5 rows", "in train, got 4")),
        ("load\n" + "1\n" * 3, ("at least 5 rows", "in train, got 3")),
    ],
)
def test_bad_series_are_rejected(tmp_path, content, parts):
    path = write(tmp_path / "power.csv", content)
    assert_rejected(CsvSeries(**SERIES, path=path), "power.csv", *parts)


def test_unusual_column_names_are_accepted(tmp_path):
    """Columns without names, and a ';' in the only column."""
    rows = "".join(f"{row},,\n" for row in range(60))
    dataset = datasets.load(CsvSeries(**SERIES, path=write(tmp_path / "a.csv", "load,,\n" + rows)))
    assert dataset.size("train") == 42 - 4
    path = write(tmp_path / "b.csv", "load; MW\n" + rows.replace(",", ""))
    dataset = datasets.load(CsvSeries(**{**SERIES, "path": path, "targets": ("load; MW",)}))
    assert dataset.size("train") == 42 - 4


@pytest.mark.parametrize("line", ["x" * 10_000, ",".join(map(str, range(10_000)))])
def test_messages_do_not_print_the_content_of_a_wrong_file(tmp_path, line):
    path = write(tmp_path / "wrong.csv", line + "\n")
    with pytest.raises(UserError, match=r"no column 'load'\. Known: .*…$") as error:
        datasets.load(CsvSeries(**SERIES, path=path))
    assert len(str(error.value)) < 300 + len(path)


def test_a_missing_file_is_rejected(tmp_path):
    assert_rejected(
        CsvSeries(**SERIES, path=str(tmp_path / "no.csv")), "no.csv", "no such file", "a table"
    )
    assert_rejected(CsvSeries(**SERIES, path=str(tmp_path)), "got a folder")


def test_a_pipe_is_rejected_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert_rejected(CsvSeries(**SERIES, path=str(tmp_path / "pipe")), "a CSV file", "got a pipe")
    (tmp_path / "texts" / "good").mkdir(parents=True)
    os.mkfifo(tmp_path / "texts" / "good" / "1.txt")
    assert_rejected(Texts(kind="texts", path=str(tmp_path / "texts")), "1.txt", "got a pipe")


def test_a_file_that_is_not_utf8(tmp_path):
    (tmp_path / "old.csv").write_bytes("load\n5\ncafé\n".encode("latin-1"))
    assert_rejected(CsvSeries(**SERIES, path=str(tmp_path / "old.csv")), "line 3", "got 'café'")
    settings = {**SERIES, "encoding": "utf-8"}
    assert_rejected(
        CsvSeries(**settings, path=str(tmp_path / "old.csv")), "line 3", "utf-8", "0xe9"
    )


def review_folder(path, count=20):
    for label in ("bad", "good"):
        (path / label).mkdir(parents=True)
        for number in range(count):
            write(path / label / f"{number}.txt", f"A {label} film, number {number}.")
    return str(path)


def test_a_folder_of_texts(tmp_path):
    path = review_folder(tmp_path / "reviews")
    dataset = datasets.load(Texts(kind="texts", path=path, max_length=4))
    assert [dataset.size(s) for s in dataset.splits] == [32, 4, 4]
    assert dataset.target_vocabulary == ("bad", "good")
    for split in dataset.splits.values():
        for tokens, label in zip(split.inputs["tokens"], split.targets, strict=True):
            words = [dataset.vocabulary[token] for token in tokens]
            assert words == ["a", dataset.target_vocabulary[label], "film", "number"]


def test_a_csv_of_texts_with_commas_quotes_and_line_breaks(tmp_path):
    rows = [f'"A ""{label}"" film,\nnumber {n}",{label}' for n in range(10) for label in "xyz"]
    path = write(tmp_path / "films.csv", "review,stars\n" + "\n".join(rows) + "\n")
    dataset = datasets.load(Texts(kind="texts", path=path, text="review", label="stars"))
    assert dataset.target_vocabulary == ("x", "y", "z")
    train = dataset.splits["train"]
    assert (train.lengths["tokens"] == 5).all()
    second = [dataset.vocabulary[token] for token in train.inputs["tokens"][:, 1]]
    assert second == [dataset.target_vocabulary[label] for label in train.targets]


def test_bad_texts_are_rejected(tmp_path):
    assert_rejected(Texts(kind="texts", path=str(tmp_path)), "no text was found", ".txt")
    one = write(tmp_path / "one.csv", "text,label\na,x\nb,x\n")
    assert_rejected(Texts(kind="texts", path=one), "only the label 'x'", "two labels or more")
    gap = write(tmp_path / "gap.csv", "text,label\na,x\nb, \n")
    assert_rejected(Texts(kind="texts", path=gap), "line 3", "'label' is empty")
    few = write(tmp_path / "few.csv", "text,label\na,x\nb,y\n")
    assert_rejected(Texts(kind="texts", path=few), "validation split is empty")
    assert_rejected(Texts(kind="texts", path=one, text="review"), "no column 'review'")


def test_fractions_must_leave_training_data(tmp_path):
    with pytest.raises(ValueError, match="below 1 together, got 1"):
        Texts(kind="texts", path="x", validation_fraction=0.5, test_fraction=0.5)


def test_a_text_file(tmp_path):
    path = write(tmp_path / "tale.txt", "Once upon a time, ünd so weiter.\n" * 100)
    dataset = datasets.load(TextFile(kind="text_file", path=path, window=10))
    assert dataset.size("train") == (3300 - 2 * 165 - 1) // 10
    assert dataset.decode(dataset.splits["train"].inputs["tokens"][0]) == "Once upon "


def test_bad_text_files_are_rejected(tmp_path):
    short = write(tmp_path / "short.txt", "abc" * 30)
    assert_rejected(TextFile(kind="text_file", path=short, window=10), "validation split is empty")
    assert_rejected(
        TextFile(kind="text_file", path=write(tmp_path / "no.txt", "")), "split is empty"
    )
    (tmp_path / "binary.txt").write_bytes(b"\x80\x00\xff")
    assert_rejected(
        TextFile(kind="text_file", path=str(tmp_path / "binary.txt")), "got binary data"
    )


def names(path, count=60):
    """Write names with their languages, each once; as words, none of test would be in train."""
    rows = [f"ka{number}ti,fi\nal{number}os,es" for number in range(count)]
    return write(path / "names.csv", "name,language\n" + "\n".join(rows) + "\n")


def test_names_are_split_into_characters(tmp_path):
    settings = {"kind": "texts", "text": "name", "label": "language"}
    dataset = datasets.load(Texts(**settings, path=names(tmp_path)))
    assert dataset.tokenizer.level == dataset.resolved.level == "character"
    assert any("characters" in note for note in dataset.notes)
    first = dataset.splits["train"].inputs["tokens"][0, :2]
    assert "".join(dataset.vocabulary[token] for token in first) in ("ka", "al")
    assert datasets.load(dataset.resolved).fingerprint == dataset.fingerprint
    assert_rejected(
        Texts(**settings, path=names(tmp_path), level="word"), "100% of the words", "level: char"
    )


def test_a_text_file_of_words(tmp_path):
    path = write(tmp_path / "tale.txt", "Once upon a time,\nünd so weiter. " * 100)
    dataset = datasets.load(TextFile(kind="text_file", path=path, window=7, level="word"))
    assert dataset.vocabulary[2:] == ("a", "once", "so", "time", "upon", "weiter", "ünd")
    assert dataset.decode(dataset.splits["train"].inputs["tokens"][1]) == (
        "once upon a time ünd so weiter"
    )
    numbers = write(tmp_path / "numbers.txt", " ".join(map(str, range(1000))))
    settings = {"kind": "text_file", "path": numbers, "window": 7}
    assert_rejected(
        TextFile(**settings, level="word"), "of the words of validation", "level: character"
    )


@pytest.mark.parametrize(
    "labels, parts",
    [
        ([f"{number / 7:.3f}" for number in range(100)], ("regression", "different labels")),
        ([f"id{number}" for number in range(100)], ("100 different labels", "another column")),
    ],
)
def test_labels_that_are_not_classes_are_rejected(tmp_path, labels, parts):
    rows = "".join(f"a text,{label}\n" for label in labels)
    path = write(tmp_path / "a.csv", "text,label\n" + rows)
    assert_rejected(Texts(kind="texts", path=path), "line 2, column 'label'", *parts)


def test_other_files_beside_the_texts_are_noted(tmp_path):
    path = tmp_path / "reviews"
    review_folder(path)
    for extra in (".ipynb_checkpoints", "__MACOSX", "good/.hidden"):
        (path / extra).mkdir()
        write(path / extra / "x.txt", "x")
    (path / "good" / "deeper").mkdir()
    write(path / "good" / "deeper" / "x.TXT", "a good film indeed")
    write(path / "bad" / "x.md", "a bad film indeed")
    write(path / "bad" / "x.pdf", "x")
    write(path / "README.txt", "x")
    dataset = datasets.load(Texts(kind="texts", path=str(path)))
    assert dataset.target_vocabulary == ("bad", "good")
    assert sum(dataset.size(split) for split in dataset.splits) == 42
    (note,) = [note for note in dataset.notes if "not read" in note]
    assert "2 other files" in note and ".pdf" in note and "README.txt" in note


def test_the_summary_of_texts(tmp_path):
    rows = "".join(f"film number {n % 45} is long,{'yes' if n % 3 else 'no'}\n" for n in range(90))
    path = write(tmp_path / "a.csv", "text,label\n" + rows)
    summary = summarize(datasets.load(Texts(kind="texts", path=path, max_length=4)))
    assert summary.classes == {"no": (24, 3, 3), "yes": (48, 6, 6)}
    assert summary.facts["Cut"].startswith("100.0% of the texts and 20.0% of the words")
    assert summary.facts["Unknown tokens"].endswith("of test")
    assert "of 9 texts" in summary.facts["Of test also in train"]
    assert any("Class" in line and "train" in line for line in summary.lines())


def test_texts_of_one_author_are_in_one_split(tmp_path):
    rows = "".join(f"a text {n} by,{'xy'[n % 2]},author{n % 12}\n" for n in range(120))
    path = write(tmp_path / "a.csv", "text,label,author\n" + rows)
    dataset = datasets.load(
        Texts(path=path, group="author", validation_fraction=0.2, test_fraction=0.2)
    )
    assert [dataset.size(split) for split in dataset.splits] == [
        70,
        30,
        20,
    ]  # each author has ten texts


@pytest.mark.parametrize("form", ["parquet", "jsonl", "tsv"])
def test_texts_are_read_from_other_table_formats(tmp_path, form):
    import pyarrow as pa
    from pyarrow import parquet

    rows = [{"tweet": f"a {'xy'[n % 2]} text {n}", "mood": n % 2} for n in range(60)]
    path = tmp_path / f"tweets.{form}"
    if form == "parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path)
    elif form == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        path.write_text("tweet\tmood\n" + "".join(f"{r['tweet']}\t{r['mood']}\n" for r in rows))
    dataset = datasets.load(Texts(path=str(path), text="tweet", label="mood"))
    assert dataset.target_vocabulary == ("0", "1")
    for tokens, label in zip(
        dataset.splits["test"].inputs["tokens"], dataset.splits["test"].targets, strict=True
    ):
        assert dataset.vocabulary[tokens[1]] == "xy"[label]
