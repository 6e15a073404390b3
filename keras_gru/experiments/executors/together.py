"""One job at a time, done by several machines together; the first of them keeps what is found."""

import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.executors.jobs import ThisProcess
from keras_gru.experiments.multi_worker import MultiWorker
from keras_gru.experiments.results import RunFolder
from keras_gru.formatting import plural

# What a comparison goes on with; saved networks and pages stay with the chief.
_NEEDED = ("*.yaml", "*.json", "*.jsonl", "checkpoint.npz")


class Together(ThisProcess):
    """Does one job after the other, each together with the other workers.

    All follow the same comparison: they begin with a copy of the chief's run folder, and what they
    find is the same, so that they take the same decisions without asking. What the others write
    into their copies is gone with their processes.

    Args:
        team: the workers.
        experiment: what to train.
        dataset: the same in all of them.
        folder: the chief's run folder; None makes a new one. The others' is left aside.

    Raises:
        UserError: the workers were given different settings or data.
    """

    def __init__(
        self,
        team: MultiWorker,
        experiment: Experiment,
        dataset: SequenceDataset,
        folder: RunFolder | None,
    ):
        self._team = team
        with self._all_there(folder):
            self._check_alike(experiment, dataset)
            if team.is_chief:
                folder = folder or RunFolder.create(experiment)
                team.of_chief(_packed(folder.path))
            else:
                self._scratch = tempfile.TemporaryDirectory()
                _unpack(team.of_chief(b""), Path(self._scratch.name))
                folder = RunFolder(self._scratch.name)
        super().__init__(experiment, dataset, folder)
        self.place = f"one network at a time, by {plural(team.count, 'worker')} of tf.distribute"

    def __exit__(self, kind, error, traceback):
        if kind is None:
            with self._all_there(self.folder):
                self._team.sum(np.ones(1))  # who leaves early takes the connection along

    def wait(self, watch):
        with self._all_there(self.folder):
            return super().wait(watch)

    def _check_alike(self, experiment: Experiment, dataset: SequenceDataset) -> None:
        settings = experiment.model_dump(
            mode="json", exclude={"runs": True, "dataset": {"path"}, "training": {"shards"}}
        )
        own = f"{settings} {dataset.fingerprint.splits}".encode()
        if self._team.sum(np.array([self._team.of_chief(own) != own], np.int32))[0]:
            raise UserError(
                "training.distribute: the workers were given different settings or data; give "
                "all of them the same command."
            )

    @contextmanager
    def _all_there(self, folder: RunFolder | None) -> Iterator[None]:
        """Says in one sentence that a worker has died, which ends the others, too."""
        import tensorflow as tf

        try:
            yield
        except (
            tf.errors.UnavailableError,
            tf.errors.AbortedError,
            tf.errors.CancelledError,
            tf.errors.DeadlineExceededError,
        ) as error:
            known = folder is not None and self._team.is_chief
            again = f"with: keras-gru compare --resume {folder.path}" if known else "as before"
            raise UserError(
                "training.distribute: another worker has stopped or cannot be reached; start all "
                f"of them again, this one {again}"
            ) from error


def _packed(path: Path) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for pattern in _NEEDED:
            for file in path.rglob(pattern):
                archive.write(file, file.relative_to(path))
    return held.getvalue()


def _unpack(content: bytes, path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(path)
