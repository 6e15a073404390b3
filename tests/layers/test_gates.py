"""`layer.gates`: the returned gates reproduce the states of the layer."""

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.inspection.memory import keep_gate

from .helpers import (
    CELLS,
    DTYPE,
    VARIANTS,
    LayerNormalisedCandidate,
    MinimalGatedUnit,
    array,
    assert_close,
    built,
    drawn_layer,
    masks,
    state_count,
    tensor,
)
from .reference import sigmoid

# Shapes: B batch, T time, D features, U units.


def blocks(weights, columns):
    return [np.split(weight, columns, axis=-1) for weight in weights]


def gru(x, h, weights, z, r, reset_after=False):
    kernel, recurrent, bias = blocks(weights, 3)
    if reset_after:
        g = np.tanh(x @ kernel[2] + bias[2][0] + r * (h @ recurrent[2] + bias[2][1]))
    else:
        g = np.tanh(x @ kernel[2] + (r * h) @ recurrent[2] + bias[2])
    return [z * h + (1 - z) * g]


def lstm(x, h, c, weights, i, f, o):
    kernel, recurrent, bias = blocks(weights[:3], 4)
    c = f * c + i * np.tanh(x @ kernel[2] + h @ recurrent[2] + bias[2])
    return [o * np.tanh(c), c]


def coupled_lstm(x, h, c, weights, f, o):
    kernel, recurrent, bias = blocks(weights, 3)
    c = f * c + (1 - f) * np.tanh(x @ kernel[1] + h @ recurrent[1] + bias[1])
    return [o * np.tanh(c), c]


def minimal_gated_unit(x, h, weights, f):
    kernel, recurrent, bias = blocks(weights, 2)
    return [(1 - f) * h + f * np.tanh(x @ kernel[1] + (f * h) @ recurrent[1] + bias[1])]


def mutation(x, h, weights, z, r, squash=lambda a: a):
    kernel, recurrent, bias = weights
    units = h.shape[1]
    x_g = squash(x @ kernel[:, -units:])
    g = np.tanh(x_g + (r * h) @ recurrent[:, -units:] + bias[-units:])
    return [(1 - z) * h + z * g]


def minimal(x, h, weights, keep):
    kernel, bias = weights
    units = h.shape[1]
    return [keep * h + (1 - keep) * (x @ kernel + bias)[:, -units:]]


# The new states, computed from x, the previous states, the weights and the gates.
FROM_GATES = {
    "gru": gru,
    "gru_reset_after": lambda *given: gru(*given, reset_after=True),
    "lstm": lstm,
    "simple_rnn": lambda x, h, w: [np.tanh(x @ w[0] + h @ w[1] + w[2])],
    "irnn": lambda x, h, w: [np.maximum(x @ w[0] + h @ w[1] + w[2], 0)],
    "minimal_gated_unit": minimal_gated_unit,
    "coupled_lstm": coupled_lstm,
    "peephole_lstm": lstm,
    "mut1": lambda *given: mutation(*given, squash=np.tanh),
    "mut2": mutation,
    "mut3": mutation,
    "min_gru": minimal,
    "min_lstm": minimal,
}
NAMES = {
    "gru": ["update", "reset"],
    "gru_reset_after": ["update", "reset"],
    "lstm": ["input", "forget", "output"],
    "simple_rnn": [],
    "irnn": [],
    "minimal_gated_unit": ["forget"],
    "coupled_lstm": ["forget", "output"],
    "peephole_lstm": ["input", "forget", "output"],
    "mut1": ["update", "reset"],
    "mut2": ["update", "reset"],
    "mut3": ["update", "reset"],
    "min_gru": ["keep"],
    "min_lstm": ["keep"],
}


