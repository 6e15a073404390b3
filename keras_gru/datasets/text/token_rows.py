"""Token sequences of different lengths in one flat array."""

# N sequences, T time steps of the longest

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_gru.datasets.storage.long_array import blocks_of

_BLOCK = 1 << 20  # tokens that are padded at a time


class TokenRows:
    """Sequences in one flat array, padded on access.

    It stands for an array (N, T, ...) with zeros at the right ends. `rows[numbers]` and
    `rows[start:end]` choose sequences and copy no token; an index of sequences and steps, such as
    `rows[numbers, :20]`, returns an array; so does `np.asarray(rows)`, of all of them.

    Args:
        flat: (tokens, ...) the steps of all sequences.
        lengths: (N,) steps of each sequence.
        starts: (N,) where each starts in `flat`; None: consecutive.
        longest: steps of the array that it stands for (T); None: the most of `lengths`.

    Example:

    >>> rows = TokenRows(np.array([5, 6, 7, 8]), np.array([3, 1]))
    >>> rows[:, :2]
    array([[5, 6],
           [8, 0]])
    """

    def __init__(
        self,
        flat: np.ndarray,
        lengths: np.ndarray,
        starts: np.ndarray | None = None,
        longest: int | None = None,
    ):
        self.flat = flat
        self.lengths = np.asarray(lengths, np.int64)
        self.starts = np.cumsum(self.lengths) - self.lengths if starts is None else starts
        self.longest = int(self.lengths.max(initial=0)) if longest is None else longest

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, T, ...)."""
        return (len(self), self.longest, *self.flat.shape[1:])

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.flat.ndim + 1

    @property
    def dtype(self) -> np.dtype:
        """Type of a token."""
        return self.flat.dtype

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, tuple):
            rows, *steps = index
            longest = self.longest
            if isinstance(steps[0], slice) and (steps[0].stop or -1) >= 0:
                longest = min(longest, steps[0].stop)
            if isinstance(rows, int | np.integer):
                return self[[rows]].padded(longest)[(0, *steps)]
            return self[rows].padded(longest)[(slice(None), *steps)]
        if isinstance(index, int | np.integer):
            return self[index, :]
        return TokenRows(self.flat, self.lengths[index], self.starts[index], self.longest)

    def padded(self, steps: int) -> np.ndarray:
        """Return the sequences, cut or padded to a number of steps: (N, steps, ...)."""
        found = np.zeros((len(self), steps, *self.flat.shape[1:]), self.dtype)
        step = np.arange(steps)
        real = step < self.lengths[:, None]
        found[real] = self.flat[(self.starts[:, None] + step)[real]]
        return found

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield all sequences, padded to the longest, in blocks."""
        size = max(1, _BLOCK // max(1, self.longest))
        for start in range(0, len(self), size):
            yield self[start : start + size].padded(self.longest)

    def tokens(self) -> Iterator[np.ndarray]:
        """Yield the tokens of all sequences without padding, in blocks."""
        size = max(1, _BLOCK // max(1, self.longest))
        for start in range(0, len(self), size):
            part = self[start : start + size]
            yield part.padded(self.longest)[np.arange(self.longest) < part.lengths[:, None]]

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self.padded(self.longest).astype(dtype or self.dtype, copy=False)

    def __eq__(self, other: object) -> bool:
        raise TypeError("TokenRows: expected np.asarray(rows) in a comparison, got the rows")


def fraction_of_token(tokens: "np.ndarray | TokenRows", token: int) -> float:
    """Return the fraction of the tokens, without padding, that are `token`."""
    found = total = 0
    blocks = tokens.tokens() if isinstance(tokens, TokenRows) else blocks_of(tokens)
    for block in blocks:
        found += int(np.count_nonzero(block == token))
        total += int(np.count_nonzero(block))
    return found / max(1, total)
