"""Files that are either whole or not there."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keras_gru.errors import UserError


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path`, with its ending, that takes its place when the block ends.

    A block that raises, a killed process or a full disk leave what was at `path` as it was.

    Example:

    >>> with replacing("result.txt") as draft:
    ...     draft.write_text("whole")
    """
    path = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        with open(draft, "rb") as file:
            os.fsync(file.fileno())
        os.chmod(draft, 0o666 & ~_umask())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Writes a UTF-8 file, whole or not at all."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")


def read_file(path: str | Path) -> bytes:
    """Read a regular file: a FIFO or a device may have no end.

    Raises:
        UserError: it is something else, or cannot be read.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            found = "folder" if path.is_dir() else "device or a pipe"
            raise UserError(f"{path}: expected a file, found a {found}.")
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}).") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
