"""Suggested settings for a user's data, with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from keras_gru.datasets.own.own_file import OwnFile
from keras_gru.datasets.registry import dataset_kinds
from keras_gru.datasets.tables.dialect import MISSING
from keras_gru.datasets.tables.table import Table


@dataclass(frozen=True)
class Choice:
    """The value of a setting, and the reason for it."""

    value: object
    reason: str = ""


@dataclass(frozen=True)
class Suggestion:
    """Settings of a dataset and of a model for it.

    Args:
        dataset: name of a setting of `dataset:` -> its value and the reason.
        model: the same of `model:`.
        training: the same of `training:`.
    """

    dataset: Mapping[str, Choice]
    model: Mapping[str, Choice]
    training: Mapping[str, Choice] = field(default_factory=dict)

    def config(self, path: Path) -> OwnFile:
        """Return the validated settings of the dataset.

        Raises:
            pydantic.ValidationError: if the user's own settings do not fit.
        """
        values = {name: choice.value for name, choice in self.dataset.items()}
        config = dataset_kinds()[str(values["kind"])].model_validate({**values, "path": str(path)})
        assert isinstance(config, OwnFile)  # a user's file has such a kind
        return config


def with_given(choices: Mapping[str, Choice], given: Mapping[str, object]) -> dict[str, Choice]:
    """Return the choices, replaced by the settings that the user gave."""
    return {**choices, **{name: Choice(value, "given") for name, value in given.items()}}


def text_cells(table: Table, name: str) -> list[str] | None:
    """Return the first non-empty cells of a text column; None for other columns."""
    import pyarrow as pa

    column = table.head(name, 2_000)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return None
    return [cell.strip() for cell in column.to_pylist() if cell and cell.strip()]


def is_numeric(table: Table, name: str) -> bool:
    """Return whether the cells of a column are numbers, or missing; a few may be wrong."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from keras_gru.datasets.tables.dialect import Signs, number_pattern

    column = table.head(name, 1)
    cells = text_cells(table, name)
    if cells is None:
        return pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    cells = [cell for cell in cells if cell.lower() not in MISSING]
    if not cells:
        return False
    pattern = number_pattern(table.signs_of(name) or Signs(".", ","))
    matched = pc.match_substring_regex(pa.array(cells), pattern)
    return pc.mean(matched).as_py() > 0.9
