"""Checks of a user's arrays, with one-sentence error messages."""

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import numpy as np

from keras_gru.datasets.task_spec import TaskSpec
from keras_gru.errors import UserError

Arrays = dict[str, np.ndarray]

# Allowed numbers of axes of the targets of a task.
_TARGETS = {
    "classification": ((1,), "(N,)"),
    "tagging": ((2,), "(N, T)"),
    "language_model": ((2,), "(N, T)"),
    "forecasting": ((1, 2, 3, 4), "(N,), (N, V), (N, H, V) or (N, T, H, V)"),
    "polyphony": ((3,), "(N, T, V)"),
}
_LABELS = ("classification", "tagging", "language_model")
MOST_NUMBERS = 1_000_000  # tokens or labels: a model has weights for each


def reject(path: Path, sentence: str) -> NoReturn:
    """Raise a `UserError` about a file."""
    raise UserError(f"{path}: {sentence}")


def check_split(path: Path, split: str, arrays: Arrays, task: str, max_length: int) -> Arrays:
    """Check the arrays of one split, and return them in a standard form.

    Args:
        path: the file, for error messages.
        split: its name, for error messages.
        arrays: `inputs`, `targets` and maybe `lengths`.
        task: the task.
        max_length: a longer sequence is an error.

    Returns:
        `inputs` (N, T) or (N, T, D), `targets` in the task's widest shape, `lengths` (N,).

    Raises:
        UserError: if they are not.
    """
    inputs = _check_inputs(path, f"{split}_inputs", arrays["inputs"], task)
    lengths = _check_lengths(path, split, arrays, max_length)
    targets = _check_targets(path, f"{split}_targets", arrays["targets"], task, inputs)
    real = real_steps(inputs, lengths)
    if inputs.ndim == 2:
        if (inputs[real] < 1).any():
            reject(
                path,
                f"'{split}_inputs': expected tokens from 1 inside a sequence (0 is padding), got "
                f"{inputs[real].min()}.",
            )
        if inputs[real].max() >= MOST_NUMBERS:
            reject(
                path,
                f"'{split}_inputs': expected tokens below {MOST_NUMBERS}, as a model has weights "
                f"for each, got {inputs[real].max()}.",
            )
        inputs = np.where(real, inputs, 0).astype(np.int32)
    if task in _LABELS:
        # Values in the padding are not labels.
        counted = real if targets.ndim == 2 else np.ones(len(targets), bool)
        targets = _check_label_numbers(path, f"{split}_targets", targets, counted)
    return {"inputs": inputs, "targets": targets, "lengths": lengths}


def check_alike(path: Path, splits: Mapping[str, Arrays]) -> None:
    """Raise an error for splits whose arrays differ in their features or targets."""
    train = splits["train"]
    for name, arrays in splits.items():
        for part, own in (("inputs", 2), ("targets", 2 if train["targets"].ndim == 4 else 1)):
            # Only the numbers of sequences and of steps may differ.
            one, other = train[part], arrays[part]
            if one.ndim == 2 and one.dtype.kind == "i":
                own = 2  # tokens and tags have no axis but those two
            if one.ndim != other.ndim or one.shape[own:] != other.shape[own:]:
                reject(
                    path,
                    f"'{name}_{part}': expected the shape {one.shape} of 'train_{part}' up to "
                    f"sequences and steps, got {other.shape}.",
                )


def check_labels(path: Path, splits: Mapping[str, Arrays], task: str) -> None:
    """Raise an error for a single label, and for labels above those of train before splitting."""
    if task not in ("classification", "tagging"):
        return
    train = splits["train"]
    labels = train["targets"]
    if task == "tagging":
        labels = labels[real_steps(train["inputs"], train["lengths"])]
    if labels.min() == labels.max():
        reject(
            path,
            f"'train_targets': expected two labels or more for {task}, got only {labels[0]}.",
        )
    for name, arrays in splits.items():
        highest = arrays["targets"].max()
        if highest > labels.max():
            reject(
                path,
                f"'{name}_targets': expected the labels of train, 0 to {labels.max()}, got "
                f"{highest}.",
            )


def check_fits(path: Path, split: str, arrays: Arrays, spec: TaskSpec) -> None:
    """Raise a `UserError` if arrays do not match the training data of a network.

    Args:
        path: the file, for error messages.
        split: its name, for error messages.
        arrays: the result of `check_split`.
        spec: spec of the network's data.
    """
    inputs, targets, lengths = arrays["inputs"], arrays["targets"], arrays["lengths"]

    def expect(part: str, fits: bool, expected: str, found: str) -> None:
        if not fits:
            name = f"{split}_{part}"
            reject(path, f"'{name}': expected {expected} as in training, got {found}.")

    is_tokens, shape = inputs.ndim == 2, f"the shape {inputs.shape}"
    if spec.vocabulary is None:
        fits = not is_tokens and inputs.shape[2] == spec.features
        expect("inputs", fits, f"vectors of {spec.features} numbers", shape)
    else:
        expect("inputs", is_tokens, "tokens", shape)
        most = spec.vocabulary - 1
        expect("inputs", inputs.max() <= most, f"tokens from 1 to {most}", f"{inputs.max()}")
    if spec.length is not None:
        fits = (lengths == spec.length).all()
        between = f"{lengths.min()} to {lengths.max()}"
        expect("inputs", fits, f"sequences of {spec.length} steps", between)
    if spec.task in _LABELS:
        most = spec.outputs - 1
        expect("targets", targets.max() <= most, f"labels from 0 to {most}", f"{targets.max()}")
        return
    horizon = targets.shape[-2] if spec.task == "forecasting" else 1
    fits = (horizon, targets.shape[-1]) == (spec.horizon, spec.outputs)
    fits = fits and spec.every_step == (targets.ndim == 4)
    of_each_step = " after each step" if spec.every_step else ""
    expected = f"{spec.horizon} × {spec.outputs} numbers{of_each_step}"
    expect("targets", fits, expected, f"the shape {targets.shape}")


