"""The store: a folder per comparison, in which whatever is finished stays whole.

runs/<name>/<time>/
  experiment.yaml     the resolved experiment, accepted back unchanged
  preprocessing.json  vocabulary, labels, scaling, shapes, metric, fingerprint of the data
  facts.json          versions, hardware, sizes of the splits, padding, baselines, latencies
  results.jsonl       one line per run; of several lines of the same run the last counts
  tuning.jsonl        one line per trial, where settings are tuned
  tuning/<cell>-<n>/  history.jsonl of a trial, and checkpoint.npz until it is finished
  report.html
  shares/<share>/     the same again, on a share of the training sequences: a learning curve
  inspection/         what keras-gru inspect found, and its pictures
  <cell>-seed<n>/     history.jsonl (one line per epoch), best.keras, checkpoint.npz until finished
"""

import dataclasses
import json
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from keras_gru.datasets.sequence_dataset import Baseline, Metric
from keras_gru.errors import UserError
from keras_gru.experiments.configuration.experiment import Experiment, Value
from keras_gru.experiments.configuration.yaml_files import dump_experiment, load_experiment
from keras_gru.experiments.json_files import append_json, damaged, load_json, load_json_lines
from keras_gru.experiments.run_checks import (
    Count,
    Epoch,
    Facts,
    Metrics,
    NonNegative,
    check_comparison,
)
from keras_gru.experiments.run_lock import lock_directory
from keras_gru.files import write_text
from keras_gru.settings import STORED


@dataclass(frozen=True)
class RunRecord:
    """One trained network.

    Args:
        cell: name in the registry of cells.
        label: the cell's name for a reader.
        seed: of the initial weights, the order of the data and dropout.
        status: `"finished"`, `"diverged"` (the loss was no number) or, in a sweep, `"pruned"`.
        message: why, where it is not finished.
        units: of each recurrent layer.
        parameters: weights of the whole model.
        recurrent_parameters: weights of its recurrent layers.
        epochs: epochs trained.
        best_epoch: the epoch, from 1, whose weights are kept: best on validation.
        validation: metrics on validation with those weights; errors are in the metric's unit.
        test: metrics on test with those weights, read once.
        seconds: of training and validation, all epochs.
        seconds_per_epoch: median of the epochs' training part, without the first: it compiles.
        steps_per_second: optimizer steps, from the same median.
        path: how it was trained, such as `"XLA fused"`: compiled by XLA or run as a graph, and by
            which path of the layers (`keras_gru.RNN.path`).
        history: one row per epoch.
        settings: the experiment's settings that tuning chose for it, or tries in it, by dotted
            name.
        multiply_adds: of its recurrent layers for each time step; None in older folders.
        peak_memory: bytes that the process had held at most until the end of its training; None
            where it is not known.
        test_blocks: the metric on each block of test (`Split.blocks`); () where it is not known.
        metric: the metric that runs are compared by, with its unit, such as `"MAE (passengers)"`.
    """

    __pydantic_config__ = STORED

    cell: str
    label: str
    seed: Count
    status: Literal["finished", "diverged", "pruned"]
    message: str
    units: Count
    parameters: Count
    recurrent_parameters: Count
    epochs: Count
    best_epoch: Count
    validation: Metrics
    test: Metrics
    seconds: NonNegative
    seconds_per_epoch: NonNegative
    steps_per_second: NonNegative
    path: str
    history: tuple[Epoch, ...] = ()
    settings: dict[str, Value] = field(default_factory=dict)
    multiply_adds: Count | None = None
    peak_memory: Count | None = None
    test_blocks: tuple[float, ...] = ()
    metric: str = field(kw_only=True)


@dataclass(frozen=True)
class Comparison:
    """What a comparison found: what the page and the table are made of."""

    experiment: Experiment
    metric: Metric
    runs: tuple[RunRecord, ...]
    baselines: tuple[Baseline, ...]
    facts: dict
    folder: Path | None = None
    tries: tuple[RunRecord, ...] = ()

    def runs_of(self, cell: str) -> list[RunRecord]:
        """A cell's runs, finished or not."""
        return [run for run in self.runs if run.cell == cell]

    def tested(self, cell: str) -> dict[int, float]:
        """By seed, the test metric of a cell's finished runs, where it is a number in range."""
        found = {
            run.seed: run.test[self.metric.name]
            for run in self.runs_of(cell)
            if run.status == "finished"
        }
        return {seed: value for seed, value in found.items() if self.metric.is_in_range(value)}


