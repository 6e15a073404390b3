"""The saved networks of a run directory: choose, load and evaluate them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from keras_gru import models
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments import fitting
from keras_gru.experiments.cells_file import check_cells
from keras_gru.experiments.comparison import EnsembleRecord, RunRecord
from keras_gru.experiments.graphs import free_graphs
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import load_data, load_other_data


def choose_run(
    run_directory: RunDirectory, cell: str | None = None, seed: int | None = None
) -> RunRecord:
    """Return the `Comparison.best_run` of a run directory.

    Raises:
        UserError: there is none.
    """
    comparison = run_directory.comparison()
    chosen = comparison.best_run(cell, seed)
    if chosen is None:
        finished = [record for record in comparison.runs if record.status == "finished"]
        asked = "" if cell is None else f" of cell '{cell}'"
        asked += "" if seed is None else f" with seed {seed}"
        have = [f"{record.cell} {record.seed}" for record in finished]
        raise UserError(
            f"{run_directory.path}: no finished run{asked}."
            + (f" Finished (cell seed): {', '.join(have)}." if have else "")
        )
    return chosen


def best_runs(run_directory: RunDirectory, seed: int | None = None) -> list[RunRecord]:
    """Return the best run of each cell that has a finished one, in the experiment's order."""
    comparison = run_directory.comparison()
    best = (comparison.best_run(cell, seed) for cell in comparison.experiment.cells)
    return [record for record in best if record is not None]


def choose_runs(
    run_directory: RunDirectory, cell: str | None = None, seed: int | Literal["all"] | None = None
) -> list[RunRecord]:
    """Return the result of `choose_run`; for seed `"all"`, all finished runs of its cell."""
    if seed != "all":
        return [choose_run(run_directory, cell, seed)]
    best = choose_run(run_directory, cell)
    records = run_directory.records()
    return [
        record for record in records if record.cell == best.cell and record.status == "finished"
    ]


def load_network(run_directory: RunDirectory, records: Sequence[RunRecord]) -> keras.Model:
    """Load the network of a run; of several runs of one cell, their ensemble."""
    networks = [load_model(run_directory, record) for record in records]
    return models.ensemble(networks, run_directory.experiment().dataset.task)


def load_model(run_directory: RunDirectory, record: RunRecord) -> keras.Model:
    """Load the saved network of a run, compiled as it was trained.

    Raises:
        UserError: if the file is missing or damaged, or the cell is not registered.
    """
    path = run_directory.run_path(record.cell, record.seed) / "best.keras"
    if not path.is_file():
        raise UserError(f"{path}: expected a saved network, found none. Train it again.")
    check_cells(run_directory.path, [record.cell])
    try:
        return keras.models.load_model(path)
    except Exception as error:  # zipfile, HDF5 and Keras raise many types for damaged files
        raise UserError(
            f"{path}: the saved network cannot be loaded: it is damaged, or its cell "
            f"'{record.cell}' is one of your own and must be defined and registered first, in a "
            f"script ({(str(error) or type(error).__name__).splitlines()[0][:100]})."
        ) from error


def load_data_of(
    run_directory: RunDirectory, runs: Sequence[RunRecord], split: str, path: Path | None = None
) -> SequenceDataset:
    """Load the data that runs are evaluated on.

    Args:
        runs: a run, or several runs of one cell.
        split: `"train"`, `"validation"` or `"test"`.
        path: a file to evaluate on; None for the training data.

    Raises:
        UserError: if the data are missing or have changed, or the runs have no common `split`.
    """
    dataset = load_data(run_directory) if path is None else load_other_data(run_directory, path)
    experiment = run_directory.experiment()
    if split == "test" or "split" not in experiment.vary or "train" not in dataset.splits:
        return dataset
    if len(runs) > 1:
        raise UserError(
            f"--split {split}: expected test, as each seed has other {split} sequences (vary: "
            "split). Leave it out, or choose one seed."
        )
    return fitting.data_of_run(experiment, dataset, runs[0].seed)


def evaluate(
    run_directory: RunDirectory,
    runs: RunRecord | Sequence[RunRecord],
    split: str,
    dataset: SequenceDataset | None = None,
) -> dict[str, float]:
    """Return the metrics of a saved network, or of an ensemble, on one split.

    Args:
        runs: a run, or several runs of one cell, whose ensemble is measured.
        split: `"train"`, `"validation"` or `"test"`.
        dataset: data to evaluate on; None loads those of the runs, as `load_data_of` does.

    Returns:
        Name of a metric -> its value; errors are in the metric's unit.

    Raises:
        UserError: if the data are missing or have changed.
    """
    runs = [runs] if isinstance(runs, RunRecord) else runs
    experiment = run_directory.experiment_of(runs[0])
    dataset = dataset or load_data_of(run_directory, runs, split)
    networks = [load_model(run_directory, record) for record in runs]
    if len(networks) == 1:
        return fitting.evaluate(networks[0], experiment, dataset, split)
    return fitting.evaluate_ensemble(networks, experiment, dataset, split)


def top_k_accuracy(network: keras.Model, dataset: SequenceDataset, split: str, k: int) -> float:
    """Return the fraction of targets that are among the k most probable outputs.

    Raises:
        UserError: if the outputs are not classes, tags or tokens, or there are at most k of them.
    """
    spec = dataset.spec
    if spec.task in ("forecasting", "polyphony"):
        raise UserError(f"--top-k: expected a task with classes, found {spec.task}. Leave it out.")
    if k >= spec.outputs:
        raise UserError(
            f"--top-k: expected less than {spec.outputs}, the number of classes, got {k}."
        )
    right = total = 0.0
    for x, y, *weights in dataset.batches(split, batch_size=256):
        logits = network.predict_on_batch(x)
        y = np.asarray(y)
        own = np.take_along_axis(logits, y[..., None], axis=-1)
        is_right = (logits > own).sum(-1) < k
        weight = np.asarray(weights[0]) if weights else np.ones(y.shape)
        right, total = right + (is_right * weight).sum(), total + weight.sum()
    return float(right / total)


def save_ensembles(run_directory: RunDirectory, dataset: SequenceDataset | None = None) -> None:
    """Evaluate the ensemble of each cell's finished networks on test, if there are several.

    Results that are already in `ensembles.jsonl` are not measured again.

    Args:
        dataset: the data of the runs; None loads them.
    """
    known = {
        record.cell: record.seeds for record in run_directory.ensembles() if record.split == "test"
    }
    finished = [record for record in run_directory.records() if record.status == "finished"]
    for cell in run_directory.experiment().cells:
        runs = [record for record in finished if record.cell == cell]
        seeds = tuple(record.seed for record in runs)
        if len(runs) > 1 and known.get(cell) != seeds:
            dataset = dataset or load_data(run_directory)
            with free_graphs():
                metrics = evaluate(run_directory, runs, "test", dataset)
            run_directory.add_ensemble(
                EnsembleRecord(cell, seeds, "test", metrics, dataset.metric.label)
            )
