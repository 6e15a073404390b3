"""A sweep: cells and settings drawn by Optuna, one network each, and what they say together."""

import dataclasses
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from keras_gru.cells import cell_label
from keras_gru.datasets.metric import Metric
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments import checkpoint
from keras_gru.experiments.cells_file import store_cells
from keras_gru.experiments.compare import check_can_start, make_executor
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.grids import Value
from keras_gru.experiments.configuration.sweep import Sweep
from keras_gru.experiments.configuration.yaml_files import dump_experiment
from keras_gru.experiments.executors.jobs import remove_checkpoint, run_jobs
from keras_gru.experiments.executors.processes import remove_logs
from keras_gru.experiments.fitting import fit_and_record
from keras_gru.experiments.listener import SILENT, Listener, StopRun
from keras_gru.experiments.metadata import Metadata, collect_metadata
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.run_lock import lock_directory
from keras_gru.experiments.sweeping import study as studies
from keras_gru.experiments.sweeping.study import Pruner, Tried
from keras_gru.experiments.training_data import data_for, store_data
from keras_gru.files import write_text
from keras_gru.signals import resumable

JOURNAL = "journal.log"


@dataclass(frozen=True)
class SweepResult:
    """The finished trials of a sweep."""

    experiment: Experiment
    metric: Metric
    trials: tuple[Tried, ...]
    metadata: Metadata
    path: Path

    @property
    def sweep(self) -> Sweep:
        """The settings that are drawn, and how often."""
        assert self.experiment.sweep is not None  # no other experiment has such a result
        return self.experiment.sweep

    @property
    def best(self) -> Tried | None:
        """The trial that is best on validation; None where all have diverged."""
        done = [trial for trial in self.trials if trial.status == "finished"]
        return max(done, key=lambda trial: self.metric.score(trial.value), default=None)


@dataclass(frozen=True)
class TrialJob:
    """One network of a sweep to train, as a job.

    Args:
        place: among those of this call, from 1: a watcher knows it by that.
        number: of the trial in its study.
        cell: name in the registry of cells.
        seed: the experiment's first.
        settings: what was drawn, by dotted name.
        storage: of the study.
    """

    place: int
    number: int
    cell: str
    seed: int
    settings: Mapping[str, Value]
    storage: str

    @property
    def name(self) -> str:
        return f"trial-{self.place}"

    @property
    def label(self) -> str:
        return f"Trial {self.place}"

    def path(self, run_directory: RunDirectory) -> Path:
        """Where it keeps its history, and what it needs to go on."""
        return run_directory.path / "trials" / str(self.number)

    def name_record(self, record: RunRecord) -> RunRecord:
        """Return its record as a listener knows it."""
        return dataclasses.replace(record, cell=self.name, label=self.label)


def sweep(
    experiment: Experiment,
    *,
    storage: str | None = None,
    dataset: SequenceDataset | None = None,
    listener: Listener = SILENT,
    jobs: int | None = 1,
) -> SweepResult:
    """Goes on with a sweep until its trials are done, here or elsewhere, and weighs the settings.

    Every trial is one network with the experiment's first seed, trained on train and judged on
    validation; test is not read. The study is in Optuna's storage: whoever calls this with the same
    experiment and the same storage, at the same time or later, works on the same study; at the
    same time from another directory of `experiment.runs`, as one process writes to each. Each call
    stops when the storage has `sweep.trials` finished ones, so that several machines together may
    finish a few more. Seeds other than the first are not used.

    Args:
        experiment: with a `sweep`.
        storage: a database's URL or the path of a journal file; None for a journal file in
            `runs/<name>/sweep/`, where the history of each trial is kept in any case.
        dataset: the data in the place of what `experiment.dataset` loads, such as a part of it.
        listener: is told of what happens. A trial has the name of its job as its cell.
        jobs: how many trials go on at a time, as in `keras_gru.experiments.compare.compare`.

    Returns:
        All finished trials of the study.

    Raises:
        UserError: what was given does not fit, or the worker of a trial crashed, and again when
            retried; all other trials are finished and saved.

    Example:

    >>> experiment = load_experiment("quickstart", ["sweep.model.size={units: {grid: [4, 8]}}"])
    >>> sweep(experiment).best.settings
    {'model.size.units': 8}
    """
    if experiment.sweep is None:
        example = "'sweep.training.learning_rate={low: 1e-4, high: 1e-1, log: true}'"
        raise UserError(f"{experiment.name}: nothing to sweep over; give ranges, such as {example}")
    for name in (experiment.tuning or {}).keys() - experiment.sweep.ranges.keys():
        raise UserError(
            f"{name}: expected one value, or a range in sweep, got a grid, which compare tries. "
            f"Give {name}=VALUE or sweep.{name}={{grid: [...]}}."
        )
    check_can_start(experiment)
    path = Path(experiment.runs) / experiment.name / "sweep"
    begun = RunDirectory(path) if (path / "experiment.yaml").is_file() else None
    dataset = dataset or data_for(experiment, begun)
    storage = storage or str(path / JOURNAL)
    study = studies.open_study(experiment, dataset.metric, storage)
    studies.check_data(study, dataset.fingerprint)
    experiment = studies.with_shards(experiment, study)
    path.mkdir(parents=True, exist_ok=True)
    with lock_directory(path):
        write_text(path / "experiment.yaml", dump_experiment(experiment))
        run_directory = RunDirectory(path)
        store_cells(run_directory.path, experiment.cells)
        store_data(run_directory, dataset)
        if not run_directory.has_metadata():  # the first machine's, and the date on which it began
            run_directory.write_metadata(collect_metadata(dataset, experiment.training.batch_size))
        metadata = run_directory.metadata()
        trials = _Trials(experiment, study, run_directory, storage, dataset.metric, listener)
        if trials.missing:
            for note in metadata.notes:
                listener.note(note)
            _train(trials, dataset, jobs)
        remove_logs(run_directory)
    tried = studies.finished(study)
    return SweepResult(experiment, dataset.metric, tried, metadata, path)


