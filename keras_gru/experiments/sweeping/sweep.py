"""A sweep: networks whose cells and settings Optuna draws, and their results."""

from dataclasses import dataclass
from pathlib import Path

from keras_gru.datasets.metric import Metric
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments.cells_file import store_cells
from keras_gru.experiments.compare import check_can_start, make_executor
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.sweep import Sweep
from keras_gru.experiments.configuration.yaml_writer import dump_experiment
from keras_gru.experiments.executors.jobs import run_jobs
from keras_gru.experiments.executors.processes import remove_logs
from keras_gru.experiments.fitting import check_against_data
from keras_gru.experiments.listener import SILENT, Listener
from keras_gru.experiments.metadata import Metadata, collect_metadata
from keras_gru.experiments.run_directory import SWEEP, RunDirectory
from keras_gru.experiments.run_lock import lock_directory
from keras_gru.experiments.sweeping import study as studies
from keras_gru.experiments.sweeping.study import FinishedTrial
from keras_gru.experiments.sweeping.trials import TrialQueue, train_trial
from keras_gru.experiments.training_data import data_for, store_data
from keras_gru.files import write_text
from keras_gru.signals import resumable

JOURNAL = "journal.log"


@dataclass(frozen=True)
class SweepResult:
    """The finished trials of a sweep.

    Args:
        metric: the validation metric that trials are compared by.
        trials: the trials in the order of drawing.
    """

    experiment: Experiment
    metric: Metric
    trials: tuple[FinishedTrial, ...]
    metadata: Metadata
    path: Path

    @property
    def sweep(self) -> Sweep:
        """The search space and the number of trials."""
        assert self.experiment.sweep is not None  # no other experiment has such a result
        return self.experiment.sweep

    @property
    def best(self) -> FinishedTrial | None:
        """The best trial on validation; None if all diverged."""
        done = [trial for trial in self.trials if trial.status == "finished"]
        return max(done, key=lambda trial: self.metric.score(trial.value), default=None)


def sweep(
    experiment: Experiment,
    *,
    storage: str | None = None,
    dataset: SequenceDataset | None = None,
    listener: Listener = SILENT,
    jobs: int | None = 1,
) -> SweepResult:
    """Train the missing trials of a sweep, and return all trials.

    Every trial is one network with the experiment's first seed, compared on validation; test is
    not read. Processes with the same experiment and the same storage work on the same study, at
    different times or in parallel; in parallel, each needs its own `experiment.runs`. Each stops
    when the storage has `sweep.trials` finished trials, so several machines may finish a few more.

    Args:
        experiment: an experiment with a `sweep`. Of its seeds only the first is used.
        storage: a database URL or the path of a journal file; None for a journal file in
            `runs/<name>/sweep/`, which also contains the history of each trial.
        dataset: loaded data, such as a fraction; None loads the data of the experiment.
        listener: receives all events; a trial has the name of its job as its cell.
        jobs: trials at a time, as in `keras_gru.run`.

    Returns:
        All finished trials of the study.

    Raises:
        UserError: a setting or the data are invalid, or the worker of a trial crashed twice; all
            other trials are finished and saved.

    Example:

    >>> experiment = load_experiment("quickstart", ["sweep.model.size={units: {grid: [4, 8]}}"])
    >>> sweep(experiment).best.settings
    {'model.size.units': 8}
    """
    _check_ranges(experiment)
    check_can_start(experiment)
    path = Path(experiment.runs) / experiment.name / SWEEP
    begun = RunDirectory(path) if (path / "experiment.yaml").is_file() else None
    dataset = dataset or data_for(experiment, begun)
    check_against_data(experiment, dataset)
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
        if not run_directory.has_metadata():  # else read those of the first process
            run_directory.write_metadata(collect_metadata(dataset, experiment.training.batch_size))
        metadata = run_directory.metadata()
        queue = TrialQueue(experiment, study, run_directory, storage, dataset.metric, listener)
        if queue.missing:
            for note in metadata.notes:
                listener.note(note)
            _train_missing(queue, dataset, jobs)
        remove_logs(run_directory)
    trials = studies.finished_trials(study)
    return SweepResult(experiment, dataset.metric, trials, metadata, path)


def _check_ranges(experiment: Experiment) -> None:
    """Raise a `UserError` if there are no ranges, or if there are grids."""
    if experiment.sweep is None:
        example = "'sweep.training.learning_rate={low: 1e-4, high: 1e-1, log: true}'"
        raise UserError(f"{experiment.name}: nothing to sweep over; give ranges, such as {example}")
    for name in (experiment.tuning or {}).keys() - experiment.sweep.ranges.keys():
        raise UserError(
            f"{name}: expected one value, or a range in sweep, got a grid, which compare tries. "
            f"Give {name}=VALUE or sweep.{name}={{grid: [...]}}."
        )


def _train_missing(queue: TrialQueue, dataset: SequenceDataset, jobs: int | None) -> None:
    """Train the missing trials; stopped trials will be drawn again."""
    experiment, missing = queue.experiment, queue.missing
    settings = [experiment.with_settings(corner) for corner in experiment.corners()]
    epochs = max(changed.training.epochs for changed in settings)
    plan = [(f"trial-{n}", f"Trial {n}", experiment.seeds[0]) for n in range(1, missing + 1)]
    queue.listener.plan(plan, epochs, dataset.metric)
    executor = make_executor(
        experiment, queue.run_directory, dataset, missing, jobs, work=train_trial
    )
    again = False
    try:
        with resumable("Stopped. Finished trials are saved; the same command resumes."), executor:
            failed = run_jobs(queue, executor, queue.listener)
    except KeyboardInterrupt:
        again = True
        raise
    finally:
        queue.abandon(again)
    if failed:
        raise UserError(
            f"{', '.join(job.label for job in failed)}: worker crashed; retried once. All "
            "other trials are saved. The same command resumes the sweep."
        )
