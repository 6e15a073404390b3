"""The adding problem, which is generated without a download."""

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.published.source import DATA_DIR
from keras_gru.datasets.synthetic.adding import Adding

SETTINGS = {"kind": "adding", "length": 20, "train": 2_000, "validation": 50, "test": 60}


@pytest.fixture(scope="module")
def adding(data_dir):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_DIR, str(data_dir))
        return datasets.load(Adding(**SETTINGS))


def test_two_numbers_are_marked_and_the_target_is_their_sum(adding):
    assert [adding.size(s) for s in adding.splits] == [2_000, 50, 60]
    for split in adding.splits.values():
        numbers, markers = np.moveaxis(split.inputs["features"], -1, 0)
        assert numbers.min() >= 0 and numbers.max() < 1
        np.testing.assert_array_equal(markers[:, :10].sum(axis=1), 1)  # one in each half
        np.testing.assert_array_equal(markers[:, 10:].sum(axis=1), 1)
        np.testing.assert_allclose(
            split.targets[:, 0, 0], (numbers * markers).sum(axis=1), rtol=1e-6
        )


def test_every_step_can_be_marked_and_splits_differ(adding):
    train = adding.splits["train"].inputs["features"]
    assert (train[..., 1].sum(axis=0) > 0).all()
    assert not np.isin(adding.splits["test"].inputs["features"][..., 0], train[..., 0]).all()


def test_chance_is_the_variance_of_the_sum(adding):
    """The variance of the sum of two independent uniform numbers is 2 / 12."""
    train = adding.splits["train"].targets
    assert train.var() == pytest.approx(1 / 6, rel=0.1)
    (chance,) = adding.baselines
    assert chance.label == "Mean of the sums (chance)"
    test = adding.splits["test"].targets
    assert chance.test["mse"] == pytest.approx(np.square(test - train.mean()).mean())
    assert adding.metric.name in chance.validation


def test_batches_have_one_shape(adding):
    stream = adding.batches("train", 32, seed=0)
    assert stream.element_spec[0]["features"].shape.as_list() == [None, 20, 2]
    assert stream.element_spec[1].shape.as_list() == [None, 1, 1]


def test_the_same_seed_gives_the_same_numbers_in_another_folder(adding, monkeypatch, tmp_path):
    monkeypatch.setenv(DATA_DIR, str(tmp_path))
    again = datasets.load(Adding(**SETTINGS))
    other = datasets.load(Adding(**SETTINGS, seed=1))
    for split in adding.splits:
        features = adding.splits[split].inputs["features"]
        np.testing.assert_array_equal(again.splits[split].inputs["features"], features)
        assert not np.array_equal(other.splits[split].inputs["features"], features)
