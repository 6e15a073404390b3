"""Models with constant gates: their outputs, and that the original model is unchanged."""

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import cell_names
from keras_gru.inspection.ablation import ablations, with_constant_gates
from keras_gru.inspection.memory import keep_gate
from keras_gru.inspection.model_layers import find_layer
from keras_gru.models.budget import layers_by_direction
from tests.models.helpers import BIDIRECTIONAL, inputs, make, predict

WITHOUT_GATES = ("simple_rnn", "irnn", "independent_rnn", "closed_form")
X = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")


def network(layer):
    """Return a model of one layer, with biases that are not zero."""
    layer = layer if isinstance(layer, keras.Layer) else layer(6, return_sequences=True)
    layer.name = "recurrent_1"
    inputs = keras.Input((5, 4))
    model = keras.Model(inputs, layer(inputs))
    random = np.random.default_rng(1)
    model.set_weights([random.normal(0, 0.5, weight.shape) for weight in model.weights])
    return model


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("reset_after", [False, True])
def test_a_gru_with_both_gates_constant_is_a_simple_rnn(reset_after):
    model = network(keras_gru.GRU(6, return_sequences=True, reset_after=reset_after))
    kernel, recurrent, bias = (weight[..., 12:] for weight in model.get_weights())
    simple = network(keras_gru.SimpleRNN(6, return_sequences=True))
    simple.set_weights([kernel, recurrent, bias.sum(0) if reset_after else bias])
    ablated = ablations(model.layers[1].cell)
    assert list(ablated) == [
        "update gate constant 0, all new",
        "reset gate constant 1",
        "both constant: a SimpleRNN",
    ]
    constant = with_constant_gates(model, ablated["both constant: a SimpleRNN"])
    np.testing.assert_allclose(predict(constant, X), predict(simple, X), rtol=1e-5, atol=1e-6)


def test_the_ablations_of_an_lstm():
    model = network(keras_gru.LSTM(6))
    assert ablations(model.layers[1].cell) == {
        "input gate constant 1": {"input": 1},
        "forget gate constant 1": {"forget": 1},
        "output gate constant 1": {"output": 1},
        "all constant": {"input": 1, "forget": 1, "output": 1},
    }


@pytest.mark.parametrize("cell", cell_names())
def test_a_constant_gate_of_any_cell_has_its_value(cell):
    model = make("polyphony", cell)
    features = inputs("polyphony")["features"]
    cell_of = find_layer(model, 1).cell
    for name, constants in ablations(cell_of).items():
        layer = find_layer(with_constant_gates(model, constants), 1)
        gates, _ = layer.gates(features)
        for gate, value in constants.items():
            if gate in gates:
                shown = array(gates[gate])
                np.testing.assert_array_equal(shown, np.full_like(shown, value))
        if "all new" in name:
            keep = array(keep_gate(layer.cell, gates))
            np.testing.assert_allclose(keep, np.zeros_like(keep), atol=1e-6)
    assert bool(ablations(cell_of)) == (cell not in WITHOUT_GATES)


@pytest.mark.parametrize("kind", ["classifier_mean", "forecaster", "encoder_decoder"])
def test_gates_are_constant_in_all_layers_of_the_copy_only(kind):
    model = make(kind, layers=2, **({"bidirectional": True} if kind in BIDIRECTIONAL else {}))
    before = predict(model, inputs(kind))
    copy = with_constant_gates(model, {"update": 0.0})
    cells = [layer.cell for layer in layers_by_direction(copy)]
    assert len(cells) >= 2 and all(cell.constant_gates == {"update": 0.0} for cell in cells)
    assert np.abs(predict(copy, inputs(kind)) - before).max() > 1e-4
    np.testing.assert_array_equal(predict(model, inputs(kind)), before)
