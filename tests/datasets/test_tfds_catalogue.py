"""Datasets of the TFDS catalogue, configured by name alone."""

import csv
import hashlib
import io
import tarfile

import numpy as np
import pydantic
import pytest
import tensorflow_datasets as tfds

from keras_gru import datasets
from keras_gru.datasets.published import source, tfds_catalogue
from keras_gru.datasets.published.en_atis import EnAtis
from keras_gru.datasets.published.imdb_reviews import ImdbReviews
from keras_gru.datasets.published.source import DATA_DIR, MANUAL_DIR
from keras_gru.datasets.published.tfds_tags import TfdsTags
from keras_gru.datasets.published.tfds_texts import TfdsTexts
from keras_gru.datasets.tables import file_bytes
from keras_gru.errors import UserError
from tests.datasets.test_published import ATIS

ENGLISH = {"kind": "tfds_tags", "name": "universal_dependencies/en_atis", "tags": "upos"}
REVIEWS = {"kind": "tfds_texts", "name": "imdb_reviews"}
NEWS = {"kind": "tfds_texts", "name": "ag_news_subset", "text": "description"}


@pytest.fixture
def news(tmp_path, monkeypatch):
    """A few rows in the published format, under the published file name."""
    rows = {"train": [], "test": []}
    for number in range(60):
        rows["train"].append([number % 4 + 1, f"title {number % 5}", f"word{number % 4} x{number}"])
    rows["test"] = [[2, "a title", "word1 there"], [4, "another", "word3"]]
    with tarfile.open(tmp_path / "ag_news_csv.tar.gz", "w:gz") as archive:
        for name, lines in rows.items():
            text = io.StringIO()
            csv.writer(text).writerows(lines)
            member = tarfile.TarInfo(f"ag_news_csv/{name}.csv")
            member.size = len(text.getvalue())
            archive.addfile(member, io.BytesIO(text.getvalue().encode()))
    content = (tmp_path / "ag_news_csv.tar.gz").read_bytes()
    cls = tfds.builder_cls("ag_news_subset")
    (url,) = cls.url_infos
    info = tfds.download.checksums.UrlInfo(
        len(content), hashlib.sha256(content).hexdigest(), "ag_news_csv.tar.gz"
    )
    monkeypatch.setattr(cls, "url_infos", {url: info})
    monkeypatch.setenv(MANUAL_DIR, str(tmp_path))
    monkeypatch.setenv(DATA_DIR, str(tmp_path / "data"))


def test_a_dataset_is_loaded_by_name(news):
    dataset = datasets.load(TfdsTexts(**NEWS, validation=0.25))
    assert [dataset.size(split) for split in dataset.splits] == [45, 15, 2]
    assert dataset.target_vocabulary == ("World", "Sports", "Business", "Sci/Tech")
    assert dataset.name == "ag_news_subset" and dataset.spec.outputs == 4
    seen = set()
    for split in dataset.splits.values():
        for row, label in zip(split.inputs["tokens"], split.targets, strict=True):
            if split is not dataset.splits["test"]:
                assert dataset.vocabulary[row[0]] == f"word{label}"
                seen.add((split is dataset.splits["train"], row.tobytes()))
    assert dataset.splits["test"].targets.tolist() in ([1, 3], [3, 1])
    assert "title" not in dataset.vocabulary and len(seen) > 15


def test_a_dataset_that_does_not_fit_into_memory_is_rejected(news, monkeypatch):
    monkeypatch.setattr(file_bytes, "_available_memory", lambda: 1_000)
    with pytest.raises(UserError, match="fits into memory"):
        datasets.load(TfdsTexts(**NEWS))


def test_chosen_features_and_slices_of_splits(news):
    config = TfdsTexts(**{**NEWS, "text": "title"}, train="train[:50%]", validation="train[50%:]")
    dataset = datasets.load(config)
    assert [dataset.size(split) for split in dataset.splits] == [30, 30, 2]
    assert "title" in dataset.vocabulary and "word1" not in dataset.vocabulary


