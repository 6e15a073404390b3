"""The forecaster: the next values of a time series."""

# B batch, T time steps, D features, U units, H steps ahead, V variables

import keras
import numpy as np
from keras import ops

from keras_gru.errors import UserError
from keras_gru.models.seeding import seeded
from keras_gru.models.stack import (
    logits_layer,
    recurrent_stack,
    sequence_input,
    task_model,
    without_mask,
)


def forecaster(
    *,
    units,
    features,
    variables=None,
    horizon=None,
    every_step=False,
    subtract_last=False,
    history=None,
    length=None,
    masked=True,
    cell="gru",
    layers=1,
    dropout=0.0,
    recurrent_dropout=0.0,
    seed=None,
    compile=True,
    **recurrent_options,
):
    """One or many steps ahead of one or many variables, all at once from the state.

    Args:
        units: units of each recurrent layer.
        features: width D of an input vector.
        variables: number of variables V to forecast; `None` for one, without an axis of its own.
        horizon: steps ahead H; `None` for one, without an axis of its own.
        every_step: whether to forecast after every step (sequence to sequence), which gives the
            training a gradient from each of them, or only after the last one.
        subtract_last: whether the variables' last values are taken from what the network sees of
            them and added to its forecasts, so that the level of a series does not matter.
        history: columns of the input that hold the variables, in their order; `None` where they
            are not among them. For `subtract_last`.
        length: time steps of every sequence; `None` where they differ.
        masked: whether vectors come with a mask where `length` is `None`.
        cell: name in the registry of cells.
        layers: number of recurrent layers.
        dropout: of each recurrent layer's input.
        recurrent_dropout: of each recurrent layer's state.
        seed: of initial weights and dropout.
        compile: `True` compiles the model with Adam and the loss and metrics of the task, an
            optimizer or its name with that one; `False` does not compile it.
        **recurrent_options: of each recurrent layer, as of `keras_gru.cells.recurrent_layer`:
            `zoneout`, `layer_normalization`, `gate_bias`, `chrono`, `recurrent_initializer`.

    Returns:
        A `keras.Model` from `{"features": (B, T, D)}` (and `"mask"` `(B, T)` where lengths
        differ and come `masked`) to `(B, H, V)`, `(B, H)`, `(B, V)` or, where both are `None`,
        `(B, 1)`. With `every_step` T follows B.

    Raises:
        UserError: there is no last value to subtract: the variables are not among the inputs, the
            lengths differ, there is a forecast after every step, or `history` has another length
            than there are variables.

    Example:

    >>> import numpy as np
    >>> from keras_gru import models
    >>> x = np.sin(np.arange(64)[:, None] + np.arange(10))
    >>> model = models.forecaster(units=8, features=1, length=10)
    >>> history = model.fit({"features": x[:, :, None]}, np.sin(np.arange(64) + 10), verbose=0)
    >>> sorted(history.history)
    ['loss', 'mae', 'mse']

    Reference:

    - [Zeng et al., 2023](https://arxiv.org/abs/2205.13504), section 4.1, whose NLinear subtracts
      the last value
    """
    ahead, width = (1 if size is None else size for size in (horizon, variables))
    if subtract_last and (history is None or length is None or every_step):
        raise UserError(
            "'subtract_last' is for windows of one length that hold the past of the variables, "
            f"with one forecast after the last step: received history={history}, length={length} "
            f"and every_step={every_step}; leave it out or choose such a dataset."
        )
    if subtract_last and len(history) != width:
        raise UserError(
            f"history: expected one column for each of {width} variables, got {history}. "
            "Change 'history' or 'variables'."
        )
    with seeded(seed):
        inputs, x, mask = sequence_input(None, features, length, masked=masked)
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
        x = without_mask(logits_layer(ahead * width)(x))
        steps = (length or -1,) if every_step else ()
        x = keras.layers.Reshape((*steps, ahead, width), dtype=x.dtype, name="forecast")(x)
        if subtract_last:
            x = x + ops.take(inputs["features"][:, -1:], history, axis=-1)
        if None in (horizon, variables):
            shape = (*steps, ahead * width)
            x = keras.layers.Reshape(shape, dtype=x.dtype, name="without_unit_axes")(x)
        return task_model(inputs, x, "forecaster", compile, "forecasting", every_step)
