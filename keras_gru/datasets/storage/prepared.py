"""A dataset in two files: memory-mapped arrays, and everything else as JSON.

Processes share the memory of the arrays, and data that do not fit into memory are read from the
disk on access. The cache of prepared files and parallel training processes use this format. Nothing
is pickled.
"""

import dataclasses
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from keras_gru.datasets.metric import Baseline, Metric
from keras_gru.datasets.own.own_file import OwnFile
from keras_gru.datasets.preprocessing import Preprocessing, SeriesEnd
from keras_gru.datasets.sequence_dataset import SequenceDataset, Source, Split
from keras_gru.datasets.text.token_rows import TokenRows

ARRAYS, HEADER = "arrays.bin", "dataset.json"
_ALIGNMENT = 64  # bytes; frameworks copy an array that is not aligned
_BLOCK = 1 << 24  # bytes


class DamagedCopy(Exception):
    """The files are damaged or were changed."""


@dataclass(frozen=True)
class _Rest:
    """The remaining fields of a `SequenceDataset`, without arrays."""

    baselines: tuple[Baseline, ...]
    notes: tuple[str, ...]
    source: Source | None
    stage_epochs: int
    passes: int
    facts: tuple[tuple[str, str], ...]
    ends: tuple[SeriesEnd, ...]
    other_metrics: tuple[Metric, ...]


_PREPROCESSING, _REST = TypeAdapter(Preprocessing), TypeAdapter(_Rest)


