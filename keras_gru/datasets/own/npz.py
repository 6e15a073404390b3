"""Your own arrays: an .npz file.

For each split, `train`, `validation` and `test`, the file has:

- `train_inputs`: vectors `(N, T, D)` of numbers, or tokens `(N, T)` of integers from 1;
- `train_targets`: see the table;
- `train_lengths`: `(N,)`, the time steps of each sequence, followed by padding. Without
  it a sequence of tokens ends before its zeros at the end, and one of vectors has all T steps.

- `train_classes`: names of the classes, for classification;
- `train_groups`: `(N,)`, such as speakers, each of which is in only one of the created splits.

| task | targets |
|---|---|
| classification | `(N,)` integers or words |
| tagging | `(N, T)` integers from 0 |
| forecasting | `(N,)`, `(N, V)` or `(N, H, V)` numbers; `(N, T, H, V)`: after each step |
| polyphony | `(N, T, V)` zeros and ones |
| language_model | none: the token after each one is its target |
| translation | tokens `(N, T)` of integers from 1, without a start and an end |

Tokens and labels are below 1,000,000. A missing split is taken from train at random, with a fixed
seed and stratified by class. If sequences overlap, as windows of a series, it consists of the last
ones, without those that overlap with train. Vectors and forecast targets are scaled, fitted on
train.
"""

# N sequences, T time steps, D features, H steps ahead, V variables or notes

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from keras_gru.datasets import baselines
from keras_gru.datasets.common import Fraction, Length
from keras_gru.datasets.metric import ErrorUnits
from keras_gru.datasets.own.files import require_path
from keras_gru.datasets.own.npz_checks import (
    Arrays,
    check_alike,
    check_fits,
    check_labels,
    check_split,
    notes_on_shape,
    reject,
)
from keras_gru.datasets.own.npz_labels import number_labels
from keras_gru.datasets.own.npz_scaling import fit_scalings, scaled
from keras_gru.datasets.own.npz_splits import (
    as_split,
    carve,
    has_overlaps,
    one_length,
)
from keras_gru.datasets.own.npz_tokens import load_pairs, next_tokens
from keras_gru.datasets.own.own_file import OwnFile
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import Baseline, Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.series import forecasting
from keras_gru.datasets.split import (
    SPLITS,
    Split,
    check_not_empty,
    class_warnings,
    concatenate_padded,
    missing_classes,
)
from keras_gru.datasets.task_spec import Task
from keras_gru.errors import did_you_mean
from keras_gru.files import load_arrays
from keras_gru.settings import present

_METRICS = {
    "classification": Metric("accuracy", "max", "accuracy"),
    "tagging": Metric("accuracy", "max", "accuracy", digits=4),
    "forecasting": Metric("mae", "min", "MAE", digits=4),
    "polyphony": Metric("nll", "min", "NLL (nats per step)", digits=2),
    "language_model": Metric("accuracy", "max", "accuracy (next token)"),
}


@register_dataset("npz")
class Npz(OwnFile):
    """Your own arrays: an .npz file with the documented layout."""

    expects: ClassVar[str] = "an .npz file"
    path: Annotated[str, Field(min_length=1, description="the .npz file")]
    task: Annotated[Task, Field(description="the task")]
    axes: Annotated[
        Literal["time, channels", "channels, time"],
        Field(description="order of the axes after the sequences, for vectors"),
    ] = "time, channels"
    scale: Annotated[
        bool,
        Field(description="scale each channel by its mean and deviation in train, if not 0 and 1"),
    ] = True
    max_length: Annotated[Length, Field(description="a longer sequence is an error")] = 10_000
    validation_fraction: Annotated[
        Fraction, Field(description="used where the file has no split")
    ] = 0.1
    test_fraction: Annotated[Fraction, Field(description="used where the file has no split")] = 0.1

    def load(
        self, preprocessing: Preprocessing | None = None, all_as_test: bool = False
    ) -> SequenceDataset:
        """Read and check the arrays.

        Args:
            preprocessing: the arrays must fit its shapes, tokens and labels.
            all_as_test: put all sequences of the file into test.

        Returns:
            A dataset of the task that the settings name.

        Raises:
            UserError: if the file or an array does not match the layout.
        """
        path = require_path(self.path, self.expects)
        found, classes, groups = _read(path, () if all_as_test else ("train",), self)
        fractions = None if all_as_test else (self.validation_fraction, self.test_fraction)
        if self.task == "translation":
            pairs = load_pairs(path, found, self.max_length, preprocessing, fractions, groups)
            return dataclasses.replace(pairs, resolved=self)
        if self.task == "language_model":
            found = {name: next_tokens(path, name, split) for name, split in found.items()}
        names = preprocessing.target_vocabulary if preprocessing else classes
        by_class = self.task == "classification"
        if by_class:
            names = number_labels(path, found, names)
        arrays = {
            name: check_split(path, name, split, self.task, self.max_length)
            for name, split in found.items()
        }
        # Before splitting, so that a rare label is a class even if train does not have it.
        spec = _find_spec(path, arrays, self.task, names, preprocessing)
        notes = notes_on_shape(arrays, self.axes)
        overlapping = "train" in arrays and has_overlaps(arrays["train"]["inputs"])
        if fractions is None:
            every = list(arrays.values())
            joined = {part: concatenate_padded([one[part] for one in every]) for part in every[0]}
            arrays = {"test": joined}
        else:
            if overlapping and groups is None and len(arrays) < len(SPLITS):
                notes.append("Neighbouring sequences overlap: they are split by position.")
            if by_class:
                notes += class_warnings(arrays["train"]["targets"], present(names))
            arrays = carve(arrays, *fractions, groups, by_class, overlapping)
        scalings = None, None
        if preprocessing is not None:
            scalings = preprocessing.input_scaling, preprocessing.target_scaling
        elif self.scale and spec.vocabulary is None:
            scalings = fit_scalings(arrays["train"], self.task)
        input_scaling, target_scaling = scalings
        splits = {
            name: as_split(scaled(arrays[name], *scalings), self.task, spec.length, overlapping)
            for name in SPLITS
            if name in arrays
        }
        check_not_empty(path.name, splits)
        names = names or [str(number) for number in range(spec.outputs)]
        if by_class:
            notes += missing_classes(splits, names)
        metric, scale = _METRICS[self.task], 1.0
        if target_scaling and spec.outputs == 1:
            scale = target_scaling.deviation[0]
        units = ErrorUnits(scale, zero=target_scaling.zero if target_scaling else None)
        if target_scaling and spec.outputs > 1:
            metric = dataclasses.replace(metric, label="MAE (standard deviations)")
        return SequenceDataset(
            name=path.name,
            spec=spec,
            metric=metric,
            splits=splits,
            scale=scale,
            target_vocabulary=tuple(names) if by_class else None,
            input_scaling=input_scaling,
            target_scaling=target_scaling,
            baselines=() if all_as_test else (_baseline(splits, spec, names, units),),
            notes=tuple(notes),
            resolved=self,
        )


