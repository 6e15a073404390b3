"""A dataset whose arrays several processes read from the same memory."""

import io
import mmap
import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keras_gru.datasets.sequence_dataset import SequenceDataset

_ALIGNMENT = 64  # bytes; frameworks copy an array that is not aligned


def pack(dataset: SequenceDataset) -> tuple[bytes, list[np.ndarray]]:
    """Return a pickled dataset without its arrays, and their bytes; nothing is copied."""
    buffers: list[pickle.PickleBuffer] = []
    content = io.BytesIO()
    _Pickler(content, protocol=5, buffer_callback=buffers.append).dump(dataset)
    return content.getvalue(), [np.frombuffer(buffer.raw(), np.uint8) for buffer in buffers]


def unpack(content: bytes, buffers: Sequence) -> SequenceDataset:
    """Return what `pack` was given; its arrays use the memory of the buffers."""
    return pickle.loads(content, buffers=buffers)


def write_buffers(path: Path, buffers: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """Write buffers to a file; return where each starts and ends."""
    places = []
    with open(path, "wb") as file:
        for buffer in buffers:
            file.write(b"\0" * (-file.tell() % _ALIGNMENT))
            places.append((file.tell(), file.tell() + buffer.nbytes))
            file.write(buffer.data)
        file.write(b"\0")  # an empty file cannot be mapped
    return places


def map_buffers(path: Path, places: Sequence[tuple[int, int]]) -> list[memoryview]:
    """Map the buffers of a file into memory: processes share each page until one writes to it."""
    with open(path, "rb") as file:
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    return [content[start:end] for start, end in places]


class _Pickler(pickle.Pickler):
    """A window over a series is pickled as a view of it, and the series once."""

    def reducer_override(self, obj):
        if type(obj) is not np.ndarray or obj.dtype.hasobject:
            return NotImplemented
        whole = obj
        while isinstance(whole.base, np.ndarray):
            whole = whole.base
        if whole is obj or not whole.flags.c_contiguous or whole.nbytes >= obj.nbytes:
            return NotImplemented
        start = obj.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
        return _view, (whole, start, obj.shape, obj.strides, obj.dtype)


def _view(whole: np.ndarray, start: int, shape, strides, dtype) -> np.ndarray:
    return np.ndarray(shape, dtype, whole, start, strides)
