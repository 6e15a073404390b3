"""JSON files of a run directory, validated against their types when read."""

import functools
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from keras_gru.errors import UserError
from keras_gru.files import read_file, write_text

T = TypeVar("T")


def load_json(path: Path, kind: type[T]) -> T:
    """Load a file with one JSON value.

    Args:
        kind: the type of the value: a dataclass, a pydantic model, or a type such as
            `dict[str, float]`.

    Raises:
        UserError: the file cannot be read, or its content is invalid.
    """
    return parse_json(read_file(path), kind, str(path))


def load_json_lines(path: Path, kind: type[T]) -> tuple[T, ...]:
    """Load a file with one JSON value per line; () if there is no file.

    An incomplete last line, left by a killed process, is ignored.
    """
    if not path.exists():
        return ()
    *lines, last = read_file(path).split(b"\n")
    numbered = enumerate([*lines, *[last] * _is_json(last)], 1)
    return tuple(parse_json(line, kind, f"{path}, line {number}") for number, line in numbered)


def write_json_lines(path: Path, rows: Iterable[object]) -> None:
    """Write a file with one JSON value per line."""
    write_text(path, "".join(json.dumps(row) + "\n" for row in rows))


def append_json(path: Path, row: dict) -> None:
    """Append a JSON line to a file, replacing an incomplete last line.

    Only one process at a time may append.
    """
    line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
    with open(path, "ab") as file:
        last = read_file(path).rpartition(b"\n")[2]
        if _is_json(last):  # an editor removed the end of the line
            line = b"\n" + line
        else:
            file.truncate(file.tell() - len(last))
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def parse_json(text: str | bytes, kind: type[T], where: str) -> T:
    """Parse a JSON value; `where` is its location in error messages."""
    try:
        return _adapter(kind).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"]))
        raise damaged(where, f"{name}: {first['msg']}" if name else first["msg"]) from None


def damaged(where: object, found: str) -> UserError:
    """Return the error for a file of a run directory with invalid content."""
    return UserError(f"{where}: damaged, or not written by this version of keras-gru ({found}).")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


@functools.cache
def _adapter(kind: type[T]) -> TypeAdapter[T]:
    return TypeAdapter(kind)
