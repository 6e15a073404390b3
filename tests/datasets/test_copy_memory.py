"""The copying memory problem, which is generated without a download."""

import math

import keras
import numpy as np
import pytest

from keras_gru import datasets, models
from keras_gru.datasets.published.source import DATA_DIR
from keras_gru.datasets.synthetic.copy_memory import CopyMemory

SETTINGS = {"kind": "copy_memory", "delay": 15, "train": 500, "validation": 40, "test": 30}
BLANK, DELIMITER = 9, 10  # tokens: 0 is padding, 1 to 8 are the symbols


@pytest.fixture(scope="module")
def copy_memory(data_dir):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_DIR, str(data_dir))
        return datasets.load(CopyMemory(**SETTINGS))


def test_sequences_are_as_arjovsky_et_al_describe(copy_memory):
    assert [copy_memory.size(s) for s in copy_memory.splits] == [500, 40, 30]
    assert copy_memory.spec.length == 35
    for split in copy_memory.splits.values():
        tokens, targets = split.inputs["tokens"], split.targets
        assert tokens.shape == targets.shape == (split.size, 35)
        memory = tokens[:, :10]
        assert memory.min() == 1 and memory.max() == 8
        assert (tokens[:, 10:24] == BLANK).all() and (tokens[:, 25:] == BLANK).all()
        assert (tokens[:, 24] == DELIMITER).all()
        names = np.array(copy_memory.target_vocabulary)[targets]
        assert (names[:, :25] == "blank").all()
        assert (names[:, 25:] == np.array(copy_memory.vocabulary)[memory]).all()


def test_every_symbol_occurs_at_every_position_and_splits_differ(copy_memory):
    memories = [split.inputs["tokens"][:, :10] for split in copy_memory.splits.values()]
    for symbol in range(1, 9):
        np.testing.assert_allclose((memories[0] == symbol).mean(axis=0), 1 / 8, atol=0.06)
    rows = [{row.tobytes() for row in memory} for memory in memories]
    assert not (rows[0] & rows[1] or rows[0] & rows[2] or rows[1] & rows[2])


def test_chance_is_the_loss_of_guessing_the_symbols(copy_memory):
    """The loss of logits that are certain of every blank and uniform over the symbols."""
    (chance,) = copy_memory.baselines
    assert chance.label == "Memoryless (chance)"
    assert chance.validation == chance.test == {"loss": pytest.approx(10 * math.log(8) / 35)}
    (x, y, weight), *_ = copy_memory.batches("test", 30).as_numpy_iterator()
    recall = np.cumsum(x["tokens"] == DELIMITER, axis=1) - (x["tokens"] == DELIMITER)
    symbols = np.where(recall[..., None], 0.0, -100.0) * np.ones(8)
    blank = np.where(recall[..., None], -100.0, 0.0)
    logits = np.concatenate([symbols, blank], axis=-1).astype(np.float32)
    loss = models.compile_options(copy_memory.spec)["loss"]
    measured = keras.ops.convert_to_numpy(loss(y, logits, sample_weight=weight))
    assert measured == pytest.approx(chance.test[copy_memory.metric.name], rel=1e-5)


def test_chance_equals_the_published_value():
    """Bai et al. 2018 give 0.0204 for a delay of 1,000."""
    assert CopyMemory(delay=1000).memoryless_loss() == pytest.approx(0.0204, 1e-3)


@pytest.mark.parametrize("delay, memory_length, symbols", [(1, 1, 2), (3, 2, 100)])
def test_other_sizes_are_generated(delay, memory_length, symbols):
    sizes = {"delay": delay, "memory_length": memory_length, "symbols": symbols}
    dataset = datasets.load(CopyMemory(**{**SETTINGS, **sizes}))
    split = dataset.splits["train"]
    assert split.targets.shape == (500, delay + 2 * memory_length)
    assert dataset.spec.outputs == symbols + 1 == split.targets.max() + 1
    assert dataset.spec.vocabulary == symbols + 3 == split.inputs["tokens"].max() + 1
    assert split.inputs["tokens"].min() == 1  # no step is padding
    np.testing.assert_array_equal(
        split.targets[:, -memory_length:] + 1, split.inputs["tokens"][:, :memory_length]
    )


def test_the_same_seed_gives_the_same_symbols_in_another_folder(copy_memory, monkeypatch, tmp_path):
    monkeypatch.setenv(DATA_DIR, str(tmp_path))
    again = datasets.load(CopyMemory(**SETTINGS))
    other = datasets.load(CopyMemory(**SETTINGS, seed=1))
    for name, split in copy_memory.splits.items():
        np.testing.assert_array_equal(again.splits[name].targets, split.targets)
        assert not np.array_equal(other.splits[name].targets, split.targets)
