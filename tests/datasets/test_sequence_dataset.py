"""The batches of a dataset: inputs, masks, weights and shapes."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets import Metric, SequenceDataset, Split, TaskSpec
from keras_gru.datasets.subsets import resample
from keras_gru.datasets.text.tokenizer import Tokenizer
from keras_gru.errors import UserError
from tests.datasets.samples import tagged


def test_vectors_of_unequal_lengths_have_a_mask():
    features = np.random.default_rng(0).random((4, 5, 2)).astype(np.float32)
    split = Split({"features": features}, np.arange(4), {"features": np.array([5, 2, 1, 4])})
    dataset = SequenceDataset(
        name="vectors",
        spec=TaskSpec(task="classification", outputs=4, features=2),
        metric=Metric("accuracy", "max", "accuracy"),
        splits=dict.fromkeys(("train", "validation", "test"), split),
    )
    stream = dataset.batches("train", 4, seed=0)
    assert stream.element_spec[0]["features"].shape.as_list() == [None, None, 2]
    ((x, y),) = stream.take(1).as_numpy_iterator()
    lengths = split.lengths["features"][y]
    np.testing.assert_array_equal(x["mask"].sum(axis=1), lengths)
    assert all(row[:length].all() for row, length in zip(x["mask"], lengths, strict=True))

    x, y = dataset.batch_of("train", [2, 1])  # padded to the longest of the chosen sequences
    np.testing.assert_array_equal(x["features"], features[[2, 1], :2])
    np.testing.assert_array_equal(x["mask"], [[True, False], [True, True]])
    assert y.tolist() == [2, 1]


def test_a_batch_of_chosen_sequences_has_their_weights():
    dataset = tagged()
    split = dataset.splits["train"]
    x, y, weight = dataset.batch_of("train", range(split.size))
    np.testing.assert_array_equal(weight.sum(axis=1), split.lengths["tokens"])
    np.testing.assert_array_equal(y, split.targets[:, : y.shape[1]])
    assert x["tokens"].shape == y.shape


def test_a_shorter_split_is_padded_to_the_same_shapes():
    """A bucket has one shape in all splits, as XLA compiles once per shape."""
    tokens = {"train": np.ones((3, 9), int), "validation": np.ones((3, 7), int)}
    lengths = {"train": np.array([9, 9, 9]), "validation": np.array([7, 7, 7])}
    part = {
        name: Split({"tokens": ids}, np.zeros(3), {"tokens": lengths[name]})
        for name, ids in tokens.items()
    }
    dataset = SequenceDataset(
        name="tokens",
        spec=TaskSpec(task="classification", outputs=2, vocabulary=2),
        metric=Metric("accuracy", "max", "accuracy"),
        splits={**part, "test": part["validation"]},
    )
    ((x, _),) = dataset.batches("validation", 4).as_numpy_iterator()
    np.testing.assert_array_equal(x["tokens"], np.pad(np.ones((3, 7)), [(0, 0), (0, 2)]))


def test_train_and_validation_are_resampled():
    def part(first, size, steps):
        """Return sequences that consist of their own number, repeated."""
        numbers = np.arange(first, first + size)
        lengths = 1 + numbers % steps
        tokens = numbers[:, None] * (np.arange(steps) < lengths[:, None])
        return Split({"tokens": tokens}, numbers, {"tokens": lengths})

    dataset = SequenceDataset(
        name="tokens",
        spec=TaskSpec(task="classification", outputs=60, vocabulary=60),
        metric=Metric("accuracy", "max", "accuracy"),
        splits={"train": part(1, 40, 5), "validation": part(41, 10, 3), "test": part(51, 9, 4)},
    )
    one, other, same = (resample(dataset, seed).splits for seed in (0, 1, 0))
    for splits in (one, other):
        assert (splits["train"].size, splits["validation"].size) == (40, 10)
        assert splits["test"] is dataset.splits["test"]
        both = [splits[name] for name in ("train", "validation")]
        numbers = np.concatenate([batch.targets for batch in both])
        assert sorted(numbers) == list(range(1, 51))
        for batch in both:
            sums = batch.inputs["tokens"].sum(1)
            np.testing.assert_array_equal(sums, batch.targets * batch.lengths["tokens"])
    np.testing.assert_array_equal(one["train"].targets, same["train"].targets)
    assert set(one["train"].targets) != set(other["train"].targets)
    windows = dataclasses.replace(dataset.splits["train"], overlapping=True)
    series = dataclasses.replace(dataset, splits=dataset.splits | {"train": windows})
    with pytest.raises(UserError, match="vary"):
        resample(series, 0)


def test_texts_are_encoded_and_tokens_decoded():
    dataset = dataclasses.replace(
        tagged(),
        vocabulary=["", "[UNK]", "hello", "world"],
        target_vocabulary=["", "[UNK]", "startofseq", "endofseq", "hola", "mundo"],
        spec=TaskSpec(task="translation", outputs=6, vocabulary=4, start=2, end=3),
        tokenizer=Tokenizer("word"),
    )
    assert dataset.encode("Hello, big WORLD!") == [2, 1, 3]
    assert dataset.decode([2, 4, 5, 3, 4]) == "hola mundo"
    with pytest.raises(UserError, match="expected tokens from 1 to"):
        tagged().encode("Hello")


def test_pad_makes_an_array_of_token_lists():
    np.testing.assert_array_equal(datasets.pad([[1, 2, 3], [4]]), [[1, 2, 3], [4, 0, 0]])


def test_the_schema_needs_no_tensorflow():
    """`keras-gru check` must not wait for TensorFlow."""
    code = (
        "import sys; from keras_gru.datasets.registry import dataset_kinds; "
        "dataset_kinds(); heavy = {'tensorflow', 'tensorflow_datasets', 'keras', 'scipy'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
