"""Parallel jobs on the machines of a Ray cluster."""

import logging
import socket
import tempfile
from pathlib import Path
from typing import Any, Self

import keras

from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.storage.prepared import from_parts, to_parts
from keras_gru.errors import UserError
from keras_gru.experiments import cells_file
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.executors.jobs import Job, Retries, train_job
from keras_gru.experiments.listener import Listener, Relay
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import FILE
from keras_gru.files import replacing
from keras_gru.formatting import plural

LOCAL = "local"
_SECONDS_BETWEEN_EVENTS = 0.2


class RayExecutor:
    """An executor on the machines of a Ray cluster.

    The run directory stays on the local machine, which writes the result of each job as soon as it
    ends: a crash of a worker or of the head loses no finished run. A job whose worker or machine
    crashes is retried once, from its start. This package must be installed on all machines; the
    data are sent to each machine once.

    Args:
        address: address of a cluster, such as `"10.0.0.1:6379"` or `"auto"`; `"local"` starts one
            here.
        slots: jobs at a time, of one core each; None for as many as the cluster has room for.

    Raises:
        UserError: Ray is not installed, or no cluster runs at the address.
    """

    def __init__(
        self,
        experiment: Experiment,
        run_directory: RunDirectory,
        dataset: SequenceDataset,
        address: str = LOCAL,
        slots: int | None = None,
    ):
        self._ray = _import_ray()
        self._own = not self._ray.is_initialized()
        if self._own:
            self._connect(address)
        room = int(self._ray.cluster_resources().get("CPU", 1))
        self.slots = max(1, room if slots is None else min(slots, room))
        nodes = sum(node["Alive"] for node in self._ray.nodes())
        self.description = f"{self.slots} at a time, on a Ray cluster of {plural(nodes, 'machine')}"
        self._experiment, self._run_directory = experiment, run_directory
        self._dataset = self._ray.put(to_parts(dataset))
        self._running: dict[Any, Job] = {}
        self._retries = Retries()
        variables = {
            "KERAS_BACKEND": keras.backend.backend(),
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        self._environment = {"env_vars": variables}

    def _connect(self, address: str) -> None:
        try:
            _check_reachable(address)
            self._ray.init(
                address=address,
                include_dashboard=False if address == LOCAL else None,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except (OSError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise UserError(
                f"--address {address}: no Ray cluster answers there ({reason}); start one with "
                "'ray start --head', set RAY_AUTH_MODE=token if it has tokens (as of Ray 2.60), or "
                "leave the address out for one on this machine."
            ) from None

    def __enter__(self) -> Self:
        self._events = self._ray.remote(num_cpus=0, runtime_env=self._environment)(_Events).remote()
        return self

    def __exit__(self, *error: object) -> None:
        for task in self._running:
            self._ray.cancel(task, force=True)
        if self._own:
            self._ray.shutdown()

    def start(self, job: Job) -> None:
        do = self._ray.remote(num_cpus=1, max_retries=0, runtime_env=self._environment)(_do)
        stored = (self._run_directory.path / FILE).read_bytes()
        files = _read(job.path(self._run_directory))
        cells = cells_file.current()
        task = do.remote(job, self._experiment, self._dataset, stored, files, self._events, cells)
        self._running[task] = job

    def wait(self, listener: Listener) -> tuple[Job, RunRecord | None]:
        while True:
            done, _ = self._ray.wait(list(self._running), timeout=_SECONDS_BETWEEN_EVENTS)
            for kind, *arguments in self._ray.get(self._events.take.remote()):
                getattr(listener, kind)(*arguments)
            for task in done:
                job = self._running.pop(task)
                try:
                    found = self._ray.get(task)
                except self._ray.exceptions.RayTaskError as error:
                    raise error.cause from None
                except self._ray.exceptions.RayError as error:
                    cause = f"worker crashed ({type(error).__name__})"
                    if not self._retries.again(job, cause, listener):
                        return job, None
                    self.start(job)
                    continue
                if isinstance(found, str):
                    raise UserError(found)
                record, files = found
                _write(job.path(self._run_directory), files)
                return job, record


def _do(
    job: Job, experiment: Experiment, packed, stored: bytes, files: dict[str, bytes], events, cells
):
    """Do a job in a worker, in its own directory; return a message if it fails."""
    with tempfile.TemporaryDirectory() as runs:
        run_directory = RunDirectory.create(experiment.model_copy(update={"runs": runs}))
        path = job.path(run_directory)
        _write(run_directory.path, {FILE: stored})
        _write(path, files)
        try:
            if cells is not None:
                cells.register()
            record = train_job(
                job, experiment, from_parts(*packed), run_directory, Relay(events.put.remote)
            )
        except UserError as error:
            return str(error)
        return record, _read(path)


class _Events:
    """A buffer for the events of workers."""

    def __init__(self):
        self.waiting = []

    def put(self, event):
        self.waiting.append(event)

    def take(self):
        events, self.waiting = self.waiting, []
        return events


def _read(path: Path) -> dict[str, bytes]:
    """Return the files of a job by name."""
    return {
        str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()
    }


def _write(path: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        with replacing(path / name) as draft:
            Path(draft).write_bytes(content)


def _check_reachable(address: str) -> None:
    """Raise an error at once if the address cannot be reached; Ray would retry for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit() and "://" not in address:
        socket.create_connection((host, int(port)), timeout=10).close()


def _import_ray() -> Any:
    try:
        import ray
    except ImportError:
        raise UserError(
            "--executor ray: the package ray is not installed; pip install 'keras_gru[ray]'."
        ) from None
    return ray