class RunFolder:
    """One comparison on disk.

    Args:
        path: a folder that `RunFolder.create` made.

    Raises:
        UserError: where `path` is not such a folder.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        if not (self.path / "experiment.yaml").is_file():
            raise UserError(
                f"{path}: not a run folder (it has no experiment.yaml); "
                "give one such as runs/quickstart/2026-01-31_12-00-00."
            )

    @classmethod
    def create(cls, experiment: Experiment) -> "RunFolder":
        """A new folder below `experiment.runs`, named by the time."""
        parent = Path(experiment.runs) / experiment.name
        name = stem = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
        try:
            parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"runs: the folder {parent} cannot be made ({error.strerror}); "
                "name one that can be written to."
            ) from None
        for number in range(2, 1000):
            try:
                (parent / name).mkdir()
                break
            except FileExistsError:
                name = f"{stem}_{number}"
        write_text(parent / name / "experiment.yaml", dump_experiment(experiment))
        return cls(parent / name)

    def of_share(self, share: float) -> "RunFolder":
        """The same experiment on a share of the training sequences; made if it is not there."""
        path = self.path / "shares" / f"{share:g}"
        path.mkdir(parents=True, exist_ok=True)
        if not (path / "experiment.yaml").is_file():
            write_text(path / "experiment.yaml", dump_experiment(self.experiment()))
        return RunFolder(path)

    def locked(self) -> AbstractContextManager[None]:
        """Lock the run directory, with all its shares, as `lock_directory` says."""
        return lock_directory(self.path.parent.parent if self.is_of_a_share else self.path)

    @property
    def is_of_a_share(self) -> bool:
        """Whether `of_share` made it."""
        return self.path.resolve().parent.name == "shares"

    def shares(self) -> tuple[float, ...]:
        """The shares of which there is a folder, the smallest first."""
        names = [file.parent.name for file in self.path.glob("shares/*/experiment.yaml")]
        return tuple(sorted(share for name in names if (share := _share_of(name)) is not None))

    def experiment(self) -> Experiment:
        """The experiment that the folder was made for."""
        return load_experiment(self.path / "experiment.yaml", check_cells=False)

    def experiment_of(self, record: RunRecord) -> Experiment:
        """The experiment with the settings that tuning chose for a run."""
        try:
            return self.experiment().with_settings(record.settings)
        except ValidationError:
            raise damaged(self.path / "results.jsonl", f"settings {record.settings}") from None

    def run_path(self, cell: str, seed: int) -> Path:
        """The folder of one run."""
        return self.path / f"{cell}-seed{seed}"

    def write_facts(self, facts: dict) -> None:
        """Keeps what holds for all runs of the comparison."""
        write_text(self.path / "facts.json", json.dumps(facts, indent=2, ensure_ascii=False))

    def has_facts(self) -> bool:
        """Whether `write_facts` was called."""
        return (self.path / "facts.json").is_file()

    def facts(self) -> dict:
        """What `write_facts` kept.

        Raises:
            UserError: where the comparison stopped before any was known.
        """
        if not self.has_facts():
            raise UserError(
                f"{self.path}: this comparison stopped before its data were loaded; go on with: "
                f"keras-gru compare --resume {self.path}"
            )
        return load_json(self.path / "facts.json", Facts).model_dump()

    def add(self, record: RunRecord) -> None:
        """Append a finished run; it replaces an earlier one of the same cell and seed."""
        _append(record, self.path / "results.jsonl")

    def records(self) -> tuple[RunRecord, ...]:
        """The finished runs, in the order in which they finished."""
        return tuple(
            dataclasses.replace(record, history=self._history(record.cell, record.seed))
            for record in self._read("results.jsonl", ("cell", "seed"))
        )

    def try_path(self, cell: str, number: int) -> Path:
        """The folder of one try of tuning, counted from 1 in the order of the combinations."""
        return self.path / "tuning" / f"{cell}-{number}"

    def add_try(self, record: RunRecord) -> None:
        """Append a trial of tuning; it replaces an earlier one of the same settings."""
        _append(record, self.path / "tuning.jsonl")

    def tries(self) -> tuple[RunRecord, ...]:
        """The tries of tuning, in the order in which they finished; without their history."""
        return self._read("tuning.jsonl", ("cell", "seed", "settings"))

    def comparison(self) -> Comparison:
        """Everything that the folder holds, for a table or a page."""
        facts = self.facts()
        comparison = Comparison(
            experiment=self.experiment(),
            metric=Metric(**facts["metric"]),
            runs=self.records(),
            baselines=tuple(Baseline(**row) for row in facts["baselines"]),
            facts=facts,
            folder=self.path,
            tries=self.tries(),
        )
        check_comparison(comparison)
        return comparison

    def _read(self, file: str, key: tuple[str, ...]) -> tuple[RunRecord, ...]:
        """The records of a file; of several with the same key the last."""
        records = {}
        for record in load_json_lines(self.path / file, RunRecord):
            name = json.dumps([getattr(record, part) for part in key], sort_keys=True)
            records.pop(name, None)
            records[name] = record
        return tuple(records.values())

    def _history(self, cell: str, seed: int) -> tuple[Epoch, ...]:
        return load_json_lines(self.run_path(cell, seed) / "history.jsonl", Epoch)


def _share_of(name: str) -> float | None:
    """The share whose folder has a name; None where `of_share` gives none that name."""
    try:
        share = float(name)
    except ValueError:
        return None
    return share if 0 < share < 1 and f"{share:g}" == name else None


def _append(record: RunRecord, path: Path) -> None:
    row = dataclasses.asdict(record)
    del row["history"]  # stands beside it, in history.jsonl
    append_json(path, row)


def write_history(path: Path, history: list[dict[str, float]]) -> None:
    """Keeps the epochs of the run whose folder is `path`."""
    write_text(path / "history.jsonl", "".join(json.dumps(row) + "\n" for row in history))
