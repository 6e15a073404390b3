"""Import TensorFlow without its log messages."""

import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from keras_gru.errors import UserError
from keras_gru.files import user_path

if TYPE_CHECKING:
    from keras_gru.datasets.registry import DatasetSettings
    from keras_gru.experiments.configuration.experiment import Experiment
    from keras_gru.experiments.run_directory import RunDirectory

_SMALL = 2_000_000  # bytes; reading them is much faster than importing TensorFlow


def start_tensorflow(dataset: "DatasetSettings | None" = None) -> None:
    """Import TensorFlow, look for its devices, and make saved networks loadable.

    A small data file is read first, so that its errors are reported at once.

    Set `TF_CPP_MIN_LOG_LEVEL` to see TensorFlow's log messages.
    """
    if dataset is not None:
        _check_own_file(dataset)
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        _import()
        return
    # TensorFlow raises relevant errors; it only logs details such as missing CPU kernels.
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    # TensorFlow's libraries log before they read the level.
    with _capture_stderr():
        _import()


def _check_own_file(dataset: "DatasetSettings") -> None:
    from keras_gru import datasets
    from keras_gru.datasets.own.own_file import OwnFile

    if isinstance(dataset, OwnFile):
        path = user_path(dataset.path)
        if not path.is_dir() and (not path.is_file() or path.stat().st_size < _SMALL):
            datasets.load(dataset)


def _import() -> None:
    import tensorflow

    importlib.import_module("keras")  # registers the layers of saved networks
    tensorflow.config.list_physical_devices()
    # The warning about retracing is not relevant: there are few different lengths.
    tensorflow.get_logger().setLevel("ERROR")


def start_runs(
    config: str | None,
    overrides: Sequence[str] | None,
    resume: str | None,
    executor: str,
    address: str | None,
) -> "tuple[Experiment, RunDirectory | None, str | None]":
    """Read the arguments of a verb that trains many networks, and start TensorFlow.

    Returns:
        The experiment, the directory of a run to resume, and the address of a Ray cluster; None for
        processes on this machine.
    """
    from keras_gru.experiments.resuming import choose_experiment

    experiment, run_directory = choose_experiment(config, overrides, resume)
    if address is not None and executor != "ray":
        raise UserError(f"--address {address}: requires --executor ray. Add it.")
    start_tensorflow(experiment.dataset)
    return experiment, run_directory, (address or "local") if executor == "ray" else None


@contextmanager
def _capture_stderr() -> Iterator[None]:
    """Capture the standard error stream, and print it only if the block fails."""
    sys.stderr.flush()
    stream = os.dup(2)
    with tempfile.TemporaryFile() as buffer:
        os.dup2(buffer.fileno(), 2)
        try:
            yield
        except Exception:
            buffer.seek(0)
            with open(stream, "wb", closefd=False) as shown:
                shutil.copyfileobj(buffer, shown)
            raise
        finally:
            os.dup2(stream, 2)
            os.close(stream)
