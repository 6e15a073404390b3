"""Translation with an encoder–decoder: greedy decoding and beam search."""

# N sentences, K beams, S source steps, T target steps, V target tokens

from collections.abc import Collection
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax

from keras_gru.errors import UserError
from keras_gru.models.graph import check_finite
from keras_gru.models.translation import Parts, encoder_and_decoder


class Hypothesis(NamedTuple):
    """A target that beam search found.

    Args:
        tokens: without `start` and `end`.
        score: mean log-probability of its tokens, including `end`; the probabilities of the
            tokens that are not excluded sum to 1.
    """

    tokens: list[int]
    score: float


def translate(model: keras.Model, source_ids: npt.ArrayLike, **options: Any) -> list[list[int]]:
    """Translate sources with an encoder–decoder, token by token.

    Args:
        model: a model from `keras_gru.models.encoder_decoder`, or loaded from its file.
        source_ids: `(N, S)` tokens, 0 for padding.
        **options: as in `search_beams`.

    Returns:
        For each source its best target's tokens, without `start` and `end`.

    Raises:
        UserError: an argument is out of range, or the model is not an encoder–decoder or diverged.

    Example:

    >>> from keras_gru import models
    >>> model = models.encoder_decoder(units=8, source_vocabulary=9, target_vocabulary=7)
    >>> len(models.translate(model, [[3, 4], [5, 0]], start=1, end=2, max_length=5, beams=3))
    2
    """
    return [found[0].tokens for found in search_beams(model, source_ids, **options)]


def search_beams(
    model: keras.Model,
    source_ids: npt.ArrayLike,
    *,
    start: int,
    end: int,
    max_length: int,
    beams: int = 1,
    never: Collection[int] = (),
    batch_size: int = 64,
) -> list[list[Hypothesis]]:
    """Return the K best targets of each source, token by token.

    With one beam, each step takes the most probable token (greedy decoding). Beam search keeps the
    K hypotheses with the highest scores. The score is the mean log-probability per token, including
    `end`, so that long hypotheses have no disadvantage; an ended hypothesis stays in the beam
    while its score is among the K highest. Padding, `start` and `never` are excluded before the
    softmax.

    Args:
        model: a model from `keras_gru.models.encoder_decoder`, or loaded from its file.
        source_ids: `(N, S)` tokens, 0 for padding.
        start: the token that starts a target.
        end: the token that ends one.
        max_length: maximum number of tokens of a target, including `end`.
        beams: K.
        never: tokens to exclude, such as the unknown token.
        batch_size: number of sources per batch.

    Returns:
        For each source up to K hypotheses, the best first.

    Raises:
        UserError: an argument is out of range, or the model is not an encoder–decoder or diverged.

    Example:

    >>> from keras_gru import models
    >>> model = models.encoder_decoder(units=8, source_vocabulary=9, target_vocabulary=7)
    >>> options = {"start": 1, "end": 2, "max_length": 5, "beams": 3}
    >>> (best, *others), = models.search_beams(model, [[3, 4]], **options)
    >>> best.score >= max(other.score for other in others)
    True

    Reference:

    - [Sutskever et al., 2014](https://arxiv.org/abs/1409.3215)
    """
    parts = {layer.name: layer for layer in model.layers}
    if not {"encoder_1", "decoder_1", "logits"} <= parts.keys():
        raise UserError(f"'model': expected keras_gru.models.encoder_decoder, got '{model.name}'.")
    try:
        source_ids = np.asarray(source_ids)
    except ValueError as error:
        raise UserError(
            "'source_ids': expected rows of one length, got rows of different lengths. Append "
            "zeros to the shorter ones."
        ) from error
    _check(parts, source_ids, start, end, max_length, beams, never, batch_size)
    decoder = _Decoder(model, [0, start, *never])
    found = []
    for first in range(0, len(source_ids), batch_size):
        batch = source_ids[first : first + batch_size].astype("int32")
        found += _search(decoder, batch, start, end, max_length, beams)
    return found


