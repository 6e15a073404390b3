"""Running text as windows of characters, for language models."""

# N windows, T characters

from collections.abc import Mapping

import numpy as np

from keras_gru.datasets.baselines import most_frequent_target
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, SequenceSpec
from keras_gru.datasets.split import Split, check_not_empty
from keras_gru.datasets.text import UNKNOWN, Tokenizer

_RESERVED = ("", "\N{REPLACEMENT CHARACTER}")  # padding, and a character that train does not have


def language_model(
    name: str, texts: Mapping[str, str], window: int, stored: Preprocessing | None = None
) -> SequenceDataset:
    """A dataset whose targets are the next characters.

    The windows of a split follow one another without overlap; what is left at its end is no
    window and is left out.

    Args:
        name: what a reader calls it.
        texts: name of a split -> its text.
        window: characters of a sequence (T).
        stored: its vocabulary is used; None takes the characters of train.

    Returns:
        A language model dataset; its vocabulary is made of the training text alone.
    """
    known = np.unique(
        _code_points("".join(stored.vocabulary[len(_RESERVED) :]) if stored else texts["train"])
    )
    splits = {split: _windows(encode(text, known), window) for split, text in texts.items()}
    check_not_empty(name, splits)
    vocabulary = (*_RESERVED, *(chr(point) for point in known))
    return SequenceDataset(
        name=name,
        spec=SequenceSpec(
            task="language_model",
            outputs=len(vocabulary),
            vocabulary=len(vocabulary),
            length=window,
        ),
        metric=Metric("accuracy", "max", "accuracy"),
        splits=splits,
        vocabulary=vocabulary,
        target_vocabulary=vocabulary,
        baselines=(most_frequent_target(splits, vocabulary),) if "train" in splits else (),
        tokenizer=Tokenizer("character"),
    )


def encode(text: str, known: np.ndarray) -> np.ndarray:
    """The token of each character.

    Args:
        text: any text.
        known: the code points of the vocabulary, ascending.

    Returns:
        Tokens `(len(text),)`.
    """
    points = _code_points(text)
    at = np.minimum(np.searchsorted(known, points), max(0, len(known) - 1))
    if len(known) == 0:
        return np.full(len(points), UNKNOWN, np.int32)
    return np.where(known[at] == points, at + len(_RESERVED), UNKNOWN).astype(np.int32)


def _code_points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _windows(tokens: np.ndarray, window: int) -> Split:
    count = max(0, len(tokens) - 1) // window
    now, after = tokens[: count * window], tokens[1 : count * window + 1]
    return Split(
        {"tokens": now.reshape(count, window)}, after.reshape(count, window), stepwise="tokens"
    )
