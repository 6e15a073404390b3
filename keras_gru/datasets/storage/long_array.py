"""Arrays that are built block by block, in memory or, if they are long, in a file."""

import tempfile
from collections.abc import Iterator

import numpy as np

from keras_gru.datasets.storage.cache_folder import cache_folder

_IN_MEMORY = 256 << 20  # bytes
_BLOCK = 1 << 22  # values per step of a computation


class ArrayWriter:
    """Builds a flat array from blocks.

    Up to 256 MB are in memory. A longer array is in a temporary file in the cache folder, which is
    removed with the array, and only the parts that are read take memory.

    Example:

    >>> writer = ArrayWriter(np.int32)
    >>> writer.append([1, 2])
    >>> writer.append([3])
    >>> writer.array()
    array([1, 2, 3], dtype=int32)
    """

    def __init__(self, dtype: "np.typing.DTypeLike"):
        self.dtype, self.size = np.dtype(dtype), 0
        self._blocks: list[np.ndarray] = []
        self._file = None

    def append(self, block) -> None:
        """Append values."""
        block = np.ascontiguousarray(block, self.dtype)
        self.size += len(block)
        if self._file is None and self.size * self.dtype.itemsize > _IN_MEMORY:
            self._file = tempfile.TemporaryFile(dir=cache_folder())  # noqa: SIM115 - a map of it is returned
            for earlier in self._blocks:
                self._file.write(earlier.data)
            self._blocks = []
        if self._file is None:
            self._blocks.append(block)
        else:
            self._file.write(block.data)

    def array(self) -> np.ndarray:
        """Return the array, and reset the writer."""
        if self._file is None:
            found = np.empty(self.size, self.dtype)
            start = 0
            while self._blocks:  # each is freed as it is copied
                block = self._blocks.pop(0)
                found[start : start + len(block)] = block
                start += len(block)
            return found
        with self._file as file:  # the map stays open
            file.flush()
            return np.memmap(file, self.dtype, "r", shape=(self.size,)).view(np.ndarray)


def blocks_of(array: np.ndarray) -> Iterator[np.ndarray]:
    """Yield an array (n, ...) in parts, a few megabytes each."""
    size = max(1, _BLOCK // max(1, int(np.prod(array.shape[1:]))))
    for start in range(0, len(array), size):
        yield array[start : start + size]


def look_up(table: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return `table[codes]`, computed in blocks."""
    writer = ArrayWriter(table.dtype)
    for block in blocks_of(codes):
        writer.append(table[block])
    return writer.array()


def release_memory() -> None:
    """Return freed memory to the system, which Arrow and the C library delay."""
    import pyarrow as pa

    for pool in (pa.default_memory_pool(), pa.system_memory_pool()):
        pool.release_unused()
