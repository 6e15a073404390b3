"""The columns of a Parquet file, read on access."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from keras_gru.datasets.tables.block_columns import BlockColumns
from keras_gru.datasets.tables.file_bytes import check_memory
from keras_gru.errors import UserError

if TYPE_CHECKING:
    import pyarrow

MAGIC = b"PAR1"
_ROWS = 16_384  # of a block


class ParquetColumns(BlockColumns):
    """The columns of a Parquet file.

    Args:
        path: path of the file.
        content: its uncompressed bytes; None reads the required parts of the file.
    """

    def __init__(self, path: Path, content: bytes | None = None):
        self._path, self._content = path, content
        file = self._open()
        super().__init__(file.schema_arrow.names)
        self._rows = file.metadata.num_rows

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self._rows

    def __getitem__(self, name: str) -> "pyarrow.ChunkedArray":
        import pyarrow as pa

        if name not in self.names:
            raise KeyError(name)
        file = self._open()
        groups = (file.metadata.row_group(index) for index in range(file.metadata.num_row_groups))
        chunks = (group.column(index) for group in groups for index in range(group.num_columns))
        own = [chunk for chunk in chunks if chunk.path_in_schema.split(".")[0] == name]
        check_memory(
            self._path, sum(chunk.total_uncompressed_size for chunk in own), f"column {name!r}"
        )
        try:
            return file.read([name]).column(0)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged_error(error) from None

    def blocks(self, name: str, rows: int | None = None) -> "Iterator[pyarrow.Array]":
        """Yield the values of a column, `rows` of them at a time, 16,384 by default."""
        import pyarrow as pa

        try:
            for batch in self._open().iter_batches(rows or _ROWS, columns=[name]):
                yield batch.column(0)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged_error(error) from None

    def _open(self):
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            source = self._path if self._content is None else pa.BufferReader(self._content)
            return pq.ParquetFile(source)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._damaged_error(error) from None

    def _damaged_error(self, error: Exception) -> UserError:
        return UserError(
            f"{self._path}: expected a whole Parquet file, got a damaged one "
            f"({str(error).splitlines()[0][:100]}). Fetch or write it again."
        )
