"""Comparisons of exported files with Keras, stored in `parity.json` beside them."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.json_files import load_json
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.files import write_text
from keras_gru.settings import STORED

FILE = "parity.json"


@dataclass(frozen=True)
class Parity:
    """A comparison of an exported model with the Keras model.

    Args:
        bytes: their size in bytes.
        tolerance: the largest relative difference that is allowed.
        unchecked: the reason if nothing was compared, else `None`.
        difference: the largest absolute difference of an output, divided by the largest absolute
            output, or by 1 if that is larger.
        agreement: the fraction of equal predictions (the largest of C outputs, or the sign of
            each), or `None` where the outputs are not scores.
        accuracy: the fraction of predictions that are right; `None` where that is not known.
        keras_accuracy: the same of Keras.
        milliseconds: the median time of a batch by its size, such as `{"1": 0.2}`; LiteRT runs one
            sequence after the other, a translator one step after the other.
        keras_milliseconds: the same of `predict_on_batch`.
        also: the same of further runtimes that are installed.
        is_random: whether random sequences were compared, as those of the data were not available.
    """

    __pydantic_config__ = STORED

    target: str
    runtime: str
    files: tuple[str, ...]
    bytes: int
    tolerance: float
    unchecked: str | None = None
    sequences: int = 0
    difference: float | None = None
    agreement: float | None = None
    accuracy: float | None = None
    keras_accuracy: float | None = None
    milliseconds: dict[str, float] = field(default_factory=dict)
    keras_milliseconds: dict[str, float] = field(default_factory=dict)
    also: tuple["Parity", ...] = ()
    is_random: bool = False

    @property
    def agrees(self) -> bool:
        """Whether all differences are within the tolerance; true if nothing was compared."""
        within = self.difference is None or self.difference <= self.tolerance
        return within and all(other.agrees for other in self.also)

    def __str__(self) -> str:
        size = f"{self.bytes / 1024:,.0f} KiB"
        lines = [f"{self.target}: {', '.join(self.files)} ({size})"]
        return "\n".join([*lines, *(one._line() for one in (self, *self.also))])

    def _line(self) -> str:
        if self.unchecked:
            return f"  {self.runtime}: unchecked ({self.unchecked})"
        assert self.difference is not None  # a checked file has one
        sequences = f"{self.sequences:,}{' random' * self.is_random} sequences"
        line = f"largest difference {self.difference:.1e} over {sequences}"
        if self.difference > self.tolerance:
            line = f"DIFFERS: {line}, more than {self.tolerance:g}"
        if self.agreement is not None:
            line += f", {100 * self.agreement:.2f} % of predictions equal"
        if self.accuracy is not None and self.keras_accuracy is not None:
            line += f", {100 * self.accuracy:.2f} % right (Keras {100 * self.keras_accuracy:.2f} %)"
        for batch, found in self.milliseconds.items():
            beside = self.keras_milliseconds[batch]
            line += f"; batch of {batch}: {found:.3g} ms (Keras {beside:.3g} ms)"
        return f"  {self.runtime}: {line}"


def export_path(run_directory: RunDirectory, record: RunRecord) -> Path:
    """Return the directory of the exported files of a run."""
    return run_directory.run_path(record.cell, record.seed) / "export"


def load_parities(folder: Path) -> dict[str, Parity]:
    """Load the comparisons of a folder by name, such as `"litert model int8"`."""
    path = folder / FILE
    return load_json(path, dict[str, Parity]) if path.is_file() else {}


def store_parity(folder: Path, name: str, parity: Parity) -> None:
    """Store a comparison in a folder, replacing an earlier one of the same name."""
    folder.mkdir(parents=True, exist_ok=True)
    found = load_parities(folder) | {name: parity}
    rows = {name: asdict(one) for name, one in found.items()}
    write_text(folder / FILE, json.dumps(rows, indent=1))