def work(
    job: TrialJob,
    experiment: Experiment,
    dataset: SequenceDataset,
    run_directory: RunDirectory,
    listener: Listener = SILENT,
) -> RunRecord:
    """Trains a trial's network, until there is no point in going on with it.

    Args:
        job: what to train.
        experiment: with the `sweep` of which it is a part.
        dataset: what to train and to measure it on.
        run_directory: where its files go.
        listener: is told of its start and its epochs, under the job's name.
    """
    try:
        changed = experiment.with_settings(job.settings)
    except ValidationError as error:
        drawn = ", ".join(f"{name} {value}" for name, value in job.settings.items())
        message = error.errors(include_url=False)[0]["msg"]
        raise UserError(f"sweep: {drawn} do not go together ({message}).") from None
    judge = _Judge(job, experiment, dataset.metric, listener)
    _, record = fit_and_record(changed, dataset, job.cell, job.seed, job.path(run_directory), judge)
    return dataclasses.replace(record, settings=dict(job.settings))


class _Judge(Listener):
    """Passes on what happens in a trial, and ends it where its study has enough of it."""

    def __init__(self, job: TrialJob, experiment: Experiment, metric: Metric, listener: Listener):
        self.name, self.listener, self.value = job.name, listener, f"val_{metric.name}"
        pruning = experiment.sweep.pruning
        self.pruner = Pruner(experiment, job.storage, job.number) if pruning else None

    def started(self, cell, seed, first_epoch):
        self.listener.started(self.name, seed, first_epoch)

    def epoch(self, cell, seed, epoch, logs, best):
        self.listener.epoch(self.name, seed, epoch, logs, best)
        if self.pruner is not None and self.pruner.has_enough(epoch, logs[self.value]):
            raise StopRun


class _Trials:
    """The trials that a call has drawn, as a queue of jobs."""

    def __init__(
        self,
        experiment: Experiment,
        study: studies.Study,
        run_directory: RunDirectory,
        storage: str,
        metric: Metric,
        listener: Listener,
    ):
        self.experiment, self.study, self.run_directory = experiment, study, run_directory
        self.storage, self.metric, self.listener = storage, metric, listener
        self.under_way: dict[int, studies.Trial | studies.FrozenTrial] = {}
        self._drawn = 0
        self._give_up_killed()

    @property
    def missing(self) -> int:
        """How many trials are still to be drawn."""
        done = len(studies.finished(self.study))
        return max(0, self.experiment.sweep.trials - done - len(self.under_way))

    def next(self) -> TrialJob | None:
        """A new trial; None where there are enough, or as many under way."""
        if not self.missing:
            return None
        trial = studies.draw(self.study, self.experiment)
        self.under_way[trial.number] = trial
        self._drawn += 1
        settings = dict(trial.params)
        cell = settings.pop(studies.CELL)
        seed = self.experiment.seeds[0]
        job = TrialJob(self._drawn, trial.number, cell, seed, settings, self.storage)
        # What another study has left behind under this number is not to be gone on with.
        shutil.rmtree(job.path(self.run_directory), ignore_errors=True)
        job.path(self.run_directory).mkdir(parents=True)
        drawn = "".join(f", {name} {told(value)}" for name, value in settings.items())
        self.listener.note(f"{job.label}: {cell_label(cell)}{drawn}")
        return job

    def ended(self, job: TrialJob, record: RunRecord) -> None:
        """Keeps what a trial has found."""
        studies.keep(self.under_way.pop(job.number), record, self.metric)
        remove_checkpoint(job.path(self.run_directory))

    def give_up(self, again: bool) -> None:
        """Ends what is still under way; `again` lets somebody draw the same later."""
        for number, trial in self.under_way.items():
            studies.give_up(self.study, trial, again)
            shutil.rmtree(self.run_directory.path / "trials" / str(number), ignore_errors=True)
        self.under_way.clear()

    def _give_up_killed(self) -> None:
        """End the trials that a killed process has left in this run directory."""
        left = {int(path.name) for path in self.run_directory.path.glob("trials/[0-9]*")}
        trials = {trial.number: trial for trial in studies.unfinished(self.study)}
        self.under_way = {number: trials[number] for number in left & trials.keys()}
        self.give_up(again=True)
        for path in self.run_directory.path.glob(f"trials/*/{checkpoint.FILE}"):
            path.unlink()


def _train(trials: _Trials, dataset: SequenceDataset, jobs: int | None) -> None:
    """Do the missing trials; those that failed are given back to the study."""
    experiment, run_directory, missing = trials.experiment, trials.run_directory, trials.missing
    epochs = max(experiment.with_settings(of).training.epochs for of in experiment.corners())
    plan = [(f"trial-{n}", f"Trial {n}", experiment.seeds[0]) for n in range(1, missing + 1)]
    trials.listener.plan(plan, epochs, dataset.metric)
    executor = make_executor(experiment, run_directory, dataset, missing, jobs, work=work)
    again = False
    try:
        with resumable("Stopped. Finished trials are kept; the same command goes on."), executor:
            failed = run_jobs(trials, executor, trials.listener)
    except KeyboardInterrupt:
        again = True
        raise
    finally:
        trials.give_up(again)
    if failed:
        raise UserError(
            f"{', '.join(job.label for job in failed)}: worker crashed; retried once. All "
            "other trials are saved. The same command resumes the sweep."
        )


def told(value: Value) -> str:
    """A drawn value for a reader: a number with the digits that matter."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
