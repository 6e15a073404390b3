"""A cache of prepared datasets: large files are read and tokenized only once.

An entry is a folder of `KERAS_GRU_CACHE_DIR`, by default `~/.cache/keras_gru`, named by a checksum
of the file, of the dataset's settings and of the code that prepares it. Entries may be deleted
at any time; the least recently used ones are deleted when the total size exceeds 20 GB.
"""

import functools
import hashlib
import json
import os
import re
import shutil
import tempfile
from pathlib import Path

from keras_gru.datasets.fingerprint import Source
from keras_gru.datasets.own.files import require_path
from keras_gru.datasets.own.own_file import OwnFile
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.storage.cache_folder import cache_folder
from keras_gru.datasets.storage.prepared import DamagedCopy, read_prepared, write_prepared

_SMALLEST = 8_000_000  # bytes of the smallest file that is cached
_MOST = 20_000_000_000  # bytes of all entries
_SAME = ".same"  # suffix of a file that contains the name of an entry


def load_through_cache(
    config: OwnFile, source: Source, preprocessing: Preprocessing | None
) -> SequenceDataset:
    """Load a user's file, from the cache if possible.

    Args:
        config: its settings.
        source: the checksum of the file.
        preprocessing: as in `OwnFile.load`.
    """
    folder = cache_folder() if config.cache and _size(config) >= _SMALLEST else None
    if folder is None:
        return config.load(preprocessing)
    entry = _entry(folder, _key(config, source))
    dataset = _read(entry, type(config))
    if dataset is not None and preprocessing in (None, dataset.preprocessing):
        return dataset
    dataset = config.load(preprocessing)
    if preprocessing is not None:
        return dataset
    return _write(folder, config, dataset, source) or dataset


def _size(config: OwnFile) -> int:
    path = require_path(config.path, config.expects)
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def _key(config: OwnFile, source: Source) -> str:
    """Return the name of an entry."""
    settings = config.model_dump_json(exclude={"cache", "metric"})
    content = json.dumps([source.sha256, settings, _version()])
    return hashlib.sha256(content.encode()).hexdigest()[:32]


@functools.cache
def _version() -> str:
    """Return a checksum of the code that prepares data, as entries of other code are invalid."""
    total = hashlib.sha256()
    for path in _code():
        total.update(path.read_bytes())
    return total.hexdigest()


def _code() -> list[Path]:
    """Return the files of the package `keras_gru.datasets`."""
    return sorted(Path(__file__).parents[1].rglob("*.py"))


def _entry(folder: Path, key: str) -> Path:
    """Return the entry of a key, directly or through the settings before guessing."""
    if not (folder / key).is_dir():
        try:
            same = (folder / f"{key}{_SAME}").read_text().strip()
        except (OSError, ValueError):
            same = ""
        if re.fullmatch(r"[0-9a-f]{32}", same):
            return folder / same
    return folder / key


def _read(entry: Path, settings: type[OwnFile]) -> SequenceDataset | None:
    """Return the dataset of an entry; None if it is missing or damaged."""
    if not entry.is_dir():
        return None
    try:
        dataset = read_prepared(entry, settings)
        os.utime(entry)  # mark it as used
    except (DamagedCopy, OSError):
        shutil.rmtree(entry, ignore_errors=True)
        return None
    return dataset


def _write(
    folder: Path, config: OwnFile, dataset: SequenceDataset, source: Source
) -> SequenceDataset | None:
    """Write an entry and return its dataset; None if it cannot be written."""
    key = _key(config, source)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder))
    try:
        write_prepared(dataset, draft)
        if (folder / key).is_dir():  # another process was faster
            shutil.rmtree(draft)
        else:
            draft.rename(folder / key)
        resolved = dataset.resolved if isinstance(dataset.resolved, OwnFile) else config
        same = _key(resolved, source)
        if same != key:
            (folder / f"{same}{_SAME}").write_text(key)
        _remove_oldest(folder, keep=folder / key)
        return read_prepared(folder / key, type(config))
    except (OSError, DamagedCopy):  # such as a full disk
        shutil.rmtree(draft, ignore_errors=True)
        return None


def _remove_oldest(folder: Path, keep: Path) -> None:
    """Remove the least recently used entries if the cache is too large."""
    entries = sorted(
        (entry for entry in folder.iterdir() if entry.is_dir()),
        key=lambda entry: entry.stat().st_mtime,
    )
    size = {entry: sum(file.stat().st_size for file in entry.iterdir()) for entry in entries}
    total = sum(size.values())
    for entry in entries:
        if total <= _MOST:
            return
        if entry != keep:
            shutil.rmtree(entry, ignore_errors=True)
            total -= size[entry]
