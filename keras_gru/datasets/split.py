"""One split of a dataset: its sequences, padded, with their targets and lengths."""

# N sequences, T time steps

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from keras_gru.errors import UserError

SPLITS = ("train", "validation", "test")
_SPLITTING_SEED = 0
_MOST_BLOCKS = 200
_FEW_SEQUENCES = 10
IMBALANCE = 4  # sequences of the most frequent class for one of the rarest


@dataclass(frozen=True)
class Split:
    """The sequences of one split, padded on the right to the longest.

    Args:
        inputs: name of a model's input -> (N, T, ...), an array or, of tokens, `TokenRows`.
        targets: (N, ...), or (N, T, ...) where each step has its own.
        lengths: name of an input -> (N,) its time steps; an input that is not here has no padding.
        stepwise: the input whose steps the targets follow, or None.
        weights: (N, T) of such targets, True where a step counts; None: all without padding.
        overlapping: whether neighbours share steps, as windows of a series.
        groups: (N,), such as the speaker of each sequence; None if sequences are independent.

    Raises:
        UserError: if the weights do not match the targets.
    """

    inputs: Mapping[str, Any]
    targets: np.ndarray
    lengths: Mapping[str, np.ndarray] = field(default_factory=dict)
    stepwise: str | None = None
    weights: np.ndarray | None = None
    overlapping: bool = False
    groups: np.ndarray | None = None

    def __post_init__(self):
        if self.weights is None:
            return
        if self.stepwise is None or self.weights.shape != self.targets.shape[:2]:
            raise UserError(
                f"A split's weights are of the shape {self.weights.shape}; stepwise targets of the "
                f"shape {self.targets.shape} would have a weight for each sequence and step."
            )

    @property
    def size(self) -> int:
        """Number of sequences."""
        return len(self.targets)

    @property
    def independent(self) -> int:
        """Number of sequences that share no steps: overlapping windows count as span / window.
        Sequences of a group count as one.
        """
        if self.groups is not None:
            return len(np.unique(self.groups))
        if not self.overlapping:
            return self.size
        window = next(iter(self.inputs.values())).shape[1]
        return (self.size - 1 + window) // window

    def blocks(self) -> Sequence[np.ndarray]:
        """Return the numbers of the sequences of up to 200 blocks of neighbours.

        Errors of different blocks are nearly independent: a block of overlapping windows is at
        least as long as a window, and a group is in one block. The values of a metric on blocks of
        test estimate the variance due to the choice of them.
        """
        count = min(_MOST_BLOCKS, self.independent)
        if self.groups is not None:
            block = np.unique(self.groups, return_inverse=True)[1] * count // self.independent
            return [np.flatnonzero(block == number) for number in range(count)]
        ends = np.linspace(0, self.size, count + 1).round().astype(int)
        return np.split(np.arange(self.size), ends[1:-1])

    def counted_steps(self) -> np.ndarray:
        """Return how many targets of each sequence count in the metric, (N,); 1 without steps.

        Of forecasts at every step, (N, T, H, V), those after the last one count.
        """
        if self.stepwise is None or self.targets.ndim > 3:
            return np.ones(self.size, int)
        if self.weights is not None:
            return self.counts().sum(1)
        return self.lengths.get(self.stepwise, np.full(self.size, self.targets.shape[1]))

    def counts(self) -> np.ndarray:
        """Return (N, T) for stepwise targets, True where one counts."""
        steps = np.arange(self.targets.shape[1])
        counts = np.ones((self.size, len(steps)), bool)
        if self.stepwise is not None and self.stepwise in self.lengths:
            counts = steps < self.lengths[self.stepwise][:, None]
        return counts if self.weights is None else counts & self.weights

    def part(self, rows: np.ndarray | slice) -> "Split":
        """Return the split with some of its sequences."""
        return dataclasses.replace(
            self,
            inputs={name: array[rows] for name, array in self.inputs.items()},
            targets=self.targets[rows],
            lengths={name: steps[rows] for name, steps in self.lengths.items()},
            weights=None if self.weights is None else self.weights[rows],
            groups=None if self.groups is None else self.groups[rows],
        )


