"""Shapes of masks and initial states: accepted shapes, and errors instead of broadcasting."""

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import recurrent_layer

from .helpers import array, assert_close, drawn_layer, flags, gradients, tensor

CELLS = ("gru", "lstm", "min_gru", "coupled_lstm")  # fused, two states, parallel, not fused
OPTIONS = [{}, {"unroll": True}, {"zoneout": 0.1}, {"return_sequences": True}]
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 0, 1, 0]], bool)


@pytest.fixture
def x(rng):
    return tensor(rng.normal(size=(3, 5, 3)))


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("cell", CELLS)
def test_a_mask_may_have_a_last_axis_of_one(rng, x, cell, options):
    layer = drawn_layer(cell, rng, **options)
    for training in (False, True) if "zoneout" not in options else (False,):
        expected = layer(x, mask=flags(MASK), training=training)
        assert_close(layer(x, mask=flags(MASK[..., None]), training=training), expected)
    if not options and cell != "coupled_lstm":
        for one, other in zip(
            keras.tree.flatten(layer.gates(x, flags(MASK[..., None]))),
            keras.tree.flatten(layer.gates(x, flags(MASK))),
            strict=True,
        ):
            np.testing.assert_array_equal(array(one), array(other))


@pytest.mark.parametrize("cell", CELLS)
def test_a_mask_of_another_shape_raises_an_error_with_both_shapes(rng, x, cell):
    layer = drawn_layer(cell, rng)
    for shape in ((1, 5), (3, 1), (5,), (3, 5, 2), (3, 4), (5, 3), (1, 5, 1)):
        with pytest.raises(ValueError, match=r"`mask`: expected the shape \(3, 5\)") as error:
            layer(x, mask=flags(np.ones(shape)))
        assert str(shape) in str(error.value)


@pytest.mark.parametrize("options", OPTIONS[:3])
@pytest.mark.parametrize("cell", CELLS)
def test_nan_in_a_masked_step_does_not_reach_gradients(rng, cell, options):
    layer, x = drawn_layer(cell, rng, **options), rng.normal(size=(3, 5, 3))
    training = "zoneout" not in options
    found = []
    for masked in (0, np.resize([np.nan, np.inf, 1e30, -np.inf], (3, 5, 3))):
        inputs = keras.Variable(np.where(MASK[..., None], x, masked), dtype=layer.compute_dtype)
        variables = [inputs, *layer.trainable_variables]

        def loss(inputs=inputs):
            return keras.ops.sum(layer(inputs.value, mask=flags(MASK), training=training) ** 2)

        found.append([array(loss()), *gradients(loss, variables)])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("cell", CELLS)
def test_an_initial_state_shared_by_all_rows_has_the_sum_of_their_gradients(rng, x, cell, options):
    layer = drawn_layer(cell, rng, **options)
    sizes = [4] * len(layer.state_size)
    states = [keras.Variable(rng.normal(size=(1, size)), dtype=x.dtype) for size in sizes]
    by_row = [keras.Variable(np.repeat(array(state), 3, axis=0), dtype=x.dtype) for state in states]

    def loss_from(first):
        values = [state.value for state in first]
        return lambda: keras.ops.sum(layer(x, initial_state=values, training=False) ** 2)

    assert_close(loss_from(states)(), loss_from(by_row)())
    for one, other in zip(
        gradients(loss_from(states), states), gradients(loss_from(by_row), by_row), strict=True
    ):
        assert_close(one, other.sum(axis=0, keepdims=True), loosened=100)


@pytest.mark.parametrize("cell", CELLS)
def test_an_initial_state_of_another_shape_raises_an_error_with_both_shapes(rng, x, cell):
    layer = drawn_layer(cell, rng)
    for shape in ((4,), (1,), (3, 1), (2, 4), (3, 5), (3, 4, 1)):
        states = [tensor(np.ones(shape))] * len(layer.state_size)
        with pytest.raises(ValueError, match=r"expected the shape \(3, 4\)") as error:
            layer(x, initial_state=states)
        assert "`initial_state`" in str(error.value) and str(shape) in str(error.value)


def test_a_wrong_number_of_initial_states_raises_an_error_with_both_numbers(rng, x):
    state = tensor(np.ones((3, 4)))
    with pytest.raises(ValueError, match=r"expected 2 states, .* got 1"):
        drawn_layer("lstm", rng)(x, initial_state=[state])
    with pytest.raises(ValueError, match=r"expected 1 states, .* got 2"):
        drawn_layer("gru", rng)(x, initial_state=[state, state])


@pytest.mark.parametrize("cell", ["gru", "lstm", "simple_rnn", "min_gru"])
def test_dropout_masks_of_an_earlier_call_are_not_reused(cell):
    layer = recurrent_layer(cell, 64, dropout=0.5, seed=1)
    x = np.ones((3, 2, 64), "float32")
    layer.build(x.shape)
    layer.cell(x[:1, 0], layer.get_initial_state(1), training=True)
    outputs = array(layer(x, training=True))
    assert np.abs(outputs[0] - outputs[1]).max() > 1e-3  # each row has its own mask


def test_stacked_cells_accept_nested_initial_states(x):
    layer = keras_gru.RNN(
        [keras_gru.GRUCell(2, dtype=x.dtype), keras.layers.LSTMCell(4, dtype=x.dtype)]
    )
    first = layer.get_initial_state(3)
    assert_close(layer(x, initial_state=first), layer(x))
