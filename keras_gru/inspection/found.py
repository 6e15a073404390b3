"""What was found inside the networks of a run directory. Importing it imports no Keras."""

# Shapes: T time, D features, U units.

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from keras_gru.experiments.json_files import load_json
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.files import write_text


@dataclass(frozen=True)
class Look:
    """What was found in one network.

    Args:
        cell: name in the registry of cells.
        label: the cell's name for a reader.
        seed: of its run.
        gates: each gate's name -> `T x U`, the shown steps of one sequence.
        state: `T x U`, after each of them.
        keep: for each unit the mean share of its state that it keeps over a step; `None` where no
            gate keeps the state.
        reach: what is left of the gradient 0, 1, … steps back, as `reach.mean_reach` gives it.
        ablation: the metric on validation, as trained and then with gates held.
    """

    cell: str
    label: str
    seed: int
    gates: dict[str, list[list[float]]]
    state: list[list[float]]
    keep: list[float] | None
    reach: list[float]
    ablation: dict[str, float]


@dataclass(frozen=True)
class Inspection:
    """What was found in the networks of a comparison, one of each cell.

    Args:
        layer: the recurrent layer that was looked into, counted from 1.
        sequence: number of the sequence of validation that is shown, from 0.
        length: its time steps, of which the first are shown.
        tokens: what it is of, if of tokens.
        features: `T x D`, if of vectors.
        last_step: whether the gradient is that of the last step's loss; elsewhere a sequence has
            one.
        looks: the networks.
    """

    layer: int
    sequence: int
    length: int
    tokens: list[str] | None
    features: list[list[float]] | None
    last_step: bool
    looks: tuple[Look, ...]


def place(folder: RunDirectory) -> Path:
    """The folder of what was found."""
    return folder.path / "inspection"


def save(folder: RunDirectory, inspection: Inspection) -> None:
    """Keeps what was found in the run directory, in place of what was found before."""
    place(folder).mkdir(exist_ok=True)
    write_text(place(folder) / "found.json", json.dumps(dataclasses.asdict(inspection)))


def found_in(path: Path | None) -> Inspection | None:
    """What was found in the networks of a run directory; `None` where nobody has looked.

    Args:
        path: the run directory.

    Raises:
        UserError: the file is damaged.
    """
    if path is None or not (path / "inspection" / "found.json").is_file():
        return None
    return load_json(path / "inspection" / "found.json", Inspection)
