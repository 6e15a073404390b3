"""The events of a comparison, and what listens to them."""

from collections.abc import Callable, Mapping, Sequence

from keras_gru.datasets.metric import Metric
from keras_gru.experiments.comparison import RunRecord


class StopRun(Exception):
    """Raised by a listener in `epoch` to end the run."""


class Listener:
    """Receives the events of a comparison and ignores them. Override those that you need."""

    def plan(self, runs: Sequence[tuple[str, str, int]], epochs: int, metric: Metric) -> None:
        """Receive the runs to come, each as (cell, label, seed); a trial has its name as its cell.

        Args:
            runs: all runs of the comparison, including those of an earlier process.
            epochs: the most that a run has.
            metric: the metric that runs are compared by.
        """

    def started(self, cell: str, seed: int, first_epoch: int) -> None:
        """A run starts, or resumes after `first_epoch` epochs."""

    def epoch(
        self, cell: str, seed: int, epoch: int, logs: Mapping[str, float], best: float
    ) -> None:
        """An epoch, counted from 1, has ended; `best` is the best validation metric so far."""

    def finished(self, record: RunRecord) -> None:
        """A run has ended, now or in an earlier process."""

    def note(self, text: str) -> None:
        """Receive a sentence for a reader."""


class RenamedListener(Listener):
    """Passes the events of a run on under another name.

    Args:
        listener: receives them.
        name: the name that replaces the cell.
    """

    def __init__(self, listener: Listener, name: str):
        self._listener, self._name = listener, name

    def started(self, cell: str, seed: int, first_epoch: int) -> None:
        self._listener.started(self._name, seed, first_epoch)

    def epoch(
        self, cell: str, seed: int, epoch: int, logs: Mapping[str, float], best: float
    ) -> None:
        self._listener.epoch(self._name, seed, epoch, logs, best)


class Relay(Listener):
    """Sends the events of a run to another process.

    Args:
        send: takes each event as a tuple: the name of the method, and its arguments.
    """

    def __init__(self, send: Callable[[tuple[object, ...]], object]):
        self._send = send

    def started(self, cell: str, seed: int, first_epoch: int) -> None:
        self._send(("started", cell, seed, first_epoch))

    def epoch(
        self, cell: str, seed: int, epoch: int, logs: Mapping[str, float], best: float
    ) -> None:
        self._send(("epoch", cell, seed, epoch, logs, best))


SILENT = Listener()
