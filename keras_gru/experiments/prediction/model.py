"""A trained network with all that it needs: `keras_gru.load`."""

# N sequences, T time steps, C classes, H steps ahead, V variables

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.networks import choose_runs, load_network
from keras_gru.experiments.prediction.inputs import Inputs
from keras_gru.experiments.prediction.outputs import outputs_of
from keras_gru.experiments.prediction.read import read_inputs
from keras_gru.experiments.prediction.rows import Predictions, predictions_of
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import stored_data


def load(
    run: str | Path, cell: str | None = None, seed: int | Literal["all"] | None = None
) -> "TrainedModel":
    """Load a trained network with its preprocessing.

    Args:
        run: the run directory.
        cell: one of the run's cells; None takes the one with the best validation metric.
        seed: one of the run's seeds; None takes the one with the best validation metric, `"all"`
            the mean of the networks of all seeds (an ensemble).

    Raises:
        UserError: if there is no such run, or it has not finished.

    Example:

    >>> model = keras_gru.load("runs/imdb_reviews/2026-01-31_12-00-00")
    >>> model.predict(["A fine film.", "Two hours of my life."]).rows[0]["label"]
    'pos'
    """
    folder = RunDirectory(run)
    return TrainedModel(folder, choose_runs(folder, cell, seed))


class TrainedModel:
    """A trained network, or an ensemble of several seeds, with its preprocessing.

    Args:
        folder: the run directory.
        records: the runs of one cell whose networks are averaged; one run is one network.
    """

    def __init__(self, folder: RunDirectory, records: Sequence[RunRecord]):
        self.folder, self.records = folder, tuple(records)
        self.experiment = folder.experiment_of(self.records[0])
        self.preprocessing = stored_data(folder).preprocessing

    def __repr__(self) -> str:
        seeds = ", ".join(str(record.seed) for record in self.records)
        return f"<{self.records[0].label} for {self.task}, seed {seeds}, of {self.folder.path}>"

    @property
    def task(self) -> str:
        """The task, such as `"classification"`."""
        return self.preprocessing.spec.task

    @property
    def labels(self) -> tuple[str, ...] | None:
        """The names of the classes or tags, in the order of the outputs; None for other tasks."""
        if self.task not in ("classification", "tagging"):
            return None
        names = self.preprocessing.target_vocabulary
        return names or tuple(map(str, range(self.preprocessing.spec.outputs)))

    @functools.cached_property
    def network(self) -> keras.Model:
        """The network, compiled with the loss and the metrics that it was trained with."""
        return load_network(self.folder, self.records)

    def predict(self, data: Any) -> Predictions:
        """Predict from new data.

        Args:
            data: strings, a table with columns (such as a pandas or polars data frame), arrays, or
                the path of a file of the kind that the network was trained on; `"-"` reads the
                standard input.

        Returns:
            A row for each item; `Predictions.outputs` has the numbers as arrays.

        Raises:
            UserError: if the data do not fit the network.
        """
        inputs = self.read(data)
        return predictions_of(inputs, self.outputs(inputs.dataset), self.labels)

    def read(self, data: Any) -> Inputs:
        """Read new data as the network's inputs, without predicting."""
        return read_inputs(data, self.experiment.dataset, self.preprocessing)

    def outputs(
        self, dataset: SequenceDataset, split: str = "test", rows: Sequence[int] | None = None
    ) -> np.ndarray | list[np.ndarray]:
        """Return what the network says of sequences of a dataset.

        Args:
            dataset: with the network's preprocessing.
            split: one of its splits.
            rows: numbers of sequences of the split; None takes all.

        Returns:
            Probabilities (N, C) of classes; forecasts (N, H, V) or, at every step, (N, T, H, V),
            in each variable's unit; of tags, tokens and notes a list of N arrays (T, C) of
            probabilities.
        """
        if dataset.spec != self.preprocessing.spec:
            raise UserError(
                f"{dataset.name}: expected data prepared for this network "
                f"({self.preprocessing.spec}), found {dataset.spec}."
            )
        return outputs_of(self.network, dataset, split, rows)
