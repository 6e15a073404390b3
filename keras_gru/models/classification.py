"""The classifier: a sequence in, one class out."""

# B batch, T time steps, D features, U units, C classes

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from keras_gru.errors import UserError
from keras_gru.layers.types import Mask, Tensor
from keras_gru.models.config import Classifier, defaults_of
from keras_gru.models.seeding import seeded
from keras_gru.models.stack import (
    dense_layers,
    front_layer,
    logits_layer,
    recurrent_stack,
    sequence_input,
    task_model,
    without_mask,
)


@defaults_of(Classifier)
def classifier(
    *,
    units: int,
    classes: int,
    vocabulary: int | None = None,
    features: int | None = None,
    length: int | None = None,
    masked: bool = True,
    cell: str = "gru",
    embedding: int | None,
    front: Mapping[str, int] | None,
    layers: int,
    dropout: float,
    recurrent_dropout: float,
    bidirectional: bool,
    pooling: str,
    dense: Sequence[int],
    seed: int | None = None,
    compile: Any = True,
    **recurrent_options: Any,
) -> keras.Model:
    """Return a classifier: token or vector sequences in, one class out.

    Args:
        units: units of each recurrent layer (and of each direction).
        classes: number of classes C.
        vocabulary: number of tokens with the padding token 0; `None` for vectors.
        features: width D of an input vector; `None` for tokens.
        length: time steps of every sequence; `None` where they differ.
        masked: whether vectors come with a mask where `length` is `None`.
        cell: name in the registry of cells.
        embedding: width of a token's vector.
        front: `filters`, `kernel_size` and `strides` of a causal convolution over time before the
            recurrent layers; `None` for none. Where `length` is `None`, up to `strides − 1` steps
            at the end of a sequence are not read.
        layers: number of recurrent layers.
        dropout: dropout rate of each recurrent layer's input.
        recurrent_dropout: dropout rate of each recurrent layer's state.
        bidirectional: whether each layer also reads from the end.
        pooling: `"last"` (the state after the last step), `"mean"` or `"max"` over the steps.
        dense: units of dense layers before the output, such as `[64]`.
        seed: seed of the initial weights and dropout.
        compile: `True` compiles the model with Adam and the loss and metrics of the task, an
            optimizer or its name with that one; `False` does not compile it.
        **recurrent_options: other arguments of `keras_gru.cells.recurrent_layer`:
            `zoneout`, `layer_normalization`, `gate_bias`, `chrono`, `recurrent_initializer`.

    Returns:
        A `keras.Model` from `{"tokens": (B, T)}`, or `{"features": (B, T, D), "mask": (B, T)}`
        (no mask with `length` or without `masked`), to logits `(B, C)`.

    Raises:
        UserError: there is no such `pooling` or `cell`, `layers` is not a positive integer, or not
            exactly one of `vocabulary` and `features` was given.

    Example:

    >>> import numpy as np
    >>> from keras_gru import models
    >>> tokens = np.random.default_rng(0).integers(1, 100, (32, 10))
    >>> model = models.classifier(units=8, classes=3, vocabulary=100)
    >>> history = model.fit({"tokens": tokens}, tokens[:, 0] % 3, verbose=0)
    >>> sorted(history.history)
    ['accuracy', 'loss']
    """
    if pooling not in ("last", *_POOLING):
        known = ", ".join(["'last'", *map(repr, _POOLING)])
        raise UserError(f"'pooling': expected one of {known}, got {pooling!r}.")
    with seeded(seed):
        inputs, x, mask = sequence_input(vocabulary, features, length, embedding, masked)
        x, mask = front_layer(x, mask, front)
        x = recurrent_stack(
            x,
            mask,
            cell=cell,
            units=units,
            layers=layers,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            return_sequences=pooling != "last",
            bidirectional=bidirectional,
            **recurrent_options,
        )
        if pooling != "last":
            x = _POOLING[pooling](x, mask)
        logits = without_mask(logits_layer(classes)(dense_layers(dense)(x)))
        return task_model(inputs, logits, "classifier", compile, task="classification")


def _mean(x: Tensor, mask: Mask):
    if mask is None:
        return ops.mean(x, axis=1)
    seen = ops.expand_dims(ops.cast(mask, x.dtype), -1)
    # The mean of an empty text is 0.
    return ops.sum(x * seen, axis=1) / ops.maximum(ops.sum(seen, axis=1), 1)


def _max(x: Tensor, mask: Mask):
    if mask is None:
        return ops.max(x, axis=1)
    lowest = -65504.0  # of float16
    highest = ops.max(ops.where(ops.expand_dims(mask, -1), x, lowest), axis=1)
    return ops.where(ops.any(mask, axis=1, keepdims=True), highest, 0.0)


_POOLING = {"mean": _mean, "max": _max}
