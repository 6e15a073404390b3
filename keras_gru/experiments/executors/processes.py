"""Parallel jobs on this machine, each in its own process."""

import contextlib
import itertools
import multiprocessing
import os
import pickle
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Self

from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.storage.prepared import read_prepared, write_prepared
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
    process: BaseProcess
    connection: Any
    job: Job | None = None


class ProcessExecutor:
    """An executor of processes on this machine.

    On Linux, each process is pinned to its own cores: processes that share cores slow each other
    down. A crashed process (killed, out of memory) is replaced, and its job is retried once, from
    the last epoch. The output of a process is written to `jobs/<number>.log` in the run directory;
    the log of a crashed process is not deleted.

    Args:
        dataset: the training data; all processes share its arrays in memory.
        work: a function with the arguments of `train_job`.
    """

    def __init__(
        self,
        experiment: Experiment,
        run_directory: RunDirectory,
        slots: int,
        dataset: SequenceDataset,
        work: Callable[..., RunRecord] = train_job,
    ):
        self.slots, self.description = slots, f"{slots} at a time, which share the cores"
        self._logs = run_directory.path / LOGS
        self._arguments = work, experiment, run_directory.path
        self._task = b""
        self._dataset = dataset
        self._workers: dict[int, _Worker] = {}
        self._retries, self._crashes = Retries(), 0

    def __enter__(self) -> Self:
        self._logs.mkdir(exist_ok=True)
        (self._logs / _DATA).mkdir(exist_ok=True)
        write_prepared(self._dataset, self._logs / _DATA)
        self._task = pickle.dumps((_serve, *self._arguments, cells_file.current()))
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers.values():
            worker.process.terminate()  # loses nothing, as each epoch is saved
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
            self._workers[number] = self._start_worker(number)
        worker = self._workers[number]
        worker.job, worker.process.name = job, f"{job.name} seed {job.seed}"
        worker.connection.send(job)

    def wait(self, listener: Listener) -> tuple[Job, RunRecord | None]:
        while True:
            busy = [(worker, job) for worker in self._workers.values() if (job := worker.job)]
            ready = wait([worker.connection for worker, _ in busy])
            for worker, job in busy:
                if worker.connection not in ready:
                    continue
                try:
                    kind, *arguments = worker.connection.recv()
                except (EOFError, ConnectionError):
                    if not self._replace(worker, job, listener):
                        return job, None
                    continue
                if kind == "failed":
                    (error,) = arguments
                    raise error
                if kind == "ended":
                    worker.job = None
                    return job, *arguments
                getattr(listener, kind)(*arguments)

    def _replace(self, worker: _Worker, job: Job, listener: Listener) -> bool:
        """Replace a crashed process; return whether its job is retried."""
        worker.process.join()
        code = worker.process.exitcode or 0
        cause = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self._crashes += 1
        log = self._log(worker.number).rename(self._logs / f"crashed-{self._crashes}.log")
        again = self._retries.again(job, f"worker crashed ({cause}; its log is {log})", listener)
        del self._workers[worker.number]
        if again:
            self.start(job)
        return again

    def _start_worker(self, number: int) -> _Worker:
        ours, theirs = _spawn.Pipe()
        process = _spawn.Process(target=child.run, args=(theirs, self._task), daemon=True)
        log = self._log(number)
        with _pinned_to_cores(number, self.slots), _errors_to(log):
            process.start()
        theirs.close()  # so that `recv` raises when the process ends
        return _Worker(number, process, ours)

    def _log(self, number: int) -> Path:
        return self._logs / f"{number}.log"


def remove_logs(run_directory: RunDirectory) -> None:
    """Remove the logs of crashed processes after their jobs were retried successfully."""
    shutil.rmtree(run_directory.path / LOGS, ignore_errors=True)


def _serve(
    connection: Connection,
    work: Callable[..., RunRecord],
    experiment: Experiment,
    path: Path,
    cells: cells_file.CellsFile | None,
) -> None:
    """Do jobs in a worker process until its parent sends no more."""
    os.dup2(2, 1)  # the terminal belongs to the parent
    if cells is not None:
        cells.register()
    run_directory = RunDirectory(path)
    dataset = read_prepared(path / LOGS / _DATA)
    relay = Relay(connection.send)
    with contextlib.suppress(EOFError, BrokenPipeError):  # the parent has ended
        while True:
            job = connection.recv()
            try:
                with free_graphs():
                    record = work(job, experiment, dataset, run_directory, relay)
                connection.send(("ended", record))
            except (UserError, OSError) as error:  # such as a full disk: a retry would fail, too
                if isinstance(error, OSError) and error.errno is None:
                    raise
                connection.send(("failed", error))


@contextlib.contextmanager
def _pinned_to_cores(number: int, slots: int) -> Iterator[None]:
    """Pin a process that starts in the block to its own cores, on Linux."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, divide_cores(sorted(ours), slots)[number])
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)


def divide_cores(cores: list[int], slots: int) -> list[list[int]]:
    """Divide the cores among processes as evenly as possible, at least one each."""
    if slots >= len(cores):
        return [[cores[number % len(cores)]] for number in range(slots)]
    edges = [len(cores) * number // slots for number in range(slots + 1)]
    return [cores[first:last] for first, last in itertools.pairwise(edges)]


@contextlib.contextmanager
def _errors_to(log: Path) -> Iterator[None]:
    """Redirect the stderr of a process that starts in the block to a file."""
    sys.stderr.flush()
    stream = os.dup(2)
    with open(log, "ab", buffering=0) as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stream, 2)
        os.close(stream)
