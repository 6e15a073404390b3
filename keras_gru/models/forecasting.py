"""The forecaster: the next values of a time series."""

# B batch, T time steps, D features, U units, H steps ahead, V variables

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_gru.errors import UserError
from keras_gru.layers.types import Mask, Tensor
from keras_gru.models.config import Forecaster, Front, defaults_of
from keras_gru.models.seeding import seeded
from keras_gru.models.stack import (
    dense_layers,
    front_layer,
    logits_layer,
    make_recurrent_layers,
    recurrent_stack,
    sequence_input,
    task_model,
    without_mask,
)


@defaults_of(Forecaster)
def forecaster(
    *,
    units: int,
    features: int | None,
    variables: int | None = None,
    horizon: int | None = None,
    every_step: bool = False,
    history: Sequence[int] | None = None,
    length: int | None = None,
    masked: bool = True,
    cell: str = "gru",
    front: Mapping[str, int] | None,
    layers: int,
    dropout: float,
    recurrent_dropout: float,
    bidirectional: bool,
    dense: Sequence[int],
    head: str,
    subtract_last: bool,
    residual: bool,
    autoregressive: bool,
    embed_categories: int | None,
    categories: Sequence[tuple[int, int]] = (),
    seed: int | None = None,
    compile: Any = True,
    **recurrent_options: Any,
) -> keras.Model:
    """Return a forecaster of one or many variables, one or many steps ahead.

    All steps ahead are computed at once from the last state, or with `autoregressive` one after
    the other: with f the recurrent layers and g the output layer,

        h_t = f(h_(t−1), x_t)       over the window, and then with x_t = y_(t−1)
        y_t = g(h_t)                or, with `residual`, y_t = x_t + g(h_t)

    Arguments that are not listed are those of `classifier`.

    Args:
        units: units of each recurrent layer (and of each direction).
        features: width D of an input vector.
        variables: number of variables V to forecast; `None` for one, without an axis of its own.
        horizon: steps ahead H; `None` for one, without an axis of its own.
        every_step: whether to forecast after every step (sequence to sequence), which gives the
            training a gradient from each of them, or only after the last one.
        history: columns of the input that hold the variables, in their order; `None` where they
            are not among them. For `subtract_last`, `residual` and `autoregressive`.
        bidirectional: whether each layer also reads the window from its end.
        head: `"dense"` for a dense output layer; `"none"` for the last recurrent layer as the
            output, with one unit for each value: 1 for one step of one variable.
        subtract_last: whether the variables' last values are subtracted from the network's inputs
            and added to its forecasts, so that the level of a series does not matter.
        residual: whether the variables' last values are added to the forecasts.
        autoregressive: whether each step ahead is forecast from the one before. The graph grows
            with the horizon.
        embed_categories: width of a learned vector for each word of a category column, in place of
            its one-hot columns; `None` leaves them as they are.
        categories: the first one-hot column, and the number of words, of each category column.

    Returns:
        A `keras.Model` from `{"features": (B, T, D)}` (and `"mask"` `(B, T)` where lengths
        differ and come `masked`) to `(B, H, V)`, `(B, H)`, `(B, V)` or, where both are `None`,
        `(B, 1)`. With `every_step` T follows B.

    Raises:
        UserError: options that do not fit each other or the data.

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
    - The time series tutorial of TensorFlow, whose `ResidualWrapper` and `FeedBack` are `residual`
      and `autoregressive`
    """
    ahead, width = (1 if size is None else size for size in (horizon, variables))
    outputs = width if autoregressive else ahead * width
    columns: Sequence[int] = () if history is None else history
    _check(
        features,
        width,
        history,
        length,
        every_step,
        front=front,
        bidirectional=bidirectional,
        dense=dense,
        head=head,
        subtract_last=subtract_last,
        residual=residual,
        autoregressive=autoregressive,
        categories=categories,
        embed_categories=embed_categories,
    )
    if head == "none" and layers == 1 and units != outputs:
        raise UserError(
            f"head: expected {outputs} units where the recurrent layer is the output, got {units}. "
            f"Give units={outputs}, more layers or head='dense'."
        )
    options = {
        "cell": cell,
        "units": units,
        "layers": layers,
        "dropout": dropout,
        "recurrent_dropout": recurrent_dropout,
        "last_units": outputs if head == "none" else None,
        **recurrent_options,
    }
    with seeded(seed):
        inputs, x, mask = sequence_input(None, features, length, masked=masked)
        if subtract_last:
            own = np.isin(np.arange(x.shape[-1]), columns).astype("float32")
            x = x - x[:, -1:] * own
        if embed_categories is not None:
            x = _embedded(x, categories, embed_categories)
        if autoregressive:
            x = _autoregressive(x, mask, ahead, columns, residual, dense, head, options)
        else:
            x, mask = front_layer(x, mask, front)
            x = recurrent_stack(
                x, mask, return_sequences=every_step, bidirectional=bidirectional, **options
            )
            x = without_mask(_head(dense, head, outputs)(x))
        steps = (length or -1,) if every_step else ()
        x = keras.layers.Reshape((*steps, ahead, width), dtype=x.dtype, name="forecast")(x)
        if subtract_last or (residual and not autoregressive):
            last = inputs["features"] if every_step else inputs["features"][:, -1:]
            last = ops.take(last, columns, axis=-1)
            x = x + (ops.expand_dims(last, 2) if every_step else last)
        if None in (horizon, variables):
            shape = (*steps, ahead * width)
            x = keras.layers.Reshape(shape, dtype=x.dtype, name="without_unit_axes")(x)
        return task_model(inputs, x, "forecaster", compile, "forecasting", every_step)


