"""An n-gram model of characters or words, to compare language models with.

Interpolated Witten-Bell smoothing: with c the last k tokens, C(c) how often they occur in train,
C(c, w) how often w follows them, and T(c) how many different tokens do,

    p_k(w | c) = (C(c, w) + T(c) p_(k-1)(w | shorter c)) / (C(c) + T(c)),   p_(-1)(w) = 1 / V

Reference:

- [Witten and Bell, 1991](https://doi.org/10.1109/18.87000)
- [Chen and Goodman, 1998](https://dash.harvard.edu/handle/1/25104739), section 2
"""

# L tokens of a text, V tokens of the vocabulary, k tokens of a context

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from keras_gru.datasets.metric import Baseline
from keras_gru.datasets.split import Split

_LONGEST = 6  # tokens of a context
_MOST = 1_000_000  # tokens of train that are counted: the last ones


@dataclass(frozen=True)
class _Counts:
    """What follows the contexts of one length in train.

    Args:
        pairs: (P,) codes, ascending, of a context and a token that follows it.
        counts: (P,) how often.
        contexts: (K,) codes of contexts, ascending.
        totals: (K,) how often each occurs.
        kinds: (K,) how many different tokens follow it.
        best: (K,) the token that follows it most often.
    """

    pairs: np.ndarray
    counts: np.ndarray
    contexts: np.ndarray
    totals: np.ndarray
    kinds: np.ndarray
    best: np.ndarray

    @classmethod
    def of(cls, contexts: np.ndarray, words: np.ndarray, size: int) -> "_Counts":
        """Count the words after each context, both (L,)."""
        pairs, counts = np.unique(contexts * size + words, return_counts=True)
        owners, followers = np.divmod(pairs, size)
        known, first = np.unique(owners, return_index=True)
        order = np.lexsort((-followers, counts, owners))  # the most frequent of each context last
        last = np.append(first[1:], len(pairs)) - 1
        return cls(
            pairs,
            counts,
            known,
            np.add.reduceat(counts, first),
            np.diff(np.append(first, len(pairs))),
            followers[order[last]],
        )

    def find(self, contexts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the places of contexts in `contexts`, and which of them occur in train."""
        at = np.minimum(np.searchsorted(self.contexts, contexts), len(self.contexts) - 1)
        return at, self.contexts[at] == contexts

    def interpolate(
        self, shorter: np.ndarray, contexts: np.ndarray, words: np.ndarray, size: int
    ) -> np.ndarray:
        """Return p_k of words from p_(k-1), both (L,)."""
        codes = contexts * size + words
        at = np.minimum(np.searchsorted(self.pairs, codes), len(self.pairs) - 1)
        count = np.where(self.pairs[at] == codes, self.counts[at], 0)
        at, is_known = self.find(contexts)
        total, kinds = self.totals[at], self.kinds[at]
        return np.where(is_known, (count + kinds * shorter) / (total + kinds), shorter)


def n_gram(tokens: Mapping[str, np.ndarray], splits: Mapping[str, Split], size: int) -> Baseline:
    """Return what the best n-gram model reaches; n is chosen on validation.

    Args:
        tokens: name of a split -> (L,) its text.
        splits: their windows; those of validation and test do not overlap.
        size: tokens of the vocabulary (V).

    Returns:
        A baseline with `accuracy`, `bits` and `perplexity`, which are per token.
    """
    train = tokens["train"][-_MOST:].astype(np.int64)
    # The targets of all windows of a split follow one another.
    words = {
        name: tokens[name][1 : 1 + splits[name].targets.size].astype(np.int64)
        for name in ("validation", "test")
    }
    contexts = {name: np.zeros(len(tokens[name]) - 1, np.int64) for name in words}
    train_contexts = np.zeros(len(train), np.int64)
    levels, found = [], []
    for length in range(_LONGEST + 1):
        if size ** (length + 1) >= 2**62:  # codes are 64-bit integers
            break
        if length:
            train_contexts = train_contexts + _older(train, length) * size ** (length - 1)
            for name in words:
                older = _older(tokens[name].astype(np.int64), length)[1:]
                contexts[name] = contexts[name] + older * size ** (length - 1)
        counts = _Counts.of(train_contexts, train, size)
        levels.append((counts, {name: contexts[name][: len(words[name])] for name in words}))
        if found and _bits(levels, "validation", words["validation"], size).mean() > found[-1]:
            levels.pop()
            break
        found.append(_bits(levels, "validation", words["validation"], size).mean())
    scores = {}
    for name in words:
        predicted = _most_likely(levels, name, size)
        values = {
            "accuracy": predicted == words[name],
            "bits": _bits(levels, name, words[name], size),
        }
        shape = splits[name].targets.shape
        scores[name] = {key: value.reshape(shape) for key, value in values.items()}
    validation, test = (
        {key: float(value.mean()) for key, value in scores[name].items()} for name in words
    )
    blocks = {
        key: [float(value[rows].mean()) for rows in splits["test"].blocks()]
        for key, value in scores["test"].items()
    }
    for of in (validation, test):
        of["perplexity"] = 2 ** of["bits"]
    parameters = sum(len(counts.pairs) for counts, _ in levels)
    return Baseline(f"{len(levels)}-gram model", validation, test, parameters, blocks)


def _older(text: np.ndarray, length: int) -> np.ndarray:
    """Return the token that is `length` places before each; 0 before the first."""
    return np.concatenate([np.zeros(min(length, len(text)), np.int64), text[:-length]])


def _bits(levels: list, name: str, words: np.ndarray, size: int) -> np.ndarray:
    """Return -log2 p(w | c) of words at the places of a split."""
    probability = np.full(len(words), 1 / size)
    for counts, contexts in levels:
        probability = counts.interpolate(probability, contexts[name], words, size)
    return -np.log2(probability)


def _most_likely(levels: list, name: str, size: int) -> np.ndarray:
    """Return the most likely of the tokens that are most frequent after each length of context."""
    best = lowest = None
    for counts, contexts in levels:
        at, is_known = counts.find(contexts[name])
        words = counts.best[at] if best is None else np.where(is_known, counts.best[at], best)
        bits = _bits(levels, name, words, size)
        best = words if best is None else np.where(bits < lowest, words, best)
        lowest = bits if lowest is None else np.minimum(bits, lowest)
    return best
