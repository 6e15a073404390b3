"""Your own tagged sentences: CoNLL-U, or a word and its tag on each line."""

import dataclasses
import re
from collections import Counter
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from keras_gru.datasets.common import Fraction, Tokens
from keras_gru.datasets.fingerprint import Source, source_of_files
from keras_gru.datasets.own.files import lines_of, read_text, require_path
from keras_gru.datasets.own.own_file import OwnFile
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.split import SPLITS, split_at_random
from keras_gru.datasets.text.tagged_words import tagging_dataset
from keras_gru.errors import UserError
from keras_gru.formatting import most_common
from keras_gru.settings import present

# Columns of CoNLL-U, by their names in lower case.
CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
# Names of the files of splits in a folder.
_SPLIT_NAMES = {"train": "train", "dev": "validation", "valid": "validation", "test": "test"}
_ENDINGS = (".conllu", ".conll", ".tsv", ".txt", ".iob", ".bio")
Sentence = tuple[list[str], list[str]]


@register_dataset("tagged")
class Tagged(OwnFile):
    """Your own tagged sentences: CoNLL-U, or a word and its tag on each line; a file or a folder.

    In a folder, the files with train, dev (or valid) and test in their names are the splits.
    """

    task: ClassVar[str] = "tagging"
    expects: ClassVar[str] = "a file of tagged sentences, or a folder with one for each split"
    guessed: ClassVar[tuple[str, ...]] = ("tags",)
    path: Annotated[str, Field(min_length=1, description="the file or folder")]
    tags: Annotated[
        str | int | None,
        Field(
            description="column of the tags: upos, xpos, … of CoNLL-U, else a number from 0; "
            "null: upos, else the last"
        ),
    ] = None
    encoding: Annotated[
        str | None, Field(max_length=40, description="such as utf-8 or cp1252; null: guessed")
    ] = None
    vocabulary: Tokens = 10_000
    validation_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.1

    def source(self) -> Source:
        """Return the checksum of the file, or of the files of the splits."""
        path = require_path(self.path, self.expects)
        return source_of_files(list(_files(path).values()), path if path.is_dir() else None)

    def load(
        self, preprocessing: Preprocessing | None = None, all_as_test: bool = False
    ) -> SequenceDataset:
        """Load the sentences; without files for validation and test, split at random.

        Args:
            preprocessing: its tags and vocabulary are used; None takes those of train.
            all_as_test: put all sentences into test.

        Returns:
            A tagging dataset of words in lower case.

        Raises:
            UserError: if a line has no tag, there is only one tag, or a split is empty.
        """
        path = require_path(self.path, self.expects)
        found, column, files = {}, self.tags, _files(path)
        for split, file in files.items():
            found[split], column = read_sentences(file, column, self.encoding)
        if all_as_test:
            found = {"test": [one for sentences in found.values() for one in sentences]}
        elif "test" not in found or "validation" not in found:
            found = _carve(found, self.validation_fraction, self.test_fraction)
        notes = []
        if preprocessing is None:
            names = sorted(
                {tag for sentences in found.values() for _, tags in sentences for tag in tags}
            )
        else:
            names = list(present(preprocessing.target_vocabulary))
            found, notes = _drop_unknown_tags(path, found, names)
        if len(names) < 2:
            raise UserError(
                f"{path}: expected two tags or more, found {names} in column {column!r}. "
                "Set dataset.tags to the column of the tags."
            )
        number = {tag: index for index, tag in enumerate(names)}
        found = {split: found[split] for split in SPLITS if split in found}
        examples = {
            split: (
                [[word.encode() for word in words] for words, _ in sentences],
                [np.array([number[tag] for tag in tags], int) for _, tags in sentences],
            )
            for split, sentences in found.items()
        }
        dataset = tagging_dataset(path.name, examples, names, self.vocabulary, preprocessing)
        words = sum(len(words) for sentences in found.values() for words, _ in sentences)
        facts = (
            ("Files", ", ".join(file.name for file in files.values())),
            ("Words", f"{words:,} in {sum(map(len, found.values())):,} sentences"),
            ("Tags", f"{len(names)} of column {column!r}: {', '.join(names[:20])}"
             + " …" * (len(names) > 20)),
        )  # fmt: skip
        return dataclasses.replace(
            dataset,
            notes=(*notes, *dataset.notes),
            facts=facts,
            resolved=self.model_copy(update={"tags": column}),
        )


def _files(path: Path) -> dict[str, Path]:
    """Return name of a split -> its file; of a single file `{"train": file}`."""
    if path.is_file():
        return {"train": path}
    found = {}
    for file in sorted(path.iterdir()):
        names = [name for name in _SPLIT_NAMES if name in file.stem.lower()]
        if not file.is_file() or file.suffix.lower() not in _ENDINGS or len(names) != 1:
            continue
        split = _SPLIT_NAMES[names[0]]
        if split in found:
            raise UserError(
                f"{path}: expected one file for {split}, got {found[split].name} and {file.name}. "
                "Put one of them elsewhere."
            )
        found[split] = file
    if "train" not in found:
        raise UserError(
            f"{path}: expected a file with 'train' in its name ({', '.join(_ENDINGS)}), found "
            f"{', '.join(file.name for file in found.values()) or 'none'}. Name one file."
        )
    return found


