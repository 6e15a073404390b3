"""Layers of a trained model: find them, get their inputs, replace their time loop."""

# Shapes: B batch, T time, D features, U units.

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keras

from keras_gru.errors import UserError
from keras_gru.layers import RNN
from keras_gru.models.budget import layers_by_direction, recurrent_layers


def find_layer(model: keras.Model, number: int) -> RNN:
    """Return a recurrent layer, counted from 1; of a bidirectional one, the forward layer."""
    for layer in layers_by_direction(model):
        if not isinstance(layer, RNN):
            raise UserError(
                f"A {type(layer).__name__} cannot be inspected: register a cell, which is run by "
                "keras_gru.RNN, in place of a layer."
            )
    if any(layer.name == "front" for layer in model.layers):
        raise UserError(
            "inspect: expected a model whose recurrent layers read the sequence itself, got one "
            "with model.front. Train one without it."
        )
    layers = recurrent_layers(model)
    if not 1 <= number <= len(layers):
        raise UserError(f"layer: expected a number from 1 to {len(layers)}, got {number}.")
    layer = layers[number - 1]
    if isinstance(layer, keras.layers.Bidirectional):
        layer = layer.forward_layer
    assert isinstance(layer, RNN)  # all have been checked
    return layer


@contextmanager
def replace_loop(layer: RNN, loop: Callable) -> Iterator[None]:
    """Run a layer with another time loop within the block."""
    layer.inner_loop = loop
    try:
        yield
    finally:
        del layer.inner_loop


def layer_inputs(model: keras.Model, layer: RNN, x: dict) -> tuple:
    """Return the inputs of a layer when its model is called on a batch.

    Args:
        x: the model's inputs by name.

    Returns:
        `(sequences, initial_state, mask)`: `(B, T, D)`, a list of `(B, U)`, and `(B, T)` or `None`.

    Raises:
        UserError: the model calls the layer several times.
    """
    calls = []

    def loop(sequences, initial_state, mask, training=False):
        calls.append((sequences, initial_state, mask))
        return type(layer).inner_loop(layer, sequences, initial_state, mask, training)

    with replace_loop(layer, loop):
        model(x, training=False)
    if len(calls) > 1:
        raise UserError(
            f"inspect: expected layers that read a sequence once, got one called {len(calls)} "
            "times (model.autoregressive). Train one without it."
        )
    sequences, initial_state, mask = calls[0]
    mask = None if mask is None else keras.tree.flatten(mask)[0]
    return sequences, keras.tree.flatten(initial_state), mask
