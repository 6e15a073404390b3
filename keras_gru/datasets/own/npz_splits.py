"""Create missing splits of a user's arrays."""

# N sequences, T time steps, D features

from typing import Any

import numpy as np

from keras_gru.datasets.split import Split, split_at_random, split_by_class, split_by_group


def has_overlaps(inputs: np.ndarray) -> bool:
    """Return whether most neighbours share all steps but one, as windows of a series."""
    first = inputs[:1_000]
    if inputs.ndim != 3 or len(first) < 3 or first.shape[1] < 2:
        return False
    same = (first[1:, :-1] == first[:-1, 1:]).all(axis=(1, 2))
    return bool(same.mean() > 0.5 and np.ptp(first) > 0)


def carve(
    arrays: dict[str, Any],
    validation_fraction: float,
    test_fraction: float,
    groups: np.ndarray | None = None,
    by_class: bool = False,
    overlapping: bool = False,
) -> dict[str, Any]:
    """Take missing splits from train: by group, by position of overlapping sequences, or at random.

    Args:
        arrays: the arrays of each split that there is.
        validation_fraction, test_fraction: fractions of train.
        groups: (N,) of train: sequences of one group stay in one split.
        by_class: whether the splits are stratified by class.
        overlapping: whether neighbouring sequences overlap.
    """
    train = arrays["train"]
    fractions = (
        0 if "validation" in arrays else validation_fraction,
        0 if "test" in arrays else test_fraction,
    )
    if groups is not None:
        train = train | {"groups": groups}
        parts = split_by_group(groups, *fractions)
    elif overlapping:
        size, steps = train["inputs"].shape[:2]
        parts = _split_by_position(size, steps, *fractions)
    elif by_class:
        parts = split_by_class(train["targets"], *fractions)
    else:
        parts = split_at_random(len(train["inputs"]), *fractions)
    parts = {name: rows for name, rows in parts.items() if name == "train" or name not in arrays}
    carved = {name: {part: a[rows] for part, a in train.items()} for name, rows in parts.items()}
    return carved | {name: part for name, part in arrays.items() if name != "train"}


def _split_by_position(size: int, steps: int, validation: float, test: float) -> dict[str, slice]:
    """Return the rows of each split in order, without those that overlap with the next split."""
    gap = steps - 1
    ends = {
        "train": size - round(validation * size) - round(test * size),
        "validation": size - round(test * size),
        "test": size,
    }
    parts, first = {}, 0
    for name, end in ends.items():
        last = end if name == "test" or end == size else max(first, end - gap)
        parts[name] = slice(first, last)
        first = end
    return {name: rows for name, rows in parts.items() if rows.stop > rows.start}


def has_targets_by_step(task: str, targets: np.ndarray) -> bool:
    """Return whether each time step has a target."""
    return task in ("tagging", "polyphony", "language_model") or targets.ndim == 4


def one_length(arrays: dict) -> int | None:
    """Return the length that all sequences have, or None."""
    lengths = np.unique(np.concatenate([split["lengths"] for split in arrays.values()]))
    return int(lengths[0]) if len(lengths) == 1 else None


def as_split(
    arrays: dict[str, np.ndarray], task: str, fixed: int | None, overlapping: bool
) -> Split:
    """Return the arrays of a split as one, cut to the length that all sequences have."""
    inputs, targets, lengths = arrays["inputs"], arrays["targets"], arrays["lengths"]
    name = "tokens" if inputs.ndim == 2 else "features"
    by_step = has_targets_by_step(task, targets)
    if fixed is not None:
        inputs, targets = inputs[:, :fixed], targets[:, :fixed] if by_step else targets
    # A forecast at every step of equally long sequences needs no weights.
    weighted = by_step and (task != "forecasting" or fixed is None)
    return Split(
        {name: inputs},
        targets,
        {} if fixed is not None else {name: lengths},
        stepwise=name if weighted else None,
        overlapping=overlapping,
        groups=arrays.get("groups"),
    )
