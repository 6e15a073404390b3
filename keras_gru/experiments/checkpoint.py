"""Checkpoints: a resumed run ends with the same numbers as an uninterrupted one."""

import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments.comparison import Epoch, epoch_numbers
from keras_gru.experiments.json_files import parse_json, write_json_lines
from keras_gru.files import load_arrays, replacing

FILE = "checkpoint.npz"
_REMEDY = "delete it to train this run from its start"


@dataclass
class Progress:
    """The epochs of a run so far.

    Args:
        metric: the validation metric that epochs are compared by.
        patience: epochs without a better one until early stopping; None disables it.
        history: one row per epoch: what Keras logs, with errors in the metric's unit, `seconds`,
            `train_seconds`, and `metric`, which names the metric and its unit.
        pruned: whether a listener has ended it.
    """

    metric: Metric
    patience: int | None
    history: list[Epoch] = field(default_factory=list)
    pruned: bool = False

    @property
    def scores(self) -> list[float]:
        """`Metric.score` of each epoch on validation."""
        name = f"val_{self.metric.name}"
        return [self.metric.score(epoch_numbers(row)[name]) for row in self.history]

    @property
    def best_epoch(self) -> int:
        """The best epoch, counted from 1; 0 before the first."""
        return 1 + int(np.argmax(self.scores)) if self.history else 0

    @property
    def best_row(self) -> dict[str, float]:
        """The numbers of the best epoch."""
        return epoch_numbers(self.history[self.best_epoch - 1])

    @property
    def diverged(self) -> bool:
        """Whether the loss has become NaN or Inf."""
        return bool(self.history) and not math.isfinite(epoch_numbers(self.history[-1])["loss"])

    def plateaus(self, patience: int) -> int:
        """Return the number of plateaus: `patience` epochs in a row without a new best."""
        best, idle, found = -math.inf, 0, 0
        for score in self.scores:
            idle = 0 if score > best else idle + 1
            best = max(best, score)
            if idle == patience:
                idle, found = 0, found + 1
        return found

    def is_over(self, epochs: int) -> bool:
        """Return whether training has ended: all epochs done, stopped early, or diverged."""
        idle = len(self.history) - self.best_epoch
        return (
            self.diverged
            or self.pruned
            or len(self.history) >= epochs
            or (self.patience is not None and idle >= self.patience)
        )


class Checkpoint(keras.callbacks.Callback):
    """Saves the history, the best weights and, on disk, everything that the next epoch needs.

    Args:
        progress: the epochs so far; each epoch appends to it.
        path: the directory of the checkpoint; None writes none.
        on_epoch: called with the progress after each epoch.
    """

    def __init__(
        self,
        progress: Progress,
        dataset: SequenceDataset,
        epochs: int,
        path: Path | None,
        on_epoch: Callable[[Progress], None],
    ):
        super().__init__()
        self.progress, self.epochs, self.path, self.on_epoch = progress, epochs, path, on_epoch
        self.dataset = dataset
        self.best_weights: list[np.ndarray] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._begin = self._train_end = time.perf_counter()

    def on_test_begin(self, logs: Any = None) -> None:
        self._train_end = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs.update(self.dataset.in_unit(logs))  # for the callbacks after this one, too
        row = {"metric": self.progress.metric.label, **logs}
        row["train_seconds"] = self._train_end - self._begin
        row["seconds"] = time.perf_counter() - self._begin
        self.progress.history.append(row)
        if self.progress.best_epoch == len(self.progress.history):
            self.best_weights = self.model.get_weights()
        if self.path is not None:
            self._write(self.path)
        self.on_epoch(self.progress)
        if self.progress.is_over(self.epochs):
            self.model.stop_training = True

    def _write(self, path: Path) -> None:
        arrays: dict[str, Any] = {"history": np.array(json.dumps(self.progress.history))}
        for number, value in enumerate(_state(self.model)):
            arrays[f"state_{number}"] = keras.ops.convert_to_numpy(value)
        for number, value in enumerate(self.best_weights):
            arrays[f"best_{number}"] = value
        # First, as a resumed run writes it again, but not after the last epoch.
        write_json_lines(path / "history.jsonl", self.progress.history)
        with replacing(path / FILE) as draft:
            np.savez(draft, **arrays)

    def resume(self, model: keras.Model) -> None:
        """Load the checkpoint of an earlier process, if any. Requires a built optimizer."""
        if self.path is None or not os.path.lexists(self.path / FILE):
            return
        arrays = load_arrays(self.path / FILE, _REMEDY)
        try:
            history = parse_json(str(arrays["history"]), list[Epoch], "history")
            self._check(history)
            for number, variable in enumerate(_state(model)):
                variable.assign(arrays[f"state_{number}"])
            self.best_weights = [arrays[f"best_{n}"] for n in range(len(model.get_weights()))]
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{self.path / FILE}: damaged, or saved with different settings; {_REMEDY}."
            ) from error
        self.progress.history[:] = history

    def _check(self, history: list[Epoch]) -> None:
        needed = ("loss", f"val_{self.progress.metric.name}", "seconds", "train_seconds")
        values = [row.get(name) for row in history for name in needed]
        if not values or not all(isinstance(value, float | int) for value in values):
            raise ValueError(f"expected epochs with {', '.join(needed)}")


def _state(model: keras.Model) -> list[Any]:
    """Return everything that a step changes: weights, dropout seeds, optimizer variables."""
    return [*model.variables, *model.optimizer.variables]
