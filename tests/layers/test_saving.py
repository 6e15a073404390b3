"""Round trips of configuration and weights, also through a new process in safe mode."""

import inspect
import subprocess
import sys

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import recurrent_layer

from .helpers import BACKEND, CELLS, array

NAMESAKES = {
    keras_gru.GRU: keras.layers.GRU,
    keras_gru.LSTM: keras.layers.LSTM,
    keras_gru.SimpleRNN: keras.layers.SimpleRNN,
}
UNUSUAL = {
    "activation": "relu",
    "recurrent_activation": "hard_sigmoid",
    "use_bias": False,
    "unit_forget_bias": False,
    "kernel_initializer": "he_normal",
    "recurrent_initializer": "glorot_normal",
    "bias_initializer": "ones",
    "kernel_regularizer": "l2",
    "recurrent_regularizer": "l1",
    "bias_regularizer": "l2",
    "activity_regularizer": "l1",
    "kernel_constraint": "max_norm",
    "recurrent_constraint": "non_neg",
    "bias_constraint": "max_norm",
    "dropout": 0.1,
    "recurrent_dropout": 0.2,
    "seed": 5,
    "return_sequences": True,
    "return_state": True,
    "go_backwards": True,
    "stateful": True,
    "unroll": True,
    "zero_output_for_mask": True,
    "zoneout": 0.25,
    "jit_compile": False,
    "reset_after": True,
    "constant_gates": {"update": 0.25, "reset": 1},
    "independent_recurrence": True,
    "multiplicative_integration": True,
    "implementation": 1,
    "use_cudnn": False,
    "name": "mine",
    "dtype": "mixed_bfloat16",
    "trainable": False,
}


def arguments(layer_class):
    names = {*layer_class.cell_class.arguments, "use_cudnn"}
    names |= set(inspect.signature(keras_gru.RNN.__init__).parameters)
    names |= {"activity_regularizer", "name", "dtype", "trainable"}
    return names - {"self", "units", "cell", "kwargs"}


@pytest.mark.parametrize("ours", NAMESAKES)
def test_all_arguments_of_keras_layer_are_accepted(ours):
    theirs = set(inspect.signature(NAMESAKES[ours].__init__).parameters)
    assert theirs - {"self", "units", "kwargs"} <= arguments(ours)


@pytest.mark.parametrize("layer_class", NAMESAKES)
def test_every_argument_survives_the_round_trip(layer_class):
    given = {name: UNUSUAL[name] for name in arguments(layer_class)}
    if layer_class is keras_gru.GRU:  # not allowed with `reset_after`
        del given["multiplicative_integration"]
    if layer_class is keras_gru.LSTM:
        given["constant_gates"] = {"forget": 0.25}
    layer = layer_class(6, **given)
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert keras.saving.serialize_keras_object(again) == config
    plain = layer_class(6).get_config()
    same = {name for name in given if plain.get(name) == layer.get_config()[name]}
    assert not same, "an argument is missing from the configuration"


@pytest.mark.parametrize("layer_class", NAMESAKES)
def test_properties_of_a_layer_are_those_of_its_cell(layer_class):
    layer = layer_class(6, dropout=0.25, kernel_regularizer="l2", seed=4)
    assert (layer.units, layer.dropout, layer.seed) == (6, 0.25, 4)
    assert layer.kernel_regularizer is layer.cell.kernel_regularizer


def test_regularizers_and_constraints_are_applied():
    layer = keras_gru.GRU(
        4, kernel_regularizer=keras.regularizers.L2(1.0), kernel_constraint="non_neg"
    )
    layer(np.ones((2, 3, 3), "float32"))
    expected = np.sum(layer.get_weights()[0] ** 2)
    np.testing.assert_allclose(array(sum(layer.losses)), expected, rtol=1e-5)
    assert layer.weights[0].constraint is not None


@pytest.mark.parametrize("layer_class", NAMESAKES)
def test_a_configuration_of_keras_layer_is_accepted(layer_class):
    config = NAMESAKES[layer_class](6, dropout=0.1, go_backwards=True).get_config()
    layer = layer_class.from_config(config)
    assert (layer.units, layer.dropout, layer.go_backwards) == (6, 0.1, True)
    assert getattr(layer, "reset_after", None) == config.get("reset_after")


def test_an_unknown_argument_is_rejected():
    with pytest.raises(ValueError, match=r"Unrecognized keyword arguments.*unitss"):
        keras_gru.GRU(4, unitss=3)


LOAD = """
import sys
import numpy as np
import keras
import keras_gru
model = keras.saving.load_model(sys.argv[1], safe_mode=True)
x, mask = np.load(sys.argv[2])["x"], np.load(sys.argv[2])["mask"]
np.save(sys.argv[3], model.predict([x, mask], verbose=0))
"""


def test_a_saved_model_loads_in_a_new_process_in_safe_mode(rng, tmp_path):
    sequences, mask = keras.Input((None, 3)), keras.Input((None,), dtype="bool")
    hidden = sequences
    for cell in CELLS:
        hidden = recurrent_layer(cell, 4, return_sequences=True, dropout=0.1)(hidden, mask=mask)
    hidden = keras.layers.Bidirectional(keras_gru.GRU(4, return_sequences=True))(hidden, mask=mask)
    last = keras_gru.RNN([keras_gru.GRUCell(4), keras_gru.GRUCell(2)])(hidden, mask=mask)
    model = keras.Model([sequences, mask], last)
    x, seen = rng.normal(size=(3, 5, 3)).astype("float32"), rng.random((3, 5)) < 0.7
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "inputs.npz", x=x, mask=seen)

    paths = [str(tmp_path / name) for name in ("model.keras", "inputs.npz", "outputs.npy")]
    completed = subprocess.run([sys.executable, "-c", LOAD, *paths], capture_output=True, text=True)
    assert completed.returncode == 0, completed.stderr
    expected = array(model.predict([x, seen], verbose=0))
    np.testing.assert_allclose(np.load(paths[2]), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="a SavedModel requires TensorFlow")
def test_a_model_is_exported_as_a_saved_model(rng, tmp_path):
    import tensorflow as tf

    model = keras.Sequential([keras.Input((None, 3)), keras_gru.GRU(4)])
    model.export(tmp_path / "exported", verbose=False)
    x = rng.normal(size=(2, 5, 3)).astype("float32")
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    np.testing.assert_allclose(exported.serve(x), model.predict(x, verbose=0), atol=1e-6)
