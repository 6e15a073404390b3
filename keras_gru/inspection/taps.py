"""Layers of a finished model, opened: what comes in, and another walk over time within."""

# Shapes: B batch, T time, D features, U units.

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keras

from keras_gru.errors import UserError
from keras_gru.layers import RNN
from keras_gru.models.budget import recurrent_layers


def walking_layers(model: keras.Model) -> list[RNN]:
    """The layers of a model that walk over time; both directions of a bidirectional one.

    Raises:
        UserError: a layer is none of this package's, and so cannot be looked into.
    """
    found = []
    for layer in recurrent_layers(model):
        if isinstance(layer, keras.layers.Bidirectional):
            found += [layer.forward_layer, layer.backward_layer]
        else:
            found.append(layer)
    for layer in found:
        if not isinstance(layer, RNN):
            raise UserError(
                f"A {type(layer).__name__} cannot be looked into: register a cell, which is run by "
                "keras_gru.RNN, in place of a layer."
            )
    return found


def layer_of(model: keras.Model, number: int) -> RNN:
    """A recurrent layer of a model, counted from 1; of a bidirectional one, the way forwards.

    Raises:
        UserError: there is no such layer, or it cannot be looked into.
    """
    walking_layers(model)
    layers = recurrent_layers(model)
    if not 1 <= number <= len(layers):
        raise UserError(
            f"The recurrent layers have the numbers 1 to {len(layers)}: received {number}."
        )
    layer = layers[number - 1]
    return getattr(layer, "forward_layer", layer)


@contextmanager
def walking(layer: RNN, walk: Callable) -> Iterator[None]:
    """A layer that walks over time by another function within the block.

    Args:
        layer: of a model.
        walk: takes the place of its `inner_loop`.
    """
    layer.inner_loop = walk
    try:
        yield
    finally:
        del layer.inner_loop


def what_comes_in(model: keras.Model, layer: RNN, x: dict) -> tuple:
    """What a layer gets when its model reads a batch.

    Args:
        model: the model.
        layer: a layer of it that walks over time.
        x: the model's inputs by name.

    Returns:
        `(sequences, initial_state, mask)`: `(B, T, D)`, a list of `(B, U)`, and `(B, T)` or `None`.
    """
    came = []

    def walk(sequences, initial_state, mask, training=False):
        came.append((sequences, initial_state, mask))
        return type(layer).inner_loop(layer, sequences, initial_state, mask, training)

    with walking(layer, walk):
        model(x, training=False)
    sequences, initial_state, mask = came[-1]
    mask = None if mask is None else keras.tree.flatten(mask)[0]
    return sequences, keras.tree.flatten(initial_state), mask
