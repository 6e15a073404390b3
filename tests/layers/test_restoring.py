"""A model that is saved, cloned or rebuilt from its config is the same model: what must survive."""

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
    "cell with a layer inside": lambda **o: keras_gru.Recurrence(LayerNormalisedCandidate(4), **o),
    "stack": lambda **o: keras_gru.Recurrence(
        [keras_gru.GRUCell(4), keras.layers.LSTMCell(4)], **o
    ),
    "bidirectional": lambda **o: keras.layers.Bidirectional(keras_gru.GRU(4, **o)),
}


def model_of(layer):
    return keras.Sequential([keras.Input((5, 3), batch_size=2), layer, keras.layers.Dense(1)])


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


def rebuilt(model, folder):
    again = type(model).from_config(model.get_config())
    again.set_weights(model.get_weights())
    return compiled(again)


@pytest.mark.parametrize("restore", [saved_and_loaded, cloned, rebuilt])
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
    if restore is saved_and_loaded:  # the optimizer's state was saved and loaded with it
        fitted(model)
        for one, other in zip(again.weights, model.weights, strict=True):
            np.testing.assert_array_equal(array(one), array(other))


@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_is_frozen_from_the_start_and_can_be_thawed(kind):
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
