"""The run directory of a comparison.

runs/<name>/<time>/
  experiment.yaml       the resolved experiment, accepted back unchanged
  preprocessing.json    vocabulary, labels, scaling, shapes, metric, fingerprint of the data
  metadata.json         versions, hardware, sizes of the splits, padding, baselines
  results.jsonl         one line per run; of several lines of a run the last is valid
  ensembles.jsonl       one line per cell: the metrics of the ensemble of its networks
  tuning.jsonl          one line per trial, where settings are tuned
  tuning/<cell>-<n>/    history.jsonl of a trial, and checkpoint.npz until it is finished
  report.html
  fractions/<fraction>/ a run directory for a fraction of the training data: a learning curve
  sources/<source>/     a run directory whose seeds vary one source of variance only
  examples.json         predictions of each cell on the same examples of test
  inspection/           the result of keras-gru inspect, and its pictures
  <cell>-seed<n>/       history.jsonl, one line per epoch; best.keras; checkpoint.npz until finished
"""

import dataclasses
import json
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from keras_gru.errors import UserError
from keras_gru.experiments.comparison import (
    Comparison,
    EnsembleRecord,
    Epoch,
    LearningCurve,
    RunRecord,
)
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.experiment_settings import SOURCES, Source
from keras_gru.experiments.configuration.yaml_files import load_stored_experiment
from keras_gru.experiments.configuration.yaml_writer import dump_experiment
from keras_gru.experiments.json_files import append_json, damaged, load_json, load_json_lines
from keras_gru.experiments.metadata import Metadata
from keras_gru.experiments.record_checks import check_comparison
from keras_gru.experiments.run_lock import lock_directory
from keras_gru.files import write_text

SWEEP = "sweep"  # the name of the folder of a sweep
_FRACTIONS, _SOURCES, _ENSEMBLES = "fractions", "sources", "ensembles.jsonl"


