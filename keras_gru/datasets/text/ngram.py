"""An n-gram model of characters or words, to compare language models with.

Interpolated Witten-Bell smoothing: with c the last k tokens, C(c) how often they occur in train,
C(c, w) how often w follows them, and T(c) how many different tokens do,

    p_k(w | c) = (C(c, w) + T(c) p_(k-1)(w | shorter c)) / (C(c) + T(c)),   p_(-1)(w) = 1 / V

Reference:

- [Witten and Bell, 1991](https://doi.org/10.1109/18.87000)
- [Chen and Goodman, 1998](https://dash.harvard.edu/handle/1/25104739), section 2
"""

# L tokens of a text, V tokens of the vocabulary, k tokens of a context

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from keras_gru.datasets.metric import Baseline
from keras_gru.datasets.split import Split

_LONGEST = 6  # tokens of a context
_MOST = 1_000_000  # tokens of train that are counted: the last ones
_MOST_SCORED = 300_000  # tokens of validation and of test, evenly spread, that are predicted


@dataclass(frozen=True)
class _Counts:
    """Counts of the tokens that follow contexts of one length in train.

    Args:
        pairs: (P,) codes, ascending, of a context and a token that follows it.
        counts: (P,) their counts.
        contexts: (K,) codes of contexts, ascending.
        totals: (K,) counts of the contexts.
        kinds: (K,) number of different tokens that follow.
        best: (K,) the most frequent next token.
    """

    pairs: np.ndarray
    counts: np.ndarray
    contexts: np.ndarray
    totals: np.ndarray
    kinds: np.ndarray
    best: np.ndarray

    @classmethod
    def from_contexts(cls, contexts: np.ndarray, words: np.ndarray, size: int) -> "_Counts":
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


@dataclass(frozen=True)
class _Known:
    """The contexts before some tokens, looked up in train.

    Args:
        counts: counts of contexts of one length.
        contexts: (L,) codes.
        index: (L,) their places in `counts.contexts`.
        occurs: (L,) whether they occur in train.
    """

    counts: _Counts
    contexts: np.ndarray
    index: np.ndarray
    occurs: np.ndarray

    @classmethod
    def look_up(cls, counts: _Counts, contexts: np.ndarray) -> "_Known":
        """Look up contexts."""
        index = np.minimum(np.searchsorted(counts.contexts, contexts), len(counts.contexts) - 1)
        return cls(counts, contexts, index, counts.contexts[index] == contexts)

    def interpolate(
        self, shorter: np.ndarray, words: np.ndarray, rows: np.ndarray | slice, size: int
    ) -> np.ndarray:
        """Return p_k from p_(k-1) for selected tokens."""
        codes, index, occurs = (
            self.contexts[rows] * size + words,
            self.index[rows],
            self.occurs[rows],
        )
        counts = self.counts
        place = np.minimum(np.searchsorted(counts.pairs, codes), len(counts.pairs) - 1)
        count = np.where(counts.pairs[place] == codes, counts.counts[place], 0)
        total, kinds = counts.totals[index], counts.kinds[index]
        return np.where(occurs, (count + kinds * shorter) / (total + kinds), shorter)


