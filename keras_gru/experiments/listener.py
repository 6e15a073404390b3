"""The events of a comparison, and listeners."""

from collections.abc import Callable, Mapping, Sequence

from keras_gru.datasets.metric import Metric
from keras_gru.experiments.comparison import RunRecord


class StopRun(Exception):
    """Raised by a listener in `epoch` to end the run."""


class Listener:
    """Receives the events of a comparison and ignores them. Override the methods you need."""

    def plan(self, runs: Sequence[tuple[str, str, int]], epochs: int, metric: Metric) -> None:
        """Receive the planned runs as (cell, label, seed); for a trial, `cell` is its name.

        Args:
            runs: all runs of the comparison, including those of an earlier process.
            epochs: maximum number of epochs of a run.
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
        """Receive a message for the user."""


class RenamedListener(Listener):
    """Forwards the events of a run under another name."""

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
