"""Your own labelled series in the .ts format of sktime and aeon."""

# N series, T time steps, D dimensions

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Annotated, ClassVar, Literal, NoReturn

import numpy as np
from pydantic import Field

from keras_gru.datasets.common import Fraction
from keras_gru.datasets.fingerprint import Source, source_of_files
from keras_gru.datasets.labelled_vectors import classification_dataset
from keras_gru.datasets.own.files import (
    lines_of,
    note_on_unknown_labels,
    read_text,
    require_path,
)
from keras_gru.datasets.own.own_file import OwnFile
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.split import class_warnings, split_by_class
from keras_gru.errors import UserError
from keras_gru.settings import present

Case = tuple[np.ndarray, str]  # (T, D) and a label


@register_dataset("ts")
class Ts(OwnFile):
    """Your own labelled series in the .ts format of sktime and aeon, of any lengths.

    If there is a NAME_TEST.ts beside NAME_TRAIN.ts, it is the test split.
    """

    task: ClassVar[str] = "classification"
    expects: ClassVar[str] = "a .ts file"
    path: Annotated[str, Field(min_length=1, description="the .ts file")]
    missing: Annotated[
        Literal["error", "interpolate"],
        Field(description="a value '?': an error, or a line between its neighbours"),
    ] = "error"
    scale: Annotated[
        bool, Field(description="scale each dimension by its mean and deviation in train")
    ] = True
    validation_fraction: Fraction = 0.1
    test_fraction: Annotated[Fraction, Field(description="used without a file NAME_TEST.ts")] = 0.1

    def source(self) -> Source:
        """Return the checksum of the file, and of that of test."""
        return source_of_files(self._files())

    def load(
        self, preprocessing: Preprocessing | None = None, all_as_test: bool = False
    ) -> SequenceDataset:
        """Load the series; validation, and test without a file of its own, are split by class.

        Args:
            preprocessing: its classes and scaling are used; None fits them.
            all_as_test: put all series of the file into test.

        Returns:
            A classification dataset of vectors.

        Raises:
            UserError: if the file is invalid, or there is only one class.
        """
        path, *others = self._files()
        cases, notes = read_ts(path, self.missing)
        tests = [] if all_as_test or not others else read_ts(others[0], self.missing)[0]
        _check_width(path, [*cases, *tests], preprocessing)
        names = sorted({label for _, label in [*cases, *tests]})
        if preprocessing is not None:
            names = list(present(preprocessing.target_vocabulary))
            counts = Counter(label for _, label in cases)
            notes += note_on_unknown_labels(path, counts, names, "series")
            cases = [case for case in cases if case[1] in names]
        if len(names) < 2:
            raise UserError(f"{path}: only the class {names[0]!r} was found; two are needed.")
        labels = np.array([names.index(label) for _, label in [*cases, *tests]], np.int32)
        if all_as_test:
            rows = {"test": np.arange(len(cases))}
        else:
            numbers = labels[: len(cases)]
            rows = split_by_class(
                numbers, self.validation_fraction, 0 if tests else self.test_fraction
            )
            rows |= {"test": np.arange(len(cases), len(labels))} if tests else {}
            notes += class_warnings(numbers, names)
        sequences = [series for series, _ in [*cases, *tests]]
        lengths = {*map(len, sequences)}
        fixed = next(iter(lengths)) if len(lengths) == 1 else None
        if preprocessing is not None:
            fixed = preprocessing.spec.length
            if fixed is not None and lengths != {fixed}:
                raise UserError(
                    f"{path}: expected series of {fixed} steps, as the network was trained on, got "
                    f"{min(lengths)} to {max(lengths)}."
                )
        columns = [*map(str, range(sequences[0].shape[1]))] if self.scale else None
        dataset = classification_dataset(
            path.name, sequences, labels, rows, names, columns, preprocessing, fixed, notes
        )
        facts = (("File", ", ".join(file.name for file in (path, *others))),)
        return dataclasses.replace(dataset, facts=facts, resolved=self)

    def _files(self) -> list[Path]:
        path = require_path(self.path, self.expects)
        other = path.with_name(path.name.replace("_TRAIN.", "_TEST."))
        return [path, other] if other != path and other.is_file() else [path]