def n_gram(tokens: Mapping[str, np.ndarray], splits: Mapping[str, Split], size: int) -> Baseline:
    """Return the baseline of the best n-gram model, with n chosen on validation.

    Args:
        tokens: name of a split -> (L,) its text.
        splits: their windows; those of validation and test do not overlap.
        size: tokens of the vocabulary (V).

    Returns:
        A baseline with `accuracy`, `bits` and `perplexity`, which are per token.
    """
    train = tokens["train"][-_MOST:].astype(np.int64)
    levels: list[_Counts] = []
    places = {name: _places(splits[name]) for name in ("validation", "test")}
    lowest = np.inf
    for contexts in _contexts(train, np.arange(len(train)), size):
        levels.append(_Counts.from_contexts(contexts, train, size))
        _, words, known = _look_up(levels, tokens["validation"], places["validation"], size)
        bits = _bits(known, words, slice(None), size).mean()
        if bits > lowest:
            levels.pop()
            break
        lowest = bits
    validation, scores = (_score(levels, tokens[name], rows, size) for name, rows in places.items())
    places = places["test"]
    steps = splits["test"].targets.shape[1]
    starts = np.array([1 + rows[0] * steps for rows in splits["test"].blocks()])
    of_block = np.split(np.arange(len(places)), np.searchsorted(places, starts[1:]))
    weights = [len(rows) for rows in splits["test"].blocks()]
    blocks = {
        key: [float(value[part].mean()) for part in of_block] for key, value in scores.items()
    }
    validation = {key: float(value.mean()) for key, value in validation.items()}
    test = {key: float(np.average(values, weights=weights)) for key, values in blocks.items()}
    for metrics in (validation, test):
        metrics["perplexity"] = 2 ** metrics["bits"]
    parameters = sum(len(counts.pairs) for counts in levels)
    return Baseline(f"{len(levels)}-gram model", validation, test, parameters, blocks)


def _places(split: Split) -> np.ndarray:
    """Return the places of the targets of a split in its text; a subset for long splits."""
    # The targets of all windows are consecutive.
    steps = split.targets.shape[1]
    fraction = min(1.0, _MOST_SCORED / split.targets.size)
    rows = [block[: math.ceil(len(block) * fraction)] for block in split.blocks()]
    return (1 + np.concatenate(rows)[:, None] * steps + np.arange(steps)).ravel()


def _contexts(text: np.ndarray, places: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Yield the codes of the contexts of 0, 1, 2, … tokens before the tokens at `places`.

    The nearest token is the first digit, so sorting by long contexts also sorts by shorter ones.
    """
    codes = np.zeros(len(places), np.int64)
    yield codes
    for length in range(1, _LONGEST + 1):
        if size ** (length + 1) >= 2**62:  # codes are 64-bit integers
            return
        older = text[np.maximum(places - length, 0)].astype(np.int64)
        codes = codes * size + np.where(places < length, 0, older)
        yield codes


def _look_up(
    levels: Sequence[_Counts], text: np.ndarray, places: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray, list[_Known]]:
    """Return an order of places, the tokens in this order, and their known contexts."""
    contexts = list(itertools.islice(_contexts(text, places, size), len(levels)))
    # Sorted by context, lookups are ten times as fast.
    order = np.argsort(contexts[-1], kind="stable")
    known = [
        _Known.look_up(counts, codes[order]) for counts, codes in zip(levels, contexts, strict=True)
    ]
    return order, text[places[order]].astype(np.int64), known


def _score(
    levels: Sequence[_Counts], text: np.ndarray, places: np.ndarray, size: int
) -> dict[str, np.ndarray]:
    """Return accuracy and -log2 p for the token at each place of a text."""
    order, words, known = _look_up(levels, text, places, size)
    accuracy, bits = np.empty(len(places)), np.empty(len(places))
    accuracy[order] = _most_likely(known, len(words), size) == words
    bits[order] = _bits(known, words, slice(None), size)
    return {"accuracy": accuracy, "bits": bits}


def _bits(
    known: Sequence[_Known], words: np.ndarray, rows: np.ndarray | slice, size: int
) -> np.ndarray:
    """Return -log2 p(w | c) of words at chosen places, from contexts, the shortest first."""
    probability = np.full(len(words), 1 / size)
    for level in known:
        probability = level.interpolate(probability, words, rows, size)
    return -np.log2(probability)


def _most_likely(known: Sequence[_Known], count: int, size: int) -> np.ndarray:
    """Return the most likely of the most frequent tokens after each length of context."""
    best, lowest = np.full(count, -1), np.full(count, np.inf)
    for level in known:
        words = level.counts.best[level.index]
        rows = np.flatnonzero(level.occurs & (words != best))
        bits = _bits(known, words[rows], rows, size)
        is_better = bits < lowest[rows]
        rows = rows[is_better]
        best[rows], lowest[rows] = words[rows], bits[is_better]
    return best
