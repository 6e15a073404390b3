"""Polyphonic music: many independent notes at every step."""

# B batch, T time steps, N notes, U units

import keras

from keras_gru.models.seeding import seeded
from keras_gru.models.stack import logits_layer, recurrent_stack, sequence_input, without_mask


def polyphony(
    *,
    units,
    notes=88,
    features=None,
    length=None,
    cell="gru",
    layers=1,
    dropout=0.0,
    recurrent_dropout=0.0,
    seed=None,
    **recurrent_options,
):
    """Which notes sound next, each with a probability of its own.

    Args:
        units: units of each recurrent layer.
        notes: number of notes N.
        features: width of an input vector; that of the notes if `None`.
        length: time steps of every sequence; `None` where they differ.
        cell: name in the registry of cells.
        layers: number of recurrent layers.
        dropout: of each recurrent layer's input.
        recurrent_dropout: of each recurrent layer's state.
        seed: of initial weights and dropout.
        **recurrent_options: of each recurrent layer, as of `keras_gru.cells.recurrent_layer`:
            `zoneout`, `layer_normalization`, `gate_bias`, `chrono`, `recurrent_initializer`.

    Returns:
        A `keras.Model` from `{"features": (B, T, N), "mask": (B, T)}` (no mask where all have one
        length) to logits `(B, T, N)`.

    Example:

    >>> from keras_gru import models
    >>> models.polyphony(units=46).output_shape
    (None, None, 88)

    Reference:

    - [Chung et al., 2014](https://arxiv.org/abs/1412.3555)
    """
    with seeded(seed):
        inputs, x, mask = sequence_input(None, features or notes, length)
        x = recurrent_stack(
            x,
            mask,
            cell=cell,
            units=units,
            layers=layers,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            return_sequences=True,
            **recurrent_options,
        )
        return keras.Model(inputs, without_mask(logits_layer(notes)(x)), name="polyphony")
