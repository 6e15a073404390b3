"""Polyphonic music: many independent notes at every step."""

# B batch, T time steps, N notes, U units

from typing import Any

import keras

from keras_gru.models.config import Polyphony, defaults_of
from keras_gru.models.seeding import seeded
from keras_gru.models.stack import (
    logits_layer,
    recurrent_stack,
    sequence_input,
    task_model,
    without_mask,
)


@defaults_of(Polyphony)
def polyphony(
    *,
    units: int,
    notes: int = 88,
    features: int | None = None,
    length: int | None = None,
    masked: bool = True,
    cell: str = "gru",
    layers: int,
    dropout: float,
    recurrent_dropout: float,
    seed: int | None = None,
    compile: Any = True,
    **recurrent_options: Any,
) -> keras.Model:
    """Return a model of the notes of the next step, each with its own probability.

    Arguments that are not listed are those of `classifier`.

    Args:
        units: units of each recurrent layer.
        notes: number of notes N.
        features: width of an input vector; that of the notes if `None`.

    Returns:
        A `keras.Model` from `{"features": (B, T, N), "mask": (B, T)}` (no mask with `length` or
        without `masked`) to logits `(B, T, N)`.

    Example:

    >>> import numpy as np
    >>> from keras_gru import models
    >>> notes = np.random.default_rng(0).integers(0, 2, (16, 11, 88))
    >>> model = models.polyphony(units=46, masked=False)
    >>> history = model.fit({"features": notes[:, :-1]}, notes[:, 1:], verbose=0)
    >>> sorted(history.history)
    ['loss', 'nll']

    Reference:

    - [Chung et al., 2014](https://arxiv.org/abs/1412.3555)
    """
    with seeded(seed):
        inputs, x, mask = sequence_input(None, features or notes, length, masked=masked)
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
        logits = without_mask(logits_layer(notes)(x))
        return task_model(inputs, logits, "polyphony", compile, task="polyphony")
