"""The half-life of a unit, computed from the gate that keeps its state."""

import doctest

import keras
import numpy as np
import pytest

from keras_gru.cells import recurrent_layer
from keras_gru.inspection import memory


def test_the_examples_of_the_docstrings_run():
    found = doctest.testmod(memory)
    assert found.attempted > 0 and found.failed == 0


def test_half_of_the_state_is_left_after_a_half_life():
    keep = np.array([0.01, 0.3, 0.9, 0.999])
    np.testing.assert_allclose(keep ** memory.half_lives(keep), 0.5)
    assert memory.half_lives(np.array([0.0, 1.0])).tolist() == [0, np.inf]


@pytest.mark.parametrize(("cell", "sign"), [("gru", 1), ("lstm", 1), ("mut1", -1)])
def test_the_half_life_follows_from_the_bias_and_ignores_padding(cell, sign):
    """With weights of zero, a gate is the sigmoid of its bias."""
    layer = recurrent_layer(cell, 3)
    layer.build((None, None, 2))
    layer.set_weights([np.zeros(weight.shape) for weight in layer.weights])
    keeps = np.array([0.5, 0.75, 0.9])
    bias = np.zeros(layer.cell.bias.shape)
    first = 3 if cell == "lstm" else 0
    bias[first : first + 3] = sign * np.log(keeps / (1 - keeps))
    layer.cell.bias.assign(bias)
    x = np.random.default_rng(0).normal(size=(2, 4, 2)).astype("float32")
    mask = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)
    first = layer.get_initial_state(2)
    np.testing.assert_allclose(memory.mean_keep_gate(layer, x, first, mask), keeps, rtol=1e-6)


def test_zoneout_keeps_a_part_of_the_state_without_a_gate():
    layer = recurrent_layer("lstm", 3, zoneout=[0.1, 0.5])
    layer.build((None, None, 2))
    first, x = [np.ones((1, 3), "float32")] * 2, np.ones((1, 1, 2), "float32")
    more = [first[0], first[1] + 1]
    found = [layer.trace(x, states)[1][1] for states in (first, more)]
    expected = keras.ops.convert_to_numpy(found[1] - found[0])[0, 0]
    keep = memory.mean_keep_gate(layer, x, first, None)
    np.testing.assert_allclose(keep, expected, rtol=1e-5)


def test_only_unpadded_steps_are_averaged():
    layer = recurrent_layer("gru", 3)
    layer.build((None, None, 2))
    x = np.random.default_rng(0).normal(size=(2, 4, 2)).astype("float32")
    mask = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)
    first = layer.get_initial_state(2)
    gates = keras.ops.convert_to_numpy(layer.gates(x)[0]["update"])
    expected = gates[mask].mean(0)
    np.testing.assert_allclose(memory.mean_keep_gate(layer, x, first, mask), expected, rtol=1e-6)


def test_a_simple_rnn_has_no_half_life():
    layer = recurrent_layer("simple_rnn", 3)
    layer.build((None, None, 2))
    x = np.ones((1, 2, 2), "float32")
    assert memory.mean_keep_gate(layer, x, layer.get_initial_state(1), None) is None
