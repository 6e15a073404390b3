"""Compare cells: same data, model and training; one network per cell and seed."""

import contextlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from keras_gru import cells
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments.cells_file import check_cells, store_cells
from keras_gru.experiments.comparison import Comparison, RunRecord
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.yaml_files import Config
from keras_gru.experiments.environment import accelerators
from keras_gru.experiments.examples import FILE as EXAMPLES
from keras_gru.experiments.executors.cluster import RayExecutor
from keras_gru.experiments.executors.jobs import (
    Executor,
    InProcessExecutor,
    Job,
    Queue,
    name_record,
    remove_checkpoint,
    run_jobs,
    train_job,
)
from keras_gru.experiments.executors.processes import ProcessExecutor, remove_logs
from keras_gru.experiments.fitting import check_against_data
from keras_gru.experiments.listener import SILENT, Listener
from keras_gru.experiments.metadata import Metadata, collect_metadata, note_other_environment
from keras_gru.experiments.resuming import choose_experiment
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import data_for, store_data
from keras_gru.layers import compiling
from keras_gru.layers.compiling import available_cores
from keras_gru.signals import resumable


def run(
    config: Config | None = None,
    /,
    *,
    resume: str | os.PathLike[str] | None = None,
    listener: Listener = SILENT,
    jobs: int | None = 1,
    cluster: str | None = None,
    **overrides: object,
) -> Comparison:
    """Train every cell of a config with every seed, and compare them.

    Args:
        config: the path of a YAML file, the name of a packaged config, a dict of settings, or an
            `Experiment`; None for that of the run to resume.
        resume: a run to resume, as `find_run` takes it. Runs that ended are not repeated, the
            others continue from their last epoch. `seeds` or `cells` that begin with those of the
            run add runs to it.
        listener: receives all events, such as
            `keras_gru.report.progress.show_progress(experiment)`.
        jobs: number of parallel runs, each in its own process if there are several; None for one
            per core. Scripts with several must guard the call by `if __name__ == "__main__":`.
        cluster: the address of a Ray cluster, or `"local"`; None trains on this machine.
        **overrides: settings, by group or by dotted name: `training={"epochs": 3}` or
            `**{"training.epochs": 3}`.

    Returns:
        The comparison, with its `analysis`. Its run directory, `comparison.path`, holds the
        networks.

    Raises:
        UserError: a setting or the data are invalid, or the worker of a run crashed twice; all
            other runs are finished and saved.
        OSError: a file cannot be read or written.

    Example:

    >>> import keras_gru
    >>> comparison = keras_gru.run("quickstart", seeds=[0], training={"epochs": 3})
    >>> [record.label for record in comparison.runs]
    ['GRU', 'LSTM', 'SimpleRNN']
    """
    experiment, run_directory = choose_experiment(config, overrides, resume)
    return compare(
        experiment, run_directory=run_directory, listener=listener, jobs=jobs, cluster=cluster
    )


def compare(
    experiment: Experiment,
    *,
    run_directory: RunDirectory | None = None,
    dataset: SequenceDataset | None = None,
    listener: Listener = SILENT,
    jobs: int | None = 1,
    cluster: str | None = None,
    examples: bool = False,
) -> Comparison:
    """Run an experiment, optionally on data that are already loaded.

    Args:
        run_directory: the run directory to resume, of the same experiment or of one with fewer
            cells or seeds; None creates one.
        dataset: the data, such as a fraction of them; None loads those of the experiment.
        listener, jobs, cluster: as in `run`.
        examples: also store the predictions of each cell on the same test examples; those that
            are already stored are always renewed.
    """
    if run_directory is not None:
        check_cells(run_directory.path, experiment.cells)
    check_can_start(experiment)
    with contextlib.ExitStack() as stack:
        if run_directory is not None:
            stack.enter_context(_opened(run_directory))
        plan = plan_comparison(experiment, run_directory, dataset)
        run_directory = run_directory or RunDirectory.create(plan.experiment)
        stack.enter_context(_opened(run_directory))
        failed = execute(plan, run_directory, jobs, cluster, listener)
        if not failed and run_directory.part is None:
            from keras_gru.experiments.networks import save_ensembles

            with _errors_noted("The ensembles are not measured", listener):
                save_ensembles(run_directory, plan.dataset)
        if not failed and (examples or (run_directory.path / EXAMPLES).is_file()):
            from keras_gru.experiments.predict_examples import save_examples

            with _errors_noted("No examples of predictions", listener):
                save_examples(run_directory, plan.dataset)
    return collect(run_directory, failed)


@contextlib.contextmanager
def _errors_noted(missing: str, listener: Listener) -> Iterator[None]:
    """Report errors after training to a listener as a note: all runs are already saved."""
    try:
        yield
    except UserError as error:
        listener.note(f"{missing}: {error}")


@dataclass(frozen=True)
class Plan:
    """Everything that a comparison needs before training starts."""

    experiment: Experiment
    dataset: SequenceDataset
    epochs: int


def plan_comparison(
    experiment: Experiment, run_directory: RunDirectory | None, dataset: SequenceDataset | None
) -> Plan:
    """Load the data and resolve the settings, without writing anything."""
    dataset = dataset or data_for(experiment, run_directory)
    if dataset.resolved is not None:  # store the guessed settings
        experiment = experiment.model_copy(update={"dataset": dataset.resolved})
    check_against_data(experiment, dataset)
    tried = (experiment.tuning or {}).get("training.epochs", ())
    epochs = max((n for n in tried if isinstance(n, int)), default=experiment.training.epochs)
    return Plan(resolve_shards(experiment, run_directory), dataset, epochs)


