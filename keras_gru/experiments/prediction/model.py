"""A trained network with its preprocessing: `keras_gru.load`."""

# N sequences, T time steps, C classes, H steps ahead, V variables

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from keras_gru import models
from keras_gru.datasets.published.polyphonic_music import COLLECTIONS
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.find_run import find_run
from keras_gru.experiments.forecasts import load_forecasts
from keras_gru.experiments.generation import translate
from keras_gru.experiments.networks import choose_runs, load_model, load_network
from keras_gru.experiments.prediction.forecast import Forecast, forecast_ends
from keras_gru.experiments.prediction.inputs import Inputs
from keras_gru.experiments.prediction.outputs import Outputs, Rows, outputs_of, unscale
from keras_gru.experiments.prediction.read import read_inputs
from keras_gru.experiments.prediction.rows import Predictions, predictions_of
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import FILE as DATA_FILE
from keras_gru.experiments.training_data import stored_data


def load(
    run: str | Path, cell: str | None = None, seed: int | Literal["all"] | None = None
) -> "TrainedModel":
    """Load a trained network with its preprocessing.

    Args:
        run: a run directory, `runs/NAME` or `NAME` for its newest, or `"latest"`.
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
    run_directory = find_run(run)
    return TrainedModel(run_directory, choose_runs(run_directory, cell, seed))


class TrainedModel:
    """A trained network, or an ensemble of several seeds, with its preprocessing.

    Args:
        records: the runs of one cell whose networks are averaged; one run is one network.
    """

    def __init__(self, run_directory: RunDirectory, records: Sequence[RunRecord]):
        self.run_directory, self.records = run_directory, tuple(records)
        self.experiment = run_directory.experiment_of(self.records[0])
        self.preprocessing = stored_data(run_directory).preprocessing

    def __repr__(self) -> str:
        seeds = ", ".join(str(record.seed) for record in self.records)
        return (
            f"<{self.records[0].label} for {self.task}, seed {seeds}, of {self.run_directory.path}>"
        )

    @property
    def task(self) -> str:
        """The task, such as `"classification"`."""
        return self.preprocessing.spec.task

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the outputs in order: classes, tags, tokens, variables or notes."""
        preprocessing = self.preprocessing
        if preprocessing.target_vocabulary is not None:
            return preprocessing.target_vocabulary
        if self.task == "forecasting":
            return preprocessing.variables
        collection = COLLECTIONS.get(self.experiment.dataset.kind)
        lowest = collection.lowest if collection else 0  # a MIDI pitch
        return tuple(str(lowest + number) for number in range(preprocessing.spec.outputs))

    @functools.cached_property
    def network(self) -> keras.Model:
        """The network, compiled with the loss and the metrics that it was trained with."""
        return load_network(self.run_directory, self.records)

    def predict(self, data: Any) -> Predictions:
        """Predict from new data.

        Args:
            data: strings, a table with columns (such as a pandas or polars data frame), arrays, or
                the path of a file of the kind that the network was trained on; `"-"` reads the
                standard input.

        Returns:
            A row for each item; `Predictions.outputs` has the numbers as arrays.

        Raises:
            UserError: if the data do not match the network.
        """
        inputs = self.read(data)
        if self.task == "translation":
            return self._translate(inputs)
        outputs = self.outputs(inputs.dataset)
        if self.preprocessing.series_scalings is not None:
            pairs = zip(outputs, inputs.rows, strict=True)
            outputs = np.stack([unscale(y, self.preprocessing, row["series"]) for y, row in pairs])
        return predictions_of(inputs, outputs, self.labels)

    def _translate(self, inputs: Inputs) -> Predictions:
        record, *others = self.records
        if others:
            raise UserError("--seed all: expected one network to translate with. Leave it out.")
        rows = [{**row, "translation": None} for row in inputs.rows]
        if self.preprocessing.tokenizer is None:
            split = inputs.dataset.splits["test"]
            lengths = split.lengths["tokens"]
            pairs = zip(split.inputs["tokens"], lengths, strict=True)
            sentences = [" ".join(map(str, tokens[:length])) for tokens, length in pairs]
        else:
            sentences = [str(rows[number]["text"]) for number in inputs.numbers]
        found = translate(self.run_directory, record, sentences)
        for number, ((best, _), *_) in zip(inputs.numbers, found, strict=True):
            rows[number]["translation"] = best
        return Predictions(rows, [], inputs.notes)

    def forecast(self, steps: int | None = None) -> Forecast:
        """Forecast the rows after the end of the series that the network was trained on.

        Args:
            steps: rows to forecast; None forecasts the network's horizon. Beyond it, forecasts are
                fed back as if they were true.

        Raises:
            UserError: if the network is not a forecaster of a series.
        """
        ends = stored_data(self.run_directory).ends
        if not ends:
            raise UserError(
                f"{self.run_directory.path}: expected a run on a time series, with its last rows "
                f"in {DATA_FILE}, found none ({self.preprocessing.name}). Train on a series."
            )
        return forecast_ends(
            [load_model(self.run_directory, record) for record in self.records],
            ends,
            steps,
            self.experiment.dataset,
            self.preprocessing,
            load_forecasts(
                [self.run_directory.run_path(record.cell, record.seed) for record in self.records]
            ),
            self.labels,
        )

    def read(self, data: Any) -> Inputs:
        """Read new data as the network's inputs, without predicting."""
        return read_inputs(data, self.experiment.dataset, self.preprocessing)

    def outputs(self, dataset: SequenceDataset, split: str = "test", rows: Rows = None) -> Outputs:
        """Return the outputs of the network for sequences of a dataset.

        Args:
            dataset: a dataset with the network's preprocessing.
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
        network = self.network
        if self.task == "language_model":
            network = self._network_of_any_length
        return outputs_of(network, dataset, split, rows)

    @functools.cached_property
    def _network_of_any_length(self) -> keras.Model:
        networks = [load_model(self.run_directory, record) for record in self.records]
        networks = [models.with_any_length(network) for network in networks]
        return models.ensemble(networks, self.task)
