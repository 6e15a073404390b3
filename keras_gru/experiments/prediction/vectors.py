"""Read files of vector sequences as inputs for a trained network."""

# N sequences, T time steps, D features

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_gru.datasets.own.audio import Audio
from keras_gru.datasets.own.files import labelled_or_loose_files
from keras_gru.datasets.own.ts import Ts, read_ts
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sound.recordings import ENDINGS, read_recordings
from keras_gru.datasets.split import Split
from keras_gru.datasets.text.tokens import to_rows
from keras_gru.errors import UserError
from keras_gru.experiments.prediction.inputs import Inputs, find_path, with_split
from keras_gru.experiments.prediction.texts import encode_labels
from keras_gru.formatting import plural


def read_sounds(data: Any, config: Audio, preprocessing: Preprocessing) -> Inputs:
    """Read WAV files.

    Args:
        data: the path of a file, of a folder of them, or of one with a folder for each label.

    Raises:
        UserError: if there is not a recording of a frame or more.
    """
    path = _find_file(data, "a .wav file or a folder of them")
    files, labels, notes = [path], None, []
    if path.is_dir():
        files, labels, notes = labelled_or_loose_files(path, ENDINGS)
    found = read_recordings(files, config)
    if not found.vectors:
        raise UserError(
            f"{path}: expected a recording of {config.frame_ms:g} ms or more, found "
            f"{len(files):,} shorter ones. Give a longer recording."
        )
    names = [file.name if path.is_file() else file.relative_to(path).as_posix() for file in files]
    rows = [{"file": name} for name in names]
    notes += found.notes
    return _inputs(found.vectors, found.numbers, rows, labels, preprocessing, notes)


def read_labelled_series(data: Any, config: Ts, preprocessing: Preprocessing) -> Inputs:
    """Read the series of a .ts file, with or without labels.

    Raises:
        UserError: if the series have other dimensions or lengths than those of training.
    """
    path = _find_file(data, "a .ts file")
    cases, notes = read_ts(path, config.missing, has_labels=False)
    spec = preprocessing.spec
    for number, (series, _) in enumerate(cases, 1):
        steps, width = series.shape
        if width != spec.features or spec.length not in (None, steps):
            expected = "any steps" if spec.length is None else plural(spec.length, "step")
            raise UserError(
                f"{path}, series {number}: expected {expected} of "
                f"{plural(spec.features or 0, 'dimension')}, as the network was trained on, found "
                f"{plural(steps, 'step')} of {plural(width, 'dimension')}."
            )
    labels = [label for _, label in cases]
    rows = [{"sequence": number} for number in range(len(cases))]
    vectors = [series for series, _ in cases]
    given = labels if all(labels) else None
    return _inputs(vectors, range(len(cases)), rows, given, preprocessing, notes)


def _find_file(data: Any, expects: str) -> Path:
    path = find_path(data, expects)
    if path is None:
        found = repr(data)[:60] if isinstance(data, str) else type(data).__name__
        raise UserError(f"INPUT: expected {expects}, found {found}. Give its path.")
    return path


def _inputs(
    vectors: Sequence[np.ndarray],
    numbers: Sequence[int],
    rows: Sequence[dict[str, Any]],
    labels: Sequence[str] | None,
    preprocessing: Preprocessing,
    notes: Sequence[str],
) -> Inputs:
    """Return vectors as inputs; `numbers` are their items in `rows`."""
    lengths, notes = np.array([len(sequence) for sequence in vectors]), list(notes)
    flat = np.concatenate(vectors)
    scaling = preprocessing.input_scaling
    flat = flat.astype(np.float32) if scaling is None else scaling.apply(flat)
    targets = np.zeros(len(vectors), int)
    if labels is not None:
        rows = [{**row, "truth": truth} for row, truth in zip(rows, labels, strict=True)]
        targets, unknown = encode_labels([labels[number] for number in numbers], preprocessing)
        notes += unknown
    padding = {"features": lengths} if preprocessing.spec.masked else {}
    split = Split({"features": to_rows(flat, lengths)}, targets, padding)
    dataset = with_split(preprocessing, split)
    return Inputs(dataset, rows, np.array(numbers), tuple(notes))
