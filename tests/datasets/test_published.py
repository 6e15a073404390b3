"""The published datasets, read from the real files."""

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.published import cta_ridership, spa_eng
from keras_gru.datasets.published.cta_ridership import CtaRidership
from keras_gru.datasets.published.en_atis import EnAtis
from keras_gru.datasets.published.imdb_reviews import ImdbReviews
from keras_gru.datasets.published.source import DATA_DIR
from keras_gru.datasets.published.spa_eng import SpaEng
from keras_gru.datasets.published.tiny_shakespeare import TinyShakespeare
from keras_gru.datasets.text import sentence_pairs
from keras_gru.errors import UserError
from tests.datasets.samples import check_history

ATIS = [f"en_atis-ud-{name}.conllu" for name in ("train", "dev", "test")]


def days(*rows):
    dates, types, bus, rail = zip(*rows, strict=True)
    return {
        "date": np.array([d.encode() for d in dates], object),
        "day_type": np.array(types),
        "bus": np.array(bus),
        "rail": np.array(rail),
    }


def test_exact_duplicates_are_dropped_and_days_sorted():
    one, two = ("2019-01-02", 0, 5, 6), ("2019-01-01", 2, 3, 4)
    almost = ("2019-01-02", 0, 5, 7)
    cleaned, dropped = cta_ridership.clean(days(one, two, one, almost))
    assert dropped == 1
    assert cleaned["rail"].tolist() == [4, 6, 7]
    assert str(cleaned["date"][0]) == "2019-01-01"


def test_ridership_equals_the_numbers_of_the_book(needs):
    needs("ridership.tgz")
    dataset = datasets.load(CtaRidership(kind="cta_ridership"))
    # Three years, five months and seven months, each without its first 56 days.
    assert [dataset.size(s) for s in dataset.splits] == [1096 - 56, 151 - 56, 214 - 56]
    assert "Dropped 62 exact duplicate rows" in dataset.notes[0]
    _, naive, linear = dataset.baselines
    assert naive.label == "Same day a week earlier"
    validation = dataset.splits["validation"]
    week_earlier = validation.inputs["features"][:, -7, 0]
    error = np.abs(week_earlier - validation.targets[:, 0, 0]) * dataset.scale
    # The book evaluates its naive forecast on March to May: the last 92 of the 95 days.
    assert error[-92:].mean() == pytest.approx(42_143, abs=1)
    assert error.mean() == pytest.approx(naive.validation["mae"], rel=1e-4)
    assert 36_000 < linear.validation["mae"] < 40_000
    assert linear.parameters == 57


def test_no_day_is_in_two_splits(needs):
    needs("ridership.tgz")
    config = CtaRidership(kind="cta_ridership", window=14, horizon=7, multivariate=True)
    dataset = datasets.load(config)
    assert dataset.spec.features == 5 and dataset.spec.horizon == 7
    check_history(dataset)
    ends = {}
    for name, split in dataset.splits.items():
        rail = split.inputs["features"][..., 1]
        ends[name] = (rail[0, 0], split.targets[-1, -1, 0])
        np.testing.assert_array_equal(split.inputs["features"][..., 2:].sum(axis=-1), 1)
    # First and last day of each split: 1 January 2016 to 31 December 2019.
    boundaries = [float(x) for pair in ends.values() for x in pair]
    assert len(set(boundaries)) == 6
    sizes = [split.size + 14 + 7 - 1 for split in dataset.splits.values()]
    assert sizes == [1096, 151, 214]


def test_atis(needs):
    needs(*ATIS)
    dataset = datasets.load(EnAtis(kind="en_atis"))
    assert [dataset.size(s) for s in dataset.splits] == [4274, 572, 586]
    assert max(dataset.padding(split, 32) for split in dataset.splits) < 0.10
    split = dataset.splits["train"]
    tokens, tags = split.inputs["tokens"][0], split.targets[0]
    length = split.lengths["tokens"][0]
    words = " ".join(dataset.vocabulary[t] for t in tokens[:length])
    assert words.startswith("what are the nonstop flights from cincinnati")
    assert [dataset.target_vocabulary[t] for t in tags[:5]] == [
        "PRON",
        "AUX",
        "DET",
        "NOUN",
        "NOUN",
    ]
    assert (np.asarray(split.inputs["tokens"]) != 1).all()  # every training word is known
    assert 0.9 < dataset.baselines[0].test["accuracy"] < 0.99
    assert dataset.baselines[0].label == "Most frequent tag of each word"


