"""The stored result of an inspection. Importing this module does not import Keras."""

# Shapes: T time, D features, U units.

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from keras_gru.experiments.json_files import load_json
from keras_gru.files import write_text

FILE = Path("inspection") / "inspection.json"


@dataclass(frozen=True)
class NetworkInspection:
    """The measurements of one network.

    Args:
        gates: each gate's name -> `T x U`, the shown steps of one sequence.
        state: `T x U`, after each of them.
        keep: for each unit, the mean fraction of its state that it keeps over a step; None if no
            gate keeps the state.
        gradient_decay: the fraction of the gradient 0, 1, … steps back
            (`gradients.gradient_decay`).
        ablation: the metric on validation, as trained and then with constant gates.
    """

    cell: str
    label: str
    seed: int
    gates: dict[str, list[list[float]]]
    state: list[list[float]]
    keep: list[float] | None
    gradient_decay: list[float]
    ablation: dict[str, float]


@dataclass(frozen=True)
class Inspection:
    """The inspection of a comparison: one network of each cell.

    Args:
        layer: the recurrent layer that was inspected, counted from 1.
        sequence: number of the sequence of validation that is shown, from 0.
        length: its time steps, of which the first are shown.
        tokens: its tokens, where it consists of tokens.
        features: `T x D`, where it consists of vectors.
        last_step: whether the gradient is that of the last step's loss; elsewhere a sequence has
            one loss.
    """

    layer: int
    sequence: int
    length: int
    tokens: list[str] | None
    features: list[list[float]] | None
    last_step: bool
    networks: tuple[NetworkInspection, ...]


def save_inspection(directory: Path, inspection: Inspection) -> None:
    """Write an inspection to a run directory, replacing an earlier one."""
    (directory / FILE).parent.mkdir(exist_ok=True)
    write_text(directory / FILE, json.dumps(dataclasses.asdict(inspection)))


def read_inspection(directory: Path | None) -> Inspection | None:
    """Return the stored inspection of a run directory, or None."""
    if directory is None or not (directory / FILE).is_file():
        return None
    return load_json(directory / FILE, Inspection)
