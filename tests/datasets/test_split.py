"""Splits: checks of their arrays, parts, and splitting by class or group."""

import dataclasses

import numpy as np
import pytest

from keras_gru.datasets import Split
from keras_gru.datasets.split import split_by_class, split_by_group
from keras_gru.errors import UserError
from tests.datasets.samples import tagged


def test_an_empty_split_is_rejected():
    dataset = tagged()
    empty = dataclasses.replace(dataset.splits["test"], targets=np.zeros((0, 3)))
    with pytest.raises(UserError, match="sample: the test split is empty"):
        dataclasses.replace(dataset, splits={**dataset.splits, "test": empty})


@pytest.mark.parametrize("shape, stepwise", [((3, 4), "tokens"), ((3, 5), None), ((3,), "tokens")])
def test_weights_of_another_shape_are_rejected(shape, stepwise):
    rows = np.ones((3, 5), int)
    with pytest.raises(UserError, match=r"weights are of the shape \(3.* \(3, 5\) would have"):
        Split({"tokens": rows}, rows, stepwise=stepwise, weights=np.ones(shape, bool))


@pytest.mark.parametrize("fractions", [(0.1, 0.1), (0.45, 0.5), (0.01, 0.98), (0, 0.3)])
def test_each_class_is_split_by_the_fractions_and_is_in_train(fractions):
    labels = np.random.default_rng(1).permutation(np.repeat(np.arange(5), [1, 2, 3, 10, 200]))
    parts = split_by_class(labels, *fractions)
    np.testing.assert_array_equal(np.sort(np.concatenate(list(parts.values()))), np.arange(216))
    for label, count in enumerate([1, 2, 3, 10, 200]):
        for name, fraction in zip(("validation", "test"), fractions, strict=True):
            size = (labels[parts[name]] == label).sum()
            assert abs(size - fraction * count) < 2
            assert size > 0 or count < 3 or fraction == 0
        assert count < 3 or (labels[parts["train"]] == label).any()


@pytest.mark.parametrize("rows", [np.array([4, 0, 7]), slice(3, None)], ids=["chosen", "last"])
def test_a_part_has_the_targets_lengths_and_weights_of_its_sequences(rows):
    whole = tagged().splits["train"]
    whole = dataclasses.replace(whole, weights=whole.targets % 2 == 0, overlapping=True)
    part = whole.part(rows)
    assert part.size == len(part.targets) == len(np.arange(whole.size)[rows])
    assert (part.stepwise, part.overlapping) == ("tokens", True)
    for array, own in (
        (whole.inputs["tokens"], part.inputs["tokens"]),
        (whole.targets, part.targets),
        (whole.lengths["tokens"], part.lengths["tokens"]),
        (whole.weights, part.weights),
    ):
        np.testing.assert_array_equal(own, array[rows])


@pytest.mark.parametrize("fractions", [(0.1, 0.1), (0.3, 0.3)])
@pytest.mark.parametrize("count", [3, 20])
def test_no_group_is_in_two_splits(count, fractions):
    groups = np.random.default_rng(0).integers(0, count, 600)
    parts = split_by_group(groups, *fractions)
    assert sorted(np.concatenate(list(parts.values()))) == list(range(600))
    seen = [{*groups[rows].tolist()} for rows in parts.values()]
    assert all(seen) and sum(map(len, seen)) == count
    if count == 20:
        assert [len(rows) / 600 for rows in parts.values()] == pytest.approx(
            [1 - sum(fractions), *fractions], abs=0.05
        )


def test_too_few_groups_are_rejected():
    with pytest.raises(UserError, match="got 2"):
        split_by_group(["a", "b"] * 10, 0.1, 0.1)
