"""Several jobs at a time on this machine: a process for each, with its share of the cores."""

import contextlib
import multiprocessing
import os
import pickle
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from keras_gru.datasets.prepared import read_prepared, write_prepared
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments import cells_file
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.executors import child
from keras_gru.experiments.executors.jobs import Job, Retries, train_job
from keras_gru.experiments.graphs import free_graphs
from keras_gru.experiments.listener import Listener, Relay
from keras_gru.experiments.run_directory import RunDirectory

LOGS, _DATA = "jobs", "data"
_spawn = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork


@dataclass
class _Worker:
    number: int
    process: multiprocessing.Process
    connection: Connection
    job: Job | None = None


class ProcessExecutor:
    """An executor of processes on this machine.

    Each process keeps to its share of the cores, on Linux: two that both use all of them get in
    each other's way. One that crashes (killed, out of memory) is replaced and its job is retried
    once, from its last epoch on. What a process prints is in `jobs/<number>.log` in the run
    directory; the log of a process that crashed stays.

    Args:
        experiment: what to train.
        folder: where the files of the jobs go.
        slots: how many processes.
        dataset: what to train on; its arrays are in memory once for all processes.
        work: does a job, with the arguments of `train_job`.
    """

    def __init__(
        self,
        experiment: Experiment,
        folder: RunDirectory,
        slots: int,
        dataset: SequenceDataset,
        work: Callable[..., RunRecord] = train_job,
    ):
        self.slots, self.description = slots, f"{slots} at a time, which share the cores"
        self._logs = folder.path / LOGS
        self._task = work, experiment, folder.path
        self._dataset = dataset
        self._workers: dict[int, _Worker] = {}
        self._retries, self._deaths = Retries(), 0

    def __enter__(self):
        self._logs.mkdir(exist_ok=True)
        (self._logs / _DATA).mkdir(exist_ok=True)
        write_prepared(self._dataset, self._logs / _DATA)
        self._task = pickle.dumps((_serve, *self._task, cells_file.current()))
        return self

    def __exit__(self, kind, error, traceback):
        for worker in self._workers.values():
            worker.process.terminate()  # each epoch is kept
        for worker in self._workers.values():
            worker.process.join()
            self._log(worker.number).unlink(missing_ok=True)
        shutil.rmtree(self._logs / _DATA, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._logs.rmdir()

    def start(self, job: Job) -> None:
        number = next(
            number
            for number in range(self.slots)
            if number not in self._workers or self._workers[number].job is None
        )
        if number not in self._workers or not self._workers[number].process.is_alive():
            self._workers[number] = self._hire(number)
        worker = self._workers[number]
        worker.job, worker.process.name = job, f"{job.name} seed {job.seed}"
        worker.connection.send(job)

    def wait(self, listener: Listener) -> tuple[Job, RunRecord | None]:
        while True:
            workers = {w.connection: w for w in self._workers.values() if w.job is not None}
            for connection in wait(list(workers)):
                worker = workers[connection]
                try:
                    kind, *what = connection.recv()
                except (EOFError, ConnectionError):
                    if not self._replace(worker, listener):
                        return worker.job, None
                    continue
                if kind == "failed":
                    (error,) = what
                    raise error
                if kind == "ended":
                    job, worker.job = worker.job, None
                    return job, *what
                getattr(listener, kind)(*what)

    def _replace(self, worker: _Worker, listener: Listener) -> bool:
        """Replace the worker of a process that crashed; return whether its job is retried."""
        worker.process.join()
        code, job = worker.process.exitcode, worker.job
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self._deaths += 1
        log = self._log(worker.number).rename(self._logs / f"died-{self._deaths}.log")
        again = self._retries.again(job, f"worker crashed ({how}; its log is {log})", listener)
        del self._workers[worker.number]
        if again:
            self.start(job)
        return again

    def _hire(self, number: int) -> _Worker:
        ours, theirs = _spawn.Pipe()
        process = _spawn.Process(target=child.run, args=(theirs, self._task), daemon=True)
        log = self._log(number)
        with _on_its_cores(number, self.slots), _writing_to(log):
            process.start()
        theirs.close()  # so that its end is heard
        return _Worker(number, process, ours)

    def _log(self, number: int) -> Path:
        return self._logs / f"{number}.log"


def remove_logs(folder: RunDirectory) -> None:
    """Remove the logs of processes that crashed, once their jobs have been done after all."""
    shutil.rmtree(folder.path / LOGS, ignore_errors=True)


def _serve(
    connection: Connection,
    work: Callable[..., RunRecord],
    experiment: Experiment,
    path: Path,
    cells: cells_file.CellsFile | None,
) -> None:
    """Do one job after the other in a worker process, until its parent asks for no more."""
    os.dup2(2, 1)  # the terminal belongs to the parent
    if cells is not None:
        cells.register()
    folder = RunDirectory(path)
    dataset = read_prepared(path / LOGS / _DATA)
    told = Relay(connection.send)
    with contextlib.suppress(EOFError, BrokenPipeError):  # the asking process has ended
        while True:
            job = connection.recv()
            try:
                with free_graphs():
                    record = work(job, experiment, dataset, folder, told)
                connection.send(("ended", record))
            except (UserError, OSError) as error:  # such as a full disk, which a retry meets again
                if isinstance(error, OSError) and error.errno is None:
                    raise
                connection.send(("failed", error))


@contextlib.contextmanager
def _on_its_cores(number: int, slots: int) -> Iterator[None]:
    """A process that is started in here may use its share of the cores alone, where Linux is."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, share(sorted(ours), number, slots))
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)


def share(cores: list[int], number: int, slots: int) -> list[int]:
    """The cores of one of so many processes: as equal as can be, each at least one."""
    if slots >= len(cores):
        return [cores[number % len(cores)]]
    first, last = (len(cores) * edge // slots for edge in (number, number + 1))
    return cores[first:last]


@contextlib.contextmanager
def _writing_to(log: Path) -> Iterator[None]:
    """A process that is started in here writes its errors to a file, from its first import on."""
    sys.stderr.flush()
    stream = os.dup(2)
    with open(log, "ab", buffering=0) as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stream, 2)
        os.close(stream)
