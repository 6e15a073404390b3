"""The main job: the same data, the same model, the same training, one network per cell and seed."""

import contextlib
import importlib.util

from keras_gru import cells
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments.cells_file import check_cells, store_cells
from keras_gru.experiments.comparison import Comparison
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.environment import accelerators
from keras_gru.experiments.executors.cluster import Cluster
from keras_gru.experiments.executors.jobs import Job, Queue, ThisProcess, Workers, do_all
from keras_gru.experiments.executors.processes import Processes, remove_logs
from keras_gru.experiments.listener import SILENT, Listener
from keras_gru.experiments.metadata import collect_metadata
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import data_for, store_data
from keras_gru.layers import compiling
from keras_gru.layers.compiling import available_cores
from keras_gru.signals import resumable


def compare(
    experiment: Experiment,
    *,
    folder: RunDirectory | None = None,
    dataset: SequenceDataset | None = None,
    listener: Listener = SILENT,
    jobs: int | None = 1,
    cluster: str | None = None,
) -> Comparison:
    """Trains every cell with every seed and keeps the results, tuning each cell before its first.

    Args:
        experiment: what to train.
        folder: a run directory of the same experiment to go on with: what is finished there is not
            repeated, and what is not continues from its last epoch. None makes a new one.
        dataset: the data in the place of what `experiment.dataset` loads, such as a part of it.
        listener: is told of what happens.
        jobs: how many runs go on at a time, each in a process of its own if there are several;
            None for what `usual_jobs` finds, or what a cluster has room for. A script that calls
            this with several must do so below `if __name__ == "__main__":`, as all that start
            processes.
        cluster: the address of a Ray cluster to do them on, or `"local"`; None does them here.

    Returns:
        Everything that was found; `comparison.folder` holds it, too.

    Raises:
        UserError: what was given does not fit, or the worker of a run crashed, and again when
            retried; all other runs are finished and saved.
        OSError: a file cannot be read or written, here or in a worker.
    """
    if folder is not None:
        check_cells(folder.path, experiment.cells)
    refuse_what_cannot_start(experiment)
    epochs = max((experiment.tuning or {}).get("training.epochs", [experiment.training.epochs]))
    with contextlib.ExitStack() as stack:
        if folder is not None:  # before loading the data, which may take long
            stack.enter_context(folder.locked())
            stack.enter_context(resumable(f"Stopped. {_go_on(folder)}"))
        given, dataset = dataset, dataset or data_for(experiment, folder)
        if dataset.resolved is not None:  # what was guessed is stored
            experiment = experiment.model_copy(update={"dataset": dataset.resolved})
        experiment = resolve_shards(experiment, folder)
        folder = folder or RunDirectory.create(experiment)
        stack.enter_context(folder.locked())
        stack.enter_context(resumable(f"Stopped. {_go_on(folder)}"))
        queue = Queue(experiment, folder, dataset.metric)
        store_cells(folder.path, experiment.cells)
        store_data(folder, dataset)
        workers = _workers(queue, dataset, given is not None, jobs, cluster)
        failed = _train(queue, workers, dataset, epochs, listener)
    if failed:
        names = ", ".join(f"{job.label} seed {job.seed}" for job in failed)
        raise UserError(
            f"{names}: worker crashed; retried once. All other runs are saved. {_go_on(folder)}"
        )
    return folder.comparison()


def _train(
    queue: Queue, workers: Workers, dataset: SequenceDataset, epochs: int, listener: Listener
) -> list[Job]:
    """Do all jobs of a queue; return the jobs that failed."""
    folder, batch_size = queue.folder, queue.experiment.training.batch_size
    if not folder.has_metadata():  # a resumed comparison keeps when and where it began
        folder.write_metadata(collect_metadata(dataset, batch_size, workers.place))
    metadata = folder.metadata()
    for note in (*metadata.data.lines(), *metadata.notes):
        listener.note(note)
    listener.plan([(job.name, job.label, job.seed) for job in queue.plan], epochs, dataset.metric)
    for job, record in queue.done:
        listener.finished(job.told(record))
    with workers:
        failed = do_all(queue, workers, listener)
    if not failed:
        remove_logs(folder)
    return failed


def resolve_shards(experiment: Experiment, folder: RunDirectory | None) -> Experiment:
    """Return the experiment with the shards of its run directory, else with this machine's."""
    stored = folder.experiment().training.shards if folder else None
    return experiment.with_shards(stored).with_shards(compiling.default_shards())


def refuse_what_cannot_start(experiment: Experiment) -> None:
    """Refuses cells and packages that are not there, before any data are loaded."""
    for cell in experiment.cells:
        cells.cell_label(cell)  # refuses an unknown one
    if experiment.training.tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise UserError(
            "training.tensorboard: the package tensorboard is not installed; "
            "pip install tensorboard, or leave the setting out."
        )


def _workers(
    queue: Queue,
    dataset: SequenceDataset,
    is_given: bool,
    jobs: int | None,
    cluster: str | None,
) -> Workers:
    """Who does the jobs; a dataset that was given goes along with them."""
    experiment, folder, given = queue.experiment, queue.folder, dataset if is_given else None
    if cluster is not None:
        return Cluster(experiment, folder, cluster, jobs, dataset=given)
    waiting = len(queue.waiting)
    jobs = usual_jobs(waiting) if jobs is None else min(jobs, max(1, waiting))
    if jobs == 1:
        return ThisProcess(experiment, dataset, folder)
    return Processes(experiment, folder, jobs, given)


def usual_jobs(waiting: int) -> int:
    """How many jobs to do at a time: one per core, up to 8, where nothing else computes.

    Two jobs of one core each are done sooner than one after the other on both, but not by much: 1.2
    times as fast on the chorales with two cores (`benchmarks/jobs.py`: 6 runs of 60 epochs in 68.9
    s against 80.4 s). The layers here share a batch out among the cores, so that one job has use
    for the second, too, and each process starts TensorFlow for itself. More than 8 would take as
    many GB of memory. A GPU or TPU does one job at a time.
    """
    if accelerators():
        return 1
    return max(1, min(available_cores(), waiting, 8))


def _go_on(folder: RunDirectory) -> str:
    if folder.is_fraction:
        return f"Go on with: keras-gru learning-curve --resume {folder.path.parent.parent}"
    return f"Go on with: keras-gru compare --resume {folder.path}"
