"""Token sequences of a user's arrays, for language models and translation."""

# N sequences, S source steps, T target steps

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from keras_gru.datasets.baselines import most_frequent_target
from keras_gru.datasets.metric import Metric
from keras_gru.datasets.own.npz_checks import (
    MOST_NUMBERS,
    Arrays,
    real_steps,
    reject,
    token_lengths,
)
from keras_gru.datasets.own.npz_splits import carve
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import SequenceDataset, TaskSpec
from keras_gru.datasets.split import SPLITS, Split, check_not_empty, join_splits
from keras_gru.settings import present


def next_tokens(path: Path, split: str, arrays: Arrays) -> Arrays:
    """Return inputs (N, T − 1) and targets of a language model, the next tokens.

    Args:
        path: the file, for error messages.
        split: its name, for error messages.
        arrays: `inputs` (N, T), and maybe `lengths`.

    Raises:
        UserError: if a sequence has fewer than two tokens, or there are targets.
    """
    if "targets" in arrays:
        reject(
            path,
            f"'{split}_targets': expected none for a language model, whose targets are the next "
            "tokens. Leave it out.",
        )
    tokens, lengths = _tokens(path, f"{split}_inputs", arrays["inputs"], arrays.get("lengths"), 2)
    return {"inputs": tokens[:, :-1], "targets": tokens[:, 1:], "lengths": lengths - 1}


def load_pairs(
    path: Path,
    found: Mapping[str, Arrays],
    max_length: int,
    preprocessing: Preprocessing | None,
    fractions: tuple[float, float] | None,
    groups: np.ndarray | None,
) -> SequenceDataset:
    """Return the dataset of an encoder–decoder.

    If V − 1 is the highest target token, V starts a target and V + 1 ends it.

    Args:
        path: the file.
        found: for each split, `inputs` (N, S), `targets` (N, T) and maybe `lengths` of the inputs.
        max_length: a longer sequence is an error.
        preprocessing: the tokens must fit its shapes; None takes those of the file.
        fractions: of validation and test, where the file has none; None puts all pairs into test.
        groups: (N,) of train, or None.

    Raises:
        UserError: if an array does not match the layout.
    """
    arrays = {}
    for name, split in found.items():
        inputs, lengths = _tokens(path, f"{name}_inputs", split["inputs"], split.get("lengths"))
        targets, ends = _tokens(path, f"{name}_targets", split["targets"])
        if len(inputs) != len(targets):
            reject(
                path,
                f"'{name}_inputs' and '{name}_targets': expected equally many rows, got "
                f"{len(inputs)} and {len(targets)}.",
            )
        longest = max(lengths.max(), ends.max())
        if longest > max_length:
            reject(
                path,
                f"{name}: expected sequences of up to {max_length} steps (dataset.max_length), got "
                f"{longest}.",
            )
        arrays[name] = {"inputs": inputs, "targets": targets, "lengths": lengths, "ends": ends}
    spec = preprocessing.spec if preprocessing else _spec(arrays)
    sizes = {"inputs": present(spec.vocabulary), "targets": present(spec.start)}
    for name, split in arrays.items():
        for part, size in sizes.items():
            most = size - 1
            if split[part].max() > most:
                reject(
                    path,
                    f"'{name}_{part}': expected tokens from 1 to {most} as in training, got "
                    f"{split[part].max()}.",
                )
    if fractions is not None:
        arrays = carve(arrays, *fractions, groups)
    splits = {name: _split(arrays[name], spec) for name in SPLITS if name in arrays}
    if fractions is None:
        splits = {"test": join_splits(list(splits.values()))}
    check_not_empty(path.name, splits)
    names = [str(token) for token in range(spec.outputs)]
    return SequenceDataset(
        name=path.name,
        spec=spec,
        metric=Metric("accuracy", "max", "accuracy (next token)"),
        splits=splits,
        baselines=() if fractions is None else (most_frequent_target(splits, names),),
    )


def _spec(arrays: Mapping[str, Arrays]) -> TaskSpec:
    source, target = (
        int(max(split[part].max() for split in arrays.values())) + 1
        for part in ("inputs", "targets")
    )
    return TaskSpec(
        task="translation", vocabulary=source, outputs=target + 2, start=target, end=target + 1
    )


def _split(arrays: Arrays, spec: TaskSpec) -> Split:
    """Return a split for teacher forcing: inputs are start and target, outputs target and end."""
    targets, ends = arrays["targets"], arrays["ends"]
    decoder_input = np.pad(targets, [(0, 0), (1, 0)])
    decoder_input[:, 0] = spec.start
    decoder_output = np.pad(targets, [(0, 0), (0, 1)])
    decoder_output[np.arange(len(decoder_output)), ends] = spec.end
    return Split(
        {"source": arrays["inputs"], "target": decoder_input},
        decoder_output,
        {"source": arrays["lengths"], "target": ends + 1},
        stepwise="target",
        groups=arrays.get("groups"),
    )


def _tokens(
    path: Path, name: str, tokens: np.ndarray, lengths: np.ndarray | None = None, fewest: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Return tokens (N, T) with zeros as padding, and their lengths (N,)."""
    if tokens.ndim != 2 or tokens.dtype.kind not in "iu" or 0 in tokens.shape:
        reject(
            path,
            f"'{name}': expected tokens (N, T) of integers, got the shape {tokens.shape} and the "
            f"type {tokens.dtype}.",
        )
    count, steps = tokens.shape
    if lengths is None:
        lengths = token_lengths(tokens)
    if lengths.shape != (count,) or lengths.dtype.kind not in "iu":
        reject(path, f"lengths of '{name}': expected ({count},) integers, one for each sequence.")
    if lengths.min() < fewest or lengths.max() > steps:
        wrong = lengths.min() if lengths.min() < fewest else lengths.max()
        reject(path, f"'{name}': expected lengths from {fewest} to {steps}, got {wrong}.")
    real = real_steps(tokens, lengths)
    low, high = tokens[real].min(), tokens[real].max()
    if low < 1 or high >= MOST_NUMBERS:
        reject(
            path,
            f"'{name}': expected tokens from 1 to {MOST_NUMBERS - 1:,} (0 is padding), got "
            f"{low if low < 1 else high}.",
        )
    return np.where(real, tokens, 0).astype(np.int32), lengths.astype(np.int64)
