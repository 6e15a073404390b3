"""Checks of the records in a run directory."""

from keras_gru.experiments.comparison import Comparison, RunRecord
from keras_gru.experiments.json_files import damaged


def check_comparison(comparison: Comparison) -> None:
    """Check the records of a run directory against its experiment and its metric.

    Raises:
        UserError: a cell, setting, metric or epoch of one file is missing in another.
    """
    name, path = comparison.metric.name, comparison.path
    assert path is not None  # `RunDirectory.comparison` sets it
    for run in comparison.runs:
        _check_record(run, name, (run.validation, run.test), comparison, path / "results.jsonl")
        _check_history(run, name, path / f"{run.cell}-seed{run.seed}" / "history.jsonl")
    for record in comparison.trials:
        _check_record(record, name, (record.validation,), comparison, path / "tuning.jsonl")


def _check_record(record: RunRecord, name, measured, comparison, file) -> None:
    experiment, run = comparison.experiment, f"{record.cell} with seed {record.seed}"
    if record.cell not in experiment.cells:
        raise damaged(file, f"{run}: experiment.yaml has no such cell")
    if record.status == "finished" and not all(name in metrics for metrics in measured):
        raise damaged(file, f"{run}: no '{name}'")
    is_tuned = bool(record.settings) or file.name == "tuning.jsonl"
    if is_tuned and record.settings.keys() != (experiment.tuning or {}).keys():
        raise damaged(file, f"{run}: experiment.yaml tunes other settings")


def _check_history(run: RunRecord, name, file) -> None:
    if len(run.history) != run.epochs:
        raise damaged(file, f"{len(run.history)} epochs, and results.jsonl has {run.epochs}")
    for key in (f"val_{name}", "seconds"):
        if not all(isinstance(row.get(key), float | int) for row in run.history):
            raise damaged(file, f"'{key}' is missing or no number")
