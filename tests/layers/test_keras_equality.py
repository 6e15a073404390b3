"""Our layers equal Keras' layers with the same equations and the same weights."""

import keras
import numpy as np
import pytest

import keras_gru

from .helpers import (
    CELLS,
    DTYPE,
    array,
    assert_close,
    drawn_layer,
    gradients,
    keras_layer,
    masks,
    tensor,
)


def pair(cell, rng, **options):
    """Return our layer and Keras' layer with the same weights."""
    ours, theirs = drawn_layer(cell, rng, **options), keras_layer(cell, **options)
    theirs.build((None, None, 3))
    theirs.set_weights(ours.get_weights())
    return ours, theirs


@pytest.mark.parametrize("padding", [None, "right"])
@pytest.mark.parametrize("cell", CELLS)
def test_outputs_states_and_gradients_equal_keras(rng, cell, padding):
    mask = masks().get(padding)
    ours, theirs = pair(cell, rng, return_sequences=True, return_state=True)
    x, weigh = tensor(rng.normal(size=(3, 5, 3))), tensor(rng.normal(size=(3, 5, 4)))
    for one, other in zip(ours(x, mask=mask), theirs(x, mask=mask), strict=True):
        assert_close(one, other)

    found = [
        gradients(
            lambda layer=layer: keras.ops.sum(layer(x, mask=mask)[0] * weigh),
            layer.trainable_variables,
        )
        for layer in (ours, theirs)
    ]
    for one, other in zip(*found, strict=True):
        assert_close(one, other, loosened=10)


@pytest.mark.parametrize("cell", CELLS)
def test_weights_survive_the_round_trip_through_keras(rng, cell):
    ours, theirs = pair(cell, rng)
    theirs.set_weights([weight + 1 for weight in theirs.get_weights()])
    ours.set_weights(theirs.get_weights())
    assert [weight.name for weight in ours.weights] == [weight.name for weight in theirs.weights]
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dropout, recurrent_dropout", [(0.4, 0.0), (0.3, 0.4)])
@pytest.mark.parametrize("cell", CELLS)
def test_the_same_seed_drops_the_same_units_as_in_keras(rng, cell, dropout, recurrent_dropout):
    rates = {"dropout": dropout, "recurrent_dropout": recurrent_dropout}
    ours, theirs = pair(cell, rng, return_sequences=True, seed=5, **rates)
    x = tensor(rng.normal(size=(3, 5, 3)))
    dropped = ours(x, training=True)
    assert_close(dropped, theirs(x, training=True))
    assert np.abs(array(dropped) - array(ours(x, training=False))).max() > 1e-3
    assert_close(ours(x, training=False), theirs(x, training=False))


def test_dropout_is_constant_over_time(rng):
    """Without recurrent weights, equal inputs give equal outputs: all steps have the same mask."""
    options = {"dropout": 0.5, "seed": 1, "constant_gates": {"update": 0}}
    layer = drawn_layer("gru", rng, return_sequences=True, **options)
    kernel, _, bias = layer.get_weights()
    layer.set_weights([kernel, np.zeros((4, 12)), bias])
    outputs = array(layer(tensor(np.ones((2, 6, 3))), training=True))
    np.testing.assert_allclose(outputs, np.repeat(outputs[:, :1], 6, axis=1))


@pytest.mark.parametrize("wrapped", ["alone", "stacked", "bidirectional", "time distributed"])
@pytest.mark.parametrize("reset_after", [False, True])
def test_cell_in_keras_wrappers(rng, wrapped, reset_after):
    def model(cell_class):
        cells = [cell_class(4, reset_after=reset_after, dtype=DTYPE) for _ in range(2)]
        rnn = keras.layers.RNN(
            cells[0] if wrapped != "stacked" else keras.layers.StackedRNNCells(cells, dtype=DTYPE),
            return_sequences=wrapped != "time distributed",
            dtype=DTYPE,
        )
        if wrapped == "bidirectional":
            return keras.layers.Bidirectional(rnn, dtype=DTYPE)
        return keras.layers.TimeDistributed(rnn) if wrapped == "time distributed" else rnn

    x = rng.normal(size=(3, 2, 5, 3) if wrapped == "time distributed" else (3, 5, 3))
    ours, theirs = model(keras_gru.GRUCell), model(keras.layers.GRUCell)
    ours(tensor(x)), theirs(tensor(x))
    theirs.set_weights(ours.get_weights())
    assert_close(ours(tensor(x)), theirs(tensor(x)))


@pytest.mark.parametrize("reset_after", [False, True])
def test_training_gives_the_same_weights(rng, reset_after):
    """Five steps of gradient descent from the same weights end in the same weights."""
    x, y = rng.normal(size=(8, 6, 3)), rng.normal(size=(8, 4))
    weights = []
    for layer_class in (keras_gru.GRU, keras.layers.GRU):
        keras.utils.set_random_seed(3)
        model = keras.Sequential(
            [keras.Input((None, 3)), layer_class(4, reset_after=reset_after, name="gru")]
        )
        model.compile(keras.optimizers.SGD(0.1), "mse")
        model.fit(x, y, epochs=5, batch_size=8, shuffle=False, verbose=0)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
