"""Saved, cloned and rebuilt models: frozen weights, paths of weights and optimizer states."""

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import recurrent_layer

from .helpers import BACKEND, LayerNormalisedCandidate, array

LAYERS = {
    **{
        cell: lambda cell=cell, **options: recurrent_layer(cell, 4, **options)
        for cell in ("gru", "lstm", "simple_rnn", "min_gru", "min_lstm", "peephole_lstm", "mut2")
    },
    "normalised gru": lambda **o: recurrent_layer("gru", 4, layer_normalization=True, **o),
    "cell with a layer inside": lambda **o: keras_gru.RNN(LayerNormalisedCandidate(4), **o),
    "stack": lambda **o: keras_gru.RNN(
        [keras_gru.GRUCell(4), keras_gru.GRUCell(4), keras.layers.LSTMCell(4)], **o
    ),
    "bidirectional": lambda **o: keras.layers.Bidirectional(keras_gru.GRU(4, **o), name="both"),
}


def model_of(layer):
    layers = [keras.Input((5, 3), batch_size=2), layer, keras.layers.Dense(1, name="b")]
    return keras.Sequential(layers, name="m")


def fitted(model, epochs=1):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(4, 5, 3)), rng.normal(size=(4, 1))
    model.fit(x, y, batch_size=2, epochs=epochs, verbose=0, shuffle=False)
    return model


def compiled(model):
    model.compile("adam", "mse", run_eagerly=BACKEND == "tensorflow", jit_compile=False)
    return model


def saved_and_loaded(model, folder):
    model.save(folder / "model.keras")
    return keras.saving.load_model(folder / "model.keras")


def cloned(model, folder):
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    return compiled(clone)


@pytest.mark.parametrize("restore", [saved_and_loaded, cloned])
@pytest.mark.parametrize("kind", LAYERS)
def test_a_frozen_layer_stays_frozen(kind, restore, tmp_path):
    model = compiled(model_of(LAYERS[kind]()))
    model.layers[0].trainable = False
    again = restore(fitted(compiled(model)), tmp_path)

    assert [w.shape for w in again.trainable_weights] == [w.shape for w in model.trainable_weights]
    assert len(again.trainable_weights) == 2
    frozen = again.layers[0].get_weights()
    for one, other in zip(frozen, model.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    fitted(again)
    for before, after in zip(frozen, again.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    if restore is saved_and_loaded:  # the state of the optimizer was restored, too
        fitted(model)
        for one, other in zip(again.weights, model.weights, strict=True):
            np.testing.assert_array_equal(array(one), array(other))


@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_can_be_created_frozen_and_unfrozen(kind):
    layer = LAYERS[kind](trainable=False)
    model = model_of(layer)
    assert len(model.trainable_weights) == 2
    layer.trainable = False
    layer.trainable = True
    assert len(model.trainable_weights) == len(model.weights)


def test_a_frozen_cell_of_a_layer_stays_frozen():
    layer = keras_gru.GRU(4)
    layer.cell.trainable = False
    again = keras_gru.GRU.from_config(layer.get_config())
    assert not model_of(again).layers[0].trainable_weights


def paths(model):
    return [weight.path for weight in model.weights]


@pytest.mark.parametrize("kind", LAYERS)
def test_paths_of_weights_do_not_depend_on_earlier_layers(kind):
    LAYERS[kind]()
    first, second = (model_of(LAYERS[kind](name="a")) for _ in range(2))
    assert paths(first.layers[0]) == paths(second.layers[0])
    assert len(set(paths(first))) == len(first.weights)


def test_a_cell_keeps_its_given_name():
    layers = [keras_gru.RNN(keras_gru.GRUCell(4, name="mine")) for _ in range(2)]
    assert [layer.cell.name for layer in layers] == ["mine", "mine"]


@pytest.mark.parametrize("ours", [keras_gru.GRU, keras_gru.LSTM, keras_gru.SimpleRNN])
def test_paths_of_weights_are_those_of_keras_layer_of_the_same_name(ours):
    theirs = getattr(keras.layers, ours.__name__)
    assert paths(model_of(ours(4, name="a")).layers[0]) == paths(
        model_of(theirs(4, name="a")).layers[0]
    )


@pytest.mark.parametrize("cell", ["gru", "lstm", "simple_rnn", "min_gru", "peephole_lstm"])
def test_a_state_tree_is_set_on_a_rebuilt_model(cell):
    model, again = (compiled(model_of(recurrent_layer(cell, 4, name="a"))) for _ in range(2))
    again.set_state_tree(model.get_state_tree())
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.skipif(BACKEND != "torch", reason="tests PyTorch only")
@pytest.mark.parametrize("cell", ["gru", "lstm", "simple_rnn", "min_gru", "peephole_lstm"])
def test_a_state_dict_is_loaded_into_a_rebuilt_model(cell):
    model, again = (model_of(recurrent_layer(cell, 4, name="a")) for _ in range(2))
    # Not strict: the dict contains states of seed generators, whose names Keras numbers.
    again.load_state_dict(model.state_dict(), strict=False)
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
