"""The tagger: a label for every step."""

# B batch, T time steps, D features, U units, C tags

from typing import Any

import keras

from keras_gru.models.config import Tagger, defaults_of
from keras_gru.models.seeding import seeded
from keras_gru.models.stack import (
    logits_layer,
    recurrent_stack,
    sequence_input,
    task_model,
    without_mask,
)


@defaults_of(Tagger)
def tagger(
    *,
    units: int,
    tags: int,
    vocabulary: int | None = None,
    features: int | None = None,
    length: int | None = None,
    masked: bool = True,
    cell: str = "gru",
    embedding: int | None,
    layers: int,
    dropout: float,
    recurrent_dropout: float,
    bidirectional: bool,
    seed: int | None = None,
    compile: Any = True,
    **recurrent_options: Any,
) -> keras.Model:
    """Return a tagger: token or vector sequences in, a label per step out.

    Arguments that are not listed are those of `classifier`.

    Args:
        units: units of each recurrent layer (and of each direction).
        tags: number of tags C.

    Returns:
        A `keras.Model` from `{"tokens": (B, T)}`, or `{"features": (B, T, D), "mask": (B, T)}`
        (no mask with `length` or without `masked`), to logits `(B, T, C)`. Padded steps count in
        the loss and the metrics unless their `sample_weight` `(B, T)` is 0.

    Example:

    >>> import numpy as np
    >>> from keras_gru import models
    >>> x = np.random.default_rng(0).normal(size=(32, 10, 4))
    >>> model = models.tagger(units=8, tags=4, features=4, masked=False)
    >>> history = model.fit({"features": x}, x.argmax(-1), verbose=0)
    >>> sorted(history.history)
    ['accuracy', 'loss']
    """
    with seeded(seed):
        inputs, x, mask = sequence_input(vocabulary, features, length, embedding, masked)
        x = recurrent_stack(
            x,
            mask,
            cell=cell,
            units=units,
            layers=layers,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            return_sequences=True,
            bidirectional=bidirectional,
            **recurrent_options,
        )
        logits = without_mask(logits_layer(tags)(x))
        return task_model(inputs, logits, "tagger", compile, task="tagging")
