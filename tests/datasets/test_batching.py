"""Length buckets: each sequence once per epoch, little padding, few shapes, reproducible."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_gru.datasets.batching import boundaries, group_by_shape, plan
from tests.datasets.samples import epoch, tagged


def padded(lengths, bounds):
    return sum(bounds[np.searchsorted(bounds, length)] for length in lengths)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=30), st.integers(1, 4))
def test_boundaries_have_the_least_possible_padding(lengths, count):
    lengths, longest = np.array(lengths), max(lengths)
    found = boundaries(lengths, longest, count)
    assert found[-1] == longest and len(found) <= count
    best = min(
        padded(lengths, np.array(sorted({*few, longest})))
        for few in itertools.combinations_with_replacement(range(1, longest + 1), count - 1)
    )
    # The longest length is always a boundary, even if no training sequence is that long.
    assert padded(lengths, found) <= best


def test_boundaries_of_many_lengths_stay_few_and_fit():
    lengths = np.random.default_rng(0).integers(1, 5_000, 20_000)
    found = boundaries(lengths, 6_000, 8)
    assert len(found) <= 8 and found[-1] == 6_000
    # With uniform lengths in 8 equal buckets, 1/9 of all steps is padding: half a bucket each.
    assert 1 - lengths.sum() / padded(lengths, found) < 0.13


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 70), st.integers(1, 16), st.integers(0, 99), st.booleans(), st.booleans())
def test_a_plan_has_every_row_once_in_a_long_enough_batch(size, batch_size, seed, two, training):
    rng = np.random.default_rng(seed)
    lengths = {name: rng.integers(1, 30, size) for name in (["a", "b"] if two else ["a"])}
    bounds = {name: boundaries(sizes, 30, 5) for name, sizes in lengths.items()}
    batches = plan(lengths, bounds, size, batch_size, rng if training else None)
    assert sorted(np.concatenate([b.rows for b in batches])) == list(range(size))
    buckets = 1 if training else len({tuple(b.steps.items()) for b in batches})
    assert -(-size // batch_size) <= len(batches) < -(-size // batch_size) + buckets
    assert sum(len(b.rows) < batch_size for b in batches) <= buckets
    for batch in batches:
        assert 0 < len(batch.rows) <= batch_size
        for name, sizes in lengths.items():
            assert sizes[batch.rows].max() <= batch.steps[name]
            assert batch.steps[name] in bounds[name]


def test_training_order_depends_on_seed_and_epoch_alone():
    dataset = tagged()
    steps = dataset.steps("train", 8)
    stream = dataset.batches("train", 8, seed=3)
    three = list(stream.take(3 * steps).as_numpy_iterator())
    resumed = epoch(dataset, "train", 8, seed=3, first_epoch=2)
    for one, other in zip(three[2 * steps :], resumed, strict=True):
        np.testing.assert_array_equal(one[0]["tokens"], other[0]["tokens"])
        np.testing.assert_array_equal(one[1], other[1])

    def order(batches):
        return [tuple(x["tokens"][:, 0]) for x, _, _ in batches]

    assert order(three[:steps]) != order(three[steps : 2 * steps])
    assert order(three[:steps]) != order(epoch(dataset, "train", 8, seed=4))
    assert order(three[:steps]) == order(epoch(tagged(), "train", 8, seed=3))


def test_an_epoch_has_every_sequence_once_with_its_targets():
    dataset = tagged()
    for arguments in ({}, {"seed": 0}, {"seed": 0, "first_epoch": 5}):
        seen = []
        for x, y, weight in epoch(dataset, "train", 8, **arguments):
            np.testing.assert_array_equal(weight, x["tokens"] > 0)
            steps = np.broadcast_to(np.arange(y.shape[1]), y.shape)
            np.testing.assert_array_equal(y, np.where(weight > 0, steps, 0))
            seen += list(zip(x["tokens"][:, 0], weight.sum(axis=1), strict=True))
        lengths = dataset.splits["train"].lengths["tokens"]
        assert sorted(seen) == [(row + 1, lengths[row]) for row in range(57)]


def test_evaluation_is_one_pass_of_known_length():
    dataset = tagged()
    stream = dataset.batches("validation", 5)
    batches = list(stream.as_numpy_iterator())
    assert int(stream.cardinality()) == len(batches) >= 3
    rows = np.concatenate([x["tokens"][:, 0] for x, _, _ in batches])
    assert sorted(rows) == list(range(1, dataset.size("validation") + 1))


def test_the_reported_padding_is_that_of_the_batches():
    dataset = tagged()
    for split, batches in {
        "train": epoch(dataset, "train", 8, seed=0),
        "validation": dataset.batches("validation", 8).as_numpy_iterator(),
    }.items():
        weights = [weight for _, _, weight in batches]
        padding = 1 - sum(w.sum() for w in weights) / sum(w.size for w in weights)
        assert dataset.padding(split, 8) == pytest.approx(padding)
        assert 0 < padding < 0.25


def test_evaluation_puts_a_few_long_sequences_into_their_own_batch():
    """Fifteen short sequences are not padded to the length of a very long one."""
    lengths = {"features": np.append(np.arange(200, 231), 1_793)}
    bounds = {"features": boundaries(lengths["features"], 1_793, 8)}
    batches = plan(lengths, bounds, 32, 16, None)
    steps = sum(len(batch.rows) * batch.steps["features"] for batch in batches)
    assert 1 - lengths["features"].sum() / steps < 0.05


def test_shapes_are_few():
    dataset = tagged(sizes=(2_000, 50, 50), longest=100)
    shapes = {x["tokens"].shape for x, _, _ in epoch(dataset, "train", 16, seed=0)}
    assert len(shapes) <= 9  # eight boundaries, and one partial batch
    assert dataset.padding("train", 16) < 0.13


@given(st.lists(st.integers(1, 3), min_size=1, max_size=60), st.integers(1, 4))
def test_groups_keep_the_order_of_batches_and_have_one_shape_each(lengths, batch_size):
    lengths = {"tokens": np.array(lengths)}
    bounds = {"tokens": np.array([1, 3])}
    rng = np.random.default_rng(0)
    batches = plan(lengths, bounds, len(lengths["tokens"]), batch_size, rng)
    groups = list(group_by_shape(batches))
    assert [batch for group in groups for batch in group] == batches
    for group in groups:
        assert len(group) <= 16
        assert len({(len(batch.rows), batch.steps["tokens"]) for batch in group}) == 1
    # Groups are as large as possible: two neighbours never have the same shape.
    for one, other in itertools.pairwise(groups):
        same = (len(one[0].rows), one[0].steps) == (len(other[0].rows), other[0].steps)
        assert not same or len(one) == 16
