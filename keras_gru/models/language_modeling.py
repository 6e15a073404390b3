"""The language model: the next token after every token."""

# B batch, T time steps, U units, V tokens

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from keras_gru.layers.types import Tensor
from keras_gru.models.config import LanguageModel, defaults_of
from keras_gru.models.seeding import seeded
from keras_gru.models.stack import (
    embedding_layer,
    logits_layer,
    make_recurrent_layers,
    task_model,
    without_mask,
)


@defaults_of(LanguageModel)
def language_model(
    *,
    units: int,
    vocabulary: int,
    length: int | None = None,
    cell: str = "gru",
    embedding: int | None,
    layers: int,
    dropout: float,
    recurrent_dropout: float,
    seed: int | None = None,
    compile: Any = True,
    **recurrent_options: Any,
) -> keras.Model:
    """Return a model of the next token after every token, for `keras_gru.models.sample`.

    Arguments that are not listed are those of `classifier`.

    Args:
        units: units of each recurrent layer.
        vocabulary: number of tokens V with the padding token 0.

    Returns:
        A `keras.Model` from `{"tokens": (B, T)}` to logits `(B, T, V)`. Padded steps count in the
        loss and the metrics unless their `sample_weight` `(B, T)` is 0.

    Example:

    >>> import numpy as np
    >>> from keras_gru import models
    >>> text = np.random.default_rng(0).integers(1, 50, (32, 11))
    >>> model = models.language_model(units=8, vocabulary=50)
    >>> history = model.fit({"tokens": text[:, :-1]}, text[:, 1:], verbose=0)
    >>> len(models.sample(model, [3, 1, 4], 10, seed=0))
    10
    """
    with seeded(seed):
        parts = [embedding_layer(vocabulary, embedding, "embedding")]
        parts += make_recurrent_layers(
            cell=cell,
            units=units,
            layers=layers,
            return_sequences=True,
            return_state=True,  # for `sample`, which continues from it
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            **recurrent_options,
        )
        parts.append(logits_layer(vocabulary))
        tokens = keras.Input((length,), dtype="int32", name="tokens")
        logits, _ = read({part.name: part for part in parts}, tokens)
        inputs, logits = {"tokens": tokens}, without_mask(logits)
        return task_model(inputs, logits, "language_model", compile, task="language_model")


def read(parts: Mapping[str, Any], tokens: Tensor, states: Any = None) -> tuple[Any, Any]:
    """Return logits and new states for tokens, from given states.

    Args:
        tokens: `(B, T)`.
        states: states of each recurrent layer; `None` for zeros.

    Returns:
        Logits `(B, T, V)` and the new states.
    """
    mask = ops.not_equal(tokens, 0)
    x = parts["embedding"](tokens)
    recurrent = numbered(parts, "recurrent")
    new_states = []
    for layer, state in zip(recurrent, states or [None] * len(recurrent), strict=True):
        x, *state = layer(x, mask=mask, initial_state=state)
        new_states.append(state)
    return parts["logits"](x), new_states


def with_any_length(model: keras.Model) -> keras.Model:
    """Return a language model with the same layers that reads texts of any length."""
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    logits, _ = read({layer.name: layer for layer in model.layers}, tokens)
    return keras.Model({"tokens": tokens}, without_mask(logits), name=model.name)


def numbered(parts: Mapping[str, Any], prefix: str) -> list[Any]:
    """Return the layers `prefix_1`, `prefix_2`, …"""
    names = [f"{prefix}_{number}" for number in range(1, len(parts) + 1)]
    return [parts[name] for name in names if name in parts]
