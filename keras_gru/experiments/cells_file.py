"""Custom cells from a Python file that the user names, such as `--cells-from my_cells.py`.

The file is executed, as a script is, and its text is stored in the run directory. Nothing in a run
directory or a config is executed unless the user names it.
"""

import hashlib
import sys
import traceback
import types
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_gru.cells import cell_names
from keras_gru.errors import UserError
from keras_gru.files import read_file, write_text

STORED = "cells.py"  # in a run directory
_MODULE = "keras_gru_cells_file"
_current: "CellsFile | None" = None


@dataclass(frozen=True)
class CellsFile:
    """The text of a file that registers cells; `path` is for messages."""

    path: str
    text: str

    @property
    def sha256(self) -> str:
        """A hash of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def register(self) -> None:
        """Execute the text in a module of its own, unless this process has done so.

        Raises:
            UserError: the text cannot be executed, or registers no cell.
        """
        global _current
        if _current is not None and _current.sha256 == self.sha256:
            return
        before = set(cell_names())
        module = types.ModuleType(_MODULE)
        module.__file__ = self.path
        sys.modules[_MODULE] = module  # pickle and dataclasses look up its classes there
        try:
            exec(compile(self.text, self.path, "exec"), module.__dict__)
        except UserError:
            raise
        except Exception as error:
            line = _line_of(error, self.path)
            raise UserError(
                f"{self.path}{line}: expected Python code that registers cells, got "
                f"{type(error).__name__}: {error}. Run it with python to see more."
            ) from error
        if set(cell_names()) == before:
            raise UserError(
                f"{self.path}: expected calls of keras_gru.register_cell, got none. "
                "recipes/own_cell.py has an example."
            )
        _current = self


def read_cells(path: Path) -> CellsFile:
    """Read a file that registers cells, without executing it.

    Raises:
        UserError: the file cannot be read, or is not text.
    """
    try:
        return CellsFile(str(path), read_file(path).decode())
    except UnicodeDecodeError:
        raise UserError(f"{path}: expected a Python file, got other data.") from None


def current() -> CellsFile | None:
    """Return the file whose cells this process has registered, for its worker processes."""
    return _current


def store_cells(directory: Path, cells: Sequence[str]) -> None:
    """Store the text of this process' cells file in a run directory, after `check_cells`.

    Raises:
        UserError: the run directory has another text.
    """
    check_cells(directory, cells)
    if _current is not None:
        write_text(directory / STORED, _current.text)


def check_cells(directory: Path, cells: Sequence[str]) -> None:
    """Check that the cells of a run directory are those that this process has registered.

    Args:
        cells: names of the required cells. A script may have registered them itself.

    Raises:
        UserError: the directory has a cells file, and the user named none or a different one.
    """
    stored = directory / STORED
    if not stored.is_file():
        return
    text = read_file(stored).decode(errors="replace")
    if _current is None and set(cells) <= set(cell_names()):
        return
    if _current is None:
        raise UserError(
            f"{directory}: expected the file of its cells. Look at it and add: "
            f"--cells-from {stored}"
        )
    own = CellsFile(str(stored), text)
    if own.sha256 != _current.sha256:
        raise UserError(
            f"{_current.path}: expected the cells of the run, {stored} (sha256 {own.sha256[:12]}), "
            f"got others (sha256 {_current.sha256[:12]}). Add --cells-from {stored}, or start a "
            "new run."
        )


def _line_of(error: Exception, path: str) -> str:
    """Return the line of a file at which an error was raised, as `:3`."""
    if isinstance(error, SyntaxError):
        return f":{error.lineno}" if error.lineno else ""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == path]
    return f":{lines[-1]}" if lines else ""