def follow(cell, x, first, weights, gates, mask=None):
    """Return the states after each step, computed from the gates."""
    states, found = first, []
    for t in range(x.shape[1]):
        new = FROM_GATES[cell](x[:, t], *states, weights, *(gate[:, t] for gate in gates.values()))
        if mask is not None:
            seen = mask[:, t, None]
            new = [np.where(seen, *pair) for pair in zip(new, states, strict=True)]
        states = new
        found.append(states)
    return [np.stack(state, axis=1) for state in zip(*found, strict=True)]


@pytest.mark.parametrize("cell", [*CELLS, *VARIANTS])
def test_the_states_of_the_layer_follow_from_its_gates(rng, cell):
    mask = masks()["inner"]
    x = rng.normal(size=(3, 5, 3))
    first = [rng.normal(size=(3, 4)) for _ in range(state_count(cell))]
    layer = drawn_layer(cell, rng, return_sequences=True, return_state=True)
    outputs, *last = layer(tensor(x), initial_state=[tensor(h) for h in first], mask=mask)

    gates, states = layer.gates(tensor(x), mask, [tensor(h) for h in first])
    assert list(gates) == NAMES[cell]
    weights = [np.asarray(weight, "float64") for weight in layer.get_weights()]
    expected = follow(cell, x, first, weights, {k: array(v) for k, v in gates.items()}, mask)
    for state, followed, at_the_end in zip(states, expected, last, strict=True):
        assert_close(state, followed)
        assert_close(state[:, -1], at_the_end)
    shown = np.cumsum(mask, axis=1) > 0
    assert_close(array(states[0])[shown], array(outputs)[shown])
    for gate in gates.values():
        np.testing.assert_array_equal(np.isnan(array(gate)), ~np.repeat(mask[..., None], 4, -1))


def test_gates_are_the_sigmoid_of_their_pre_activations(rng):
    """Each gate is returned under its own name."""
    layer = drawn_layer("lstm", rng)
    x = rng.normal(size=(2, 1, 3))
    gates, _ = layer.gates(tensor(x))
    kernel, _, bias = blocks(layer.get_weights(), 4)
    for name, column in {"input": 0, "forget": 1, "output": 3}.items():
        assert_close(gates[name][:, 0], sigmoid(x[:, 0] @ kernel[column] + bias[column]))
    layer = drawn_layer("gru", rng)
    gates, _ = layer.gates(tensor(x))
    kernel, _, bias = blocks(layer.get_weights(), 3)
    for column, name in enumerate(["update", "reset"]):
        assert_close(gates[name][:, 0], sigmoid(x[:, 0] @ kernel[column] + bias[column]))


@pytest.mark.parametrize("cell", ["gru", "lstm", "min_gru"])
def test_with_go_backwards_gates_are_in_the_order_of_computation(rng, cell):
    layer = drawn_layer(cell, rng, return_sequences=True, go_backwards=True)
    x = tensor(rng.normal(size=(3, 5, 3)))
    mask = masks()["right"]
    gates, states = layer.gates(x, mask)
    shown = np.cumsum(mask[:, ::-1], axis=1) > 0
    assert_close(array(states[0])[shown], array(layer(x, mask=mask))[shown])
    for gate in gates.values():
        np.testing.assert_array_equal(np.isnan(array(gate)[..., 0]), ~mask[:, ::-1])


@pytest.mark.parametrize("cell", ["gru", "lstm", "min_lstm"])
def test_with_zoneout_the_states_are_those_of_the_layer(rng, cell):
    rates = [0.3, 0.6][: state_count(cell)]
    layer = drawn_layer(cell, rng, return_sequences=True, zoneout=rates)
    x = tensor(rng.normal(size=(3, 5, 3)))
    assert_close(layer.gates(x)[1][0], layer(x))


@pytest.mark.parametrize("value", [0, 0.25, 1])
def test_a_constant_gate_is_returned(rng, value):
    layer = keras_gru.GRU(4, constant_gates={"update": value, "reset": 1 - value}, dtype=DTYPE)
    gates, _ = built(layer, 3, rng).gates(tensor(rng.normal(size=(3, 5, 3))))
    np.testing.assert_array_equal(array(gates["update"]), np.full((3, 5, 4), value))
    np.testing.assert_array_equal(array(gates["reset"]), np.full((3, 5, 4), 1 - value))