def _read(
    path: Path, required: Sequence[str], config: Npz
) -> tuple[dict[str, Arrays], list[str] | None, np.ndarray | None]:
    """Return name of a split -> its `inputs`, `targets` and maybe `lengths`; names of classes."""
    known = [f"{split}_{part}" for split in SPLITS for part in ("inputs", "targets", "lengths")]
    known += ["train_classes", "train_groups"]
    found, classes, groups = {}, None, None
    for name, array in load_arrays(path, "write it again with numpy.savez").items():
        if name == "train_classes" and config.task == "classification":
            classes = [str(one) for one in array.ravel().tolist()]
            continue
        if name == "train_groups":
            groups = array
            continue
        if name not in known:
            reject(path, f"the array {name!r} is not known.{did_you_mean(name, known)}")
        split, part = name.split("_")
        found.setdefault(split, {})[part] = array
    needed = ("inputs",) if config.task == "language_model" else ("inputs", "targets")
    for split in dict.fromkeys([*required, *found]) or SPLITS:
        for part in needed:
            if part not in found.get(split, ()):
                reject(path, f"the array '{split}_{part}' is missing.")
    if config.axes == "channels, time":
        for split in found.values():
            if split["inputs"].ndim == 3:
                split["inputs"] = split["inputs"].swapaxes(1, 2)
    if groups is not None and groups.shape != found.get("train", {})["inputs"].shape[:1]:
        reject(path, f"'train_groups': expected the shape (N,), got {groups.shape}.")
    return found, classes, groups


def _find_spec(
    path: Path,
    arrays: dict[str, Arrays],
    task: str,
    names: Sequence[str] | None,
    preprocessing: Preprocessing | None,
) -> TaskSpec:
    """Return the sizes of the arrays, or check them against those of a trained network."""
    if preprocessing is not None:
        for name, split in arrays.items():
            check_fits(path, name, split, preprocessing.spec)
        return preprocessing.spec
    check_alike(path, arrays)
    check_labels(path, arrays, task)
    inputs, targets = arrays["train"]["inputs"], arrays["train"]["targets"]
    tokens = inputs.ndim == 2
    labels = task in ("classification", "tagging")
    every_step = task == "forecasting" and targets.ndim == 4
    vocabulary = (
        int(max(split["inputs"].max() for split in arrays.values())) + 1 if tokens else None
    )
    outputs = max(int(targets.max()) + 1, len(names or ())) if labels else targets.shape[-1]
    if task == "language_model":
        highest = max(int(split["targets"].max()) for split in arrays.values())
        outputs = vocabulary = max(present(vocabulary), highest + 1)
    return TaskSpec(
        task=task,
        outputs=outputs,
        vocabulary=vocabulary,
        features=None if tokens else inputs.shape[2],
        length=one_length(arrays),
        horizon=targets.shape[-2] if task == "forecasting" else 1,
        every_step=every_step,
    )


def _baseline(
    splits: dict[str, Split], spec: TaskSpec, names: Sequence[str], units: ErrorUnits
) -> Baseline:
    if spec.task == "classification":
        return baselines.majority_class(splits, names)
    if spec.task == "polyphony":
        return baselines.note_frequencies(splits)
    if spec.task == "forecasting":
        return forecasting.mean_of_train(splits, units=units)
    if spec.vocabulary is None:
        return baselines.most_frequent_target(splits, names)
    if spec.task == "language_model":
        return baselines.tag_of_each_token(splits, "Most frequent token after each token")
    return baselines.tag_of_each_token(splits)
