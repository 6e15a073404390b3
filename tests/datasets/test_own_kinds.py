"""A user's own pairs, tagged sentences and .ts files: read, or rejected in one sentence."""

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.own.pairs import Pairs
from keras_gru.datasets.own.tagged import Tagged, read_sentences
from keras_gru.datasets.own.ts import Ts
from keras_gru.errors import UserError


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return str(path)


PAIRS = "".join(f"Go number {n % 50}.\tVe al número {n}.\tCC-BY {n}\n" for n in range(100))


def test_pairs_with_a_third_column_and_without_a_header(tmp_path):
    dataset = datasets.load(Pairs(path=write(tmp_path / "spa.txt", PAIRS)))
    assert (dataset.resolved.from_column, dataset.resolved.to_column) == ("0", "1")
    assert dataset.resolved.separator == "tab" and dataset.resolved.header is False
    assert sum(dataset.size(split) for split in dataset.splits) == 100
    sentences = [
        {tuple(row) for row in np.asarray(split.inputs["source"]).tolist()}
        for split in dataset.splits.values()
    ]
    assert not sentences[0] & sentences[1] and not sentences[0] & sentences[2]
    again = datasets.load_as_test(dataset.resolved, dataset.preprocessing)
    assert again.size("test") == 100 and not again.baselines


@pytest.mark.parametrize(
    "text, parts",
    [
        ("Go.\nRun.\n" * 20, ("two columns",)),
        (PAIRS.replace("Go number 7.", ""), ("line 8", "column '0'", "empty")),
        ("Go.\tVe.\n", ("split is empty",)),
    ],
)
def test_bad_pairs_are_rejected(tmp_path, text, parts):
    with pytest.raises(UserError) as error:
        datasets.load(Pairs(path=write(tmp_path / "spa.txt", text)))
    assert all(part in str(error.value) for part in parts) and "\n" not in str(error.value)


SENTENCE = """\
1\tThe\tthe\tDET\tDT\t_\t2\tdet\t_\t_
2-3\tcan't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdog\tdog\tNOUN\tNN\t_\t3\tnsubj\t_\t_
3\tbarks\tbark\tVERB\tVBZ\t_\t0\troot\t_\t_
"""


def conllu(count):
    return "".join(f"# sent_id = {number}\n{SENTENCE}\n" for number in range(count))


def test_conllu_and_a_folder_of_its_splits(tmp_path):
    one = datasets.load(Tagged(path=write(tmp_path / "en.conllu", conllu(30))))
    assert one.target_vocabulary == ("DET", "NOUN", "VERB") and one.resolved.tags == "upos"
    assert [one.size(split) for split in one.splits] == [24, 3, 3]
    assert one.vocabulary[2:] == ("barks", "dog", "the")
    folder = tmp_path / "atis"
    folder.mkdir()
    for name, count in {"train": 20, "dev": 5, "test": 7}.items():
        write(folder / f"en-{name}.conllu", conllu(count))
    many = datasets.load(Tagged(path=str(folder), tags="xpos"))
    assert [many.size(split) for split in many.splits] == [20, 5, 7]
    assert many.target_vocabulary == ("DT", "NN", "VBZ")
    before = many.fingerprint.source
    write(folder / "en-test.conllu", conllu(8))
    assert datasets.load(Tagged(path=str(folder))).fingerprint.source != before


def test_two_columns_and_sentences_between_blank_lines(tmp_path):
    text = "-DOCSTART- O\n\nEU B-ORG\nrejects O\n\nPeter B-PER\n# O\n\n" * 20
    dataset = datasets.load(Tagged(path=write(tmp_path / "ner.txt", text)))
    assert dataset.target_vocabulary == ("B-ORG", "B-PER", "O")
    assert sum(dataset.size(split) for split in dataset.splits) == 40
    assert "#" in dataset.vocabulary
    chunks = "# a comment\n# # I-NP\n5 CD I-NP\nfell VBD B-VP\n\n"
    write(tmp_path / "chunk.txt", chunks)
    (words, tags), *_ = read_sentences(tmp_path / "chunk.txt", None)[0]
    assert (words, tags) == (["#", "5", "fell"], ["I-NP", "I-NP", "B-VP"])
    other = Tagged(path=write(tmp_path / "other.txt", "EU B-ORG\n\nfoo B-LOC\n\n"))
    known = datasets.load_as_test(other, dataset.preprocessing)
    assert known.size("test") == 1 and any("'B-LOC' (1)" in note for note in known.notes)


