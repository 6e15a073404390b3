"""Labelled texts as rows of tokens."""

# N texts

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from keras_gru.datasets.baselines import majority_class
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.split import Split, check_not_empty, missing_classes
from keras_gru.datasets.text.token_rows import TokenRows
from keras_gru.datasets.text.tokenizing import tokenize
from keras_gru.datasets.text.units import blocks_of_texts
from keras_gru.errors import UserError

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True)
class LabelledTexts:
    """Labelled texts, and the texts of each split.

    Args:
        texts: returns N texts, in blocks.
        labels: (N,) their classes.
        parts: name of a split -> the numbers of its texts.
        classes: names of the classes.
        groups: (N,) the group of each (`Split`), or None.
    """

    texts: "Callable[[], Iterable[pyarrow.StringArray]]"
    labels: np.ndarray
    parts: Mapping[str, np.ndarray]
    classes: Sequence[str]
    groups: np.ndarray | None = None

    @classmethod
    def of_splits(
        cls, examples: Mapping[str, tuple[Sequence[str], np.ndarray]], classes: Sequence[str]
    ) -> "LabelledTexts":
        """Create an instance from the texts and classes of each split."""
        texts = [text for texts_of_split, _ in examples.values() for text in texts_of_split]
        labels = np.concatenate(
            [np.asarray(labels_of_split) for _, labels_of_split in examples.values()]
        )
        ends = np.cumsum([len(texts_of_split) for _, texts_of_split in examples.values()])
        parts = np.split(np.arange(len(labels)), ends[:-1])
        return cls(
            lambda: blocks_of_texts(texts), labels, dict(zip(examples, parts, strict=True)), classes
        )


def classification_dataset(
    name: str,
    data: LabelledTexts,
    vocabulary_size: int,
    max_length: int,
    notes: Sequence[str] = (),
    stored: Preprocessing | None = None,
    level: str | None = "word",
) -> SequenceDataset:
    """Return a dataset of labelled texts.

    Args:
        name: display name.
        data: the texts.
        vocabulary_size: tokens at most, including padding and unknown.
        max_length: units of a text that are used, its first ones.
        notes: facts worth logging.
        stored: its vocabulary is used; None builds one from train.
        level: `"word"`, `"subword"` or `"character"`; None chooses words, or characters where most
            words of validation and test do not occur in train.

    Returns:
        A classification dataset; a text without a unit is left out, which is noted.

    Raises:
        UserError: if a class has no text with a unit, or most words of validation and test do not
            occur in train.
    """
    notes, labels, classes = list(notes), data.labels, data.classes
    chosen = level is None
    is_train = np.zeros(len(labels), bool)
    is_train[data.parts.get("train", [])] = True
    found = tokenize(name, data.texts, is_train, level, vocabulary_size, max_length, stored)
    level, vocabulary, units = found.tokenizer.level, found.vocabulary, found.units
    if level == "character" and stored is None and chosen:
        notes.append("Texts are split into characters: as words, most would be unknown.")
    rows = TokenRows(found.tokens, units.lengths)
    splits = {}
    for split, numbers in data.parts.items():
        remaining = numbers[units.lengths[numbers] > 0]
        if len(remaining) < len(numbers):
            notes.append(
                f"Left out {len(numbers) - len(remaining)} {split} texts without a {level}."
            )
        tokens = TokenRows(rows.flat, rows.lengths[remaining], rows.starts[remaining])
        splits[split] = Split(
            {"tokens": tokens},
            labels[remaining],
            {"tokens": tokens.lengths},
            groups=None if data.groups is None else data.groups[remaining],
        )
    check_not_empty(name, splits)
    if stored is None:
        _check_classes(name, labels, units.lengths, classes, level)
    cut = (
        f"{units.cut_texts / max(1, len(labels)):.1%} of the texts and "
        f"{units.cut_units / max(1, units.cut_units + len(found.tokens)):.1%} of the {level}s are "
        f"cut (max_length {max_length})"
    )
    return SequenceDataset(
        name=name,
        spec=TaskSpec(task="classification", outputs=len(classes), vocabulary=len(vocabulary)),
        metric=Metric("accuracy", "max", "accuracy"),
        splits=splits,
        vocabulary=vocabulary,
        target_vocabulary=tuple(classes),
        baselines=(majority_class(splits, classes),) if "train" in splits else (),
        notes=(*notes, *missing_classes(splits, classes)),
        tokenizer=found.tokenizer,
        max_length=max_length,
        facts=(("Units", f"{level}s, a vocabulary of {len(vocabulary):,}"), ("Cut", cut)),
    )


def _check_classes(
    name: str, labels: np.ndarray, lengths: np.ndarray, classes: Sequence[str], level: str
) -> None:
    """Raise a `UserError` if a class has texts, and none of them has a unit."""
    for number in np.setdiff1d(labels, labels[lengths > 0]):
        raise UserError(
            f"{name}: all {(labels == number).sum()} texts of the class {classes[number]!r} are "
            f"without a {level}. Remove them, or set dataset.level: character."
        )
