"""The state of every run of a comparison while it trains, and the estimated time left."""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console

from keras_gru.datasets.metric import Metric
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.listener import Listener

_PATIENCES = 4  # after which a run usually stops early


@dataclass
class RunProgress:
    """The state of one run. Times are those of `time.monotonic`.

    Args:
        state: `"waiting"`, `"training"`, `"trained"`, `"stopped"`, or the status of its record.
        resumed_after: epochs of an earlier process.
        loss, value: training loss and validation metric of the last epoch.
        best_epoch: the epoch of the best metric.
        started, first_ended, epoch_ended: start of the run, end of its first and its last epoch.
        seconds: duration of the whole run, once it has ended.
    """

    label: str
    seed: int
    epochs: int
    state: str = "waiting"
    resumed_after: int = 0
    epoch: int = 0
    loss: float | None = None
    value: float | None = None
    best: float | None = None
    best_epoch: int = 0
    started: float = 0.0
    first_ended: float = 0.0
    epoch_ended: float = 0.0
    seconds: float = 0.0

    @property
    def left(self) -> int:
        """Maximum number of remaining epochs; a run may stop earlier."""
        return self.epochs - self.epoch if self.state in ("waiting", "training") else 0

    @property
    def seconds_per_epoch(self) -> float | None:
        """Seconds per epoch after the first one, which compiles; None before two have ended."""
        done = self.epoch - self.resumed_after
        if self.state == "waiting" or done < 2:
            return None
        return (self.epoch_ended - self.first_ended) / (done - 1)

    @property
    def first_seconds(self) -> float | None:
        """Seconds of the first epoch in this process; None before it has ended."""
        done = self.state != "waiting" and self.epoch > self.resumed_after
        return self.first_ended - self.started if done else None


@dataclass
class ProgressTracker(Listener):
    """Tracks every run; subclasses override its `show_` methods.

    A context manager. Call `plan` once, then for every run `started`, `epoch` after each epoch, and
    `finished`; only `finished` for a run that ended in an earlier process.

    Args:
        patience: patience of early stopping; None without early stopping.
    """

    title: str = ""
    console: Console = field(default_factory=Console)
    runs: dict[tuple[str, int], RunProgress] = field(default_factory=dict)
    metric: Metric = field(init=False, repr=False, compare=False)  # `plan` sets it
    planned: float = field(default_factory=time.monotonic)
    patience: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for run in self.runs.values():
            if run.state == "training":  # a script that fits one network calls no `finished`
                run.state = "trained" if kind is None else "stopped"
        self.close()

    def plan(self, runs: Sequence[tuple[str, str, int]], epochs: int, metric: Metric) -> None:
        self.runs = {(cell, seed): RunProgress(label, seed, epochs) for cell, label, seed in runs}
        self.metric = metric
        self.planned = time.monotonic()
        self.show_plan()

    def started(self, cell: str, seed: int, first_epoch: int) -> None:
        run = self.runs[cell, seed]
        run.state, run.resumed_after, run.epoch = "training", first_epoch, first_epoch
        run.started = run.epoch_ended = time.monotonic()
        self.show_start(run)

    def epoch(
        self, cell: str, seed: int, epoch: int, logs: Mapping[str, float], best: float
    ) -> None:
        run = self.runs[cell, seed]
        if best != run.best:
            run.best_epoch = epoch
        run.epoch, run.best, run.epoch_ended = epoch, best, time.monotonic()
        if epoch == run.resumed_after + 1:
            run.first_ended = run.epoch_ended
        run.loss, run.value = logs.get("loss"), logs.get(f"val_{self.metric.name}")
        self.show_epoch(run)

    def finished(self, record: RunRecord) -> None:
        run = self.runs[record.cell, record.seed]
        if run.state == "waiting":  # an earlier process trained it
            run.epoch_ended = record.seconds
            run.first_ended = record.seconds / max(1, record.epochs)
        run.state, run.epoch, run.seconds = record.status, record.epochs, record.seconds
        run.best = record.validation.get(self.metric.name)
        self.show_end(run, record)

    def time_left(self, run: RunProgress | None = None) -> float | None:
        """Return the estimated seconds to the end of a run; None estimates all runs."""
        runs = [other for other in (self.runs.values() if run is None else [run]) if other.left]
        seconds = 0.0
        for other in runs:
            first = self._mean(lambda run: run.first_seconds, other)
            per_epoch = self._mean(lambda run: run.seconds_per_epoch, other) or first
            if per_epoch is None or first is None:
                return None
            seconds += per_epoch * self._epochs_left(other)
            if other.state == "waiting":
                seconds += max(0.0, first - per_epoch)
        training = [other for other in runs if other.state == "training"]
        seconds -= sum(time.monotonic() - other.epoch_ended for other in training)
        return max(seconds / max(1, len(training)), 0.0)  # several train at a time

    def _epochs_left(self, run: RunProgress) -> float:
        """Return the remaining epochs if the run stops early like the finished runs.

        Without a finished run, the estimate is a multiple of the patience: the packaged configs
        with early stopping end after 2 to 8 times their patience.
        """
        groups: list[Iterable[RunProgress]] = [self._same_label(run), self.runs.values()]
        ends = [[other.epoch for other in group if other.state == "finished"] for group in groups]
        end = next((statistics.median(epochs) for epochs in ends if epochs), run.epochs)
        if self.patience is not None:
            if not any(ends):
                end = min(end, _PATIENCES * self.patience)
            end = max(end, run.best_epoch + self.patience)
        return min(max(end - run.epoch, 1), run.left)

    def _mean(
        self, measure: Callable[[RunProgress], float | None], run: RunProgress
    ) -> float | None:
        """Return the measurement of a run, else the mean of its cell, else of all runs."""
        groups: list[Iterable[RunProgress]] = [[run], self._same_label(run), self.runs.values()]
        for group in groups:
            known = [value for other in group if (value := measure(other)) is not None]
            if known:
                return sum(known) / len(known)
        return None

    def _same_label(self, run: RunProgress) -> list[RunProgress]:
        return [other for other in self.runs.values() if other.label == run.label]

    def show_plan(self) -> None:
        """Called when the runs are known."""

    def show_start(self, run: RunProgress) -> None:
        """Called when a run begins."""

    def show_epoch(self, run: RunProgress) -> None:
        """Called when an epoch has ended."""

    def show_end(self, run: RunProgress, record: RunRecord) -> None:
        """Called when a run has ended."""

    def close(self) -> None:
        """Called at the end, also after Ctrl-C."""
