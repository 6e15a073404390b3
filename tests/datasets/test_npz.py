"""A user's own arrays (.npz): each task, and each mistake that is reported."""

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.own.npz import Npz
from keras_gru.errors import UserError
from tests.datasets.samples import epoch

RNG = np.random.default_rng(0)
VECTORS = RNG.normal(size=(40, 6, 3))
TOKENS = RNG.integers(1, 9, (40, 6))
LENGTHS = RNG.integers(1, 7, 40)
LABELS = np.arange(40) % 3


def load(path, task, settings=(), **arrays):
    np.savez(path / "mine.npz", **arrays)
    settings = {"max_length": 100, "scale": False, **dict(settings)}
    return datasets.load(Npz(kind="npz", path=str(path / "mine.npz"), task=task, **settings))


def test_classification_of_vectors_of_one_length(tmp_path):
    dataset = load(tmp_path, "classification", train_inputs=VECTORS, train_targets=LABELS)
    assert [dataset.size(s) for s in dataset.splits] == [32, 4, 4]
    spec = dataset.spec
    assert (spec.features, spec.length, spec.outputs, spec.vocabulary) == (3, 6, 3, None)
    rows = np.concatenate([s.inputs["features"][:, 0, 0] for s in dataset.splits.values()])
    np.testing.assert_allclose(np.sort(rows), np.sort(VECTORS[:, 0, 0]), rtol=1e-6)


def test_lengths_make_a_mask(tmp_path):
    dataset = load(
        tmp_path,
        "classification",
        train_inputs=VECTORS,
        train_targets=np.arange(40),
        train_lengths=LENGTHS,
        validation_inputs=VECTORS[:5],
        validation_targets=np.arange(5),
        validation_lengths=LENGTHS[:5],
        test_inputs=VECTORS[:5, :4],
        test_targets=np.arange(5),
    )
    assert dataset.spec.length is None and dataset.spec.masked
    assert dataset.size("train") == 40
    for x, y in epoch(dataset, "train", 8, seed=0):
        np.testing.assert_array_equal(x["mask"].sum(axis=1), LENGTHS[y])
    ((x, _),) = epoch(dataset, "test", 8)
    np.testing.assert_array_equal(x["mask"].sum(axis=1), 4)


def test_tagging_of_tokens_that_end_in_zeros(tmp_path):
    real = np.arange(6) < LENGTHS[:, None]
    dataset = load(
        tmp_path,
        "tagging",
        train_inputs=np.where(real, TOKENS, 0),
        # values in the padding are not labels
        train_targets=np.where(real, TOKENS % 4, np.where(TOKENS > 4, -100, 2**40)),
    )
    assert dataset.spec.outputs == 4 and dataset.spec.vocabulary == 9
    for x, y, weight in epoch(dataset, "train", 8, seed=0):
        np.testing.assert_array_equal(weight, x["tokens"] > 0)
        np.testing.assert_array_equal(y, x["tokens"] % 4)
    assert dataset.baselines[0].test["accuracy"] == 1  # a token has always the same tag


@pytest.mark.parametrize(
    "shape, expected, every_step",
    [
        ((40,), (1, 1), False),
        ((40, 2), (1, 2), False),
        ((40, 5, 2), (5, 2), False),
        ((40, 6, 5, 2), (6, 5, 2), True),
    ],
)
def test_forecasting(tmp_path, shape, expected, every_step):
    targets = RNG.normal(size=shape)
    dataset = load(tmp_path, "forecasting", train_inputs=VECTORS, train_targets=targets)
    (_, y, *weight), *_ = epoch(dataset, "train", 8)
    assert y.shape == (8, *expected) and not weight
    assert (dataset.spec.horizon, dataset.spec.outputs) == expected[-2:]
    assert dataset.spec.every_step == every_step
    assert dataset.baselines[0].test["mae"] > 0


def test_polyphony(tmp_path):
    notes = RNG.integers(0, 2, (40, 6, 5))
    dataset = load(
        tmp_path, "polyphony", train_inputs=VECTORS, train_targets=notes, train_lengths=LENGTHS
    )
    assert dataset.spec.outputs == 5
    (x, y, weight), *_ = epoch(dataset, "train", 8, seed=0)
    assert set(x) == {"features", "mask"} and y.shape == (*weight.shape, 5)


@pytest.mark.parametrize("task", ["classification", "tagging"])
def test_labels_that_only_validation_or_test_have_are_classes_too(tmp_path, task):
    """Each sequence has its own label, so every split has labels that train lacks."""
    labels = np.arange(40) if task == "classification" else np.repeat(np.arange(40), 6)
    labels = labels.reshape((40,) if task == "classification" else (40, 6))
    dataset = load(tmp_path, task, train_inputs=TOKENS, train_targets=labels)
    assert dataset.spec.outputs == 40
    assert not np.isin(dataset.splits["test"].targets, dataset.splits["train"].targets).any()
    every = np.concatenate([split.targets.ravel() for split in dataset.splits.values()])
    np.testing.assert_array_equal(np.unique(every), np.arange(40))
    assert dataset.baselines[0].label.startswith(("Always '", "Most frequent tag"))


