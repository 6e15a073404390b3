"""The forecaster: the next values of a time series."""

# B batch, T time steps, D features, U units, H steps ahead, V variables

import keras
import numpy as np
from keras import ops

from keras_gru.errors import UserError
from keras_gru.models.seeding import seeded
from keras_gru.models.stack import logits_layer, recurrent_stack, sequence_input, without_mask


def forecaster(
    *,
    units,
    features,
    variables=1,
    horizon=1,
    every_step=False,
    subtract_last=False,
    history=None,
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
        subtract_last: whether the variables' last values are taken from what the network sees of
            them and added to its forecasts, so that the level of a series does not matter.
        history: columns of the input that hold the variables, in their order; `None` where they
            are not among them. For `subtract_last`.
        length: time steps of every sequence; `None` where they differ.
        cell: name in the registry of cells.
        layers: number of recurrent layers.
        dropout: of each recurrent layer's input.
        recurrent_dropout: of each recurrent layer's state.
        seed: of initial weights and dropout.
        **recurrent_options: of each recurrent layer, as of `keras_gru.cells.recurrent_layer`:
            `zoneout`, `layer_normalization`, `gate_bias`, `chrono`, `recurrent_initializer`.

    Returns:
        A `keras.Model` from `{"features": (B, T, D)}` (and `"mask"` `(B, T)` where lengths
        differ) to `(B, H, V)`, or `(B, T, H, V)` with `every_step`.

    Raises:
        UserError: there is no last value to subtract: the variables are not among the inputs, the
            lengths differ, or there is a forecast after every step.

    Example:

    >>> from keras_gru import models
    >>> models.forecaster(units=8, features=5, horizon=14, length=56).output_shape
    (None, 14, 1)

    Reference:

    - [Zeng et al., 2023](https://arxiv.org/abs/2205.13504), section 4.1, whose NLinear subtracts
      the last value
    """
    if subtract_last and (history is None or length is None or every_step):
        raise UserError(
            "'subtract_last' is for windows of one length that hold the past of the variables, "
            f"with one forecast after the last step: received history={history}, length={length} "
            f"and every_step={every_step}; leave it out or choose such a dataset."
        )
    with seeded(seed):
        inputs, x, mask = sequence_input(None, features, length)
        if subtract_last:
            own = np.isin(np.arange(features), history).astype("float32")
            x = x - x[:, -1:] * own
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
        if subtract_last:
            x = x + ops.take(inputs["features"][:, -1:], history, axis=-1)
        return keras.Model(inputs, x, name="forecaster")
