"""ETTh1, oil temperature of a transformer, from the published file."""

import os
from pathlib import Path

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.published.etth1 import Etth1
from keras_gru.datasets.published.source import MANUAL_DIR
from keras_gru.errors import UserError
from tests.datasets.samples import check_history


@pytest.fixture
def rows(needs):
    """The numbers of the file (hours, 7), standardised by its first 12 × 30 days."""
    needs("ETTh1.csv")
    path = Path(os.environ[MANUAL_DIR]) / "ETTh1.csv"
    values = np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(1, 8))
    return (values - values[:8640].mean(axis=0)) / values[:8640].std(axis=0)


@pytest.mark.parametrize("horizon", [24, 168])
def test_exactly_the_hours_of_a_split_are_forecast(rows, horizon):
    dataset = datasets.load(Etth1(kind="etth1", window=48, horizon=horizon))
    sizes = [8640 - 48 - horizon + 1, 2880 - horizon + 1, 2880 - horizon + 1]
    assert [dataset.size(s) for s in dataset.splits] == sizes
    first = {"train": 48, "validation": 8640, "test": 11520}
    last = {"train": 8640, "validation": 11520, "test": 14400}
    for name, split in dataset.splits.items():
        oil = rows[:, -1:]
        inputs, targets = split.inputs["features"], split.targets
        np.testing.assert_allclose(targets[0], oil[first[name] :][:horizon], atol=1e-4)
        np.testing.assert_allclose(inputs[0], oil[first[name] - 48 : first[name]], atol=1e-4)
        np.testing.assert_allclose(targets[-1], oil[last[name] - horizon : last[name]], atol=1e-4)
    assert dataset.spec.features == dataset.spec.outputs == 1
    check_history(dataset)


def test_all_columns_are_standardised_on_train(rows):
    dataset = datasets.load(Etth1(kind="etth1", window=24, horizon=1, multivariate=True))
    assert dataset.spec.features == dataset.spec.outputs == 7
    check_history(dataset)
    train = np.concatenate(
        [dataset.splits["train"].inputs["features"][0], dataset.splits["train"].targets[:, 0]]
    )
    assert train.shape == (8640, 7)
    np.testing.assert_allclose(train, rows[:8640], atol=1e-4)
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(train.std(axis=0), 1, atol=1e-4)


def test_baselines_have_the_same_unit(rows):
    dataset = datasets.load(Etth1(kind="etth1", window=48, horizon=24))
    last, naive, linear = dataset.baselines
    assert (last.label, naive.label) == ("Last value", "Same hour a day earlier")
    oil = rows[:, -1]
    starts = np.arange(11520, 14400 - 24 + 1)[:, None] + np.arange(24)
    difference = oil[starts - 24] - oil[starts]
    assert naive.test["mse"] == pytest.approx(np.square(difference).mean(), rel=1e-4)
    assert naive.test["mae"] == pytest.approx(np.abs(difference).mean(), rel=1e-4)
    assert linear.validation["mse"] < naive.validation["mse"]
    assert dataset.metric.name == "mse" and dataset.scale == 1


def test_a_horizon_beyond_a_split_is_rejected(rows):
    with pytest.raises(UserError, match="ETTh1: the validation split is empty"):
        datasets.load(Etth1(kind="etth1", window=48, horizon=2881))
