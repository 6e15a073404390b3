"""Read a sequence in parts."""

# B batch, K steps of a part, D features, U units

from typing import Any

import keras
from keras import ops

from keras_gru.layers.types import Tensor
from keras_gru.models.budget import recurrent_layers


def read_on(
    model: keras.Model, x: Tensor, states: Any, training: bool = False
) -> tuple[Tensor, Any]:
    """Read a part of a sequence, from given states.

    Args:
        model: a model from `keras_gru.models.polyphony`, `tagger` or `language_model`, whose
            recurrent layers are `keras.layers.RNN`s.
        x: the model's inputs by name, `(B, K)` or `(B, K, D)`.
        states: for each recurrent layer a list of states `(B, U)`.
        training: whether dropout is on.

    Returns:
        The model's output `(B, K, ...)`, and the new states.
    """
    parts = {layer.name: layer for layer in model.layers}
    if "tokens" in x:
        sequence, mask = parts["embedding"](x["tokens"]), ops.not_equal(x["tokens"], 0)
    else:
        sequence, mask = x["features"], x.get("mask")
    new_states = []
    for layer, state in zip(recurrent_layers(model), states, strict=True):
        shown, layer.return_state = layer.return_state, True
        try:
            sequence, *state = layer(sequence, initial_state=state, mask=mask, training=training)
        finally:
            layer.return_state = shown
        new_states.append(state)
    return parts["logits"](sequence), new_states
