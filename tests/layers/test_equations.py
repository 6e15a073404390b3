"""The layers and their gradients, compared with a float64 NumPy reference."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import keras_gru

from .helpers import (
    BACKEND,
    CELLS,
    DTYPE,
    EVERY_MASK,
    VARIANTS,
    array,
    assert_close,
    drawn_layer,
    gradients,
    masks,
    state_count,
    tensor,
)
from .reference import STEPS, time_loop


def reference(cell, layer, x, states, **options):
    weights = layer.get_weights()
    return time_loop(lambda x, states: STEPS[cell](x, states, weights), x, states, **options)


@pytest.mark.parametrize("reset_after", [False, True])
def test_one_step_is_the_four_equations(rng, reset_after):
    cell = keras_gru.GRUCell(4, reset_after=reset_after, dtype=DTYPE)
    cell.build((None, 3))
    cell.set_weights([rng.normal(size=weight.shape) for weight in cell.weights])
    x, h = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
    expected, _ = STEPS["gru_reset_after" if reset_after else "gru"](x, [h], cell.get_weights())

    output, states = cell(tensor(x), [tensor(h)])
    assert isinstance(states, list)
    assert_close(output, expected)
    np.testing.assert_array_equal(array(states[0]), array(output))

    output, state = cell(
        tensor(x), tensor(h)
    )  # a state that is not in a list is returned without a list
    assert_close(state, expected)


@pytest.mark.parametrize("cell", [*CELLS, *VARIANTS])
def test_a_sequence_is_the_equations_step_by_step(rng, cell):
    rows = len(EVERY_MASK)
    x = rng.normal(size=(rows, 5, 3))
    states = [rng.normal(size=(rows, 4)) for _ in range(state_count(cell))]
    for mask, unroll, go_backwards in (
        (None, False, False),
        (EVERY_MASK, False, True),
        (EVERY_MASK, True, False),
    ):
        layer = drawn_layer(
            cell, rng, return_sequences=True, return_state=True,
            go_backwards=go_backwards, unroll=unroll,
        )  # fmt: skip
        outputs, *last = layer(
            tensor(x), initial_state=[tensor(state) for state in states], mask=mask
        )
        expected, expected_last = reference(
            cell, layer, x, states, mask=mask, go_backwards=go_backwards
        )
        assert_close(outputs, expected)
        for state, expected_state in zip(last, expected_last, strict=True):
            assert_close(state, expected_state)


@pytest.mark.parametrize("cell", [*CELLS, *VARIANTS])
def test_without_return_sequences_the_last_output_is_returned(rng, cell):
    layer, rows = drawn_layer(cell, rng), len(EVERY_MASK)
    x, states = rng.normal(size=(rows, 5, 3)), [np.zeros((rows, 4))] * state_count(cell)
    expected, _ = reference(cell, layer, x, states, mask=EVERY_MASK)
    assert_close(layer(tensor(x), mask=EVERY_MASK), expected[:, -1])


@settings(max_examples=4 if BACKEND == "jax" else 12, deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 9999)
)
def test_any_size_and_any_mask(batch, time, features, units, seed):
    rng = np.random.default_rng(seed)
    layer = drawn_layer("gru", rng, units, features, return_sequences=True)
    x, mask = rng.normal(size=(batch, time, features)), rng.random((batch, time)) < 0.6
    expected, _ = reference("gru", layer, x, [np.zeros((batch, units))], mask=mask)
    assert_close(layer(tensor(x), mask=mask), expected)


@pytest.mark.parametrize("cell", [*CELLS, *VARIANTS])
def test_gradients_are_finite_differences_of_the_equations(rng, cell):
    mask = masks()["inner"]
    layer = drawn_layer(cell, rng, units=2, return_sequences=True)
    count = state_count(cell)
    values = [rng.normal(size=(3, 5, 3)), *rng.normal(size=(count, 3, 2)), *layer.get_weights()]
    values = [np.asarray(value, "float64") for value in values]
    weigh = rng.normal(size=(3, 5, 2))

    def loss_of_equations(values):
        x, states, weights = values[0], values[1 : 1 + count], values[1 + count :]
        outputs, _ = time_loop(lambda x, s: STEPS[cell](x, s, weights), x, states, mask=mask)
        return np.sum(outputs * weigh)

    inputs = [keras.Variable(value, dtype=DTYPE) for value in values[: 1 + count]]

    def loss_of_layer():
        x, *states = (variable.value for variable in inputs)
        return keras.ops.sum(layer(x, initial_state=states, mask=mask) * tensor(weigh))

    found = gradients(loss_of_layer, inputs + layer.trainable_variables)
    for index, gradient in enumerate(found):
        direction = rng.normal(size=values[index].shape)
        moved = [
            [*values[:index], values[index] + step * direction, *values[index + 1 :]]
            for step in (1e-5, -1e-5)
        ]
        numeric = (loss_of_equations(moved[0]) - loss_of_equations(moved[1])) / 2e-5
        np.testing.assert_allclose(
            np.sum(gradient * direction), numeric, rtol=1e-7 if DTYPE == "float64" else 1e-4
        )