def test_a_million_tokens_and_tags_fit_into_memory(tmp_path):
    """The largest allowed numbers; a dense table of token and tag would have 10^12 cells."""
    tokens, tags = TOKENS + 999_991, TOKENS % 4 + 999_996
    dataset = load(tmp_path, "tagging", train_inputs=tokens, train_targets=tags)
    assert (dataset.spec.vocabulary, dataset.spec.outputs) == (1_000_000, 1_000_000)
    assert dataset.baselines[0].test["accuracy"] == 1
    assert dataset.baselines[0].parameters == 8


def changed(**arrays):
    return {"train_inputs": VECTORS, "train_targets": LABELS, **arrays}


WITH_NAN = np.where(np.arange(3) == 1, np.nan, VECTORS)
BAD = {
    "missing": ("classification", {"train_inputs": VECTORS}, "'train_targets' is missing"),
    "no train": ("classification", {"test_inputs": VECTORS}, "'train_inputs' is missing"),
    "half a split": (
        "classification",
        changed(test_inputs=VECTORS),
        "the array 'test_targets' is missing",
    ),
    "misspelt": ("classification", changed(train_length=LENGTHS), "Did you mean 'train_lengths'"),
    "pickle": (
        "classification",
        changed(train_targets=np.array([{}] * 40)),
        "holds Python objects, where only numbers are read",
    ),
    "shape": (
        "classification",
        changed(train_inputs=VECTORS[0, 0]),
        "expected vectors (N, T, D) or tokens",
    ),
    "float tokens": ("classification", changed(train_inputs=TOKENS / 2), "the type float64"),
    "text": ("classification", changed(train_inputs=VECTORS.astype(str)), "expected real numbers"),
    "empty": (
        "classification",
        changed(train_inputs=VECTORS[:, :0]),
        "'train_inputs': expected sequences, got the empty shape",
    ),
    "nan": ("classification", changed(train_inputs=WITH_NAN), "got NaN or Inf"),
    "counts": ("classification", changed(train_targets=LABELS[:9]), "expected the shape (N,)"),
    "negative": (
        "classification",
        changed(train_targets=LABELS - 1),
        "expected labels from 0, got -1",
    ),
    "float label": (
        "classification",
        changed(train_targets=LABELS / 2),
        "expected integers from 0 as labels",
    ),
    "out of range": (
        "classification",
        changed(test_inputs=VECTORS, test_targets=LABELS + 1),
        "'test_targets': expected the labels of train, 0, 1, 2, got 3",
    ),
    "huge label": (
        "classification",
        changed(train_targets=np.where(LABELS == 1, 1_000_000_000, LABELS)),
        "'train_targets': expected labels below 1000000",
    ),
    "wide label": (
        "tagging",
        {"train_inputs": TOKENS, "train_targets": TOKENS + 2**32},
        "expected labels below 1000000",
    ),
    "huge token": (
        "classification",
        changed(train_inputs=np.where(TOKENS == 8, 2_000_000_000, TOKENS)),
        "'train_inputs': expected tokens below 1000000",
    ),
    "wide token": (
        "classification",
        changed(train_inputs=np.where(TOKENS == 5, 2**32 + 5, TOKENS).astype(np.uint64)),
        "got 4294967301",
    ),
    "narrow token": (
        "classification",
        changed(train_inputs=np.where(TOKENS == 5, 5 - 2**32, TOKENS)),
        "got -4294967291",
    ),
    "one class": (
        "classification",
        changed(train_targets=LABELS * 0 + 3),
        "'train_targets': expected two labels or more for classification, got only 3",
    ),
    "one tag": (
        "tagging",
        {"train_inputs": VECTORS, "train_targets": TOKENS * 0 + 3, "train_lengths": LENGTHS},
        "'train_targets': expected two labels or more for tagging, got only 3",
    ),
    "too long": (
        "classification",
        changed(train_inputs=np.ones((40, 101, 1))),
        "up to 100 steps (dataset.max_length), got 101",
    ),
    "lengths": (
        "classification",
        changed(train_lengths=LENGTHS + 6),
        "expected lengths from 1 to 6",
    ),
    "no length": ("classification", changed(train_lengths=LENGTHS * 0), "got 0"),
    "lengths' shape": ("classification", changed(train_lengths=LENGTHS[:5]), "(40,) integers"),
    "zero token": (
        "classification",
        changed(train_inputs=np.where(np.arange(6) == 2, 0, TOKENS)),
        "expected tokens from 1 inside a sequence (0 is padding), got 0",
    ),
    "empty tokens": (
        "classification",
        changed(train_inputs=np.where(np.arange(40)[:, None] == 2, 0, TOKENS)),
        "got 0",
    ),
    "other width": (
        "classification",
        changed(test_inputs=VECTORS[..., :2], test_targets=LABELS),
        "'test_inputs': expected the shape (40, 6, 3) of 'train_inputs'",
    ),
    "tags": ("tagging", changed(), "expected the shape (N, T) for tagging"),
    "forecast of tokens": (
        "forecasting",
        changed(train_inputs=TOKENS),
        "expected vectors (N, T, D) for forecasting",
    ),
    "notes": ("polyphony", changed(train_targets=VECTORS), "expected zeros and ones"),
    "too few": (
        "classification",
        changed(train_inputs=VECTORS[:3], train_targets=LABELS[:3]),
        "the validation split is empty",
    ),
}


