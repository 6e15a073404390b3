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
        fingerprint: identifies the data that the network was trained on.
        ends: the last rows of each time series, from which later rows are forecast.
    """

    preprocessing: Preprocessing
    fingerprint: Fingerprint
    ends: tuple[SeriesEnd, ...] = ()


def data_for(experiment: Experiment, run_directory: RunDirectory | None) -> SequenceDataset:
    """Load the data of an experiment; to resume it, as its run directory has stored them.

    All results in the run directory are validated first, which takes less time than loading.

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
    """Load the data that the runs of a directory were trained on, prepared as they were then.

    Args:
        run_directory: the run directory.
        path: where the file is now; None looks where it was.

    Raises:
        UserError: if the data are not there, or others are there now.
    """
    stored, experiment = stored_data(run_directory), run_directory.experiment()
    moved = {} if path is None else {"path": str(path)}
    config = experiment.dataset.model_copy(update=moved)
    dataset = datasets.load(config, stored.preprocessing, stored.fingerprint.source)
    dataset = _own_fraction(run_directory, experiment, dataset)
    stored.fingerprint.check(dataset.fingerprint)
    return dataset


def load_other_data(run_directory: RunDirectory, path: str | Path) -> SequenceDataset:
    """Load another file than the runs of a directory were trained on, to measure them on it.

    Args:
        run_directory: the run directory, whose preprocessing is applied.
        path: a file of the same kind.

    Returns:
        All sequences of the file as the split `"test"`; of the training file itself, wherever it
        is, the splits that it was trained with.

    Raises:
        UserError: if the file does not fit.
    """
    stored, config = stored_data(run_directory), run_directory.experiment().dataset
    if not isinstance(config, OwnFile):
        raise UserError(
            f"{run_directory.path}: expected a run on a file of yours, found one on "
            f"'{config.kind}'. Leave --data out."
        )
    config = config.model_copy(update={"path": str(path)})
    dataset = datasets.load_as_test(config, stored.preprocessing)
    source, other = stored.fingerprint.source, dataset.source
    is_the_same = source is not None and other is not None and other.sha256 == source.sha256
    return load_data(run_directory, path) if is_the_same else dataset


def store_data(run_directory: RunDirectory, dataset: SequenceDataset) -> None:
    """Write what a run directory stores of its data; where it has that, check that they agree.

    Raises:
        UserError: if the runs in it were trained on other data.
    """
    if not _is_new(run_directory):
        stored_data(run_directory).fingerprint.check(dataset.fingerprint)
        return
    data = TrainingData(dataset.preprocessing, dataset.fingerprint, dataset.ends)
    write_text(
        run_directory.path / FILE, TypeAdapter(TrainingData).dump_json(data, indent=1).decode()
    )


def stored_data(run_directory: RunDirectory) -> TrainingData:
    """Return what `store_data` wrote.

    Raises:
        UserError: if there is none, or it is damaged.
    """
    path = run_directory.path / FILE
    if not path.is_file():
        raise UserError(
            f"{run_directory.path}: expected a {FILE} with the vocabulary, the scaling and a "
            "fingerprint of the training data, found none: an earlier version of keras-gru made "
            "this run directory, or the run stopped before its data were loaded. Train anew."
        )
    return load_json(path, TrainingData)


def _own_fraction(
    run_directory: RunDirectory, experiment: Experiment, dataset: SequenceDataset
) -> SequenceDataset:
    """Return the dataset with the fraction of the training data that a run directory is for."""
    if run_directory.part != "fractions":
        return dataset
    fraction = float(run_directory.path.resolve().name)
    return dataset.with_fraction_of_train(fraction, experiment.training.batch_size)


def _is_new(run_directory: RunDirectory) -> bool:
    """Return whether nothing was trained in a run directory."""
    return not (run_directory.path / FILE).is_file() and not run_directory.has_metadata()