def _carve(
    found: dict[str, list[Sentence]], validation: float, test: float
) -> dict[str, list[Sentence]]:
    """Take missing splits from train, at random with a fixed seed."""
    train = found["train"]
    fractions = (0 if "validation" in found else validation, 0 if "test" in found else test)
    parts = split_at_random(len(train), *fractions)
    carved = {name: [train[row] for row in rows] for name, rows in parts.items()}
    return carved | {name: sentences for name, sentences in found.items() if name != "train"}


def _drop_unknown_tags(
    path: Path, found: dict[str, list[Sentence]], names: list[str]
) -> tuple[dict[str, list[Sentence]], list[str]]:
    """Leave out sentences with unknown tags, with a note."""
    unknown = Counter(
        tag
        for sentences in found.values()
        for _, tags in sentences
        for tag in tags
        if tag not in names
    )
    if not unknown:
        return found, []
    remaining = {
        split: [one for one in sentences if all(tag in names for tag in one[1])]
        for split, sentences in found.items()
    }
    if not any(remaining.values()):
        raise UserError(
            f"{path}: expected the tags {', '.join(names[:10])}, found "
            f"{', '.join(list(unknown)[:10])}. Give sentences with tags the network was trained on."
        )
    note = f"Left out sentences with tags that the network does not know: {most_common(unknown)}."
    return remaining, [note]


def read_sentences(
    path: Path, tags: str | int | None, encoding: str | None = None
) -> tuple[list[Sentence], str | int]:
    """Read sentences, each a list of words and one of their tags.

    Args:
        path: path of the file.
        tags: name of a column of CoNLL-U, or number of a column; None takes upos, or the last.
        encoding: encoding of the file; None guesses it.

    Returns:
        The sentences, and the column of the tags.

    Raises:
        UserError: if a line has no tag, or another number of columns than the first.
    """
    return parse_sentences(path, read_text(path, encoding), tags)


def parse_sentences(
    path: Path, text: str, tags: str | int | None
) -> tuple[list[Sentence], str | int]:
    """Return the sentences of the text of a file, and the column of the tags."""
    lines = lines_of(text)
    first = next((line for line in lines if _is_token(line)), None)
    if first is None:
        raise UserError(f"{path}: expected lines with a word and its tag, found none.")
    width = len(cells_of(first))
    is_conllu = "\t" in first and width == len(CONLLU) and first.split("\t")[0][0].isdigit()
    if width < 2:
        raise UserError(
            f"{path}: expected a word and its tag on each line, separated by a tab or a blank, got "
            f"{first[:40]!r}."
        )
    tags = tags if tags is not None else "upos" if is_conllu else width - 1
    index, word = _place(path, tags, is_conllu, width), 1 if is_conllu else 0
    known = {
        cells[index] for line in lines if _is_token(line) and len(cells := cells_of(line)) == width
    }
    sentences: list[Sentence] = []
    words, labels = [], []
    for number, line in enumerate([*lines, ""], 1):
        cells = cells_of(line)
        # '# # I-NP' is a token if other lines have its tag, and else a comment.
        is_sign = line.startswith("#") and len(cells) == width and cells[index] in known
        if not _is_token(line) and not is_sign:
            if not line.strip() and words:
                sentences.append((words, labels))
                words, labels = [], []
            continue
        if len(cells) != width:
            raise UserError(
                f"{path}, line {number}: expected {width} columns as in the first line, got "
                f"{len(cells)}. Separate sentences by blank lines."
            )
        if is_conllu and not cells[0].isdigit():  # 3-4 is a contraction, 3.1 an ellipsis
            continue
        if not cells[index] or (is_conllu and cells[index] == "_"):
            raise UserError(
                f"{path}, line {number}: expected a tag in column {tags!r}, got "
                f"{cells[index]!r}. Set dataset.tags to another column."
            )
        words.append(cells[word])
        labels.append(cells[index])
    return sentences, tags


def _is_token(line: str) -> bool:
    return bool(line.strip()) and not re.match(r"#\s|# ?\w+ ?=|-DOCSTART-", line)


def cells_of(line: str) -> list[str]:
    return line.rstrip("\r\n").split("\t") if "\t" in line else line.split()


def _place(path: Path, tags: str | int, is_conllu: bool, width: int) -> int:
    """Return the number of the column of the tags."""
    if isinstance(tags, str) and tags.isdigit():
        tags = int(tags)
    if isinstance(tags, int) and 0 < tags < width:
        return tags
    if is_conllu and tags in CONLLU[2:]:
        return CONLLU.index(tags)
    known = f"{', '.join(CONLLU[2:])} or " if is_conllu else ""
    raise UserError(
        f"{path}: dataset.tags: expected {known}a number from 1 to {width - 1}, got {tags!r}."
    )