def _check_width(path: Path, cases: list[Case], preprocessing: Preprocessing | None) -> None:
    width = preprocessing.spec.features if preprocessing else cases[0][0].shape[1]
    for series, _ in cases:
        if series.shape[1] != width:
            raise UserError(
                f"{path}: expected series of {width} dimensions, got one of {series.shape[1]}."
            )


def read_ts(
    path: Path, missing: str = "error", has_labels: bool = True
) -> tuple[list[Case], list[str]]:
    """Read the series of a .ts file.

    Args:
        path: path of the file.
        missing: `"error"`, or `"interpolate"` for the values that are '?'.
        has_labels: whether the file must have labels; else they are "" where it has none.

    Returns:
        N pairs of values (T, D) and a label, and notes.

    Raises:
        UserError: if the file is invalid, or has no labels.
    """
    lines = lines_of(read_text(path))
    head, start = {}, None
    for number, line in enumerate(lines):
        words = line.strip().split()
        if words and words[0].lower() == "@data":
            start = number + 1
            break
        if words and words[0].startswith("@"):
            head[words[0].lower()] = words[1:]
    if start is None:
        raise UserError(f"{path}: expected a .ts file with a line @data, found none.")
    if head.get("@timestamps", ["false"])[0].lower() == "true":
        raise UserError(f"{path}: expected series without time stamps. Write only values.")
    is_labelled = head.get("@classlabel", ["false"])[0].lower() == "true"
    if has_labels and not is_labelled:
        raise UserError(
            f"{path}: expected labels (@classLabel true), found none: for numbers to forecast "
            "write an .npz file."
        )
    known, cases, filled = head.get("@classlabel", [""])[1:], [], 0
    for number, line in enumerate(lines[start:], start + 1):
        if not line.strip() or line.startswith("#"):
            continue
        dimensions = line.strip().split(":")
        label = dimensions.pop() if is_labelled else ""
        place = f"{path}, line {number}"
        if known and label not in known:
            shown = ", ".join(known[:10])
            raise UserError(f"{place}: expected one of the classes {shown}, got {label[:40]!r}.")
        columns = [_values(place, cells) for cells in dimensions]
        if not columns or len({*map(len, columns)}) != 1:
            sizes = ", ".join(str(len(column)) for column in columns) or "none"
            raise UserError(f"{place}: expected dimensions of one length, got {sizes} values.")
        series = np.column_stack(columns)
        gaps = np.isnan(series)
        if gaps.any():
            if missing == "error" or gaps.all(axis=0).any():
                _reject_missing(place, int(gaps.sum()))
            filled += int(gaps.sum())
            series = _interpolate(series)
        cases.append((series, label))
    if not cases:
        raise UserError(f"{path}: expected series after @data, found none.")
    notes = [f"{filled:,} missing values were filled by a line between their neighbours."]
    return cases, notes * (filled > 0)


def _reject_missing(place: str, count: int) -> NoReturn:
    raise UserError(
        f"{place}: expected values, got {count} missing ('?'). Set dataset.missing: interpolate, "
        "or leave the series out."
    )


def _values(place: str, cells: str) -> np.ndarray:
    try:
        values = np.array([np.nan if c.strip() == "?" else float(c) for c in cells.split(",")])
    except ValueError as error:
        raise UserError(f"{place}: expected numbers separated by commas ({error}).") from None
    if np.isinf(values).any():
        raise UserError(f"{place}: expected finite numbers, got infinity.")
    return values


def _interpolate(series: np.ndarray) -> np.ndarray:
    rows, found = np.arange(len(series)), series.copy()
    for column in found.T:
        real = ~np.isnan(column)
        column[~real] = np.interp(rows[~real], rows[real], column[real])
    return found