def join_splits(splits: Sequence[Split]) -> Split:
    """Concatenate several splits of one dataset."""
    first, join = splits[0], concatenate_padded
    weights = [split.weights for split in splits if split.weights is not None]  # all, or none
    return dataclasses.replace(
        first,
        inputs={name: join([split.inputs[name] for split in splits]) for name in first.inputs},
        targets=join([split.targets for split in splits]),
        lengths={name: join([split.lengths[name] for split in splits]) for name in first.lengths},
        weights=join(weights) if weights else None,
        groups=None,  # the numbers of one split are not those of another
    )


def concatenate_padded(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Concatenate arrays (n,), or arrays (n, T, ...) padded with zeros to the longest T."""
    if arrays[0].ndim > 1:
        steps = max(array.shape[1] for array in arrays)
        arrays = [
            np.pad(array, [(0, 0), (0, steps - array.shape[1]), *[(0, 0)] * (array.ndim - 2)])
            for array in arrays
        ]
    return np.concatenate(arrays)


def describe_evaluation(splits: Mapping[str, Split]) -> dict[str, dict]:
    """Return the numbers that determine the precision of a metric on validation and test.

    Returns:
        For each of both splits, `"independent"` sequences and the `"terms"` that a metric averages
        over: sequences, or their counted steps; of test also the `"weights"` of blocks, in terms.
    """
    found = {}
    for name in ("validation", "test"):
        split, steps = splits[name], splits[name].counted_steps()
        found[name] = {"independent": split.independent, "terms": int(steps.sum())}
    found["test"]["weights"] = [int(steps[rows].sum()) for rows in split.blocks()]
    return found


def check_not_empty(name: str, splits: Mapping[str, Split]) -> None:
    """Raise a `UserError` if a split of the dataset `name` is empty."""
    for split, sequences in splits.items():
        if sequences.size == 0:
            raise UserError(
                f"{name}: the {split} split is empty; it needs at least one sequence, so use more "
                "data, a larger fraction for it, or a shorter window and horizon for time series."
            )


def split_at_random(
    size: int, validation_fraction: float, test_fraction: float
) -> dict[str, np.ndarray]:
    """Split examples at random, by a fixed seed.

    Args:
        size: number of examples (N).
        validation_fraction: fraction of them for validation.
        test_fraction: fraction of them for test.

    Returns:
        Name of a split -> indices of its examples.
    """
    return split_by_class(np.zeros(size, int), validation_fraction, test_fraction)


def split_by_class(
    labels: np.ndarray, validation_fraction: float, test_fraction: float
) -> dict[str, np.ndarray]:
    """Split examples at random, by a fixed seed, so that each split has its fraction of each class.

    A class of three examples or more is in every split whose fraction is above 0.

    Args:
        labels: (N,), the class of each example, from 0.
        validation_fraction: fraction of the examples for validation.
        test_fraction: fraction of the examples for test.

    Returns:
        Name of a split -> indices of its examples, in random order.
    """
    order = np.random.default_rng(_SPLITTING_SEED).permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    split_of = np.full(len(labels), "train", dtype="<U10")
    rest, evaluated = by_class, (("test", test_fraction), ("validation", validation_fraction))
    for name, fraction in evaluated:
        count, size = round(fraction * len(labels)), len(rest)
        passed = (2 * np.arange(size + 1) * count + size) // (2 * max(size, 1))
        chosen = np.diff(passed) > 0  # at equidistant places
        split_of[rest[chosen]] = name
        rest = rest[~chosen]
    for name, fraction in (("train", 1), *evaluated):
        if fraction > 0:
            _add_missing_classes(name, by_class, labels, split_of)
    return {name: order[split_of[order] == name] for name in SPLITS}


def split_by_group(
    groups: Sequence[Any] | np.ndarray, validation_fraction: float, test_fraction: float
) -> dict[str, np.ndarray]:
    """Split examples at random, by a fixed seed, so that no group is in two splits.

    Args:
        groups: (N,), the group of each example, such as its speaker.
        validation_fraction: fraction of the examples for validation, nearly.
        test_fraction: fraction of the examples for test, nearly.

    Returns:
        Name of a split -> indices of its examples.

    Raises:
        UserError: if there are fewer groups than splits.
    """
    names, codes, counts = np.unique(groups, return_inverse=True, return_counts=True)
    if len(names) < len(SPLITS):
        raise UserError(
            f"dataset.group: expected {len(SPLITS)} groups or more, one for each split, got "
            f"{len(names)}. Choose another column, or leave it out."
        )
    order = np.random.default_rng(_SPLITTING_SEED).permutation(len(names))
    middle = np.cumsum(counts[order]) - counts[order] / 2
    split_of = np.zeros(len(names), int)  # train
    split_of[order[middle < (test_fraction + validation_fraction) * len(codes)]] = 1
    split_of[order[middle < test_fraction * len(codes)]] = 2
    split_of[order[0]] = 2 if test_fraction else split_of[order[0]]
    if validation_fraction and 1 not in split_of:
        split_of[order[1]] = 1
    if 0 not in split_of:
        split_of[order[-1]] = 0
    return {name: np.flatnonzero(split_of[codes] == index) for index, name in enumerate(SPLITS)}


def _add_missing_classes(
    name: str, by_class: np.ndarray, labels: np.ndarray, split_of: np.ndarray
) -> None:
    """Move an example of each missing class into a split, from the split with the most."""
    for rows in np.split(by_class, np.cumsum(np.bincount(labels))[:-1]):
        if len(rows) >= len(SPLITS) and name not in split_of[rows]:
            found, counts = np.unique(split_of[rows], return_counts=True)
            most = found[counts.argmax()]
            split_of[rows[split_of[rows] == most][0]] = name


def missing_classes(splits: Mapping[str, Split], classes: Sequence[str]) -> list[str]:
    """Return a warning for each split in which some classes have no sequence."""
    warnings = []
    for name, split in splits.items():
        absent = np.setdiff1d(np.arange(len(classes)), split.targets)
        if len(absent):
            shown = ", ".join(repr(classes[number]) for number in absent[:5])
            more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
            warnings.append(
                f"Warning: {name} has no sequence of the {len(absent)} of {len(classes)} classes "
                f"{shown}{more}."
            )
    return warnings


def class_warnings(labels: np.ndarray, classes: Sequence[str]) -> list[str]:
    """Return warnings if classes have few sequences, or much fewer than another class.

    Args:
        labels: (N,), the class of each sequence, from 0; others are left out.
        classes: names of the classes.
    """
    counts = np.bincount(labels[labels >= 0], minlength=len(classes))
    warnings = []
    few = np.flatnonzero(counts < _FEW_SEQUENCES)
    if len(few):
        shown = ", ".join(f"{classes[number][:60]!r} ({counts[number]})" for number in few[:5])
        more = f" and {len(few) - 5} more" if len(few) > 5 else ""
        warnings.append(
            f"Warning: {len(few)} of {len(classes)} classes have fewer than {_FEW_SEQUENCES} "
            f"sequences in all: {shown}{more}. What is measured on them says little."
        )
    most, fewest = int(counts.argmax()), int(counts.argmin())
    if counts[most] >= IMBALANCE * max(1, counts[fewest]):
        warnings.append(
            f"Warning: class {classes[most][:60]!r} has {counts[most]:,} sequences and "
            f"{classes[fewest][:60]!r} {counts[fewest]:,}: an accuracy of "
            f"{counts[most] / counts.sum():.3f} takes no network, and says nothing about rare "
            "classes."
        )
    return warnings
