"""The summary of the data, shown before training and stored in the run directory."""

# N sequences, T time steps

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.split import IMBALANCE, Split
from keras_gru.datasets.storage.long_array import blocks_of
from keras_gru.datasets.text.token_rows import TokenRows, fraction_of_token
from keras_gru.datasets.text.tokens import UNKNOWN
from keras_gru.formatting import plural
from keras_gru.settings import STORED, present

_MOST_CLASSES = 30  # in the printed list


@dataclass(frozen=True)
class DataSummary:
    """The summary of the data.

    Args:
        facts: a label and a text each, such as "Range": "2023-01-02 to 2023-03-02".
        classes: name of a class -> its sequences in each split, in the order of the splits.
        splits: names of the splits.
    """

    __pydantic_config__ = STORED

    facts: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    splits: tuple[str, ...] = ()

    @property
    def is_imbalanced(self) -> bool:
        """Whether a class has four times as many sequences as another, or more."""
        counts = [sum(counts) for counts in self.classes.values()]
        return len(counts) > 1 and max(counts) >= IMBALANCE * max(1, min(counts))

    def lines(self) -> list[str]:
        """Return lines for a terminal: facts, then classes by split."""
        width = max(map(len, self.facts), default=0)
        lines = [f"{label:{width}}  {text}" for label, text in self.facts.items()]
        if not self.classes:
            return lines
        rows = [("Class", *self.splits)]
        rows += [(name, *map(str, counts)) for name, counts in self.classes.items()]
        more = len(rows) - 1 - _MOST_CLASSES
        rows = rows[: _MOST_CLASSES + 1]
        widths = [min(40, max(map(len, column))) for column in zip(*rows, strict=True)]
        for name, *counts in rows:
            cells = [f"{count:>{width}}" for count, width in zip(counts, widths[1:], strict=True)]
            lines.append("  ".join([f"{name[:40]:{widths[0]}}", *cells]))
        return lines + [f"… and {more} more classes"] * (more > 0)


def summarize(dataset: SequenceDataset) -> DataSummary:
    """Return the summary of a dataset."""
    splits = dataset.splits
    sizes = ", ".join(f"{split.size:,} {name}" for name, split in splits.items())
    facts = {"Sequences": sizes, "Shape": _shape(dataset), **dict(dataset.facts)}
    classes = {}
    if dataset.spec.task == "classification":
        classes = _classes(dataset)
    if "tokens" in splits["test"].inputs and dataset.vocabulary is not None:
        fractions = [
            f"{fraction_of_token(split.inputs['tokens'], UNKNOWN):.1%} of {name}"
            for name, split in splits.items()
            if name != "train"
        ]
        facts["Unknown tokens"] = " and ".join(fractions)
        if dataset.spec.task == "classification" and "train" in splits:
            count = _count_repeated(splits["train"], splits["test"])
            facts["Of test also in train"] = f"{count:,} of {splits['test'].size:,} texts"
    return DataSummary(facts, classes, tuple(splits))


def _shape(dataset: SequenceDataset) -> str:
    """Return the shape of the inputs in words."""
    spec, first = dataset.spec, next(iter(dataset.splits.values()))
    name, array = next(iter(first.inputs.items()))
    if name not in first.lengths:
        steps = plural(array.shape[1], "step")
    else:
        lengths = np.concatenate([split.lengths[name] for split in dataset.splits.values()])
        steps = f"{lengths.min():,} to {plural(int(lengths.max()), 'step')}"
        if lengths.min() == lengths.max():
            steps = plural(int(lengths.max()), "step")
    if spec.vocabulary is not None:
        return f"sequences of {steps}, a token each"
    scaled = "scaled" if dataset.input_scaling or dataset.series_scalings else "not scaled"
    ahead = ""
    if spec.task == "forecasting":
        ahead = f"; {plural(spec.horizon, 'step')} ahead of {plural(spec.outputs, 'variable')}"
    return f"sequences of {steps} × {plural(present(spec.features), 'value')}, {scaled}{ahead}"


def _classes(dataset: SequenceDataset) -> dict[str, tuple[int, ...]]:
    names = dataset.target_vocabulary or [str(number) for number in range(dataset.spec.outputs)]
    counts = [np.bincount(split.targets, minlength=len(names)) for split in dataset.splits.values()]
    return {
        name: tuple(int(split[number]) for split in counts) for number, name in enumerate(names)
    }


def _count_repeated(train: Split, test: Split) -> int:
    """Return the number of test sequences that are also in train."""
    return int(np.isin(_hashes(test), _hashes(train)).sum())


def _hashes(split: Split) -> np.ndarray:
    """Return a 64-bit hash of each sequence, (N,)."""
    rows, lengths = split.inputs["tokens"], split.lengths["tokens"]
    factors = np.random.default_rng(0).integers(1, 2**63, rows.shape[1] + 1, np.uint64)
    blocks = rows.blocks() if isinstance(rows, TokenRows) else blocks_of(rows)
    hashes = [block.astype(np.uint64) @ factors[: block.shape[1]] for block in blocks]
    return np.concatenate(hashes) + lengths.astype(np.uint64) * factors[-1]
