"""Your own labelled sounds: a folder with a sub-folder of WAV files per label."""

import dataclasses
import re
from collections import Counter
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, field_validator

from keras_gru.datasets.common import Fraction
from keras_gru.datasets.fingerprint import Source, source_of_files
from keras_gru.datasets.labelled_vectors import classification_dataset
from keras_gru.datasets.own.files import (
    labelled_files,
    note_on_others,
    note_on_unknown_labels,
    require_path,
)
from keras_gru.datasets.own.own_file import OwnFile
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.sound.recordings import ENDINGS, RecordingSettings, read_recordings
from keras_gru.datasets.split import class_warnings, split_by_class, split_by_group
from keras_gru.errors import UserError
from keras_gru.settings import present


@register_dataset("audio")
class Audio(OwnFile, RecordingSettings):
    """Your own labelled sounds: a folder with a sub-folder of WAV files per label."""

    task: ClassVar[str] = "classification"
    expects: ClassVar[str] = "a folder with a sub-folder of .wav files for each label"
    guessed: ClassVar[tuple[str, ...]] = ("sample_rate",)
    path: Annotated[str, Field(min_length=1, description="the folder")]
    group: Annotated[
        str | None,
        Field(
            max_length=200,
            description="regular expression for file names, whose ( ) is a group kept in one "
            "split, such as a speaker: '_([a-z]+)_'",
        ),
    ] = None
    validation_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.1

    @field_validator("group")
    @classmethod
    def _one_group(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        try:
            count = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"expected a regular expression, got {pattern!r} ({error})") from None
        if count != 1:
            raise ValueError(f"expected one pair of ( ), got {count} in {pattern!r}")
        return pattern

    def source(self) -> Source:
        """Return the checksum of the files."""
        path = require_path(self.path, self.expects)
        return source_of_files(labelled_files(path, ENDINGS)[0] if path.is_dir() else [path], path)

    def load(
        self, preprocessing: Preprocessing | None = None, all_as_test: bool = False
    ) -> SequenceDataset:
        """Read the recordings and split each class at random, by a fixed seed, or by group.

        Args:
            preprocessing: its classes and scaling are used; None fits them.
            all_as_test: put all recordings into test; those of unknown classes are left out.

        Returns:
            A classification dataset of log-mel vectors, each band with mean 0 and standard
            deviation 1 in train.

        Raises:
            UserError: if a file is not a recording, there is only one label, or a split is empty.
        """
        folder = require_path(self.path, self.expects)
        files, notes = _find_files(folder)
        labels = [file.relative_to(folder).parts[0] for file in files]
        names = sorted({*labels})
        if preprocessing is not None:
            names = list(present(preprocessing.target_vocabulary))
        if len(names) < 2:
            raise UserError(
                f"{folder}: expected two labels or more, got only the folder {names[0]!r}. Add a "
                "folder for each label."
            )
        if preprocessing is not None:
            notes += note_on_unknown_labels(folder, Counter(labels), names, "recordings")
            pairs = zip(files, labels, strict=True)
            files = [file for file, label in pairs if label in names]
        found = read_recordings(files, self)
        settings = self.model_copy(update={"sample_rate": found.rate})
        notes += found.notes
        labels = [files[number].relative_to(folder).parts[0] for number in found.numbers]
        silent = sorted({*names} - {*labels}) if preprocessing is None else []
        if silent or not labels:
            raise UserError(
                f"{folder}: expected a recording of {self.frame_ms:g} ms or more, "
                f"dataset.frame_ms, in the folder of each label, got none in {', '.join(silent)}."
            )
        numbers = np.array([names.index(label) for label in labels], np.int32)
        groups = None
        if self.group is not None:
            groups = np.array([_group(files[number], self.group) for number in found.numbers])
        if all_as_test:
            rows = {"test": np.arange(len(labels))}
        else:
            fractions = (self.validation_fraction, self.test_fraction)
            rows = (
                split_by_class(numbers, *fractions)
                if groups is None
                else split_by_group(groups, *fractions)
            )
            notes += class_warnings(numbers, names)
        dataset = classification_dataset(
            folder.name,
            found.vectors,
            numbers,
            rows,
            names,
            settings.spectrogram().columns,
            preprocessing,
            notes=notes,
            groups=groups,
        )
        return dataclasses.replace(dataset, facts=found.facts, resolved=settings)


def _find_files(folder: Path) -> tuple[list[Path], list[str]]:
    if not folder.is_dir():
        raise UserError(f"{folder}: expected {Audio.expects}, got a file. Give the folder.")
    files, others = labelled_files(folder, ENDINGS)
    if not files:
        found = ", ".join(f"{count} {ending}" for ending, count in others.most_common(4)) or "none"
        beside = sum(file.suffix.lower() in ENDINGS for file in folder.iterdir())
        if beside:
            found = f"{beside:,} WAV files beside the folders"
        raise UserError(
            f"{folder}: expected {Audio.expects}, got {found}. Sort them into a "
            "folder for each label, and convert what is no WAV, such as by: ffmpeg -i FILE file.wav"
        )
    notes = note_on_others(others)
    labels = {file.relative_to(folder).parts[0] for file in files}
    empty = [
        path.name for path in sorted(folder.iterdir()) if path.is_dir() and path.name not in labels
    ]
    empty = [name for name in empty if not name.startswith((".", "__MACOSX"))]
    if empty:
        notes.append(f"Warning: no WAV file in the folders {', '.join(map(repr, empty[:5]))}.")
    return files, notes


def _group(file: Path, pattern: str) -> str:
    match = re.search(pattern, file.stem)
    if match is None or match[1] is None:
        raise UserError(
            f"{file}: expected a name that dataset.group, {pattern!r}, matches, got "
            f"{file.stem!r}. Rename it, or change the expression."
        )
    return match[1]
