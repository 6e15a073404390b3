"""The data of a run directory, with the preprocessing stored by the first run.

`preprocessing.json` contains all that a network needs besides its weights, and a fingerprint of
its training data. It is written before training starts.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from keras_gru import datasets
from keras_gru.datasets.fingerprint import Fingerprint
from keras_gru.datasets.own.own_file import OwnFile, TableFile
from keras_gru.datasets.preprocessing import Preprocessing, SeriesEnd
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.subsets import fraction_of_train
from keras_gru.errors import UserError
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.json_files import load_json
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.files import write_text

FILE = "preprocessing.json"


@dataclass(frozen=True)
class TrainingData:
    """What a run directory stores about its data.

    Args:
        preprocessing: how data become inputs.
        fingerprint: identifies the data that the network was trained on.
        ends: the last rows of each time series, from which later rows are forecast.
    """

    preprocessing: Preprocessing
    fingerprint: Fingerprint
    ends: tuple[SeriesEnd, ...] = ()


def data_for(experiment: Experiment, run_directory: RunDirectory | None) -> SequenceDataset:
    """Load the data of an experiment; a resumed run uses the stored preprocessing.

    All results in the run directory are validated first, which is faster than loading.

    Raises:
        UserError: if the run directory is damaged, or as `load_data` does.
    """
    if (
        run_directory is not None
        and run_directory.has_metadata()
        and run_directory.learning_curve() is None
    ):
        run_directory.comparison()
    if run_directory is None:
        return datasets.load(experiment.dataset)
    if not _is_new(run_directory) and run_directory.experiment().dataset == experiment.dataset:
        return load_data(run_directory)
    dataset = datasets.load(experiment.dataset)  # `store_data` checks that they are the same
    return _own_fraction(run_directory, experiment, dataset)


def load_data(run_directory: RunDirectory, path: str | Path | None = None) -> SequenceDataset:
    """Load the training data of a run directory, with the stored preprocessing.

    Args:
        path: current path of the file; None uses the stored path.

    Raises:
        UserError: if the data are missing or have changed.
    """
    stored, experiment = stored_data(run_directory), run_directory.experiment()
    moved = {} if path is None else {"path": str(path)}
    config = experiment.dataset.model_copy(update=moved)
    dataset = datasets.load(config, stored.preprocessing, stored.fingerprint.source)
    dataset = _own_fraction(run_directory, experiment, dataset)
    stored.fingerprint.check(dataset.fingerprint)
    return dataset


def load_other_data(run_directory: RunDirectory, path: str | Path) -> SequenceDataset:
    """Load a new file, to evaluate the networks of a run directory on it.

    Returns:
        All sequences of the file as the split `"test"`; for the training file itself, even if it
        was moved, the original splits.

    Raises:
        UserError: if the file does not match the network.
    """
    stored, config = stored_data(run_directory), run_directory.experiment().dataset
    if not isinstance(config, OwnFile):
        raise UserError(
            f"{run_directory.path}: expected a run on a file of yours, found one on "
            f"'{config.kind}'. Leave --data out."
        )
    config = config.model_copy(update={"path": str(path)})
    dataset = None
    for settings in config.formats() if isinstance(config, TableFile) else []:
        with contextlib.suppress(UserError):
            dataset = datasets.load_as_test(settings, stored.preprocessing)
            break
    dataset = dataset or datasets.load_as_test(config, stored.preprocessing)
    source, other = stored.fingerprint.source, dataset.source
    is_the_same = source is not None and other is not None and other.sha256 == source.sha256
    return load_data(run_directory, path) if is_the_same else dataset


def store_data(run_directory: RunDirectory, dataset: SequenceDataset) -> None:
    """Store the preprocessing and the fingerprint, or check data against a stored fingerprint.

    Raises:
        UserError: if its runs were trained on other data.
    """
    if not _is_new(run_directory):
        stored_data(run_directory).fingerprint.check(dataset.fingerprint)
        return
    data = TrainingData(dataset.preprocessing, dataset.fingerprint, dataset.ends)
    write_text(
        run_directory.path / FILE, TypeAdapter(TrainingData).dump_json(data, indent=1).decode()
    )


def stored_data(run_directory: RunDirectory) -> TrainingData:
    """Load what `store_data` wrote."""
    path = run_directory.path / FILE
    if not path.is_file():
        raise UserError(
            f"{run_directory.path}: expected a {FILE} with the vocabulary, the scaling and a "
            "fingerprint of the training data, found none: an earlier version of keras-gru made "
            "this run directory, or the run stopped before its data were loaded. Train again."
        )
    return load_json(path, TrainingData)


def _own_fraction(
    run_directory: RunDirectory, experiment: Experiment, dataset: SequenceDataset
) -> SequenceDataset:
    """Return the dataset with the fraction of training data of a run directory."""
    if run_directory.part != "fractions":
        return dataset
    fraction = float(run_directory.path.resolve().name)
    return fraction_of_train(dataset, fraction, experiment.training.batch_size)


def _is_new(run_directory: RunDirectory) -> bool:
    """Return whether training has not started in a run directory."""
    return not (run_directory.path / FILE).is_file() and not run_directory.has_metadata()
