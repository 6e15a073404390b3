"""A curriculum: short sequences first, with the same number of batches in every epoch."""

import numpy as np
import pydantic
import pytest

from keras_gru import datasets
from keras_gru.datasets.synthetic.adding import Adding
from keras_gru.datasets.synthetic.arithmetic import Arithmetic
from keras_gru.datasets.synthetic.copy_memory import CopyMemory
from keras_gru.datasets.synthetic.embedded_reber import EmbeddedReber
from keras_gru.datasets.synthetic.temporal_order import TemporalOrder
from keras_gru.datasets.synthetic.xml import Xml
from tests.datasets.samples import epoch

SIZES = {"train": 50, "validation": 9, "test": 8}
ADDING = {"kind": "adding", "length": 20, **SIZES}
STAGES = {"shortest": 5, "stages": 3, "epochs": 2}  # 5, 5, 12, 12, 20, 20, ...

# dataset: (settings, value of the growing setting -> smallest and largest length of a sequence)
LENGTHS = {
    Adding: ({"length": 20}, lambda length: (length, length)),
    CopyMemory: ({"delay": 30}, lambda delay: (delay + 20, delay + 20)),
    EmbeddedReber: ({"depth": 12}, lambda depth: (5 + 4 * depth, 1_000)),
    TemporalOrder: ({"length": 60}, lambda length: (length, length * 1.1)),
    Arithmetic: ({"digits": 9, "distractors": 0}, lambda digits: (5, 3 * digits + 4)),
    Xml: ({"window": 40}, lambda window: (window, window)),
}


@pytest.mark.parametrize("cls", LENGTHS)
def test_the_batches_of_an_epoch_have_the_length_of_its_stage(cls):
    settings, between = LENGTHS[cls]
    full = settings[cls.length_setting]
    shortest = 20 if cls is TemporalOrder else 3
    stages = {"shortest": shortest, "stages": 3, "epochs": 2}
    config = cls(**settings, **SIZES, curriculum=stages)
    dataset = datasets.load(config)
    steps = dataset.steps("train", 16)
    middle = shortest + (full - shortest) // 2
    epochs = [shortest, shortest, middle, middle, full, full]
    stream = dataset.batches("train", 16, seed=0).take(len(epochs) * steps)
    batches = [x.get("tokens", x.get("features")) for x, *_ in stream.as_numpy_iterator()]
    for number, value in enumerate(epochs):
        fewest, most = between(value)
        lengths = set()
        for batch in batches[number * steps : (number + 1) * steps]:
            real = batch.any(axis=-1) if batch.ndim == 3 else batch > 0
            lengths |= set(real.sum(axis=1))
        if cls is not Adding:  # whose features may be 0 in a real step
            assert fewest <= min(lengths) and max(lengths) <= most
        if cls in (Adding, CopyMemory, Xml):
            assert {batch.shape[1] for batch in batches[number * steps :][:steps]} == {fewest}
        rows = sum(len(batch) for batch in batches[number * steps : (number + 1) * steps])
        assert rows == dataset.size("train") if cls is not Xml else rows >= 16 * (steps - 1)


def test_a_stage_is_the_dataset_of_that_length():
    """The last stage is the dataset itself; vectors get a mask that is true everywhere."""
    dataset = datasets.load(Adding(**ADDING, curriculum=STAGES))
    for number, length in ((0, 5), (3, 12), (4, 20), (9, 20)):
        alone = datasets.load(Adding(**{**ADDING, "length": length}))
        ours = epoch(dataset, "train", 16, seed=7, first_epoch=number)
        theirs = epoch(alone, "train", 16, seed=7, first_epoch=number)
        for (x, y), (its_x, its_y) in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(x["features"], its_x["features"])
            np.testing.assert_array_equal(y, its_y)
            assert x["mask"].all() and x["mask"].shape == x["features"].shape[:2]
            assert "mask" not in its_x


def test_validation_and_test_always_have_the_full_length():
    dataset = datasets.load(CopyMemory(kind="copy_memory", delay=30, **SIZES, curriculum=STAGES))
    alone = datasets.load(CopyMemory(kind="copy_memory", delay=30, **SIZES))
    for split in ("validation", "test"):
        for ours, theirs in zip(epoch(dataset, split, 4), epoch(alone, split, 4), strict=True):
            np.testing.assert_array_equal(ours[0]["tokens"], theirs[0]["tokens"])
    assert dataset.baselines == alone.baselines
    assert dataset.steps("train", 16) == alone.steps("train", 16)
    assert dataset.spec.length is None and alone.spec.length == 50
    assert dataset.notes == ("Curriculum: delay 5 then 17 for 2 epochs each, then 30.",)


@pytest.mark.parametrize("first", [1, 2, 5])
def test_a_resumed_stream_equals_the_uninterrupted_one(first):
    dataset = datasets.load(Adding(**ADDING, curriculum=STAGES))
    steps = dataset.steps("train", 16)
    whole = list(dataset.batches("train", 16, seed=3).take(6 * steps).as_numpy_iterator())
    resumed = dataset.batches("train", 16, seed=3, first_epoch=first).take((6 - first) * steps)
    for one, other in zip(whole[first * steps :], resumed.as_numpy_iterator(), strict=True):
        np.testing.assert_array_equal(one[0]["features"], other[0]["features"])
        np.testing.assert_array_equal(one[1], other[1])


def test_evaluation_has_every_sequence_of_validation():
    """Evaluation has a partial batch per length bucket, so more batches than a training epoch."""
    config = TemporalOrder(
        kind="temporal_order", length=60, **SIZES, curriculum=STAGES | {"shortest": 20}
    )
    dataset = datasets.load(config)
    batches = list(dataset.batches("validation", 4).as_numpy_iterator())
    assert sum(len(y) for _, y in batches) == dataset.size("validation")
    assert len(batches) > dataset.steps("validation", 4)


@pytest.mark.parametrize(
    "shortest, stages, lengths", [(5, 2, [5]), (2, 4, [2, 8, 14]), (17, 4, [17, 18, 19])]
)
def test_stages_grow_in_equal_steps(shortest, stages, lengths):
    config = Adding(**ADDING, curriculum={"shortest": shortest, "stages": stages, "epochs": 5})
    assert [stage.length for stage in config.stages()] == lengths
    assert config.curriculum_epochs == 5 * len(lengths)
    assert all(stage.curriculum is None and stage.train == 50 for stage in config.stages())


@pytest.mark.parametrize(
    "settings, sentence",
    [
        ({"shortest": 18}, "a length of at least 21 for 4 stages"),
        ({"shortest": 20, "stages": 2}, "at least 21 .* got 20"),
        ({"shortest": 1}, "curriculum.shortest is 1, but the length should be greater than or eq"),
    ],
)
def test_stages_that_cannot_grow_are_rejected(settings, sentence):
    with pytest.raises(pydantic.ValidationError, match=sentence):
        Adding(**ADDING, curriculum=settings)