@pytest.mark.parametrize(
    "settings, sentence",
    [
        ({"name": "ag_news_subse"}, "TFDS has no dataset 'ag_news_subse'. Did you mean 'ag_news"),
        ({"name": "qqqqqqqq"}, "TFDS has no dataset 'qqqqqqqq'. tensorflow.org/datasets/catalog"),
        ({"name": "ag_news_subset/small"}, "'ag_news_subset' of TFDS has no config 'small'"),
        (
            {"name": "universal_dependencies/en_ati"},
            "'universal_dependencies' of TFDS has no config 'en_ati'. Did you mean 'en_atis'",
        ),
        ({"name": "ag_news_subset:9.9.9"}, "cannot be loaded at version 9.9.9, only: 1.0.0"),
        (
            {"text": "body"},
            "ag_news_subset/1.0.0: the feature 'body' does not exist; Text features: "
            "description, title.",
        ),
        ({"label": "title"}, "the feature 'title' is not a ClassLabel; ClassLabel features"),
        ({"test": "tests"}, "ag_news_subset/1.0.0 has no split 'tests'. Did you mean 'test'"),
        ({"validation": "dev"}, "has no split 'dev'. Known: test, train."),
        ({"train": "train[:x]"}, "has no split 'train[:x]'. Did you mean 'train'"),
    ],
)
def test_missing_names_are_reported_with_alternatives(news, settings, sentence):
    with pytest.raises(UserError) as error:
        datasets.load(TfdsTexts(**{**NEWS, **settings}))
    assert sentence in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name", ["huggingface:imdb", "kaggle:titanic", "../x", "os.path", "imdb_reviews/a=1,b=2", ""]
)
def test_a_name_that_would_import_code_is_rejected(name):
    with pytest.raises(pydantic.ValidationError, match=r"expected a name in TFDS's catalogue"):
        TfdsTexts(kind="tfds_texts", name=name)


def test_a_prepared_folder_cannot_name_a_module_to_import(monkeypatch, tmp_path):
    """For a folder without code, TFDS imports the Python classes that `features.json` names."""
    folder = tmp_path / "unknown_texts" / "1.0.0"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text('{"name": "unknown_texts", "version": "1.0.0"}')
    (folder / "features.json").write_text('{"pythonClassName": "not_here_at_all.Feature"}')
    monkeypatch.setenv(DATA_DIR, str(tmp_path))
    with pytest.raises(ValueError, match="not_here_at_all"):
        tfds.builder("unknown_texts", data_dir=str(tmp_path))
    with pytest.raises(UserError, match="TFDS has no dataset 'unknown_texts'"):
        datasets.load(TfdsTexts(kind="tfds_texts", name="unknown_texts:1.0.0"))


def test_a_missing_file_is_named(monkeypatch, tmp_path):
    def unreachable(*args, **kwargs):
        raise source_requests.ConnectionError

    import requests as source_requests

    monkeypatch.setattr(source_requests, "head", unreachable)
    monkeypatch.setenv(DATA_DIR, str(tmp_path))
    monkeypatch.delenv(MANUAL_DIR, raising=False)
    monkeypatch.setattr(tfds.core.DatasetBuilder, "is_prepared", lambda self: False)
    with pytest.raises(UserError, match=r"needs ag_news_csv\.tar\.gz.* cannot be reached: fetch"):
        datasets.load(TfdsTexts(**NEWS))
    with pytest.raises(UserError, match=r"needs en_atis-ud-\w+\.conllu.* cannot be reached: fetch"):
        datasets.load(TfdsTags(**ENGLISH))


def test_instructions_for_manual_downloads_are_shown(monkeypatch, tmp_path):
    """The message has TFDS's instructions; TFDS itself raises an AssertionError."""
    monkeypatch.setenv(DATA_DIR, str(tmp_path / "data"))
    monkeypatch.setenv(MANUAL_DIR, str(tmp_path / "nowhere"))
    config = TfdsTexts(kind="tfds_texts", name="newsroom")
    with pytest.raises(UserError, match=r"newsroom cannot be prepared: .*summari") as error:
        tfds_catalogue.read(tfds_catalogue.find_builder(config.name), config, ("text",))
    assert "\n" not in str(error.value)