@pytest.mark.parametrize("task, arrays, part", BAD.values(), ids=BAD)
def test_bad_arrays_are_rejected(tmp_path, task, arrays, part):
    with pytest.raises(UserError) as error:
        load(tmp_path, task, **arrays)
    sentence = str(error.value)
    assert "mine.npz" in sentence and part in sentence and "\n" not in sentence


@pytest.mark.parametrize("content", [b"no zip", b""])
def test_other_content_than_npz_is_rejected(tmp_path, content):
    path = tmp_path / "mine.npz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"not an \.npz file"):
        datasets.load(Npz(kind="npz", path=str(path), task="tagging"))


def test_a_damaged_file_is_rejected(tmp_path):
    np.savez(tmp_path / "mine.npz", train_inputs=VECTORS, train_targets=LABELS)
    content = bytearray((tmp_path / "mine.npz").read_bytes())
    content[2_000:2_100] = bytes(100)
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(UserError, match="damaged"):
        datasets.load(Npz(kind="npz", path=str(tmp_path / "mine.npz"), task="classification"))


def test_labels_with_gaps_and_strings_are_numbered_as_classes(tmp_path):
    arrays = {"train_inputs": VECTORS, "train_targets": LABELS * 100}
    dataset = load(tmp_path, "classification", **arrays)
    assert dataset.spec.outputs == 3 and dataset.target_vocabulary == ("0", "100", "200")
    other = {"test_inputs": VECTORS[:6], "test_targets": LABELS[:6] * 100}
    np.savez(tmp_path / "other.npz", **other)
    config = Npz(kind="npz", path=str(tmp_path / "other.npz"), task="classification")
    again = datasets.load_as_test(config, dataset.preprocessing)
    np.testing.assert_array_equal(again.splits["test"].targets, LABELS[:6])
    words = load(tmp_path, "classification", **{**arrays, "train_targets": LABELS.astype(str)})
    assert words.target_vocabulary == ("0", "1", "2")
    named = load(
        tmp_path, "classification", train_classes=["a", "b", "c"], **changed(),
    )  # fmt: skip
    assert named.target_vocabulary == ("a", "b", "c")
    more = load(tmp_path, "classification", train_classes=["a", "b", "c", "never"], **changed())
    assert more.spec.outputs == len(more.target_vocabulary) == 4


def test_vectors_are_scaled_by_the_unpadded_steps_of_train(tmp_path):
    arrays = {"train_inputs": VECTORS * 1000 + 5, "train_targets": LABELS, "train_lengths": LENGTHS}
    dataset = load(tmp_path, "classification", {"scale": True}, **arrays)
    train = dataset.splits["train"]
    real = np.arange(6) < train.lengths["features"][:, None]
    np.testing.assert_allclose(train.inputs["features"][real].std(axis=0), 1, rtol=1e-4)
    assert (train.inputs["features"][~real] == 0).all()
    units = load(tmp_path, "classification", {"scale": True}, **{**arrays, "train_inputs": VECTORS})
    np.testing.assert_allclose(
        units.splits["test"].inputs["features"], dataset.splits["test"].inputs["features"],
        atol=1e-4,
    )  # fmt: skip
    targets = RNG.normal(size=40) * 1e6
    forecast = load(
        tmp_path, "forecasting", {"scale": True}, train_inputs=VECTORS, train_targets=targets
    )
    assert forecast.splits["train"].targets.std() == pytest.approx(1, rel=1e-4)
    assert forecast.baselines[0].test["mae"] > 1e5  # in the unit of the data
    notes = load(
        tmp_path, "polyphony", {"scale": True}, train_inputs=(VECTORS > 0).astype(int),
        train_targets=(VECTORS > 0).astype(int),
    )  # fmt: skip
    assert notes.input_scaling is None


