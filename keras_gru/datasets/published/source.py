"""Datasets from TFDS: their folders, and use without a network.

`KERAS_GRU_DATA_DIR` is the folder of prepared datasets; if it is not writable, datasets are
prepared in TFDS's folder. `KERAS_GRU_MANUAL_DIR` is a folder of manually downloaded files under
their original names, which are not downloaded again.
"""

import contextlib
import contextvars
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_gru.datasets.fingerprint import Source, source_of_tfds
from keras_gru.errors import UserError

DATA_DIR, MANUAL_DIR = "KERAS_GRU_DATA_DIR", "KERAS_GRU_MANUAL_DIR"

_SPLITTING_SEED = 0  # of a validation split: part of a dataset's definition, not a setting
_RECORDED: contextvars.ContextVar[list[Source]] = contextvars.ContextVar("recorded")
_BY_HAND = f"fetch the file elsewhere, put it into a folder and set {MANUAL_DIR} to that folder"


@contextlib.contextmanager
def record_sources() -> Iterator[list[Source]]:
    """Collect the sources of TFDS datasets that are read in the block."""
    token = _RECORDED.set([])
    try:
        yield _RECORDED.get()
    finally:
        _RECORDED.reset(token)


@contextlib.contextmanager
def _silence_tfds():
    """Silence TFDS, which reports its preparation on stdout and in the log, during a live table."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        before = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(before)


def read(builder, splits: Sequence[str], files: Sequence[str] = (), **builder_arguments) -> dict:
    """Prepare a TFDS dataset if necessary, and read splits into memory.

    Args:
        builder: a builder class, or the name of one of the library's.
        splits: names of splits.
        files: the publisher's names of the files that it is made from.
        **builder_arguments: such as `config`.

    Returns:
        Name of a split -> its `columns`.

    Raises:
        UserError: if a file is missing and cannot be downloaded, or is not the publisher's.
    """
    builder = prepare_builder(builder, files, **builder_arguments)
    return {split: columns(builder, split) for split in splits}


def with_validation(
    columns: Mapping[str, Mapping[str, Any]], validation: int
) -> dict[str, Mapping[str, Any]]:
    """Split train into train and validation, by a fixed seed.

    Args:
        columns: returned by `read` for `"train"` and `"test"`.
        validation: number of examples.

    Returns:
        The same with `"validation"`.
    """
    train = columns["train"]
    size = len(next(iter(train.values())))
    order = np.random.default_rng(_SPLITTING_SEED).permutation(size)
    rows = {"train": order[validation:], "validation": order[:validation]}
    parts = {
        name: {key: _rows(column, index) for key, column in train.items()}
        for name, index in rows.items()
    }
    return {**parts, "test": columns["test"]}


def _rows(column, index: np.ndarray):
    return column[index] if isinstance(column, np.ndarray) else [column[row] for row in index]


@_silence_tfds()
def prepare_builder(builder, files: Sequence[str] | None = (), **builder_arguments):
    """Return the builder of a TFDS dataset; prepare it if necessary.

    Args:
        builder: a callable that makes a builder, or the name of one of the library's.
        files: the publisher's names of the files that it is made from; None asks the builder.
        **builder_arguments: such as `config`.

    Returns:
        A TFDS builder.

    Raises:
        UserError: as `read` does.
    """
    import tensorflow_datasets as tfds

    tfds.disable_progress_bar()

    def make(folder):
        arguments = {"data_dir": folder, **builder_arguments}
        if isinstance(builder, str):
            return tfds.builder(builder, **arguments)
        return builder(**arguments)

    folder = os.environ.get(DATA_DIR)
    candidates = [make(folder)] if folder else []
    if not (folder and candidates[0].is_prepared()):
        candidates.append(make(None))  # TFDS's own folder
    files = _files_of(candidates[0]) if files is None else files
    for candidate in candidates:
        if candidate.is_prepared():
            return _record_source(candidate, files)
    for candidate in candidates:
        if _is_writable(candidate.data_dir_root):
            _prepare(candidate, files)
            return _record_source(candidate, files)
    raise UserError(
        f"The dataset {candidates[0].name} cannot be prepared in "
        f"{' or '.join(str(one.data_dir_root) for one in candidates)}, which cannot be "
        f"written to; set {DATA_DIR} to a folder that can."
    )


def _record_source(builder, files: Sequence[str]):
    """Return the builder, whose name and checksums `record_sources` collects."""
    infos = (builder.url_infos or {}).values()
    checksums = [info.checksum for info in infos if info.filename in files]
    _RECORDED.get([]).append(source_of_tfds(builder.info.full_name, checksums))
    return builder


@_silence_tfds()
def columns(builder, split: str, features: Sequence[str] | None = None) -> dict:
    """Return all examples of a split in stored order.

    Args:
        builder: a prepared TFDS builder.
        split: name of a split.
        features: names of the features to read; None reads all.

    Returns:
        Name of a feature -> array with an entry per example, or a list where lengths differ.
    """
    import tensorflow_datasets as tfds

    # One shard after the other: the order is the order in the files.
    order = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False)
    wanted = (
        None if features is None else tfds.decode.PartialDecoding(dict.fromkeys(features, True))
    )
    examples = builder.as_dataset(
        split=split, shuffle_files=False, read_config=order, decoders=wanted
    )
    features = list(builder.info.features) if features is None else features
    ragged = any(None in builder.info.features[name].shape for name in features)
    if ragged:
        rows = list(tfds.as_numpy(examples))
        return {name: [row[name] for row in rows] for name in features}
    size = builder.info.splits[split].num_examples
    return next(iter(tfds.as_numpy(examples.batch(size))))


class _Asked(Exception):
    """Interrupts a builder at its first request, for `urls`."""

    def __init__(self, urls=()):
        super().__init__()
        self.urls = urls


class _FirstRequest:
    """Replaces TFDS's download manager, to find the files that a builder requests."""

    def download(self, urls):
        raise _Asked(urls)

    download_and_extract = download

    def __getattr__(self, name):
        raise _Asked


