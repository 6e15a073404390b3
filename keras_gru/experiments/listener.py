"""Who watches a comparison is told of its events; `Listener` itself keeps silent."""

from collections.abc import Callable, Mapping, Sequence

from keras_gru.datasets.sequence_dataset import Metric
from keras_gru.experiments.comparison import RunRecord


class StopRun(Exception):
    """Raised by a watcher in `epoch`: the run is not worth going on with, and ends here."""


class Listener:
    """Told of every event of a comparison. Override what you want to show."""

    def plan(self, jobs: Sequence[tuple[str, str, int]], epochs: int, metric: Metric) -> None:
        """The runs to come, each as (cell, label, seed); a try of tuning has a name as its cell."""

    def started(self, cell: str, seed: int, first_epoch: int) -> None:
        """A run begins, or goes on after `first_epoch` epochs."""

    def epoch(
        self, cell: str, seed: int, epoch: int, logs: Mapping[str, float], best: float
    ) -> None:
        """An epoch, counted from 1, has ended; `best` is the best validation metric so far."""

    def finished(self, record: RunRecord) -> None:
        """A run has ended."""

    def note(self, text: str) -> None:
        """A fact worth reading, in one sentence."""


class Relay(Listener):
    """Hands on how a run gets on, to one in another process.

    Args:
        send: takes each event as a tuple: the name of the method, and its arguments.
    """

    def __init__(self, send: Callable[[tuple], object]):
        self._send = send

    def started(self, *event):
        self._send(("started", *event))

    def epoch(self, *event):
        self._send(("epoch", *event))


SILENT = Listener()
