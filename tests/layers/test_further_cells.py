"""The less common cells, each compared with its equations in float64 NumPy."""

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import cell_names, recurrent_layer

from .helpers import (
    BACKEND,
    CELLS,
    DTYPE,
    VARIANTS,
    array,
    assert_close,
    assert_same,
    built,
    drawn_layer,
    masks,
    tensor,
    values_and_gradients,
)
from .reference import sigmoid, time_loop

# Shapes: B batch, T time, D features, U units.


def update_gate_rnn_step(x, h, weights, activation=np.tanh):
    kernel, recurrent_kernel, bias = weights
    a_z, a_g = np.split(x @ kernel + h @ recurrent_kernel + bias, 2, axis=1)
    return [sigmoid(a_z) * h + (1 - sigmoid(a_z)) * activation(a_g)]


def light_gru_step(x, h, weights):
    return update_gate_rnn_step(x, h, weights, lambda a: np.maximum(a, 0))


def janet_step(x, h, weights):
    kernel, recurrent_kernel, bias = weights
    s, a_g = np.split(x @ kernel + h @ recurrent_kernel + bias, 2, axis=1)
    return [sigmoid(s) * h + (1 - sigmoid(s - 1)) * np.tanh(a_g)]


def recurrent_additive_step(x, h, c, weights):
    kernel, recurrent_kernel, bias = weights
    x_i, x_f, g = np.split(x @ kernel + bias, 3, axis=1)
    h_i, h_f = np.split(h @ recurrent_kernel, 2, axis=1)
    c = sigmoid(x_i + h_i) * g + sigmoid(x_f + h_f) * c
    return [np.tanh(c), c]


def fast_grnn_step(x, h, weights):
    kernel, recurrent_kernel, bias, zeta, nu = weights
    b_z, b_g = np.split(bias, 2)
    a = x @ kernel + h @ recurrent_kernel
    z = sigmoid(a + b_z)
    return [z * h + (sigmoid(zeta) * (1 - z) + sigmoid(nu)) * np.tanh(a + b_g)]


def multiplicative_lstm_step(x, h, c, weights):
    kernel, recurrent_kernel, bias = weights
    units = h.shape[1]
    m = (x @ kernel[:, 4 * units :]) * (h @ recurrent_kernel[:, 4 * units :])
    a = x @ kernel[:, : 4 * units] + m @ recurrent_kernel[:, : 4 * units] + bias
    i, f, g, o = np.split(a, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return [sigmoid(o) * np.tanh(c), c]


def independent_rnn_step(x, h, weights):
    kernel, recurrent_kernel, bias = weights
    return [np.maximum(x @ kernel + recurrent_kernel * h + bias, 0)]


def closed_form_step(x, h, weights, time=1):
    kernel, recurrent_kernel, bias = weights
    a, b, g, k = np.split(x @ kernel + h @ recurrent_kernel + bias, 4, axis=1)
    s = sigmoid(a * time + b)
    return [(1 - s) * np.tanh(g) + s * np.tanh(k)]


STEPS = {
    "light_gru": light_gru_step,
    "update_gate_rnn": update_gate_rnn_step,
    "janet": janet_step,
    "recurrent_additive": recurrent_additive_step,
    "fast_grnn": fast_grnn_step,
    "multiplicative_lstm": multiplicative_lstm_step,
    "independent_rnn": independent_rnn_step,
    "closed_form": closed_form_step,
}


def test_every_cell_is_compared_with_its_equations():
    assert set(cell_names()) >= {*CELLS, *VARIANTS, *STEPS}


@pytest.mark.parametrize("cell", STEPS)
def test_a_sequence_is_the_equations_step_by_step(rng, cell):
    x, mask = rng.normal(size=(3, 5, 3)), masks()["inner"]
    layer = drawn_layer(cell, rng, return_sequences=True, return_state=True, go_backwards=True)
    weights = layer.get_weights()
    states = [rng.normal(size=(3, 4)) for _ in layer.state_size]

    def step(x, states):
        new = STEPS[cell](x, *states, weights)
        return new[0], new

    outputs, *last = layer(tensor(x), initial_state=[tensor(s) for s in states], mask=mask)
    expected, expected_last = time_loop(step, x, states, mask, go_backwards=True)
    assert_close(outputs, expected)
    for state, expected_state in zip(last, expected_last, strict=True):
        assert_close(state, expected_state)


@pytest.mark.parametrize("cell", [*STEPS, "mut1", "mut2"])
def test_gradients_are_those_of_the_unrolled_loop(rng, cell):
    x, weigh, found = rng.normal(size=(3, 5, 3)), rng.normal(size=(3, 5, 4)), []
    for unroll in (False, True):
        layer = drawn_layer(cell, np.random.default_rng(1), return_sequences=True, unroll=unroll)
        states = [np.full((3, 4), 0.1)] * len(layer.state_size)
        mask, in_graph = masks()["right"], BACKEND == "tensorflow" and not unroll
        found.append(
            values_and_gradients(layer, x, states, mask, True, lambda _: [weigh], in_graph)[1]
        )
    assert_same(*found)


@pytest.mark.parametrize("cell", STEPS)
def test_gates_and_configuration(rng, cell):
    layer = drawn_layer(cell, rng, dropout=0.2, recurrent_dropout=0.2, seed=1, zoneout=0.1)
    gates, states = layer.gates(tensor(rng.normal(size=(3, 5, 3))))
    assert list(gates) == list(layer.cell.gate_names.values())
    assert len(states) == len(layer.state_size)
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.cell.get_config() == layer.cell.get_config()
    changed = array(layer(tensor(rng.normal(size=(3, 5, 3))), training=True))
    assert np.isfinite(changed).all()


def test_the_last_feature_of_a_closed_form_cell_can_be_the_elapsed_time(rng):
    layer = keras_gru.RNN(keras_gru.ClosedFormCell(4, time_feature=True, dtype=DTYPE))
    built(layer, 3, rng)
    x, time = rng.normal(size=(3, 1, 2)), rng.uniform(0.1, 3, size=(3, 1, 1))
    weights = layer.get_weights()
    (expected,) = closed_form_step(x[:, 0], np.zeros((3, 4)), weights, time[:, 0])
    assert_close(layer(tensor(np.concatenate([x, time], axis=-1))), expected)


def test_dropout_leaves_the_elapsed_time_as_it_is():
    cell = keras_gru.ClosedFormCell(1, time_feature=True, dropout=0.5, seed=1)
    layer, x = keras_gru.RNN(cell), np.ones((6, 1, 3), "float32")
    layer.build(x.shape)
    # The output depends on the elapsed time alone.
    layer.set_weights([np.zeros((2, 4)), np.zeros((1, 4)), np.array([2, 0, 0, 1.0])])
    np.testing.assert_allclose(array(layer(x, training=True)), array(layer(x)), rtol=1e-5)


def test_janet_without_beta_is_an_update_gate_rnn(rng):
    janet = built(keras_gru.RNN(keras_gru.JANETCell(4, beta=0.0, dtype=DTYPE)), 3, rng)
    plain = recurrent_layer("update_gate_rnn", 4, dtype=DTYPE)
    plain.build((None, None, 3))
    plain.set_weights(janet.get_weights())
    x = tensor(rng.normal(size=(3, 5, 3)))
    assert_close(janet(x), plain(x))
