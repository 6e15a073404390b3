"""Texts with a class each, as padded tokens."""

from collections.abc import Mapping, Sequence

import numpy as np

from keras_gru.datasets.baselines import majority_class
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.split import Split, check_not_empty, missing_classes
from keras_gru.datasets.text import (
    MOST_UNKNOWN,
    Tokenizer,
    Units,
    check_unknown,
    split_texts,
    to_rows,
    unknown_share,
)
from keras_gru.errors import UserError


def classification(
    name: str,
    examples: Mapping[str, tuple[Sequence[str], np.ndarray]],
    classes: Sequence[str],
    vocabulary_size: int,
    max_length: int,
    notes: Sequence[str] = (),
    stored: Preprocessing | None = None,
    level: str | None = "word",
) -> SequenceDataset:
    """A dataset of labelled texts.

    Args:
        name: what a reader calls it.
        examples: name of a split -> texts and their classes (N,).
        classes: names of the classes.
        vocabulary_size: tokens at most, padding and unknown included.
        max_length: units of a text that are used, its first ones.
        notes: facts worth logging.
        stored: its vocabulary is used; None builds one from train.
        level: `"word"` or `"character"`; None chooses words, or characters where most words of
            validation and test do not occur in train.

    Returns:
        A classification dataset; a text without a unit is left out, which is noted.

    Raises:
        UserError: if a class has no text with a unit, or most words of validation and test do not
            occur in train.
    """
    notes = list(notes)
    texts = _joined([of for of, _ in examples.values()])
    sizes = [len(labels) for _, labels in examples.values()]
    labels = np.concatenate([np.asarray(of) for _, of in examples.values()])
    if stored is not None:
        level, vocabulary = stored.tokenizer.level, stored.vocabulary
        units = split_texts(texts, level, max_length)
    else:
        asked = level
        for level in [asked] if asked else ["word", "character"]:
            units = split_texts(texts, level, max_length)
            vocabulary = units.vocabulary(sizes[0], vocabulary_size)
            later = units.tokens(vocabulary)[units.lengths[: sizes[0]].sum() :]
            unknown = unknown_share(later)
            if unknown <= MOST_UNKNOWN and (asked or level == "character" or _has_words(units)):
                break
        check_unknown(name, level, unknown)
        if asked is None and level == "character":
            notes.append("Texts are split into characters: as words, most would be unknown.")
    tokens = units.tokens(vocabulary)
    ends = np.cumsum(units.lengths)
    splits, first = {}, 0
    for split, size in zip(examples, sizes, strict=True):
        rows = slice(first, first + size)
        lengths = units.lengths[rows]
        if not lengths.all():
            notes.append(f"Left out {(lengths == 0).sum()} {split} texts without a {level}.")
        flat = tokens[ends[first] - lengths[0] : ends[first + size - 1]] if size else tokens[:0]
        kept = lengths > 0
        padded = to_rows(flat, lengths[kept])
        splits[split] = Split({"tokens": padded}, labels[rows][kept], {"tokens": lengths[kept]})
        first += size
    check_not_empty(name, splits)
    if stored is None:
        _check_classes(name, labels, units.lengths, classes, level)
    cut = (
        f"{units.cut_texts / max(1, len(labels)):.1%} of the texts and "
        f"{units.cut_units / max(1, units.cut_units + len(tokens)):.1%} of the {level}s are cut "
        f"(max_length {max_length})"
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
        tokenizer=Tokenizer(level),
        max_length=max_length,
        facts=(("Units", f"{level}s, a vocabulary of {len(vocabulary):,}"), ("Cut", cut)),
    )


def _joined(texts: Sequence[Sequence[str]]):
    import pyarrow as pa

    chunks = []
    for of in texts:
        chunks += of.chunks if isinstance(of, pa.ChunkedArray) else [pa.array(of, pa.string())]
    return pa.chunked_array(chunks, pa.string())


def _has_words(units: Units) -> bool:
    """Return whether texts have more than a word each, as names and DNA have not."""
    return len(units.codes) > 1.5 * max(1, np.count_nonzero(units.lengths))


def _check_classes(
    name: str, labels: np.ndarray, lengths: np.ndarray, classes: Sequence[str], level: str
) -> None:
    """Raise a `UserError` where a class has texts, and none of them has a unit."""
    for number in np.setdiff1d(labels, labels[lengths > 0]):
        raise UserError(
            f"{name}: all {(labels == number).sum()} texts of the class {classes[number]!r} are "
            f"without a {level}. Remove them, or set dataset.level: character."
        )
