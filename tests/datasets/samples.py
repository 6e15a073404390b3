"""Small generated datasets, and helpers that read a dataset."""

import numpy as np

from keras_gru.datasets import Metric, SequenceDataset, Split, TaskSpec


def tagged(sizes=(57, 12, 9), longest=23, seed=0) -> SequenceDataset:
    """Return sequences of unequal lengths; a token is its sequence's number, a tag its step."""
    rng = np.random.default_rng(seed)
    splits = {}
    for name, size in zip(("train", "validation", "test"), sizes, strict=True):
        lengths = rng.integers(1, longest + 1, size)
        real = np.arange(lengths.max()) < lengths[:, None]
        tokens = np.where(real, np.arange(1, size + 1)[:, None], 0)
        tags = np.where(real, np.arange(lengths.max()), 0)
        splits[name] = Split({"tokens": tokens}, tags, {"tokens": lengths}, stepwise="tokens")
    return SequenceDataset(
        name="sample",
        spec=TaskSpec(task="tagging", outputs=longest, vocabulary=max(sizes) + 1),
        metric=Metric("accuracy", "max", "accuracy"),
        splits=splits,
    )


def epoch(dataset, split, batch_size, **arguments):
    """Return the batches of one epoch as NumPy; without a seed, those of one evaluation."""
    stream = dataset.batches(split, batch_size, **arguments)
    if "seed" in arguments:
        stream = stream.take(dataset.steps(split, batch_size))
    return list(stream.as_numpy_iterator())


def texts(dataset, split) -> list[str]:
    """Return the input tokens of a split as strings."""
    rows = dataset.splits[split].inputs["tokens"]
    return ["".join(dataset.vocabulary[token] for token in row) for row in rows]


def check_history(dataset):
    """Check that the next window has the targets in its last step, in the `history` columns."""
    for split in dataset.splits.values():
        np.testing.assert_array_equal(
            split.inputs["features"][1:, -1, dataset.spec.history], split.targets[:-1, 0]
        )