def _files_of(builder) -> Sequence[str]:
    """Return the names of the files that a builder requests first, where they are registered."""
    import tensorflow as tf

    try:
        builder._split_generators(_FirstRequest())
    except _Asked as asked:
        wanted = {getattr(url, "url", url) for url in tf.nest.flatten(asked.urls)}
        infos = builder.url_infos or {}
        return [info.filename for url, info in infos.items() if url in wanted]
    except Exception:  # the preparation itself will report any error
        pass
    return ()


def _prepare(builder, files: Sequence[str]) -> None:
    """Download what is not in the folder of files fetched by hand, and write the dataset."""
    import tensorflow_datasets as tfds

    manual = os.environ.get(MANUAL_DIR) or None
    urls = {info.filename: url for url, info in (builder.url_infos or {}).items()}
    for name in files:
        if manual is None or not (Path(manual) / name).is_file():
            check_reachable(builder.name, name, urls[name])
    config = tfds.download.DownloadConfig(manual_dir=manual)
    try:
        builder.download_and_prepare(download_config=config)
    except tfds.download.download_manager.NonMatchingChecksumError:
        where = manual or "the download"
        raise UserError(
            f"The dataset {builder.name}: {' or '.join(files) or 'a file'} in {where} is not the "
            "file that its publisher provides (its SHA-256 differs); fetch it again."
        ) from None
    except tfds.download.DownloadError as error:  # reachable, but the download failed
        raise UserError(
            f"The dataset {builder.name} could not be downloaded ({' '.join(str(error).split())}): "
            f"{_BY_HAND}."
        ) from None
    except OSError as error:
        # Another process may have prepared the same dataset in the meantime.
        if not builder.is_prepared():
            raise UserError(
                f"The dataset {builder.name} could not be prepared in {builder.data_dir}: {error}."
            ) from None


def check_reachable(dataset: str, name: str, url: str) -> None:
    """Raise an error at once if a URL cannot be reached; TFDS would retry for three minutes.

    Args:
        dataset: its name.
        name: the file's name.
        url: where the file is downloaded from.

    Raises:
        UserError: if there is no network, or nothing at that address.
    """
    import requests

    reason = ""
    try:
        answer = requests.head(url, timeout=10, allow_redirects=True)
        if answer.status_code in (404, 410):
            reason = "is gone"
    except requests.RequestException:
        reason = "cannot be reached"
    if reason:
        found = f"which is not in {MANUAL_DIR}{_describe_folder()}"
        manual = os.environ.get(MANUAL_DIR)
        if manual and (Path(manual) / name).is_file():
            found = f"that in {manual} is not the publisher's file (its SHA-256 differs)"
        raise UserError(
            f"The dataset {dataset} needs {name}, {found}, and {url} {reason}: {_BY_HAND}."
        )


def _describe_folder() -> str:
    folder = os.environ.get(MANUAL_DIR)
    return f" ({folder})" if folder else " (not set)"


def _is_writable(folder) -> bool:
    """Return whether a folder, or the nearest existing one above it, can be written to."""
    folder = Path(str(folder)).expanduser()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    # root can write to read-only folders, but should not
    marked = folder.stat().st_mode & 0o222
    return folder.is_dir() and bool(marked) and os.access(folder, os.W_OK)
