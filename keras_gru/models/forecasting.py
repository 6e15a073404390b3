"""The forecaster: the next values of a time series."""

# B batch, T time steps, D features, U units, H steps ahead, V variables

import keras

from keras_gru.models.seeding import seeded
from keras_gru.models.stack import logits_layer, recurrent_stack, sequence_input, without_mask


def forecaster(
    *,
    units,
    features,
    variables=1,
    horizon=1,
    every_step=False,
    length=None,
    cell="gru",
    layers=1,
    dropout=0.0,
    recurrent_dropout=0.0,
    seed=None,
    **recurrent_options,
):
    """One or many steps ahead of one or many variables, all at once from the state.

    Args:
        units: units of each recurrent layer.
        features: width D of an input vector.
        variables: number of variables V to forecast.
        horizon: steps ahead H.
        every_step: whether to forecast after every step (sequence to sequence), which gives the
            training a gradient from each of them, or only after the last one.
        length: time steps of every sequence; `None` where they differ.
        cell: name in the registry of cells.
        layers: number of recurrent layers.
        dropout: of each recurrent layer's input.
        recurrent_dropout: of each recurrent layer's state.
        seed: of initial weights and dropout.
        **recurrent_options: of each recurrent layer, as of `keras_gru.cells.recurrent_layer`:
            `gate_bias`, `chrono`, `recurrent_initializer`.

    Returns:
        A `keras.Model` from `{"features": (B, T, D)}` (and `"mask"` `(B, T)` where lengths
        differ) to `(B, H, V)`, or `(B, T, H, V)` with `every_step`.

    Example:

    >>> from keras_gru import models
    >>> models.forecaster(units=8, features=5, horizon=14, length=56).output_shape
    (None, 14, 1)
    """
    with seeded(seed):
        inputs, x, mask = sequence_input(None, features, length)
        x = recurrent_stack(
            x,
            mask,
            cell=cell,
            units=units,
            layers=layers,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            return_sequences=every_step,
            **recurrent_options,
        )
        x = without_mask(logits_layer(horizon * variables)(x))
        steps = (length or -1,) if every_step else ()
        shape = (*steps, horizon, variables)
        x = keras.layers.Reshape(shape, dtype=x.dtype, name="forecast")(x)
        return keras.Model(inputs, x, name="forecaster")
