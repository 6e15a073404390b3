"""Progress of a comparison: a live table on terminals, plain lines elsewhere."""

import time
from dataclasses import dataclass, field
from typing import Self

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from keras_gru.datasets.metric import Metric
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.formatting import duration, plural, significant
from keras_gru.report.metric_values import quantity
from keras_gru.report.progress_tracker import ProgressTracker, RunProgress

SECONDS_BETWEEN_LINES = 1.0
COLUMNS = {"Cell": 9, "Seed": 4, "Epoch": 7, "Loss": 8, "Validation": 10, "Best": 8, "Time": 14}


@dataclass
class Lines(ProgressTracker):
    """One line per event, for log files: at most one per second, plus the first and the last."""

    last_line: float = 0.0

    def show_plan(self) -> None:
        epochs = max((run.epochs for run in self.runs.values()), default=0)
        runs = plural(len(self.runs), "run")
        self.note(f"{self.title}: {runs} of up to {plural(epochs, 'epoch')}")

    def show_start(self, run: RunProgress) -> None:
        again = f", resumed after epoch {run.resumed_after}" if run.resumed_after else ""
        self.note(f"{run.label} seed {run.seed}: started{again}")

    def show_epoch(self, run: RunProgress) -> None:
        now = time.monotonic()
        edge = run.epoch in (run.resumed_after + 1, run.epochs)
        if not edge and now - self.last_line < SECONDS_BETWEEN_LINES:
            return
        self.last_line = now
        left = self.time_left()
        self.note(
            f"{run.label} seed {run.seed}: epoch {run.epoch}/{run.epochs}"
            f"  loss {_number(run.loss)}  validation {self.metric.label}"
            f" {_metric(run.value, self.metric)}  best {_metric(run.best, self.metric)}"
            + (f"  estimated time left {duration(left)}" if left else "")
        )

    def show_end(self, run: RunProgress, record: RunRecord) -> None:
        outcome = f" ({record.message})" if record.message else ""
        if record.status == "finished":
            value = _metric(run.best, self.metric)
            outcome = f", validation {self.metric.label} {value} at epoch {record.best_epoch}"
        self.note(
            f"{run.label} seed {run.seed}: {record.status} after {plural(run.epoch, 'epoch')},"
            f" {duration(run.seconds)}{outcome}"
        )

    def note(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


@dataclass
class LiveTable(ProgressTracker):
    """A table that is redrawn during training."""

    live: Live = field(init=False, repr=False, compare=False)  # `__enter__` sets it

    def __enter__(self) -> Self:
        self.live = Live(console=self.console, get_renderable=self.render, refresh_per_second=4)
        self.live.start()
        return self

    def note(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, style="dim")

    def show_epoch(self, run: RunProgress) -> None:
        self.live.refresh()

    def close(self) -> None:
        self.live.vertical_overflow = "visible"  # the final table is complete
        self.live.stop()

    def render(self) -> Group:
        """Return the current table, limited to the height of the terminal during training."""
        if not self.runs:
            return Group(Text("Preparing the data …", style="dim"))
        table = Table(
            title=Text(f"{self.title}: {self.metric.label}", style="bold"),
            title_justify="left",
            box=box.SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
            pad_edge=False,
        )
        for header, width in COLUMNS.items():
            left = header in ("Cell", "Time")
            table.add_column(header, justify="left" if left else "right", min_width=width)
        shown, before, after = self._in_view()
        for run in shown:
            table.add_row(*self._cells(run), style="dim" if run.state == "waiting" else None)
        lines = [self._summary()]
        if before or after:
            lines.append(f"{before} more above, {after} more below")
        return Group(table, *(Text(text, style="dim") for text in lines))

    def _in_view(self) -> tuple[list[RunProgress], int, int]:
        """Return the visible runs around the current one, and the numbers above and below."""
        runs = list(self.runs.values())
        room = max(self.console.height - 9, 3)
        has_ended = all(run.state not in ("waiting", "training") for run in runs)
        if len(runs) <= room or has_ended or "stopped" in (run.state for run in runs):
            return runs, 0, 0
        current = next((i for i, run in enumerate(runs) if run.state == "training"), 0)
        first = min(max(current - room // 2, 0), len(runs) - room)
        return runs[first : first + room], first, len(runs) - room - first

    def _cells(self, run: RunProgress) -> list[Text]:
        known = run.left and run.first_seconds is not None
        seconds = self.time_left(run) if known else None
        left = "…" if seconds is None else f"{duration(seconds)} left"
        left = left if run.left else "testing …"
        times = {"waiting": "", "training": left, "finished": duration(run.seconds)}
        style = {"training": "bold", "finished": "green", "trained": "green"}.get(run.state, "red")
        value = run.best if run.state == "finished" else run.value
        return [
            Text(run.label),
            Text(str(run.seed)),
            Text(f"{run.epoch}/{run.epochs}" if run.epoch else "–"),
            Text(_number(run.loss)),
            Text(_metric(value, self.metric)),
            Text(_metric(run.best, self.metric)),
            Text(times.get(run.state, run.state), style="" if run.state == "waiting" else style),
        ]

    def _summary(self) -> str:
        ended = sum(run.state not in ("waiting", "training") for run in self.runs.values())
        left = self.time_left()
        parts = [f"{ended} of {plural(len(self.runs), 'run')} done"]
        parts.append(f"{duration(time.monotonic() - self.planned)} so far")
        if left:
            parts.append(f"estimated time left {duration(left)}")
        return " · ".join(parts)


def show_progress(experiment: Experiment, console: Console | None = None) -> ProgressTracker:
    """Return a progress display for a terminal or for other output.

    Args:
        console: a `rich.console.Console`; None is standard output.

    Returns:
        A context manager and listener: a `LiveTable` on a terminal, else `Lines`.

    Example:

    >>> with show_progress(experiment) as progress:
    ...     progress.plan([("gru", "GRU", 0)], epochs=20, metric=dataset.metric)
    """
    console = console or Console()
    terminal = console.is_terminal and not console.is_dumb_terminal
    view = LiveTable if terminal else Lines
    return view(experiment.name, console, patience=experiment.training.patience)


def _number(value: float | None) -> str:
    return "–" if value is None else significant(value, 4)


def _metric(value: float | None, metric: Metric) -> str:
    return "–" if value is None else quantity(value, metric)