def test_shakespeare(needs):
    needs("input.txt")
    dataset = datasets.load(TinyShakespeare(kind="tiny_shakespeare", window=50))
    tokens = dataset.splits["train"].inputs["tokens"]
    assert dataset.decode(tokens[0]).startswith("First Citizen:\nBefore we proceed")
    assert tokens.shape == (1_003_854 // 50, 50)
    np.testing.assert_array_equal(dataset.splits["train"].targets[:, :-1], tokens[:, 1:])


def test_sentence_pairs(needs):
    needs("spa-eng.zip")
    dataset = datasets.load(SpaEng(kind="spa_eng", pairs=20_000))
    assert sum(dataset.size(s) for s in dataset.splits) == 20_000
    assert dataset.size("validation") == pytest.approx(2_000, abs=20)
    assert (
        dataset.padding("train", 32) < 0.15
    )  # with a sixth of the pairs; with all of them it is below 0.10
    start, end = dataset.spec.start, dataset.spec.end
    x, y, weight = next(iter(dataset.batches("train", 32, seed=0).as_numpy_iterator()))
    assert (x["target"][:, 0] == start).all() and (y != start).all()
    np.testing.assert_array_equal(x["target"] > 0, weight > 0)
    shifted = np.where(x["target"][:, 1:] > 0, y[:, :-1], 0)
    np.testing.assert_array_equal(x["target"][:, 1:], shifted)
    lengths = weight.sum(axis=1).astype(int)
    assert (y[np.arange(len(y)), lengths - 1] == end).all()
    assert len(dataset.vocabulary) == len(dataset.target_vocabulary) == 1_000


def test_no_english_sentence_is_in_two_splits():
    english = [[f"w{number // 3}"] for number in range(300)]
    pairs = sentence_pairs.clean(english, [[f"s{number}"] for number in range(300)], 5)
    parts = sentence_pairs.split(pairs, 0.2, 0.1)
    assert sum(len(part) for part in parts.values()) == 300
    seen = [{one for (one,), _ in part} for part in parts.values()]
    assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])
    assert len(parts["validation"]) == pytest.approx(60, abs=3)
    assert parts == sentence_pairs.split(pairs, 0.2, 0.1)
    texts = ([" ".join(words) for words in side] for side in zip(*pairs, strict=True))
    dataset = sentence_pairs.translation_dataset(
        "pairs", *texts, vocabulary=100, max_length=5, fractions=(0.2, 0.1)
    )
    with pytest.raises(UserError, match="vary"):
        dataset.resampled(0)


def test_duplicate_and_long_pairs_are_left_out():
    english = [["a"], ["a"], ["a"], ["b", "c"], []]
    spanish = [["x"], ["x"], ["y"], ["z"], ["w"]]
    assert sentence_pairs.clean(english, spanish, 1) == [(["a"], ["x"]), (["a"], ["y"])]


def test_imdb(prepared_imdb, monkeypatch):
    monkeypatch.setenv(DATA_DIR, prepared_imdb)
    dataset = datasets.load(ImdbReviews(kind="imdb_reviews", max_length=100, vocabulary=2_000))
    assert [dataset.size(s) for s in dataset.splits] == [22_500, 2_500, 25_000]
    assert len(dataset.vocabulary) == 2_000 and "br" not in dataset.vocabulary
    assert max(dataset.padding(split, 32) for split in dataset.splits) < 0.10
    test = dataset.splits["test"]
    assert test.targets.mean() == 0.5 and test.lengths["tokens"].max() == 100
    train, validation = (dataset.splits[s].inputs["tokens"] for s in ("train", "validation"))
    shared = {row.tobytes() for row in train} & {row.tobytes() for row in validation}
    assert len(shared) < 25  # the published data contain a few duplicates


def test_too_few_pairs_are_rejected(monkeypatch):
    words = np.array([b"one", b"two", b"three"], object)
    columns = {"english": words, "spanish": words}
    monkeypatch.setattr(spa_eng.source, "read", lambda *_, **__: {"train": columns})
    with pytest.raises(UserError, match="English to Spanish: the validation split is empty"):
        datasets.load(SpaEng(kind="spa_eng", pairs=3))
