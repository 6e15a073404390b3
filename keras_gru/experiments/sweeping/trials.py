"""The trials of a sweep: their queue and their training."""

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
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.grids import Value
from keras_gru.experiments.executors.jobs import remove_checkpoint
from keras_gru.experiments.fitting import fit_and_record
from keras_gru.experiments.listener import SILENT, Listener, RenamedListener, StopRun
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.sweeping import study as studies
from keras_gru.formatting import setting_value


@dataclass(frozen=True)
class TrialJob:
    """A job that trains one network of a sweep.

    Args:
        place: among the trials of this call, from 1; a listener knows the trial by it.
    """

    place: int
    number: int
    cell: str
    seed: int
    settings: Mapping[str, Value]
    storage: str

    @property
    def name(self) -> str:
        """The name used for a listener."""
        return f"trial-{self.place}"

    @property
    def label(self) -> str:
        """The display name."""
        return f"Trial {self.place}"

    def path(self, run_directory: RunDirectory) -> Path:
        """Return the directory of the history and the checkpoint."""
        return run_directory.path / "trials" / str(self.number)


def train_trial(
    job: TrialJob,
    experiment: Experiment,
    dataset: SequenceDataset,
    run_directory: RunDirectory,
    listener: Listener = SILENT,
) -> RunRecord:
    """Train the network of a trial to its last epoch, or until it is pruned."""
    try:
        changed = experiment.with_settings(job.settings)
    except ValidationError as error:
        drawn = ", ".join(f"{name} {value}" for name, value in job.settings.items())
        message = error.errors(include_url=False)[0]["msg"]
        raise UserError(f"sweep: {drawn} do not go together ({message}).") from None
    pruning = _PruningListener(job, experiment, dataset.metric, listener)
    path = job.path(run_directory)
    _, record = fit_and_record(changed, dataset, job.cell, job.seed, path, pruning)
    return dataclasses.replace(record, settings=dict(job.settings))


class _PruningListener(RenamedListener):
    """Forwards the events of a trial, and ends it if it is worse than the others."""

    def __init__(self, job: TrialJob, experiment: Experiment, metric: Metric, listener: Listener):
        super().__init__(listener, job.name)
        self._value = f"val_{metric.name}"
        pruning = experiment.sweep is not None and experiment.sweep.pruning
        self._pruner = studies.Pruner(experiment, job.storage, job.number) if pruning else None

    def epoch(
        self, cell: str, seed: int, epoch: int, logs: Mapping[str, float], best: float
    ) -> None:
        super().epoch(cell, seed, epoch, logs, best)
        if self._pruner is not None and self._pruner.should_prune(epoch, logs[self._value]):
            raise StopRun


class TrialQueue:
    """The trials that one call of `sweep` draws, as a queue of jobs.

    Args:
        run_directory: the run directory of the sweep. Trials that a killed process has left in it
            are drawn again.
        listener: receives a note for each trial that is drawn.
    """

    def __init__(
        self,
        experiment: Experiment,
        study: studies.Study,
        run_directory: RunDirectory,
        storage: str,
        metric: Metric,
        listener: Listener,
    ):
        assert experiment.sweep is not None  # `sweep` has checked it
        self.experiment, self.study, self.run_directory = experiment, study, run_directory
        self.storage, self.metric, self.listener = storage, metric, listener
        self._wanted = experiment.sweep.trials
        self._running: dict[int, studies.Trial] = {}
        self._drawn = 0
        self._abandon_killed()

    @property
    def missing(self) -> int:
        """Number of trials that are still to be drawn."""
        finished = len(studies.finished_trials(self.study))
        return max(0, self._wanted - finished - len(self._running))

    def next(self) -> TrialJob | None:
        """Draw a trial; return None if enough are finished or running."""
        if not self.missing:
            return None
        trial = studies.draw(self.study, self.experiment)
        self._running[trial.number] = trial
        self._drawn += 1
        settings = dict(trial.params)
        cell = settings.pop(studies.CELL)
        seed = self.experiment.seeds[0]
        job = TrialJob(self._drawn, trial.number, cell, seed, settings, self.storage)
        # A checkpoint of another study's trial of this number must not be resumed.
        shutil.rmtree(job.path(self.run_directory), ignore_errors=True)
        job.path(self.run_directory).mkdir(parents=True)
        drawn = "".join(f", {name} {setting_value(value)}" for name, value in settings.items())
        self.listener.note(f"{job.label}: {cell_label(cell)}{drawn}")
        return job

    def ended(self, job: TrialJob, record: RunRecord) -> None:
        """Store the result of a trial, and remove its checkpoint."""
        studies.store_result(self._running.pop(job.number), record, self.metric)
        remove_checkpoint(job.path(self.run_directory))

    def abandon(self, again: bool) -> None:
        """End running trials without results; with `again`, their settings are drawn again."""
        for trial in self._running.values():
            self._abandon(trial, again)
        self._running.clear()

    def _abandon(self, trial: studies.Trial | studies.FrozenTrial, again: bool) -> None:
        studies.abandon(self.study, trial, again)
        path = self.run_directory.path / "trials" / str(trial.number)
        shutil.rmtree(path, ignore_errors=True)

    def _abandon_killed(self) -> None:
        """End the trials that a killed process left in this run directory."""
        left = {int(path.name) for path in self.run_directory.path.glob("trials/[0-9]*")}
        for trial in studies.running_trials(self.study):
            if trial.number in left:
                self._abandon(trial, again=True)
        for path in self.run_directory.path.glob(f"trials/*/{checkpoint.FILE}"):
            path.unlink()
