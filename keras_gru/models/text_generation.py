"""Text generation: sampling from a language model, token by token."""

# T time steps, V tokens

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_gru.errors import UserError
from keras_gru.models.step import Stepper, check_generation


def sample(
    model: keras.Model,
    prompt_ids: Sequence[int],
    length: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    stop: Any = None,
    seed: int | None = None,
) -> list[int]:
    """Sample a continuation of a prompt from a language model, token by token.

    The prompt is read once; each token then takes one time step.

    Args:
        model: a model from `keras_gru.models.language_model`, or loaded from its file.
        prompt_ids: the tokens of the prompt, at least one.
        length: maximum number of tokens to generate.
        temperature: logits are divided by it; 0 takes the most probable token, 1 samples from the
            model's distribution, higher values produce more varied text.
        top_k: sample from the k most probable tokens only; `None` samples from all.
        stop: a token that ends the text, or a collection of them; it is not returned.
        seed: seed of sampling; `None` is random.

    Returns:
        The new tokens, without the prompt. The padding token 0 is never among them.

    Raises:
        UserError: an argument is out of range, or the model is not a language model or diverged.

    Example:

    >>> from keras_gru import models
    >>> model = models.language_model(units=8, vocabulary=50, seed=0)
    >>> models.sample(model, [7], 5, seed=1) == models.sample(model, [7], 5, seed=1)
    True
    """
    parts = {layer.name: layer for layer in model.layers}
    if not {"embedding", "recurrent_1", "logits"} <= parts.keys():
        raise UserError(f"'model': expected keras_gru.models.language_model, got '{model.name}'.")
    stops = {stop} if isinstance(stop, int | np.integer) else set(stop or ())
    _check(parts["embedding"].input_dim, prompt_ids, length, temperature, top_k, stops)
    random = np.random.default_rng(seed)
    stepper = Stepper(model)
    written = []
    tokens: Sequence[int] = prompt_ids
    while len(written) < length:
        logits = stepper({"tokens": np.array([tokens])})[0, -1]
        token = _draw(logits, temperature, top_k, random)
        if token in stops:
            break
        written.append(token)
        tokens = [token]
    return written


def _draw(logits: np.ndarray, temperature: float, top_k: int | None, random: np.random.Generator):
    logits = np.asarray(logits, "float64")
    logits[0] = -np.inf  # padding
    if temperature == 0:
        return int(np.argmax(logits))
    order = np.argsort(-logits, kind="stable")[:top_k]
    scaled = (logits[order] - logits[order[0]]) / temperature
    weights = np.exp(scaled)
    return int(random.choice(order, p=weights / weights.sum()))


def _check(
    vocabulary: int,
    prompt_ids: Sequence[int],
    length: int,
    temperature: float,
    top_k: int | None,
    stops: Any,
):
    prompt = np.asarray(prompt_ids)
    if prompt.ndim != 1 or len(prompt) == 0 or prompt.dtype.kind not in "iu":
        raise UserError(f"'prompt_ids': expected a list of at least one token, got {prompt_ids!r}.")
    for name, tokens in [("prompt_ids", prompt.tolist()), ("stop", stops)]:
        wrong = [token for token in tokens if not 1 <= token < vocabulary]
        if wrong:
            raise UserError(
                f"'{name}': expected tokens from 1 to {vocabulary - 1}, got {wrong[0]!r}."
            )
    check_generation(length, temperature)
    if top_k is not None and top_k < 1:
        raise UserError(f"'top_k': expected at least 1 or None, got {top_k}.")