@pytest.mark.parametrize(
    "text, settings, parts",
    [
        ("", {}, ("found none",)),
        ("word\nword\n", {}, ("a word and its tag",)),
        ("a X\nb Y\n\nc\n", {}, ("line 4", "2 columns", "got 1")),
        ("a X\nb X\n\n", {}, ("two tags or more",)),
        ("a X\nb Y\n\n", {"tags": 2}, ("dataset.tags", "1 to 1")),
        ("a X\nb Y\n\n", {"tags": "upos"}, ("dataset.tags", "'upos'")),
        (conllu(2), {"tags": "feats"}, ("line 2", "'feats'")),
        ("a X\nb Y\n\n", {}, ("split is empty",)),
    ],
)
def test_bad_tags_are_rejected(tmp_path, text, settings, parts):
    with pytest.raises(UserError) as error:
        datasets.load(Tagged(path=write(tmp_path / "a.txt", text), **settings))
    assert all(part in str(error.value) for part in parts) and "\n" not in str(error.value)


TS = "@problemName vowels\n@timeStamps false\n@univariate false\n@classLabel true a b\n@data\n"


def cases(count, lengths=(3, 4)):
    rows = []
    for n in range(count):
        values = ",".join(str(v + n) for v in range(lengths[n % len(lengths)]))
        rows.append(f"{values}:{values}:{'ab'[n % 2]}")
    return "\n".join(rows) + "\n"


def test_ts_series_of_unequal_lengths_with_class_names(tmp_path):
    dataset = datasets.load(Ts(path=write(tmp_path / "vowels.ts", TS + cases(40))))
    assert dataset.target_vocabulary == ("a", "b") and dataset.spec.features == 2
    assert dataset.spec.length is None and [dataset.size(s) for s in dataset.splits] == [32, 4, 4]
    train = dataset.splits["train"]
    real = np.arange(4) < train.lengths["features"][:, None]
    np.testing.assert_allclose(train.inputs["features"][real].std(axis=0), 1, rtol=1e-4)
    assert (train.inputs["features"][~real] == 0).all()
    again = datasets.load_as_test(dataset.resolved, dataset.preprocessing)
    assert again.size("test") == 40


def test_a_test_file_beside_the_train_file_is_the_test_split(tmp_path):
    write(tmp_path / "V_TEST.ts", TS + cases(10, (3,)))
    path = write(tmp_path / "V_TRAIN.ts", TS + cases(20, (3,)))
    dataset = datasets.load(Ts(path=path))
    assert [dataset.size(split) for split in dataset.splits] == [18, 2, 10]
    assert dataset.spec.length == 3
    before = dataset.fingerprint.source
    write(tmp_path / "V_TEST.ts", TS + cases(12, (3,)))
    assert datasets.load(Ts(path=path)).fingerprint.source != before


@pytest.mark.parametrize(
    "text, parts",
    [
        (cases(4), ("@data",)),
        (TS.replace("true", "false") + cases(4), ("@classLabel true",)),
        (TS, ("found none",)),
        (TS + cases(4).replace("b\n", "c\n", 1), ("line 7", "a, b", "'c'")),
        (TS + "1,2:1,2,3:a\n", ("line 6", "2, 3 values")),
        (TS + "1,x:1,2:a\n", ("line 6", "'x'")),
        (TS + "1,?:1,2:a\n", ("line 6", "missing: interpolate")),
        (TS + "1,2:1,2:a\n1,2:b\n" + cases(20), ("2 dimensions",)),
        (TS + "1,2:1,2:a\n" * 20, ("only the class 'a'",)),
        (TS.replace("timeStamps false", "timeStamps true") + cases(4), ("time stamps",)),
    ],
)
def test_bad_ts_files_are_rejected(tmp_path, text, parts):
    with pytest.raises(UserError) as error:
        datasets.load(Ts(path=write(tmp_path / "a.ts", text)))
    assert all(part in str(error.value) for part in parts) and "\n" not in str(error.value)


def test_missing_values_of_ts_files_are_interpolated(tmp_path):
    text = TS + "1,?,3:1,2,3:a\n" + cases(40, (3,))
    path = write(tmp_path / "a.ts", text)
    dataset = datasets.load(Ts(path=path, missing="interpolate", scale=False))
    assert any("1 missing" in note for note in dataset.notes)
    rows = np.concatenate([split.inputs["features"] for split in dataset.splits.values()])
    assert (rows == [[1, 1], [2, 2], [3, 3]]).all(axis=(1, 2)).any()
