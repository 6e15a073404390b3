"""Plan batches: their sequences and their padding."""

# N sequences, B batch size, T time steps

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Batch:
    """The rows of one batch, and the padded length of each input."""

    rows: np.ndarray
    steps: Mapping[str, int]


def boundaries(lengths: np.ndarray, longest: int, count: int) -> np.ndarray:
    """Return a few lengths to pad to that minimize padding.

    XLA compiles each shape separately, so there are few. Chosen by dynamic programming: the last
    boundary is `longest`, the others are lengths that occur.

    Args:
        lengths: (N,) the lengths that will be seen.
        longest: the longest that must fit.
        count: maximum number of boundaries.

    Returns:
        Ascending boundaries, at most `count` of them.
    """
    values, counts = np.unique(np.append(lengths, longest), return_counts=True)
    if len(values) > 256:  # the search is quadratic: use quantiles of the lengths instead
        values = np.unique(np.quantile(lengths, np.linspace(0, 1, 256), method="higher"))
        values = np.union1d(values, longest)
        counts = np.bincount(np.searchsorted(values, lengths), minlength=len(values))
    size = len(values)
    total = np.concatenate([[0], np.cumsum(counts)])
    # cost[i, j]: steps when the lengths i ... j are all padded to the length j
    cost = np.where(
        np.tri(size, dtype=bool).T, (total[1:] - total[:-1, None]) * values.astype(float), np.inf
    )
    best, cuts = cost[0], []
    for _ in range(min(count, size) - 1):
        # a further boundary: best of all i where i ... j is the last bucket
        options = np.concatenate([[np.inf], best[:-1]])[:, None] + cost
        cuts.append(np.argmin(options, axis=0))
        best = np.min(options, axis=0)
    chosen, last = [], size - 1
    for cut in reversed(cuts):
        chosen.append(values[last])
        last = cut[last] - 1
    chosen.append(values[last])
    return np.array(sorted(chosen))


def plan(
    lengths: Mapping[str, np.ndarray],
    bounds: Mapping[str, np.ndarray],
    size: int,
    batch_size: int,
    rng: np.random.Generator | None,
) -> Sequence[Batch]:
    """Return batches that contain every sequence of a split once.

    Rows are sorted by the bucket of their lengths and cut into batches. For training, all batches
    but one are full, so a batch may span two buckets, with more padding. For evaluation, batches
    never span buckets: a small split has a batch or two per bucket, most of which would.

    Args:
        lengths: name of an input -> (N,) its lengths.
        bounds: name of an input -> its boundaries.
        size: sequences in the split (N).
        batch_size: sequences in a batch (B).
        rng: shuffles rows and batches, for training; None: in order, for evaluation.

    Returns:
        `ceil(N / B)` batches; without `rng` at most one more for each further bucket.
    """
    order = np.arange(size) if rng is None else rng.permutation(size)
    if not lengths:
        starts = np.arange(0, size, batch_size)
        return _EqualBatches(order, batch_size, starts if rng is None else rng.permutation(starts))
    buckets = {name: np.searchsorted(bounds[name], steps) for name, steps in lengths.items()}
    key = np.zeros(size, np.int64)
    for name, bucket in buckets.items():
        key = key * len(bounds[name]) + bucket
    order = order[np.argsort(key[order], kind="stable")]
    ends = np.flatnonzero(np.diff(key[order])) + 1
    batches = []
    for part in [order] if rng is not None else np.split(order, ends):
        for start in range(0, len(part), batch_size):
            rows = part[start : start + batch_size]
            longest = {name: bucket[rows].max() for name, bucket in buckets.items()}
            steps = {name: int(bounds[name][bucket]) for name, bucket in longest.items()}
            batches.append(Batch(rows, steps))
    if rng is not None:
        batches = [batches[i] for i in rng.permutation(len(batches))]
    return batches


@dataclass(frozen=True)
class _EqualBatches(Sequence):
    """Batches of sequences of equal length, created on access, as there may be millions.

    Args:
        order: (N,) of the sequences.
        size: sequences in a batch.
        starts: start of each batch in `order`.
    """

    order: np.ndarray
    size: int
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, number: int) -> Batch:
        start = self.starts[number]
        return Batch(self.order[start : start + self.size], {})


def group_by_shape(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    """Yield the batches in order, in groups of up to 16 neighbours of the same shape."""
    for _, group in itertools.groupby(batches, lambda batch: (len(batch.rows), batch.steps)):
        while neighbours := list(itertools.islice(group, 16)):
            yield neighbours


def gather(array: np.ndarray, batch: Batch, name: str | None, dtype) -> np.ndarray:
    """Return the rows of a batch, (B, ...), cut or padded to its steps of the input `name`."""
    if name is None or name not in batch.steps:
        return array[batch.rows].astype(dtype)
    steps = batch.steps[name]
    rows = array[batch.rows, :steps].astype(dtype)
    missing = steps - rows.shape[1]  # a split may be shorter than the longest boundary
    return np.pad(rows, [(0, 0), (0, missing)] + [(0, 0)] * (rows.ndim - 2)) if missing else rows
