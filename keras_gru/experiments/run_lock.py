"""A lock, so that one process at a time writes to a run directory."""

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from keras_gru.errors import UserError
from keras_gru.files import remove_drafts, write_text

LOCK, HOLDER = ".lock", ".holder.json"
_held: set[Path] = set()


@contextlib.contextmanager
def lock_directory(path: Path) -> Iterator[None]:
    """Lock a run directory against other processes; the lock is reentrant.

    The operating system releases the lock of a killed process; its temporary files are removed.

    Raises:
        UserError: another process holds the lock; the message identifies it.

    Example:

    >>> with lock_directory(run.path):
    ...     run.add(record)
    """
    path = path.resolve()
    if path in _held:
        yield
        return
    lock = FileLock(path / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(
            f"{path}: expected no other process that writes to this run directory, found "
            f"{_read_holder(path)}. Wait until it has ended, or stop it."
        ) from None
    _held.add(path)
    try:
        since = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        write_text(path / HOLDER, json.dumps(holder))
        remove_drafts(path)
        yield
    finally:
        (path / HOLDER).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # Windows cannot remove an open file
            (path / LOCK).unlink()
        lock.release()
        _held.remove(path)


def _read_holder(path: Path) -> str:
    try:
        holder = json.loads((path / HOLDER).read_text(encoding="utf-8"))
        return f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
    except (OSError, ValueError, TypeError, KeyError):
        return "one that has not said which it is"