def to_parts(dataset: SequenceDataset) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Return a dataset as JSON content and arrays, without copying.

    Arrays that are views of the same array, such as windows of a series, are stored once.
    """
    arrays: list[np.ndarray] = []
    header = _describe(dataset, arrays)
    wholes = [_base_array(array) for array in arrays]
    used: dict[int, int] = {}
    for array, whole in zip(arrays, wholes, strict=True):
        used[id(whole)] = used.get(id(whole), 0) + array.nbytes
    buffers: dict[int, np.ndarray] = {}
    places = []
    for array, whole in zip(arrays, wholes, strict=True):
        if used[id(whole)] < whole.nbytes and _mapped_file(whole) is None:  # little of it is used
            array = whole = np.ascontiguousarray(array)
        buffers[id(whole)] = whole
        places.append(
            {
                "buffer": list(buffers).index(id(whole)),
                "start": _address(array) - _address(whole),
                "shape": array.shape,
                "strides": array.strides,
                "dtype": array.dtype.str,
            }
        )
    return {**header, "arrays": places}, list(buffers.values())


def from_parts(
    header: Mapping[str, Any], buffers: Sequence, settings: type[OwnFile] | None = None
) -> SequenceDataset:
    """Return the dataset of `to_parts`; its arrays use the memory of the buffers.

    Args:
        header: the first part, possibly loaded from JSON.
        buffers: the bytes of the second part.
        settings: class of the settings of a user's file; None leaves them out.
    """
    arrays = [
        np.ndarray(
            place["shape"],
            place["dtype"],
            buffers[place["buffer"]],
            place["start"],
            place["strides"],
        )
        for place in header["arrays"]
    ]
    return _build(header, arrays, settings)


def write_prepared(dataset: SequenceDataset, folder: Path) -> None:
    """Write a dataset into a folder, with references to arrays that are already in such a file.

    Raises:
        OSError: such as for a full disk.
    """
    header, buffers = to_parts(dataset)
    places = []
    with open(folder / ARRAYS, "wb") as file:
        for buffer in buffers:
            if (mapped := _mapped_file(buffer)) is not None:
                places.append({"file": str(mapped), "start": 0, "size": buffer.nbytes})
                continue
            file.write(b"\0" * (-file.tell() % _ALIGNMENT))
            places.append({"file": "", "start": file.tell(), "size": buffer.nbytes})
            for start in range(0, buffer.nbytes, _BLOCK):
                file.write(buffer.reshape(-1).view(np.uint8)[start : start + _BLOCK].data)
        file.write(b"\0")  # an empty file cannot be mapped
    checksum = _checksum(folder / ARRAYS)
    text = json.dumps({**header, "places": places, "checksum": checksum})
    (folder / HEADER).write_text(f"{zlib.crc32(text.encode())}\n{text}", encoding="utf-8")


def read_prepared(folder: Path, settings: type[OwnFile] | None = None) -> SequenceDataset:
    """Return the dataset in a folder; its arrays are memory-mapped and read-only.

    Args:
        folder: the folder given to `write_prepared`.
        settings: class of the settings of a user's file; None leaves them out.

    Raises:
        DamagedCopy: if the files are damaged or were changed.
    """
    try:
        checksum, _, text = (folder / HEADER).read_text(encoding="utf-8").partition("\n")
        if int(checksum) != zlib.crc32(text.encode()):
            raise DamagedCopy(f"{folder / HEADER} was changed")
        header = json.loads(text)
        if header["checksum"] != _checksum(folder / ARRAYS):
            raise DamagedCopy(f"{folder / ARRAYS} was changed")
        maps, buffers = {}, []
        for place in header["places"]:
            path = place["file"] or str(folder / ARRAYS)
            if path not in maps:
                maps[path] = np.memmap(path, np.uint8, "r")
            buffers.append(maps[path][place["start"] : place["start"] + place["size"]])
        return from_parts(header, buffers, settings)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise DamagedCopy(f"{folder}: {error}") from error


def _checksum(path: Path) -> int:
    found = 0
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            found = zlib.crc32(block, found)
    return found


def _base_array(array: np.ndarray) -> np.ndarray:
    """Return the array that this one is a view of."""
    whole = base = array
    while base is not None:  # NumPy puts another object between windows and their series
        whole = base if isinstance(base, np.ndarray) else whole
        base = getattr(base, "base", None)
    return whole if whole.flags.c_contiguous else np.ascontiguousarray(array)


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def _mapped_file(buffer: np.ndarray) -> Path | None:
    """Return the file of arrays that a buffer maps entirely, or None."""
    path = Path(getattr(buffer, "filename", None) or "")
    return path if path.name == ARRAYS and path.exists() else None


def _describe(dataset: SequenceDataset, arrays: list[np.ndarray]) -> dict[str, Any]:
    """Return a dataset for JSON, with numbers for its arrays, which are appended."""

    def add(array: np.ndarray | TokenRows) -> int | list:
        if isinstance(array, TokenRows):
            return [add(part) for part in (array.flat, array.lengths, array.starts)] + [
                array.longest
            ]
        arrays.append(array)
        return len(arrays) - 1

    def split(value: Split) -> dict[str, Any]:
        return {
            "inputs": {name: add(array) for name, array in value.inputs.items()},
            "targets": add(value.targets),
            "lengths": {name: add(array) for name, array in value.lengths.items()},
            "stepwise": value.stepwise,
            "weights": None if value.weights is None else add(value.weights),
            "overlapping": value.overlapping,
            "groups": None if value.groups is None else add(value.groups),
        }

    rest = _Rest(*(getattr(dataset, field.name) for field in dataclasses.fields(_Rest)))
    resolved = dataset.resolved
    return {
        "preprocessing": _PREPROCESSING.dump_python(dataset.preprocessing, mode="json"),
        "rest": _REST.dump_python(rest, mode="json"),
        "splits": {name: split(value) for name, value in dataset.splits.items()},
        "stages": [_describe(stage, arrays) for stage in dataset.stages],
        "resolved": None if resolved is None else resolved.model_dump(mode="json"),
    }


def _build(
    header: Mapping[str, Any], arrays: Sequence[np.ndarray], settings: type[OwnFile] | None
) -> SequenceDataset:
    def find(number: int | Sequence[int]) -> Any:
        if isinstance(number, int):
            return arrays[number]
        flat, lengths, starts, longest = number
        return TokenRows(arrays[flat], arrays[lengths], arrays[starts], longest)

    def split(tree: Mapping[str, Any]) -> Split:
        return Split(
            {name: find(place) for name, place in tree["inputs"].items()},
            find(tree["targets"]),
            {name: find(place) for name, place in tree["lengths"].items()},
            tree["stepwise"],
            None if tree["weights"] is None else find(tree["weights"]),
            tree["overlapping"],
            None if tree["groups"] is None else find(tree["groups"]),
        )

    preprocessing = _PREPROCESSING.validate_python(header["preprocessing"])
    rest = _REST.validate_python(header["rest"])
    resolved = header["resolved"]
    return SequenceDataset(
        **vars(preprocessing),
        **vars(rest),
        splits={name: split(tree) for name, tree in header["splits"].items()},
        stages=tuple(_build(stage, arrays, None) for stage in header["stages"]),
        resolved=settings.model_validate(resolved) if settings and resolved is not None else None,
    )
