"""Columns of a file that are read when they are used, some rows at a time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow


class BlockColumns(Mapping[str, "pyarrow.ChunkedArray"]):
    """Name of a column -> its values.

    Args:
        names: of the columns.
    """

    def __init__(self, names: Sequence[str]):
        self.names = names

    @property
    def rows(self) -> int:
        """Number of rows."""
        raise NotImplementedError

    def blocks(self, name: str, rows: int | None = None) -> "Iterator[pyarrow.Array]":
        """Yield the values of a column, `rows` of them at a time where that is given."""
        raise NotImplementedError

    def __contains__(self, name: object) -> bool:  # without reading it
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)
