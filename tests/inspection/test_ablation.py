"""Networks with their gates held: what they compute then, and that it is undone."""

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import cell_names
from keras_gru.errors import UserError
from keras_gru.inspection.ablation import ablations, holding
from keras_gru.inspection.taps import layer_of
from keras_gru.layers.gates import GATES, kept
from tests.models.helpers import BIDIRECTIONAL, inputs, make, predict

X = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")


def network(layer):
    """A model of one layer, with biases that are not zero."""
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
def test_a_gru_with_both_gates_held_is_a_simple_rnn(reset_after):
    model = network(keras_gru.GRU(6, return_sequences=True, reset_after=reset_after))
    kernel, recurrent, bias = (weight[..., 12:] for weight in model.get_weights())
    simple = network(keras_gru.SimpleRNN(6, return_sequences=True))
    simple.set_weights([kernel, recurrent, bias.sum(0) if reset_after else bias])
    before = predict(model, X)
    held = ablations(model.layers[1].cell)
    assert list(held) == [
        "update gate held at 0, all new",
        "reset gate held at 1",
        "both held: a SimpleRNN",
    ]
    with holding(model, held["both held: a SimpleRNN"]):
        np.testing.assert_allclose(predict(model, X), predict(simple, X), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(predict(model, X), before)


@pytest.mark.parametrize("held", [{"z": 0}, {"r": 1}, {"z": 0, "r": 1}])
def test_it_is_what_a_layer_with_held_gates_computes(held):
    model = network(keras_gru.GRU(6, return_sequences=True))
    options = {"hold_update_gate": held.get("z"), "hold_reset_gate": held.get("r")}
    other = network(keras_gru.GRU(6, return_sequences=True, **options))
    other.set_weights(model.get_weights())
    with holding(model, held):
        np.testing.assert_allclose(predict(model, X), predict(other, X), rtol=1e-5, atol=1e-6)


def test_what_is_held_of_an_lstm():
    model = network(keras_gru.LSTM(6))
    assert ablations(model.layers[1].cell) == {
        "input gate held at 1": {"i": 1},
        "forget gate held at 1": {"f": 1},
        "output gate held at 1": {"o": 1},
        "all held": {"i": 1, "f": 1, "o": 1},
    }


@pytest.mark.parametrize("cell", cell_names())
def test_a_held_gate_of_any_cell_is_where_it_is_held(cell):
    model = make("polyphony", cell)
    layer = layer_of(model, 1)
    features = inputs("polyphony")["features"]
    for name, held in ablations(layer.cell).items():
        with holding(model, held):
            gates, _ = layer.gates(features)
            keep = kept(layer, gates)
        for letter, value in held.items():
            if GATES[letter] in gates:
                shown = array(gates[GATES[letter]])
                np.testing.assert_allclose(shown, np.full_like(shown, value), atol=1e-6)
        if "all new" in name:
            np.testing.assert_allclose(array(keep), np.zeros_like(array(keep)), atol=1e-6)
    assert bool(ablations(layer.cell)) == (cell not in ("simple_rnn", "irnn"))


@pytest.mark.parametrize("kind", ["classifier_mean", "forecaster", "encoder_decoder"])
def test_all_layers_of_a_model_are_held_and_let_go(kind):
    model = make(kind, layers=2, **({"bidirectional": True} if kind in BIDIRECTIONAL else {}))
    before = [weight.copy() for weight in model.get_weights()]
    with pytest.raises(KeyError), holding(model, {"z": 0}):
        changed = [
            not np.array_equal(*pair) for pair in zip(model.get_weights(), before, strict=True)
        ]
        raise KeyError
    paths = [weight.path for weight in model.weights]
    assert sum(changed) == sum("cell" in path and path.endswith("/bias") for path in paths) >= 2
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"use_bias": False}, "The gates of a GRUCell without biases cannot be held: received"),
        ({"recurrent_activation": "relu"}, "cannot be held at 0 and 1: received a recurrent_act"),
    ],
)
def test_gates_that_cannot_be_held_are_refused(options, words):
    model = network(keras_gru.GRU(6, return_sequences=True, **options))
    with pytest.raises(UserError, match=words), holding(model, {"z": 0}):
        pass