def _embedded(x: Tensor, categories: Sequence[tuple[int, int]], width: int):
    """Return `(B, T, D)` with learned vectors instead of one-hot columns of words."""
    categories = sorted(categories)
    # No `...`, which Keras cannot load from .h5.
    blocks = [x[:, :, first : first + count] for first, count in categories]
    ends = [0, *(edge for first, count in categories for edge in (first, first + count))]
    others = [x[:, :, start:end] for start, end in zip(ends[::2], [*ends[1::2], None], strict=True)]
    vectors = [
        keras.layers.Dense(
            width, use_bias=False, kernel_initializer="uniform", name=f"category_{number}"
        )(block)
        for number, block in enumerate(blocks, 1)
    ]
    return ops.concatenate([tensor for tensor in others if tensor.shape[-1]] + vectors, axis=-1)


def _head(dense: Sequence[int], head: str, outputs: int) -> Callable[[Tensor], Tensor]:
    """Return the layers from the state to the output."""
    if head == "none":
        return lambda x: ops.cast(x, keras.config.floatx())
    hidden, last = dense_layers(dense), logits_layer(outputs)
    return lambda x: last(hidden(x))


def _autoregressive(
    x: Tensor,
    mask: Mask,
    ahead: int,
    history: Sequence[int],
    residual: bool,
    dense: Sequence[int],
    head: str,
    options: dict[str, Any],
) -> Tensor:
    """Return forecasts `(B, H, V)`, each the next step's input."""
    layers = make_recurrent_layers(return_sequences=True, return_state=True, **options)
    apply_head = _head(dense, head, len(history))
    columns = np.argsort(history)  # from the order of the variables to that of the inputs
    states: list[Any] = [None] * len(layers)
    forecasts = []
    value = ops.cast(ops.take(x[:, -1], history, axis=-1), keras.config.floatx())
    for _ in range(ahead):
        for number, layer in enumerate(layers):
            x, *states[number] = layer(x, mask=mask, initial_state=states[number])
        change = without_mask(apply_head(x[:, -1]))
        value = value + change if residual else change
        forecasts.append(value)
        x, mask = ops.expand_dims(ops.take(value, columns, axis=-1), 1), None
    return ops.stack(forecasts, axis=1)


def _check(
    features: int | None,
    width: Any,
    history: Sequence[int] | None,
    length: int | None,
    every_step: bool,
    **options: Any,
):
    """Raise a `UserError` if options do not fit each other or the data."""
    names = ("subtract_last", "residual", "autoregressive")
    last = next((name for name in names if options[name]), None)
    is_one_way = not (options["bidirectional"] or options["front"])
    columns = () if history is None else history
    window = "one forecast, after the last step of a window of one length"
    if options["head"] not in ("dense", "none"):
        raise UserError(f"'head': expected 'dense' or 'none', got {options['head']!r}.")
    if features is not None and not set(columns) <= set(range(features)):
        raise UserError(f"'history': expected columns from 0 to {features - 1}, got {columns}.")
    for is_wrong, name, expected, got in (
        (last and history is None, last, "inputs with the variables", "history=None"),
        (last and len(columns) != width, "history", f"{width} columns, one a variable", columns),
        (
            options["subtract_last"] and (length is None or every_step),
            "subtract_last",
            window,
            f"length={length}, every_step={every_step}",
        ),
        (
            options["residual"] and length is None and not every_step,
            "residual",
            window,
            "length=None",
        ),
        (options["subtract_last"] and options["residual"], "residual", "no subtract_last", "both"),
        (every_step and options["bidirectional"], "bidirectional", window, "every_step=True"),
        (
            every_step and options["front"] and Front.model_validate(options["front"]).strides > 1,
            "front",
            "strides of 1 with every_step",
            options["front"],
        ),
        (
            options["head"] == "none" and (options["dense"] or options["bidirectional"]),
            "head",
            "no dense layers and one direction with head='none'",
            f"dense={options['dense']}, bidirectional={options['bidirectional']}",
        ),
        (
            options["autoregressive"] and sorted(columns) != list(range(features or 0)),
            "autoregressive",
            f"the variables as the only inputs, in {features} columns",
            f"history={history}",
        ),
        (
            options["autoregressive"] and (every_step or not is_one_way),
            "autoregressive",
            f"{window}, without front and bidirectional",
            "another model",
        ),
        (
            options["embed_categories"] is not None and not options["categories"],
            "embed_categories",
            "columns of words (dataset.categories)",
            "none",
        ),
    ):
        if is_wrong:
            raise UserError(f"{name}: expected {expected}, got {got}. Leave one of them out.")
