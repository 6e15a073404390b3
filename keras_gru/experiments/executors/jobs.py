"""A comparison as jobs: one network each, given out in order once their settings are known."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from keras_gru.cells import cell_label
from keras_gru.datasets.metric import Metric
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.experiments import checkpoint
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.configuration.experiment import Experiment, Value
from keras_gru.experiments.fitting import evaluate_test, fit_and_record, save
from keras_gru.experiments.forecasts import has_forecasts, save_forecasts
from keras_gru.experiments.graphs import free_graphs
from keras_gru.experiments.listener import SILENT, Listener
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.tuning import choose_settings


@dataclass(frozen=True)
class Job:
    """One network to train.

    Args:
        cell: name in the registry of cells.
        seed: of the initial weights, the order of the data and dropout; trials have one of their
            own, `experiment.tuning_seed`.
        settings: in place of the experiment's own: what tuning trials, or what it has chosen.
        attempt: the number of a try of tuning, from 1; None for a run.
    """

    cell: str
    seed: int
    settings: Mapping[str, Value] = field(default_factory=dict)
    attempt: int | None = None

    @property
    def name(self) -> str:
        """How a watcher knows it: a cell has several trials of the same seed."""
        return self.cell if self.attempt is None else f"{self.cell}-{self.attempt}"

    @property
    def label(self) -> str:
        """Its name for a reader, without the seed."""
        values = "" if self.attempt is None else ", ".join(map(str, self.settings.values()))
        return f"{cell_label(self.cell)} {values}".strip()

    def path(self, folder: RunDirectory) -> Path:
        """Where it keeps what it needs to go on, and its network."""
        if self.attempt is None:
            return folder.run_path(self.cell, self.seed)
        return folder.trial_path(self.cell, self.attempt)

    def told(self, record: RunRecord) -> RunRecord:
        """Its record as a watcher is told of it."""
        return dataclasses.replace(record, cell=self.name, label=self.label)


def work(
    job: Job,
    experiment: Experiment,
    dataset: SequenceDataset,
    folder: RunDirectory,
    listener: Listener = SILENT,
) -> RunRecord:
    """Does a job, or goes on with it; test is read for a run alone, and so is the network kept.

    Args:
        job: what to train.
        experiment: of which it is a part.
        dataset: what `keras_gru.datasets.load(experiment.dataset)` gave.
        folder: where its files go. The store of results is left to who gave out the job.
        listener: is told of its start and its epochs, under the job's name.

    Returns:
        What is known of it. One whose loss became no number has the status `"diverged"`.
    """
    experiment, path = experiment.with_settings(job.settings), job.path(folder)
    told = _UnderAName(listener, job.name)
    model, record = fit_and_record(experiment, dataset, job.cell, job.seed, path, told)
    record = dataclasses.replace(record, settings=dict(job.settings))
    if job.attempt is None and record.status == "finished":
        test, blocks = evaluate_test(model, experiment, dataset)
        record = dataclasses.replace(record, test=test, test_blocks=blocks)
        save(model, path / "best.keras")
        if has_forecasts(dataset):
            save_forecasts(model, dataset, path)
    return record


class Queue:
    """The jobs of a comparison: `plan` is all of them, `done` and `waiting` are parts of it.

    Seed by seed, so that whatever is finished when somebody stops it can be compared; the trials of
    a cell before its first run.

    Args:
        experiment: what to train.
        folder: knows what is done already, and is told what gets done.
        metric: what trials are judged by.
    """

    def __init__(self, experiment: Experiment, folder: RunDirectory, metric: Metric):
        self.experiment, self.folder, self.metric = experiment, folder, metric
        combinations = experiment.combinations()
        self.plan = [
            job
            for seed in experiment.seeds
            for cell in experiment.cells
            for job in (
                *(
                    Job(cell, experiment.tuning_seed, settings, number)
                    for number, settings in enumerate(combinations, 1)
                    if seed == experiment.seeds[0]  # before the first run of its cell
                ),
                Job(cell, seed),
            )
        ]
        trials, runs = folder.trials(), folder.records()
        self.done: list[tuple[Job, RunRecord]] = []
        self.waiting: list[Job] = []
        for job in self.plan:
            record = _known(job, runs if job.attempt is None else trials)
            if record is None:
                self.waiting.append(job)
            else:
                self.done.append((job, record))
                (job.path(folder) / checkpoint.FILE).unlink(missing_ok=True)  # killed before it was
        self._chosen: dict[str, dict[str, Value] | None] = {}

    def next(self) -> Job | None:
        """The first job that can be done now; None while all that are left wait for tuning."""
        for job in self.waiting:
            settings = self.settings(job.cell) if job.attempt is None else job.settings
            if settings is not None:
                self.waiting.remove(job)
                return dataclasses.replace(job, settings=settings)
        return None

    def ended(self, job: Job, record: RunRecord) -> None:
        """Keeps what a job has found."""
        if job.attempt is not None:
            self.folder.add_trial(record)
        else:
            self.folder.add(record)
        (job.path(self.folder) / checkpoint.FILE).unlink(missing_ok=True)

    def settings(self, cell: str) -> dict[str, Value] | None:
        """What tuning has chosen for a cell; None while it has not."""
        if self._chosen.get(cell) is None:
            trials = self.folder.trials()
            self._chosen[cell] = choose_settings(self.experiment, cell, trials, self.metric)
        return self._chosen[cell]


def _known(job: Job, records: Sequence[RunRecord]) -> RunRecord | None:
    """What an earlier process has found."""
    for record in records:
        same_settings = job.attempt is None or record.settings == job.settings
        if (record.cell, record.seed) == (job.cell, job.seed) and same_settings:
            return record
    return None


class Workers(Protocol):
    """Who does jobs: `slots` of them at a time. `place` says where and how, if it is not here."""

    slots: int
    place: str

    def __enter__(self): ...

    def __exit__(self, kind, error, traceback): ...

    def start(self, job: Job) -> None:
        """Takes a job, where fewer than `slots` are under way."""

    def wait(self, listener: Listener) -> tuple[Job, RunRecord | None]:
        """Waits until a job has ended, and tells what happens meanwhile; None if it failed."""


class Retries:
    """The jobs whose worker crashed: each is retried once."""

    def __init__(self):
        self._died: list[Job] = []

    def again(self, job: Job, how: str, listener: Listener) -> bool:
        """Return whether to retry a job, and report it as a note."""
        again = job not in self._died
        self._died.append(job)
        last = "Retrying it once." if again else "Leaving it out."
        listener.note(f"{job.label} seed {job.seed}: {how}. {last}")
        return again


@dataclass
class ThisProcess:
    """Does one job after the other, here; `work` says how."""

    experiment: Experiment
    dataset: SequenceDataset
    folder: RunDirectory
    work: Callable[..., RunRecord] = work
    slots: int = 1
    place: str = ""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        pass

    def start(self, job):
        self.job = job

    def wait(self, listener):
        with free_graphs():
            return self.job, self.work(
                self.job, self.experiment, self.dataset, self.folder, listener
            )


def do_all(queue: Queue, workers: Workers, listener: Listener) -> list[Job]:
    """Has all jobs of a queue done.

    Returns:
        Those that failed.
    """
    under_way, failed = 0, []
    while True:
        while under_way < workers.slots and (job := queue.next()) is not None:
            workers.start(job)
            under_way += 1
        if not under_way:
            return failed
        job, record = workers.wait(listener)
        under_way -= 1
        if record is None:
            failed.append(job)
            continue
        queue.ended(job, record)
        listener.finished(job.told(record))


class _UnderAName(Listener):
    """Passes on what happens in a job."""

    def __init__(self, listener: Listener, name: str):
        self.listener, self.name = listener, name

    def started(self, cell, seed, first_epoch):
        self.listener.started(self.name, seed, first_epoch)

    def epoch(self, cell, seed, epoch, logs, best):
        self.listener.epoch(self.name, seed, epoch, logs, best)
