"""Jobs, each of which trains one network: their order and the executor interface."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from keras_gru.cells import cell_label
from keras_gru.datasets.metric import Metric
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.experiments import checkpoint
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.grids import Value
from keras_gru.experiments.fitting import evaluate_test, fit_and_record, save
from keras_gru.experiments.forecasts import has_forecasts, save_forecasts
from keras_gru.experiments.graphs import free_graphs
from keras_gru.experiments.listener import SILENT, Listener, RenamedListener
from keras_gru.experiments.run_directory import RunDirectory


@dataclass(frozen=True)
class Job:
    """One network to train.

    Args:
        seed: seed of the initial weights, the order of the data and dropout; trials have one of
            their own, `experiment.tuning_seed`.
        settings: settings that replace those of the experiment: of a trial, or chosen by tuning.
        trial: the number of a trial of tuning, from 1; None for a run.
    """

    cell: str
    seed: int
    settings: Mapping[str, Value] = field(default_factory=dict)
    trial: int | None = None

    @property
    def name(self) -> str:
        """The name used for a listener: a cell has several trials with the same seed."""
        return self.cell if self.trial is None else f"{self.cell}-{self.trial}"

    @property
    def label(self) -> str:
        """The display name, without the seed."""
        values = "" if self.trial is None else ", ".join(map(str, self.settings.values()))
        return f"{cell_label(self.cell)} {values}".strip()

    def path(self, run_directory: RunDirectory) -> Path:
        """Return the directory of the checkpoint and the network."""
        if self.trial is None:
            return run_directory.run_path(self.cell, self.seed)
        return run_directory.trial_path(self.cell, self.trial)


def name_record(job: Any, record: RunRecord) -> RunRecord:
    """Return a record under the name used for a listener."""
    return dataclasses.replace(record, cell=job.name, label=job.label)


def train_job(
    job: Job,
    experiment: Experiment,
    dataset: SequenceDataset,
    run_directory: RunDirectory,
    listener: Listener = SILENT,
) -> RunRecord:
    """Do or resume a job. Only runs, not trials, read the test split and save the network.

    Returns:
        The record of the run. Its status is `"diverged"` if the loss became NaN or Inf.
    """
    experiment, path = experiment.with_settings(job.settings), job.path(run_directory)
    renamed = RenamedListener(listener, job.name)
    model, record = fit_and_record(experiment, dataset, job.cell, job.seed, path, renamed)
    record = dataclasses.replace(record, settings=dict(job.settings))
    if job.trial is None and record.status == "finished":
        test, blocks = evaluate_test(model, experiment, dataset)
        record = dataclasses.replace(record, test=test, test_blocks=blocks)
        save(model, path / "best.keras")
        if has_forecasts(dataset):
            save_forecasts(model, dataset, path)
    return record


class Queue:
    """The jobs of a comparison in order.

    The order is seed by seed, so that a stopped comparison has comparable runs. The trials of a
    cell precede its first run.
    """

    def __init__(self, experiment: Experiment, run_directory: RunDirectory, metric: Metric):
        self.experiment, self.run_directory, self.metric = experiment, run_directory, metric
        self.plan = plan_jobs(experiment)
        self._trials, runs = list(run_directory.trials()), run_directory.records()
        found = [_find_record(j, runs if j.trial is None else self._trials) for j in self.plan]
        jobs = list(zip(self.plan, found, strict=True))
        self.done = [(job, record) for job, record in jobs if record is not None]
        self.waiting = [job for job, record in jobs if record is None]

    def next(self) -> Job | None:
        """Remove and return the first job that can start; None if all wait for trials."""
        for job in self.waiting:
            settings = job.settings
            if job.trial is None:
                settings = choose_settings(self.experiment, job.cell, self._trials, self.metric)
            if settings is not None:  # all trials of the cell have ended
                self.waiting.remove(job)
                return dataclasses.replace(job, settings=settings)
        return None

    def ended(self, job: Job, record: RunRecord) -> None:
        """Write the record of a job, and remove its checkpoint."""
        if job.trial is None:
            self.run_directory.add(record)
        else:
            self.run_directory.add_trial(record)
            self._trials.append(record)
        remove_checkpoint(job.path(self.run_directory))


def plan_jobs(experiment: Experiment) -> list[Job]:
    """Return the jobs of a comparison in order."""
    jobs = []
    for seed in experiment.seeds:
        for cell in experiment.cells:
            if seed == experiment.seeds[0]:
                jobs += [
                    Job(cell, experiment.tuning_seed, settings, number)
                    for number, settings in enumerate(experiment.combinations(), 1)
                ]
            jobs.append(Job(cell, seed))
    return jobs


def choose_settings(
    experiment: Experiment, cell: str, trials: Sequence[RunRecord], metric: Metric
) -> dict[str, Value] | None:
    """Return the settings of a cell's best trial on validation, the first of equals.

    Trials have a separate seed, `experiment.tuning_seed`: the reported validation score of a run
    that was also a trial would be biased by the selection. Diverged trials are the worst. Empty if
    there is nothing to tune, None while a trial is missing.
    """
    scores = {}
    for record in trials:
        if record.cell == cell and record.seed == experiment.tuning_seed:
            score = metric.score(record.validation.get(metric.name, math.nan))
            scores[tuple(record.settings.items())] = score
    combinations = experiment.combinations()
    if not all(tuple(settings.items()) in scores for settings in combinations):
        return None
    return max(combinations, key=lambda settings: scores[tuple(settings.items())], default={})


def _find_record(job: Job, records: Sequence[RunRecord]) -> RunRecord | None:
    """Return the record of a job that ended in an earlier process."""
    for record in records:
        same_settings = job.trial is None or record.settings == job.settings
        if (record.cell, record.seed) == (job.cell, job.seed) and same_settings:
            return record
    return None


def remove_checkpoint(path: Path) -> None:
    """Remove the checkpoint of a run that ended."""
    (path / checkpoint.FILE).unlink(missing_ok=True)


class JobQueue(Protocol):
    """The pending jobs of a comparison (`Queue`) or of a sweep."""

    def next(self) -> Any:
        """Return a job that can start, or None."""

    def ended(self, job: Any, record: RunRecord) -> None:
        """Store the record of a job."""


class Executor(Protocol):
    """Does up to `slots` jobs in parallel; `description` is "" for this process.

    A context manager that stops all its jobs on exit.
    """

    slots: int
    description: str

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    def start(self, job: Any) -> None:
        """Start a job. Requires that fewer than `slots` jobs are running."""

    def wait(self, listener: Listener) -> tuple[Any, RunRecord | None]:
        """Wait until a job ends, and return it with its record, None if it failed.

        Raises:
            UserError: the settings of the job do not match the data.
            OSError: the job could not read or write a file.
        """
        ...


class Retries:
    """Counts crashes of workers: each job is retried once."""

    def __init__(self) -> None:
        self._crashed: list[Job] = []

    def again(self, job: Job, cause: str, listener: Listener) -> bool:
        """Return whether to retry a job, and report the crash as a note."""
        again = job not in self._crashed
        self._crashed.append(job)
        last = "Retrying it once." if again else "Leaving it out."
        listener.note(f"{job.label} seed {job.seed}: {cause}. {last}")
        return again


@dataclass
class InProcessExecutor:
    """Does one job after the other in this process."""

    experiment: Experiment
    run_directory: RunDirectory
    dataset: SequenceDataset
    work: Callable[..., RunRecord] = train_job
    slots: int = 1
    description: str = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def start(self, job: Any) -> None:
        self.job = job

    def wait(self, listener: Listener) -> tuple[Any, RunRecord | None]:
        with free_graphs():
            record = self.work(
                self.job, self.experiment, self.dataset, self.run_directory, listener
            )
        return self.job, record


def run_jobs(queue: JobQueue, executor: Executor, listener: Listener) -> list[Any]:
    """Do all jobs of a queue.

    Args:
        executor: does the jobs; the caller has entered its context.

    Returns:
        The jobs that failed.
    """
    running, failed = 0, []
    while True:
        while running < executor.slots and (job := queue.next()) is not None:
            executor.start(job)
            running += 1
        if not running:
            return failed
        job, record = executor.wait(listener)
        running -= 1
        if record is None:
            failed.append(job)
            continue
        queue.ended(job, record)
        listener.finished(name_record(job, record))