class RunDirectory:
    """One comparison on disk.

    Args:
        path: a directory that `RunDirectory.create` made; `find_run` also takes a name.

    Raises:
        UserError: `path` is not a run directory.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        if not (self.path / "experiment.yaml").is_file():
            raise UserError(
                f"{path}: expected a run directory, found no experiment.yaml in it. Give one such "
                "as runs/quickstart/2026-01-31_12-00-00, or runs/quickstart for its newest."
            )

    @classmethod
    def create(cls, experiment: Experiment) -> "RunDirectory":
        """Create a directory below `experiment.runs`, named by the time."""
        parent = Path(experiment.runs) / experiment.name
        name = stem = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
        try:
            parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"runs: the directory {parent} cannot be created ({error.strerror}). Name one that "
                "can be written to."
            ) from None
        for number in range(2, 1000):
            try:
                (parent / name).mkdir()
                break
            except FileExistsError:
                name = f"{stem}_{number}"
        write_text(parent / name / "experiment.yaml", dump_experiment(experiment))
        return cls(parent / name)

    def fraction(self, fraction: float) -> "RunDirectory":
        """Return the run directory of the same experiment on a fraction of the training data."""
        return RunDirectory(self.path / _FRACTIONS / f"{fraction:g}")

    def create_fraction(self, fraction: float) -> "RunDirectory":
        """Create the run directory that `fraction` returns, if it does not exist."""
        return self._create_part(self.path / _FRACTIONS / f"{fraction:g}", self.experiment())

    def create_source(self, source: Source) -> "RunDirectory":
        """Create the run directory for seeds that vary one source of variance only."""
        experiment = self.experiment().model_copy(update={"vary": (source,)})
        return self._create_part(self.path / _SOURCES / source, experiment)

    @staticmethod
    def _create_part(path: Path, experiment: Experiment) -> "RunDirectory":
        path.mkdir(parents=True, exist_ok=True)
        if not (path / "experiment.yaml").is_file():
            write_text(path / "experiment.yaml", dump_experiment(experiment))
        return RunDirectory(path)

    def extend(self, experiment: Experiment) -> None:
        """Add the cells and seeds of an experiment to those of this directory and its parts."""
        sources = [file.parent for file in self.path.glob(f"{_SOURCES}/*/experiment.yaml")]
        parts = [*map(self.fraction, self.fractions()), *map(RunDirectory, sources)]
        for directory in (self, *parts):
            stored = directory.experiment()
            cells = dict.fromkeys((*stored.cells, *experiment.cells))
            seeds = dict.fromkeys((*stored.seeds, *experiment.seeds))
            extended = stored.model_copy(update={"cells": tuple(cells), "seeds": tuple(seeds)})
            if extended != stored:
                write_text(directory.path / "experiment.yaml", dump_experiment(extended))

    def locked(self) -> AbstractContextManager[None]:
        """Lock the run directory with all its parts (`lock_directory`)."""
        return lock_directory(self.whole.path)

    @property
    def whole(self) -> "RunDirectory":
        """The run directory that contains this one, or itself."""
        return RunDirectory(self.path.parent.parent) if self.part else self

    @property
    def part(self) -> str | None:
        """`"fractions"` or `"sources"` if it is part of another run directory, else None."""
        group = self.path.resolve().parent
        is_part = group.name in (_FRACTIONS, _SOURCES)
        return group.name if is_part and (group.parent / "experiment.yaml").is_file() else None

    def fractions(self) -> tuple[float, ...]:
        """Return the fractions that have a directory, smallest first."""
        names = [file.parent.name for file in self.path.glob(f"{_FRACTIONS}/*/experiment.yaml")]
        return tuple(sorted(f for name in names if (f := _parse_fraction(name)) is not None))

    def experiment(self) -> Experiment:
        """Read the experiment of the directory."""
        return load_stored_experiment(self.path / "experiment.yaml")

    def experiment_of(self, record: RunRecord) -> Experiment:
        """Return the experiment with the settings that tuning chose for a run."""
        try:
            return self.experiment().with_settings(record.settings)
        except ValidationError:
            raise damaged(self.path / "results.jsonl", f"settings {record.settings}") from None

    def run_path(self, cell: str, seed: int) -> Path:
        """Return the directory of one run."""
        return self.path / f"{cell}-seed{seed}"

    def write_metadata(self, metadata: Metadata) -> None:
        """Write the metadata of the comparison."""
        write_text(self.path / "metadata.json", metadata.model_dump_json(indent=2))

    def has_metadata(self) -> bool:
        """Return whether the first run has begun."""
        return (self.path / "metadata.json").is_file()

    def metadata(self) -> Metadata:
        """Read the metadata of the comparison.

        Raises:
            UserError: the comparison stopped before its data were loaded.
        """
        if not self.has_metadata():
            raise UserError(
                f"{self.path}: expected runs, found none: this comparison stopped before its data "
                f"were loaded. Resume it with: keras-gru compare --resume {self.path}"
            )
        return load_json(self.path / "metadata.json", Metadata)

    def add(self, record: RunRecord) -> None:
        """Append a run; it replaces an earlier one of the same cell and seed."""
        _append(record, self.path / "results.jsonl")

    def records(self) -> tuple[RunRecord, ...]:
        """Read the ended runs, in order of completion."""
        return tuple(
            dataclasses.replace(
                record,
                history=load_json_lines(
                    self.run_path(record.cell, record.seed) / "history.jsonl", Epoch
                ),
            )
            for record in self._read("results.jsonl", ("cell", "seed"))
        )

    def trial_path(self, cell: str, number: int) -> Path:
        """Return the directory of a trial, counted from 1 in the order of the combinations."""
        return self.path / "tuning" / f"{cell}-{number}"

    def add_trial(self, record: RunRecord) -> None:
        """Append a trial of tuning; it replaces an earlier one of the same settings."""
        _append(record, self.path / "tuning.jsonl")

    def trials(self) -> tuple[RunRecord, ...]:
        """Read the trials of tuning in the order in which they ended, without their history."""
        return self._read("tuning.jsonl", ("cell", "seed", "settings"))

    def add_ensemble(self, record: EnsembleRecord) -> None:
        """Append an ensemble; it replaces an earlier one of the same cell and split."""
        append_json(self.path / _ENSEMBLES, dataclasses.asdict(record))

    def ensembles(self) -> tuple[EnsembleRecord, ...]:
        """Read the records of ensembles."""
        records = load_json_lines(self.path / _ENSEMBLES, EnsembleRecord)
        return tuple({(record.cell, record.split): record for record in records}.values())

    def comparison(self) -> Comparison:
        """Read the comparison.

        Raises:
            UserError: a file is missing, damaged or inconsistent with the others.
        """
        comparison = Comparison(
            experiment=self.experiment(),
            metadata=self.metadata(),
            runs=self.records(),
            trials=self.trials(),
            path=self.path,
            ensembles=self.ensembles(),
        )
        check_comparison(comparison)
        return comparison

    def learning_curve(self) -> LearningCurve | None:
        """Read the comparisons on fractions of the training data; None if there are none."""
        if not (self.path / _FRACTIONS).is_dir():
            return None
        directories = {fraction: self.fraction(fraction) for fraction in self.fractions()}
        begun = {f: part.comparison() for f, part in directories.items() if part.has_metadata()}
        return LearningCurve({**begun, 1.0: self.comparison()})

    def sources(self) -> dict[Source, Comparison]:
        """Read the comparisons whose seeds vary one source of variance only."""
        paths: dict[Source, Path] = {source: self.path / _SOURCES / source for source in SOURCES}
        return {
            source: RunDirectory(path).comparison()
            for source, path in paths.items()
            if (path / "metadata.json").is_file()
        }

    def _read(self, file: str, key: tuple[str, ...]) -> tuple[RunRecord, ...]:
        """Read the records of a file; of several with the same key the last."""
        records = {}
        for record in load_json_lines(self.path / file, RunRecord):
            name = json.dumps([getattr(record, part) for part in key], sort_keys=True)
            records.pop(name, None)
            records[name] = record
        return tuple(records.values())


def _parse_fraction(name: str) -> float | None:
    """Return the fraction that a directory name stands for, or None."""
    try:
        fraction = float(name)
    except ValueError:
        return None
    return fraction if 0 < fraction < 1 and f"{fraction:g}" == name else None


def _append(record: RunRecord, path: Path) -> None:
    row = dataclasses.asdict(record)
    del row["history"]  # it is stored in history.jsonl
    append_json(path, row)