def test_a_custom_cell_returns_its_overridden_gates(rng):
    layer = built(keras_gru.RNN(MinimalGatedUnit(4, dtype=DTYPE)), 3, rng)
    gates, _ = layer.gates(tensor(rng.normal(size=(3, 5, 3))))
    assert_close(gates["update"], 1 - array(gates["reset"]))
    cell = LayerNormalisedCandidate(4, dtype=DTYPE)
    layer = built(keras_gru.RNN(cell, return_sequences=True), 3, rng)
    x = tensor(rng.normal(size=(3, 5, 3)))
    assert_close(layer.gates(x)[1][0], layer(x))


@pytest.mark.parametrize("cell", ["gru", "lstm", "peephole_lstm", "min_gru"])
def test_gates_does_not_change_the_layer(rng, cell):
    layer = drawn_layer(cell, rng)
    x = tensor(rng.normal(size=(3, 5, 3)))
    before, attributes = array(layer(x)), set(vars(layer.cell))
    layer.gates(x)
    assert set(vars(layer.cell)) == attributes
    np.testing.assert_array_equal(array(layer(x)), before)


def test_a_layer_that_is_not_built_yet_has_gates():
    x = np.ones((2, 5, 3), DTYPE)
    layer = keras_gru.RNN(keras_gru.GRUCell(4, dtype=DTYPE), return_sequences=True)
    gates, (h,) = layer.gates(x)
    assert list(gates) == ["update", "reset"]
    assert_close(h, layer(x))


@pytest.mark.parametrize(
    ("cell", "keeps"),
    [
        ("gru", lambda gates: gates["update"]),
        ("lstm", lambda gates: gates["forget"]),
        ("coupled_lstm", lambda gates: gates["forget"]),
        ("minimal_gated_unit", lambda gates: 1 - gates["forget"]),
        ("mut2", lambda gates: 1 - gates["update"]),
        ("min_lstm", lambda gates: gates["keep"]),
    ],
)
def test_which_gate_keeps_the_state(rng, cell, keeps):
    layer = drawn_layer(cell, rng)
    gates = {name: array(gate) for name, gate in layer.gates(np.ones((2, 5, 3), DTYPE))[0].items()}
    np.testing.assert_array_equal(keep_gate(layer.cell, gates), keeps(gates))


def test_no_gate_of_a_simple_rnn_keeps_its_state(rng):
    layer = drawn_layer("simple_rnn", rng)
    assert keep_gate(layer.cell, layer.gates(np.ones((2, 5, 3), DTYPE))[0]) is None


@keras.saving.register_keras_serializable(package="tests")
class Stranger(keras.Layer):
    """A cell without `step`."""

    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def call(self, inputs, states):
        return states[0], states


class Forgetful(keras_gru.LSTMCell):
    """A cell whose `step` does not return its gates."""

    def step(self, x, states, weights, masks):
        return states, {}


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (Stranger(), "gates of a Stranger are not known: expected a keras_gru.Cell"),
        (keras.layers.GRUCell(4), "gates of a GRUCell are not known"),
        (Forgetful(4), "`step` of Forgetful must return its gates: expected i, f, o, got none"),
    ],
)
def test_a_cell_without_known_gates_is_rejected(cell, words):
    with pytest.raises(ValueError, match=words):
        keras_gru.RNN(cell).gates(np.ones((2, 5, 3), "float32"))


def test_gate_letters_are_in_the_order_of_the_columns_of_the_bias():
    for cell in (*CELLS, *VARIANTS):
        layer = drawn_layer(cell, np.random.default_rng(0))
        equations, signs = layer.cell.equations, layer.cell.gate_signs
        assert len(equations) == len(signs)
        assert layer.cell.bias.shape[-1] == len(equations) * 4
