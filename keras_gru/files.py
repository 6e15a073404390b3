"""Files: atomic writing, and reading of regular files only."""

import math
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from keras_gru.errors import UserError

if TYPE_CHECKING:
    import numpy as np

_MOST_INFLATED = 1_100  # bytes that deflate can make of one: 1,032, and some room


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Return a temporary path beside `path` that replaces it when the block ends.

    After an exception, a killed process or a full disk, the old file is unchanged.

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
        with open(draft, "rb+") as file:  # Windows syncs only what is open for writing
            os.fsync(file.fileno())
        os.chmod(draft, 0o666 & ~_umask())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def remove_drafts(folder: str | Path) -> None:
    """Remove the temporary files of killed processes from a folder and its sub-folders."""
    for draft in Path(folder).rglob(".*-*.*"):
        if draft.is_file():
            draft.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 file, atomically."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")


def read_file(path: str | Path) -> bytes:
    """Read a regular file. A FIFO or a device may be endless.

    Raises:
        UserError: it is not a regular file, or cannot be read.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            found = "a folder" if path.is_dir() else "a pipe or a device"
            raise UserError(f"{path}: expected a regular file, got {found}.")
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}).") from None


def user_path(text: str | os.PathLike) -> Path:
    """Return the path that a user wrote, with `~` and `~name` replaced by home folders.

    Raises:
        UserError: there is no such user, or the text is not a valid path.
    """
    if not is_text(str(text)):
        raise UserError(f"{str(text)!a}: expected a path, got characters that no path has.")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise UserError(f"{text}: there is no home folder of that user; write it out.") from None


def is_text(text: str) -> bool:
    """Return whether a string contains neither NUL nor lone surrogates."""
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text)


def load_arrays(path: str | Path, remedy: str) -> dict[str, "np.ndarray"]:
    """Load the arrays of an .npz file; nothing in it is unpickled.

    Headers are checked against the size of the data before memory is allocated.

    Args:
        remedy: last words of the error, such as `"delete it"`.

    Raises:
        UserError: the file is not an .npz file, is damaged, or contains Python objects.
    """
    path = Path(path)
    if path.is_file() and not zipfile.is_zipfile(path):
        raise UserError(f"{path}: not an .npz file; {remedy}.")
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
            return {
                member.filename[: -len(".npy")]: _load_array(archive, member) for member in members
            }
    except Exception as error:  # zipfile and NumPy raise many types for damaged files
        found = (str(error) or type(error).__name__).splitlines()[0][:100]
        raise UserError(f"{path}: a damaged .npz file ({found}); {remedy}.") from None


def _load_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> "np.ndarray":
    import numpy as np

    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{member.filename}: an unknown compression")
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        versions = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        shape, _, dtype = versions[version](file)
        if dtype.hasobject:
            raise ValueError("an array holds Python objects, where only numbers are read")
        claimed, size = math.prod(shape) * dtype.itemsize, member.file_size - file.tell()
        if min(shape, default=0) < 0 or claimed != size:
            raise ValueError(f"{member.filename}: {size:,} bytes for the shape {shape}")
        if member.file_size > _MOST_INFLATED * (member.compress_size + 1):
            raise ValueError(f"{member.filename}: a wrong size")
        file.seek(0)
        return np.lib.format.read_array(file, allow_pickle=False)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