def real_steps(inputs: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return (N, T), True where a step is not padding."""
    return np.arange(inputs.shape[1]) < lengths[:, None]


def token_lengths(tokens: np.ndarray) -> np.ndarray:
    """Return the length of each sequence of tokens (N, T), without the zeros at its end."""
    ends = tokens.shape[1] - np.argmax(tokens[:, ::-1] != 0, axis=1)
    return np.where(tokens.any(axis=1), ends, 0)


def _check_inputs(path: Path, name: str, inputs: np.ndarray, task: str) -> np.ndarray:
    tokens = inputs.ndim == 2 and inputs.dtype.kind in "iu"
    if not tokens and inputs.ndim != 3:
        reject(
            path,
            f"'{name}': expected vectors (N, T, D) or tokens (N, T) of integers, got the shape "
            f"{inputs.shape} and the type {inputs.dtype}.",
        )
    if 0 in inputs.shape:
        reject(path, f"'{name}': expected sequences, got the empty shape {inputs.shape}.")
    if tokens and task in ("forecasting", "polyphony"):
        reject(path, f"'{name}': expected vectors (N, T, D) for {task}, got tokens {inputs.shape}.")
    if tokens:
        return inputs  # of any width: the range is checked before it is narrowed
    return _check_numbers(path, name, inputs)


def _check_numbers(path: Path, name: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "iufb":
        reject(path, f"'{name}': expected real numbers, got the type {array.dtype}.")
    if not np.isfinite(array).all():
        reject(
            path,
            f"'{name}': expected finite numbers, got NaN or Inf. Replace or leave out these "
            "sequences.",
        )
    with np.errstate(over="ignore"):
        narrow = array.astype(np.float32)
    if not np.isfinite(narrow).all():
        reject(
            path, f"'{name}': expected numbers of float32, got {np.abs(array).max():g}. Scale it."
        )
    return narrow


def _check_lengths(path: Path, split: str, arrays: Arrays, max_length: int) -> np.ndarray:
    inputs = arrays["inputs"]
    count, steps = inputs.shape[:2]
    name = f"{split}_lengths"
    if "lengths" in arrays:
        lengths = arrays["lengths"]
        if lengths.shape != (count,) or lengths.dtype.kind not in "iu":
            reject(
                path,
                f"'{name}': expected ({count},) integers, one for each sequence, got the shape "
                f"{lengths.shape} and the type {lengths.dtype}.",
            )
    elif inputs.ndim == 2:
        name = f"{split}_inputs"
        lengths = token_lengths(inputs)
    else:
        lengths = np.full(count, steps)
    if lengths.min() < 1 or lengths.max() > steps:
        wrong = lengths.min() if lengths.min() < 1 else lengths.max()
        reject(path, f"'{name}': expected lengths from 1 to {steps}, got {wrong}.")
    if lengths.max() > max_length:
        reject(
            path,
            f"'{split}_inputs': expected sequences of up to {max_length} steps "
            f"(dataset.max_length), got {lengths.max()}.",
        )
    return lengths.astype(np.int64)


def _check_targets(
    path: Path, name: str, targets: np.ndarray, task: str, inputs: np.ndarray
) -> np.ndarray:
    axes, layout = _TARGETS[task]
    by_step = task in ("tagging", "polyphony", "language_model") or targets.ndim == 4
    expected = inputs.shape[: 2 if by_step else 1]
    if (
        targets.ndim not in axes
        or targets.shape[: len(expected)] != expected
        or (0 in targets.shape)
    ):
        reject(
            path,
            f"'{name}': expected the shape {layout} for {task}, got {targets.shape} with inputs "
            f"{inputs.shape}.",
        )
    if task in _LABELS:
        return targets
    targets = _check_numbers(path, name, targets)
    if task == "polyphony" and not np.isin(targets, (0, 1)).all():
        reject(path, f"'{name}': expected zeros and ones, got other numbers.")
    if task == "forecasting" and targets.ndim < 3:
        targets = targets.reshape(len(targets), 1, -1)
    return targets


def _check_label_numbers(
    path: Path, name: str, targets: np.ndarray, counted: np.ndarray
) -> np.ndarray:
    """Return the labels where `counted` is True, and 0 elsewhere."""
    if targets.dtype.kind not in "iu":
        hint = " For numbers to forecast choose task: forecasting." * (targets.dtype.kind == "f")
        reject(path, f"'{name}': expected integers from 0 as labels, got {targets.dtype}.{hint}")
    labels = targets[counted]
    if labels.min() < 0:
        reject(path, f"'{name}': expected labels from 0, got {labels.min()}.")
    if labels.max() >= MOST_NUMBERS:
        reject(
            path,
            f"'{name}': expected labels below {MOST_NUMBERS}, as a model has weights for each, got "
            f"{labels.max()}.",
        )
    return np.where(counted, targets, 0).astype(np.int32)


def notes_on_shape(arrays: dict, axes: str) -> list[str]:
    """Return a warning where time and channels look as if they were exchanged."""
    shape = next(iter(arrays.values()))["inputs"].shape
    if len(shape) == 3 and shape[2] > 8 * shape[1] and shape[1] < 50:
        other = {"time, channels": "channels, time", "channels, time": "time, channels"}
        return [
            f"Warning: sequences of {shape[1]} steps × {shape[2]} values. If they are {shape[2]} "
            f"steps of {shape[1]} channels, set dataset.axes: '{other[axes]}'."
        ]
    return []