def test_axes_that_look_exchanged_are_noted(tmp_path):
    arrays = {"train_inputs": RNG.normal(size=(40, 6, 100)), "train_targets": LABELS}
    dataset = load(tmp_path, "classification", **arrays)
    assert any("6 steps × 100 values" in note and "axes" in note for note in dataset.notes)
    dataset = load(tmp_path, "classification", {"axes": "channels, time"}, **arrays)
    assert (dataset.spec.length, dataset.spec.features) == (100, 6)
    assert not any("axes" in note for note in dataset.notes)


def test_overlapping_sequences_are_split_by_position(tmp_path):
    series = RNG.normal(size=205)
    inputs = np.lib.stride_tricks.sliding_window_view(series, 6)[:, :, None]
    dataset = load(
        tmp_path, "classification", train_inputs=inputs, train_targets=np.arange(200) % 2
    )
    splits = dataset.splits
    assert [split.size for split in splits.values()] == [160 - 5, 20 - 5, 20]
    seen = {value for name in ("train",) for value in splits[name].inputs["features"].ravel()}
    assert not seen & {*splits["validation"].inputs["features"].ravel()}
    assert splits["test"].independent == 4
    assert any("split by position" in note for note in dataset.notes)
    # Groups, such as people, stay together, whether or not their sequences overlap.
    groups = np.arange(200) // 20
    arrays = {"train_inputs": inputs, "train_targets": np.arange(200) % 2, "train_groups": groups}
    grouped = load(tmp_path, "classification", **arrays)
    assert {split.size % 20 for split in grouped.splits.values()} == {0}
    assert grouped.grouped and grouped.splits["test"].independent == 1
    assert not any("split by position" in note for note in grouped.notes)


def test_targets_of_a_language_model_are_the_next_tokens(tmp_path):
    lengths = np.maximum(LENGTHS, 2)
    tokens = np.where(np.arange(6) < lengths[:, None], TOKENS, 0)
    dataset = load(tmp_path, "language_model", train_inputs=tokens)
    assert (dataset.spec.vocabulary, dataset.spec.outputs) == (9, 9)
    seen = []
    for name in dataset.splits:
        for x, y, weight in epoch(dataset, name, 8):
            np.testing.assert_array_equal(x["tokens"] > 0, weight)
            for inputs, targets in zip(x["tokens"], y, strict=True):
                seen.append([*inputs[inputs > 0], targets[(inputs > 0).sum() - 1]])
    assert sorted(seen) == sorted(row[row > 0].tolist() for row in tokens)


def test_pairs_of_token_sequences_are_a_translation_task(tmp_path):
    ends = np.maximum(LENGTHS, 1)
    targets = np.where(np.arange(6) < ends[:, None], 20 + TOKENS, 0)
    dataset = load(tmp_path, "translation", train_inputs=TOKENS, train_targets=targets)
    spec = dataset.spec
    assert (spec.vocabulary, spec.outputs, spec.start, spec.end) == (9, 31, 29, 30)
    seen = []
    for name in dataset.splits:
        for x, y, weight in epoch(dataset, name, 8):
            for row, (decoder_input, target) in enumerate(zip(x["target"], y, strict=True)):
                count = int(weight[row].sum())
                assert decoder_input[0] == 29 and target[count - 1] == 30
                np.testing.assert_array_equal(decoder_input[1:count], target[: count - 1])
                seen.append((*x["source"][row], *target[: count - 1]))
    pairs = zip(TOKENS, targets, strict=True)
    assert sorted(seen) == sorted((*one, *other[other > 0]) for one, other in pairs)
    path = str(tmp_path / "mine.npz")
    config = Npz(kind="npz", path=path, task="translation", max_length=100)
    again = datasets.load_as_test(config, dataset.preprocessing)
    assert again.size("test") == 40
    np.savez(path, test_inputs=TOKENS, test_targets=TOKENS + 30)
    with pytest.raises(UserError, match=r"test_targets.*1 to 28"):
        datasets.load_as_test(config, dataset.preprocessing)


@pytest.mark.parametrize(
    ("task", "arrays", "part"),
    [
        ("language_model", {"train_inputs": TOKENS[:, :1]}, "train_inputs"),
        ("language_model", {"train_inputs": TOKENS, "train_targets": TOKENS}, "train_targets"),
        ("language_model", {"train_inputs": VECTORS}, "train_inputs"),
        ("translation", {"train_inputs": TOKENS, "train_targets": TOKENS[:5]}, "train_targets"),
        ("translation", {"train_inputs": TOKENS, "train_targets": TOKENS - 1}, "train_targets"),
        ("translation", {"train_inputs": TOKENS * 0, "train_targets": TOKENS}, "train_inputs"),
    ],
)
def test_bad_token_sequences_are_rejected(tmp_path, task, arrays, part):
    with pytest.raises(UserError, match=part):
        load(tmp_path, task, **arrays)