def _search(
    decoder: "_Decoder", sources: np.ndarray, start: int, end: int, max_length: int, beams: int
) -> list[list[Hypothesis]]:
    rows = np.arange(len(sources))[:, None]
    decoder.read_sources(sources, beams)
    tokens = np.full((len(sources), beams, 1), start, "int32")
    sums = np.full((len(sources), beams), -np.inf)
    sums[:, 0] = 0  # initially all beams are equal
    lengths = np.zeros((len(sources), beams), "int64")
    ended = np.zeros((len(sources), beams), bool)
    while tokens.shape[-1] <= max_length and not ended.all():
        step = decoder.step(tokens[:, :, -1].reshape(-1)).reshape(*sums.shape, -1)
        step[ended] = -np.inf
        step[ended, end] = 0  # ended hypotheses stay unchanged
        sums = sums[:, :, None] + step
        lengths = lengths + ~ended
        scores = (sums / lengths[:, :, None]).reshape(len(sources), -1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :beams]
        beam, token = np.divmod(best, step.shape[-1])
        sums, lengths = sums[rows, beam, token], lengths[rows, beam]
        ended = ended[rows, beam] | (token == end)
        tokens = np.concatenate([tokens[rows, beam], token[:, :, None]], axis=-1)
        decoder.choose((rows * beams + beam).reshape(-1))
    scores = sums / np.maximum(lengths, 1)
    return [
        [
            Hypothesis(_until(target.tolist()[1:], end), float(score))
            for target, score in zip(*beams, strict=True)
            if np.isfinite(score)  # there may be fewer targets than beams
        ]
        for beams in zip(tokens, scores, strict=True)
    ]


def _until(tokens: list[int], end: int) -> list[int]:
    return tokens[: tokens.index(end)] if end in tokens else tokens


class _Decoder:
    """A model as an encoder and one step of the decoder, with the states of N·K targets."""

    def __init__(self, model: keras.Model, never: Collection[int]) -> None:
        self._never = never
        self._encoder, self._decoder = encoder_and_decoder(model)

    def read_sources(self, sources: np.ndarray, beams: int) -> None:
        """Encode sources `(N, S)` and set the states of N·K targets."""
        found = self._encoder.predict_on_batch({"source": sources})
        self._given = {name: np.repeat(array, beams, axis=0) for name, array in found.items()}

    def step(self, tokens: np.ndarray) -> np.ndarray:
        """Read one more token `(N·K,)`; return log-probabilities `(N·K, V)` of the next one."""
        found = self._decoder.predict_on_batch({"token": tokens[:, None], **self._given})
        logits = found.pop("output").astype("float64")
        check_finite(logits)
        self._given |= {name.removeprefix("new_"): state for name, state in found.items()}
        logits[:, self._never] = -np.inf
        return log_softmax(logits, axis=1)

    def choose(self, beams: np.ndarray) -> None:
        """Select the states of these of the N·K targets."""
        states = {n: a[beams] for n, a in self._given.items() if n.startswith("state_")}
        self._given |= states  # the K targets of a source share its memory


def _check(
    parts: Parts,
    source_ids: np.ndarray,
    start: int,
    end: int,
    max_length: int,
    beams: int,
    never: Collection[int],
    batch_size: int,
) -> None:
    vocabulary = parts["source_embedding"].input_dim
    if source_ids.ndim != 2 or source_ids.dtype.kind not in "iu" or source_ids.shape[1] == 0:
        raise UserError(
            "'source_ids': expected integers (sentences, steps), "
            f"got {source_ids.dtype} {source_ids.shape}."
        )
    wrong = source_ids[(source_ids < 0) | (source_ids >= vocabulary)]
    if wrong.size:
        raise UserError(
            f"'source_ids': expected tokens from 0 to {vocabulary - 1}, got {wrong[0]}."
        )
    vocabulary = parts["target_embedding"].input_dim
    for name, token in [("start", start), ("end", end)]:
        if not 1 <= token < vocabulary:
            raise UserError(
                f"'{name}': expected a target token from 1 to {vocabulary - 1}, got {token}."
            )
    if end in never or not all(1 <= token < vocabulary for token in never):
        raise UserError(
            f"'never': expected target tokens from 1 to {vocabulary - 1} other than 'end', "
            f"got {list(never)}."
        )
    if start == end:
        raise UserError(f"'start' and 'end': expected two different tokens, got {start} for both.")
    for name, number in [("max_length", max_length), ("beams", beams), ("batch_size", batch_size)]:
        if number < 1:
            raise UserError(f"'{name}': expected at least 1, got {number}.")
