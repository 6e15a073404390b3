"""Arrays as the inputs of a trained network."""

# N sequences, T time steps, D features

from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_gru.datasets.own.npz_checks import real_steps, token_lengths
from keras_gru.datasets.own.npz_labels import number_of_label
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.split import SPLITS, Split
from keras_gru.datasets.text.tokens import to_rows
from keras_gru.errors import UserError
from keras_gru.experiments.prediction.inputs import Inputs, find_path, with_split
from keras_gru.files import load_arrays

_STEPWISE = ("tagging", "language_model", "polyphony")


def is_arrays(data: Any) -> bool:
    """Return whether new data are arrays, or the path of an array file."""
    if isinstance(data, np.ndarray | Mapping):
        return True
    if isinstance(data, list | tuple):
        return bool(data) and all(isinstance(array, np.ndarray) for array in data)
    return str(data).lower().endswith(".npz")


def read_arrays(data: Any, config: Any, preprocessing: Preprocessing) -> Inputs:
    """Check arrays against the inputs of a network.

    Args:
        data: vectors (N, T, D) or tokens (N, T); a list of N arrays (T, D) or (T,) of different
            lengths; a dictionary with `inputs` and perhaps `lengths` (N,) and `targets`; or the
            path of an .npz file with these names, or with those of a training file.
        config: the dataset that the network was trained on, whose `axes` are those of a file.
    """
    where, arrays = _find_arrays(data)
    inputs = np.asarray(arrays["inputs"])
    is_file = not isinstance(data, np.ndarray | list | tuple | Mapping)
    if is_file and inputs.ndim == 3 and getattr(config, "axes", "") == "channels, time":
        inputs = inputs.swapaxes(1, 2)
    lengths = arrays.get("lengths")
    _check_inputs(where, inputs, preprocessing)
    lengths = _check_lengths(where, inputs, lengths, preprocessing)
    name = "features" if preprocessing.spec.vocabulary is None else "tokens"
    if name == "tokens":  # a network takes all but 0 as a step
        inputs = np.where(real_steps(inputs, lengths), inputs, 0)
    else:
        inputs = inputs.astype(np.float32)
        if preprocessing.input_scaling is not None:
            inputs = preprocessing.input_scaling.apply(inputs)
    is_stepwise = preprocessing.spec.task in _STEPWISE
    targets = np.zeros(inputs.shape[:2] if is_stepwise else len(inputs), np.int32)
    rows = [{"sequence": number} for number in range(len(inputs))]
    truth = arrays.get("targets")
    if truth is not None and len(truth) != len(inputs):
        raise UserError(
            f"{where}: expected as many targets as inputs ({len(inputs)}), found {len(truth)}."
        )
    if truth is not None and preprocessing.spec.task == "classification":
        names, truth = preprocessing.target_vocabulary or (), np.asarray(truth)
        numbers = number_of_label(names, words=truth.dtype.kind == "U")
        named = {label: names[number] for label, number in numbers.items()}
        labels = [named.get(label, str(label)) for label in truth.tolist()]
        rows = [{**row, "truth": label} for row, label in zip(rows, labels, strict=True)]
    is_fixed = preprocessing.spec.length is not None
    split = Split(
        {name: inputs},
        targets,
        {} if is_fixed else {name: lengths},
        stepwise=name if is_stepwise else None,
    )
    return Inputs(with_split(preprocessing, split), rows, np.arange(len(inputs)))


def _find_arrays(data: Any) -> tuple[str, Mapping[str, Any]]:
    if isinstance(data, np.ndarray):
        return "the array", {"inputs": data}
    if isinstance(data, list | tuple):
        lengths = np.array([len(sequence) for sequence in data])
        try:
            return "the list", {
                "inputs": to_rows(np.concatenate(data), lengths),
                "lengths": lengths,
            }
        except ValueError as error:
            raise UserError(
                f"the list: expected arrays (T, D) of one D, found others ({error})."
            ) from None
    where = "the dictionary"
    if not isinstance(data, Mapping):
        where = str(data)
        path = find_path(data, "an .npz file")
        assert path is not None  # it is not text
        data = load_arrays(path, "write it again with numpy.savez")
    if "inputs" in data:
        return where, data
    for split in reversed(SPLITS):
        if f"{split}_inputs" in data:
            names = ("inputs", "lengths", "targets")
            found = {name: data[f"{split}_{name}"] for name in names if f"{split}_{name}" in data}
            return f"{where}, {split}", found
    raise UserError(
        f"{where}: expected an array 'inputs', found {', '.join(data) or 'none'}. Rename it."
    )


def _check_inputs(where: str, inputs: np.ndarray, preprocessing: Preprocessing) -> None:
    spec = preprocessing.spec
    found = f"found {inputs.dtype} of the shape {inputs.shape}"
    if inputs.size == 0:
        raise UserError(f"{where}: expected one sequence or more, {found}.")
    if spec.vocabulary is not None:
        if inputs.ndim != 2 or inputs.dtype.kind not in "iu":
            raise UserError(f"{where}: expected tokens, integers (N, T), {found}.")
        wrong = inputs[(inputs < 0) | (inputs >= spec.vocabulary)]
        if wrong.size:
            raise UserError(
                f"{where}: expected tokens from 1 to {spec.vocabulary - 1}, found {wrong[0]}. "
                "Use the vocabulary that the network was trained with."
            )
        return
    if inputs.ndim != 3 or inputs.shape[2] != spec.features or inputs.dtype.kind not in "iufb":
        raise UserError(f"{where}: expected numbers of the shape (N, T, {spec.features}), {found}.")
    scaling = preprocessing.input_scaling
    if preprocessing.series_scalings or (scaling and len(scaling.columns) != spec.features):
        raise UserError(
            f"{where}: expected a table, as the network reads several series, or a calendar, "
            f"categories or known columns, {found}."
        )
    if not np.isfinite(inputs).all():
        raise UserError(f"{where}: expected finite numbers, found NaN or Inf. Replace them.")
    if spec.task == "polyphony" and not np.isin(inputs, (0, 1)).all():
        raise UserError(f"{where}: expected zeros and ones, found {inputs.max():g}.")


def _check_lengths(
    where: str, inputs: np.ndarray, lengths: Any, preprocessing: Preprocessing
) -> np.ndarray:
    count, steps = inputs.shape[:2]
    if lengths is None:
        lengths = np.full(count, steps)
        if preprocessing.spec.vocabulary is not None:
            lengths = token_lengths(inputs)
            if not lengths.all():
                raise UserError(f"{where}: expected tokens from 1 on, found a sequence of padding.")
    lengths = np.asarray(lengths)
    if lengths.shape != (count,) or lengths.min() < 1 or lengths.max() > steps:
        raise UserError(
            f"{where}: expected {count} lengths from 1 to {steps}, found the shape "
            f"{lengths.shape} with {lengths.min(initial=0)} to {lengths.max(initial=0)}."
        )
    length = preprocessing.spec.length
    is_free = preprocessing.spec.task == "language_model"  # it accepts any length
    if length is not None and not is_free and (steps != length or (lengths != length).any()):
        raise UserError(
            f"{where}: expected sequences of {length} steps, found {lengths.min()} to {steps}."
        )
    return lengths.astype(np.int64)