def same_splits(one, other):
    assert one.vocabulary == other.vocabulary
    for name, split in one.splits.items():
        for part in ("inputs", "lengths"):
            expected, actual = getattr(split, part), getattr(other.splits[name], part)
            np.testing.assert_array_equal(expected["tokens"], actual["tokens"])
        np.testing.assert_array_equal(split.targets, other.splits[name].targets)


def test_atis_by_name_is_atis(needs):
    needs(*ATIS)
    by_its_name = datasets.load(TfdsTags(**ENGLISH, validation="dev", vocabulary=5_000))
    atis = datasets.load(EnAtis(kind="en_atis"))
    same_splits(by_its_name, atis)
    assert by_its_name.target_vocabulary == atis.target_vocabulary
    assert by_its_name.baselines == atis.baselines


def test_validation_of_a_tagging_dataset_can_be_split_off_train(needs):
    needs(*ATIS)
    dataset = datasets.load(TfdsTags(**ENGLISH))
    assert [dataset.size(split) for split in dataset.splits] == [4274 - 427, 427, 586]
    with pytest.raises(UserError, match=r"'lemmas' is not a sequence of ClassLabel; .*: upos"):
        datasets.load(TfdsTags(**{**ENGLISH, "tags": "lemmas"}))
    with pytest.raises(UserError, match=r"'text' is not a sequence of Text; .* deprel, .*tokens"):
        datasets.load(TfdsTags(**ENGLISH, tokens="text"))


def test_imdb_by_name_is_imdb(prepared_imdb, monkeypatch):
    monkeypatch.setenv(DATA_DIR, prepared_imdb)
    all_rows = source.columns
    monkeypatch.setattr(
        source,
        "columns",
        lambda builder, split, *arguments: all_rows(builder, f"{split}[:3000]", *arguments),
    )
    sizes = {"vocabulary": 2_000, "max_length": 50}
    name = "imdb_reviews/plain_text:1.0.0"
    by_its_name = datasets.load(TfdsTexts(**{**REVIEWS, "name": name}, **sizes))
    same_splits(by_its_name, datasets.load(ImdbReviews(kind="imdb_reviews", **sizes)))
    assert by_its_name.target_vocabulary == ("neg", "pos")


class Unlabelled:
    """A fake prepared dataset in which some classes and words are missing."""

    def __init__(self, columns):
        self.columns = columns

    def __call__(self, make, config, features):
        return dict.fromkeys(("train", "validation", "test"), self.columns)


def test_texts_without_a_class_are_left_out(monkeypatch):
    texts = np.array([b"one", b"two", b"three"], object)
    columns = {"text": texts, "label": np.array([0, -1, 1])}
    monkeypatch.setattr(tfds_catalogue, "read", Unlabelled(columns))
    dataset = datasets.load(TfdsTexts(**REVIEWS))
    assert dataset.splits["train"].targets.tolist() == [0, 1]
    assert "Left out 1 train texts without a class." in dataset.notes


def test_sentences_without_words_are_left_out_and_missing_tags_rejected(monkeypatch):
    columns = {"tokens": [[b"A", b"b"], []], "upos": [np.array([1, 2]), np.array([], int)]}
    monkeypatch.setattr(tfds_catalogue, "read", Unlabelled(columns))
    dataset = datasets.load(TfdsTags(**ENGLISH))
    assert dataset.splits["train"].targets.tolist() == [[1, 2]]
    assert "Left out 1 train sentences without a word." in dataset.notes
    columns["upos"][0] = np.array([1])
    with pytest.raises(UserError, match="sentence 0 of train has 2 words and 1 tags"):
        datasets.load(TfdsTags(**ENGLISH))


def test_overlapping_slices_of_splits_are_rejected(news):
    slices = {"train": "train[:80%]", "validation": "train[70%:]"}
    with pytest.raises(UserError, match=r"dataset.validation: .*'train\[70%:\]'"):
        datasets.load(TfdsTexts(**NEWS, **slices))
    apart = {"train": "train[:80%]", "validation": "train[80%:]"}
    assert datasets.load(TfdsTexts(**NEWS, **apart)).size("validation") == 12
