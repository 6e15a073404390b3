"""Independent recurrence and multiplicative integration, compared with float64 NumPy."""

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import recurrent_layer
from keras_gru.errors import UserError

from .helpers import (
    BACKEND,
    assert_close,
    assert_same,
    drawn_layer,
    masks,
    tensor,
    values_and_gradients,
)
from .helpers import MinimalGatedUnit as OneGate
from .reference import sigmoid, time_loop

INDEPENDENT = {"independent_recurrence": True}
MULTIPLICATIVE = {"multiplicative_integration": True}
BOTH = {**INDEPENDENT, **MULTIPLICATIVE}


def preactivation(layer):
    """Return the function `(number, x, h) -> a`: the pre-activation of the equation `number`."""
    kernel, recurrent, bias, *factors = layer.get_weights()
    units = layer.cell.units

    def a(number, x, h):
        columns = slice(number * units, (number + 1) * units)
        x = x @ kernel[:, columns]
        h = h * recurrent[columns] if recurrent.ndim == 1 else h @ recurrent[:, columns]
        if not factors:
            return x + h + bias[columns]
        alpha, beta_h, beta_x = factors[0][:, columns]
        return alpha * x * h + beta_h * h + beta_x * x + bias[columns]

    return a


def gru(a, x, h):
    z, r = sigmoid(a(0, x, h)), sigmoid(a(1, x, h))
    return [z * h + (1 - z) * np.tanh(a(2, x, r * h))]


def lstm(a, x, h, c):
    i, f, o = (sigmoid(a(number, x, h)) for number in (0, 1, 3))
    c = f * c + i * np.tanh(a(2, x, h))
    return [o * np.tanh(c), c]


def coupled_lstm(a, x, h, c):
    f, o = sigmoid(a(0, x, h)), sigmoid(a(2, x, h))
    c = f * c + (1 - f) * np.tanh(a(1, x, h))
    return [o * np.tanh(c), c]


def minimal_gated_unit(a, x, h):
    f = sigmoid(a(0, x, h))
    return [(1 - f) * h + f * np.tanh(a(1, x, f * h))]


def janet(a, x, h):
    s = a(0, x, h)
    return [sigmoid(s) * h + (1 - sigmoid(s - 1)) * np.tanh(a(1, x, h))]


def update_gate_rnn(a, x, h):
    z = sigmoid(a(0, x, h))
    return [z * h + (1 - z) * np.tanh(a(1, x, h))]


EQUATIONS = {
    "simple_rnn": lambda a, x, h: [np.tanh(a(0, x, h))],
    "gru": gru,
    "lstm": lstm,
    "coupled_lstm": coupled_lstm,
    "minimal_gated_unit": minimal_gated_unit,
    "janet": janet,
    "update_gate_rnn": update_gate_rnn,
}


@pytest.mark.parametrize("form", [INDEPENDENT, MULTIPLICATIVE, BOTH])
@pytest.mark.parametrize("cell", EQUATIONS)
def test_a_sequence_is_the_equations_step_by_step(rng, cell, form):
    layer = drawn_layer(cell, rng, return_sequences=True, **form)
    x, a = rng.normal(size=(3, 5, 3)), preactivation(layer)
    states = [rng.normal(size=(3, 4)) for _ in layer.cell.state_names]
    assert layer.path().endswith("has no step_gradient")

    def step(x, states):
        new = EQUATIONS[cell](a, x, *states)
        return new[0], new

    found = layer(tensor(x), initial_state=[tensor(s) for s in states], mask=masks()["inner"])
    assert_close(found, time_loop(step, x, states, masks()["inner"])[0])


@pytest.mark.parametrize("cell", ["gru_reset_after", "peephole_lstm", "mut1", "closed_form"])
def test_independent_recurrence_equals_diagonal_recurrent_weights(rng, cell):
    layer = drawn_layer(cell, rng, return_sequences=True, **INDEPENDENT)
    plain = recurrent_layer(cell, 4, return_sequences=True, dtype=layer.dtype_policy)
    plain.build((None, None, 3))
    weights = layer.get_weights()
    weights[1] = np.concatenate([np.diag(u) for u in weights[1].reshape(-1, 4)], axis=1)
    plain.set_weights(weights)
    x = tensor(rng.normal(size=(3, 5, 3)))
    assert_close(layer(x), plain(x))


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_gradients_are_those_of_the_unrolled_loop(rng, cell):
    x, weigh, found = rng.normal(size=(3, 5, 3)), rng.normal(size=(3, 5, 4)), []
    options = {**BOTH, "return_sequences": True, "recurrent_dropout": 0.4, "seed": 1}
    for unroll in (False, True):
        layer = drawn_layer(cell, np.random.default_rng(1), unroll=unroll, **options)
        states = [np.full((3, 4), 0.1) for _ in layer.cell.state_names]
        in_graph = BACKEND == "tensorflow" and not unroll
        found.append(
            values_and_gradients(layer, x, states, None, True, lambda _: [weigh], in_graph)[1]
        )
    assert_same(*found)


def test_initial_weights_and_configuration():
    layer = recurrent_layer("gru", 4, **BOTH)
    layer.build((None, None, 3))
    u, factors = layer.get_weights()[1], layer.get_weights()[3]
    assert u.shape == (12,) and 0 <= u.min() < u.max() <= 1
    np.testing.assert_array_equal(factors, np.ones((3, 12)))
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.independent_recurrence and again.multiplicative_integration


def test_an_irnn_with_independent_units_starts_with_weights_of_one():
    layer = recurrent_layer("irnn", 4, **INDEPENDENT)
    layer.build((None, None, 3))
    np.testing.assert_array_equal(layer.get_weights()[1], np.ones(4))


def test_cells_with_other_equations_reject_both():
    for cell, form in (("min_gru", INDEPENDENT), ("fast_grnn", MULTIPLICATIVE)):
        with pytest.raises(UserError, match=f"'{cell}' has no {next(iter(form))}"):
            recurrent_layer(cell, 4, **form)
    for make in (
        lambda: OneGate(4, **INDEPENDENT),  # overrides an equation
        lambda: keras_gru.LayerNormGRUCell(4, **MULTIPLICATIVE),
        lambda: keras_gru.GRUCell(4, reset_after=True, **MULTIPLICATIVE),
    ):
        with pytest.raises(ValueError, match=r"expected .*False"):
            make()