def execute(
    plan: Plan,
    run_directory: RunDirectory,
    jobs: int | None,
    cluster: str | None,
    listener: Listener,
) -> list[Job]:
    """Train and store the missing runs of a run directory; return the failed jobs."""
    store_cells(run_directory.path, plan.experiment.cells)
    store_data(run_directory, plan.dataset)
    queue = Queue(plan.experiment, run_directory, plan.dataset.metric)
    waiting = len(queue.waiting)
    executor = make_executor(plan.experiment, run_directory, plan.dataset, waiting, jobs, cluster)
    run_directory.extend(plan.experiment)
    metadata = _write_metadata(plan, run_directory, executor.description if waiting else None)
    for note in (*metadata.data.lines(), *metadata.notes):
        listener.note(note)
    names = [(job.name, job.label, job.seed) for job in queue.plan]
    listener.plan(names, plan.epochs, metadata.metric)
    for job, record in queue.done:
        remove_checkpoint(job.path(run_directory))  # left by a process killed after its last epoch
        listener.finished(name_record(job, record))
    with executor:
        failed = run_jobs(queue, executor, listener)
    if not failed:
        remove_logs(run_directory)
    return failed


def collect(run_directory: RunDirectory, failed: list[Job]) -> Comparison:
    """Read the comparison of a run directory.

    Raises:
        UserError: jobs failed, or a file is damaged.
    """
    if failed:
        names = ", ".join(f"{job.label} seed {job.seed}" for job in failed)
        raise UserError(
            f"{names}: worker crashed; retried once. All other runs are saved. "
            f"{_resume_command(run_directory)}"
        )
    return run_directory.comparison()


def make_executor(
    experiment: Experiment,
    run_directory: RunDirectory,
    dataset: SequenceDataset,
    waiting: int,
    jobs: int | None,
    cluster: str | None = None,
    work: Callable[..., RunRecord] = train_job,
) -> Executor:
    """Return an executor for a number of waiting jobs."""
    if cluster is not None:
        return RayExecutor(experiment, run_directory, dataset, cluster, jobs)
    jobs = usual_jobs(waiting) if jobs is None else min(jobs, max(1, waiting))
    if jobs == 1:
        return InProcessExecutor(experiment, run_directory, dataset, work)
    return ProcessExecutor(experiment, run_directory, jobs, dataset, work)


def usual_jobs(waiting: int) -> int:
    """Return the default number of parallel jobs: one per core, up to 8; one on a GPU or TPU.

    Two parallel jobs with one core each are 1.2 times as fast as two sequential jobs with both
    cores (`benchmarks/jobs.py`, chorales, 6 runs of 60 epochs: 68.9 s and 80.4 s): a single job
    also uses both cores, as the layers shard a batch, and each process starts TensorFlow. The
    limit of 8 is for memory: each process takes about 1 GB.
    """
    if accelerators():
        return 1
    return max(1, min(available_cores(), waiting, 8))


@contextlib.contextmanager
def prepare(
    experiment: Experiment, run_directory: RunDirectory | None
) -> Iterator[tuple[Experiment, RunDirectory, SequenceDataset]]:
    """Load the data of several comparisons, and lock their run directory, or a new one."""
    with contextlib.ExitStack() as stack:
        if run_directory is not None:
            stack.enter_context(run_directory.locked())
        plan = plan_comparison(experiment, run_directory, None)
        run_directory = run_directory or RunDirectory.create(plan.experiment)
        stack.enter_context(run_directory.locked())
        run_directory.extend(plan.experiment)
        yield plan.experiment, run_directory, plan.dataset


def resolve_shards(experiment: Experiment, run_directory: RunDirectory | None) -> Experiment:
    """Set the shards to those of the run directory, else to the default of this machine."""
    stored = run_directory.experiment().training.shards if run_directory else None
    return experiment.with_shards(stored).with_shards(compiling.default_shards())


def check_can_start(experiment: Experiment) -> None:
    """Check that cells are registered and packages installed, before data are loaded."""
    for cell in experiment.cells:
        cells.cell_label(cell)  # fails if it is unknown
    if experiment.training.tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise UserError(
            "training.tensorboard: expected the package tensorboard, which is not "
            "installed. Run pip install tensorboard, or remove the setting."
        )


@contextlib.contextmanager
def _opened(run_directory: RunDirectory) -> Iterator[None]:
    """Lock a run directory; a signal in the block prints how to resume it."""
    with run_directory.locked(), resumable(f"Stopped. {_resume_command(run_directory)}"):
        yield


def _write_metadata(plan: Plan, run_directory: RunDirectory, jobs: str | None) -> Metadata:
    """Return the metadata; write them first, or add what differs when more runs are trained.

    Args:
        jobs: description of parallel runs; None if no run is trained.
    """
    if not run_directory.has_metadata():
        batch_size = plan.experiment.training.batch_size
        run_directory.write_metadata(collect_metadata(plan.dataset, batch_size, jobs or ""))
    metadata = run_directory.metadata()
    noted = metadata if jobs is None else note_other_environment(metadata, jobs)
    if noted != metadata:
        run_directory.write_metadata(noted)
    return noted


def _resume_command(run_directory: RunDirectory) -> str:
    verbs = {"fractions": "learning-curve", "sources": "variance"}
    verb = verbs.get(run_directory.part or "", "compare")
    return f"Resume with: keras-gru {verb} --resume {run_directory.whole.path}"
