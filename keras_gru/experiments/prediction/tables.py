"""Tables from files, the standard input and data frames, for prediction."""

import contextlib
import tempfile
from pathlib import Path
from typing import Any

from keras_gru.datasets.own.own_file import TableFile
from keras_gru.datasets.tables.read import read_table
from keras_gru.datasets.tables.table import Table
from keras_gru.errors import UserError
from keras_gru.experiments.prediction.inputs import STANDARD_INPUT, find_path, standard_input


def is_data_frame(data: Any) -> bool:
    """Return whether an object has named columns, like pandas and polars data frames."""
    return hasattr(data, "columns") and hasattr(data, "__getitem__")


def find_table(data: Any, config: Any, wanted: list[str], expects: str) -> Table:
    """Return the table of an input.

    Args:
        data: a data frame, the path of a table, or `"-"` for a CSV in the standard input.
        config: the settings of the data that the network was trained on; how a table is written is
            guessed where they do not say it.
        wanted: columns that it should have.
        expects: description of the expected file, for error messages.
    """
    if is_data_frame(data):
        return _table_of_frame(data)
    settings = config if isinstance(config, TableFile) else TableFile()
    if isinstance(data, str) and data == STANDARD_INPUT:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "standard input"
            path.write_text(standard_input(), encoding="utf-8")
            return _read(settings, path, wanted)
    path = find_path(data, expects)
    if path is None or path.is_dir():
        found = "a folder" if path else repr(data)[:60]
        raise UserError(f"INPUT: expected {expects}, found {found}. Give the path of such a file.")
    return _read(settings, path, wanted)


def _read(settings: TableFile, path: Path, wanted: list[str]) -> Table:
    """Read a table in the format of the training table, or in a guessed format."""
    for form in settings.formats():
        with contextlib.suppress(UserError):
            table = read_table(form, path, wanted)
            if {*wanted} <= {*table.columns}:
                return table
    return read_table(settings, path, wanted)  # the caller, or an error, says what is wrong


def _table_of_frame(frame: Any) -> Table:
    import pyarrow as pa

    columns = {}
    for name in frame.columns:
        try:
            columns[str(name)] = pa.chunked_array([pa.array(frame[name])])
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise UserError(
                f"the data frame, column {name!r}: expected values of one type, found mixed ones "
                f"({error}). Convert the column."
            ) from None
    return Table(Path("data frame"), "a data frame", columns)
