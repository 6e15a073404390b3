"""The data of a run directory: loaded once to train, and later only as they were then.

`preprocessing.json` holds what a network needs besides its weights, and a fingerprint of the data
that it was trained on. It is written before anything trains.
"""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from keras_gru import datasets
from keras_gru.datasets.fingerprint import Fingerprint
from keras_gru.datasets.own_file import OwnFile
from keras_gru.datasets.preprocessing import Preprocessing, SeriesEnd
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.json_files import load_json
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.files import write_text

FILE = "preprocessing.json"


@dataclass(frozen=True)
class TrainingData:
    """What a run directory stores of its data.

    Args:
        preprocessing: how data become inputs.
        fingerprint: which data the network was trained on.
        ends: the last rows of each time series, from which later rows are forecast.
    """

    preprocessing: Preprocessing
    fingerprint: Fingerprint
    ends: tuple[SeriesEnd, ...] = ()


def data_for(experiment: Experiment, folder: RunDirectory | None) -> SequenceDataset:
    """Load the data of an experiment; to resume it, as its run directory has stored them.

    All results in the run directory are validated first, which takes less time than loading.

    Raises:
        UserError: if the run directory is damaged, or as `load_data` does.
    """
    if folder is not None and folder.has_metadata() and folder.learning_curve() is None:
        folder.comparison()
    is_resumed = folder is not None and not _is_new(folder)
    if is_resumed and folder.experiment().dataset == experiment.dataset:
        return load_data(folder)
    dataset = datasets.load(experiment.dataset)  # `store_data` checks that they are the same
    return dataset if folder is None else _own_fraction(folder, experiment, dataset)


def load_data(folder: RunDirectory, path: str | Path | None = None) -> SequenceDataset:
    """Load the data that the runs of a directory were trained on, prepared as they were then.

    Args:
        folder: the run directory.
        path: where the file is now; None looks where it was.

    Raises:
        UserError: if the data are not there, or others are there now.
    """
    stored, experiment = stored_data(folder), folder.experiment()
    moved = {} if path is None else {"path": str(path)}
    config = experiment.dataset.model_copy(update=moved)
    dataset = datasets.load(config, stored.preprocessing, stored.fingerprint.source)
    dataset = _own_fraction(folder, experiment, dataset)
    stored.fingerprint.check(dataset.fingerprint)
    return dataset


def load_other_data(folder: RunDirectory, path: str | Path) -> SequenceDataset:
    """Load another file than the runs of a directory were trained on, to measure them on it.

    Args:
        folder: the run directory, whose preprocessing is applied.
        path: a file of the same kind.

    Returns:
        All sequences of the file as the split `"test"`; of the training file itself, wherever it
        is, the splits that it was trained with.

    Raises:
        UserError: if the file does not fit.
    """
    stored, config = stored_data(folder), folder.experiment().dataset
    if not isinstance(config, OwnFile):
        raise UserError(
            f"{folder.path}: expected a run on a file of yours, found one on '{config.kind}'. "
            "Leave --data out."
        )
    config = config.model_copy(update={"path": str(path)})
    dataset = datasets.load_as_test(config, stored.preprocessing)
    source = stored.fingerprint.source
    is_the_same = source is not None and dataset.source.sha256 == source.sha256
    return load_data(folder, path) if is_the_same else dataset


def store_data(folder: RunDirectory, dataset: SequenceDataset) -> None:
    """Write what a run directory stores of its data; where it has that, check that they agree.

    Raises:
        UserError: if the runs in it were trained on other data.
    """
    if not _is_new(folder):
        stored_data(folder).fingerprint.check(dataset.fingerprint)
        return
    data = TrainingData(dataset.preprocessing, dataset.fingerprint, dataset.ends)
    write_text(folder.path / FILE, TypeAdapter(TrainingData).dump_json(data, indent=1).decode())


def stored_data(folder: RunDirectory) -> TrainingData:
    """Return what `store_data` wrote.

    Raises:
        UserError: if there is none, or it is damaged.
    """
    path = folder.path / FILE
    if not path.is_file():
        raise UserError(
            f"{folder.path}: expected a {FILE} with the vocabulary, the scaling and a fingerprint "
            "of the training data, found none: an earlier version of keras-gru made this run "
            "directory, or the run stopped before its data were loaded. Train anew."
        )
    return load_json(path, TrainingData)


def _own_fraction(
    folder: RunDirectory, experiment: Experiment, dataset: SequenceDataset
) -> SequenceDataset:
    """Return the dataset with the fraction of the training data that a run directory is for."""
    if folder.part != "fractions":
        return dataset
    fraction = float(folder.path.resolve().name)
    return dataset.with_share_of_train(fraction, experiment.training.batch_size)


def _is_new(folder: RunDirectory) -> bool:
    """Return whether nothing was trained in a run directory."""
    return not (folder.path / FILE).is_file() and not folder.has_metadata()
