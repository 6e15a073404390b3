"""What a comparison shows while it trains: one live table, or plain lines where no terminal is."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from keras_gru.datasets.sequence_dataset import Metric
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.listener import Listener
from keras_gru.formatting import duration, plural, quantity, significant

SECONDS_BETWEEN_LINES = 1.0
_PATIENCES = 4  # after which a run usually stops early
COLUMNS = {"Cell": 9, "Seed": 4, "Epoch": 7, "Loss": 8, "Validation": 10, "Best": 8, "Time": 14}


@dataclass
class Job:
    """What is known of one run. The times are those of `time.monotonic`."""

    label: str
    seed: int
    epochs: int
    state: str = "waiting"
    before: int = 0
    epoch: int = 0
    loss: float | None = None
    value: float | None = None
    best: float | None = None
    best_epoch: int = 0
    since: float = 0.0
    first_ended: float = 0.0
    epoch_ended: float = 0.0
    seconds: float = 0.0

    @property
    def left(self) -> int:
        """Epochs still to come, at most: a run may stop before."""
        return self.epochs - self.epoch if self.state in ("waiting", "training") else 0

    @property
    def pace(self) -> float | None:
        """Seconds per epoch after the first one, which compiles; None before two have ended."""
        done = self.epoch - self.before
        if self.state == "waiting" or done < 2:
            return None
        return (self.epoch_ended - self.first_ended) / (done - 1)

    @property
    def first(self) -> float | None:
        """Seconds of the first epoch in this process; None before it has ended."""
        done = self.state != "waiting" and self.epoch > self.before
        return self.first_ended - self.since if done else None


@dataclass
class Silent(Listener):
    """Keeps count of the runs and shows nothing. For tests and for use as a library.

    Enter it as a context manager before its methods are called: `plan` once, then for every run
    `started`, `epoch` after each epoch, and `finished`; the latter alone for a run that an earlier
    process has finished.

    Args:
        title: the comparison's name.
        console: where to show it.
        patience: epochs without a better one after which a run stops; None where it does not.
    """

    title: str = ""
    console: Console = field(default_factory=Console)
    jobs: dict[tuple[str, int], Job] = field(default_factory=dict)
    metric: Metric = field(init=False, repr=False, compare=False)  # of `plan`
    began: float = field(default_factory=time.monotonic)
    patience: int | None = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback) -> None:
        for job in self.jobs.values():
            if job.state == "training":  # who trains a single network may not say that it ended
                job.state = "trained" if kind is None else "stopped"
        self.close()

    def plan(self, jobs: Sequence[tuple[str, str, int]], epochs: int, metric: Metric) -> None:
        self.jobs = {(cell, seed): Job(label, seed, epochs) for cell, label, seed in jobs}
        self.metric = metric
        self.began = time.monotonic()
        self.show_plan()

    def started(self, cell: str, seed: int, first_epoch: int) -> None:
        job = self.jobs[cell, seed]
        job.state, job.before, job.epoch = "training", first_epoch, first_epoch
        job.since = job.epoch_ended = time.monotonic()
        self.show_start(job)

    def epoch(
        self, cell: str, seed: int, epoch: int, logs: Mapping[str, float], best: float
    ) -> None:
        job = self.jobs[cell, seed]
        if best != job.best:
            job.best_epoch = epoch
        job.epoch, job.best, job.epoch_ended = epoch, best, time.monotonic()
        if epoch == job.before + 1:
            job.first_ended = job.epoch_ended
        job.loss, job.value = logs.get("loss"), logs.get(f"val_{self.metric.name}")
        self.show_epoch(job)

    def finished(self, record: RunRecord) -> None:
        job = self.jobs[record.cell, record.seed]
        if job.state == "waiting":  # an earlier process trained it
            job.epoch_ended = record.seconds
            job.first_ended = record.seconds / max(1, record.epochs)
        job.state, job.epoch, job.seconds = record.status, record.epochs, record.seconds
        job.best = record.validation.get(self.metric.name)
        self.show_end(job, record)

    def time_left(self, job: Job | None = None) -> float | None:
        """Return the estimated seconds to the end of a run, or of all where None."""
        jobs = [j for j in (self.jobs.values() if job is None else [job]) if j.left]
        seconds = 0.0
        for other in jobs:
            first = self._mean("first", other)
            pace = self._mean("pace", other) or first
            if pace is None or first is None:
                return None
            seconds += pace * self._epochs_left(other)
            if other.state == "waiting":
                seconds += max(0.0, first - pace)
        under_way = [j for j in jobs if j.state == "training"]
        seconds -= sum(time.monotonic() - j.epoch_ended for j in under_way)
        return max(seconds / max(1, len(under_way)), 0.0)  # several go on at a time

    def _epochs_left(self, job: Job) -> float:
        """Return the epochs to come, if it stops early where finished runs did.

        Before one has finished: the packaged recipes with early stopping end after 3 to 5 times
        their patience.
        """
        ends = [
            [other.epoch for other in group if other.state == "finished"]
            for group in (self._same_label(job), self.jobs.values())
        ]
        end = next((statistics.median(epochs) for epochs in ends if epochs), job.epochs)
        if self.patience is not None:
            if not any(ends):
                end = min(end, _PATIENCES * self.patience)
            end = max(end, job.best_epoch + self.patience)
        return min(max(end - job.epoch, 1), job.left)

    def _mean(self, name: str, job: Job) -> float | None:
        """Return its own value, else the mean of its cell, else of all."""
        for group in ([job], self._same_label(job), self.jobs.values()):
            values = [getattr(other, name) for other in group]
            known = [value for value in values if value is not None]
            if known:
                return sum(known) / len(known)
        return None

    def _same_label(self, job: Job) -> list[Job]:
        return [other for other in self.jobs.values() if other.label == job.label]

    def show_plan(self) -> None:
        """Called when the runs are known."""

    def show_start(self, job: Job) -> None:
        """Called when a run begins."""

    def show_epoch(self, job: Job) -> None:
        """Called when an epoch has ended."""

    def show_end(self, job: Job, record: RunRecord) -> None:
        """Called when a run has ended."""

    def close(self) -> None:
        """Called at the end, also after Ctrl-C."""


@dataclass
class Lines(Silent):
    """One line per event, for a log file: at most one a second, the first and the last always."""

    last_line: float = 0.0

    def show_plan(self) -> None:
        epochs = max((job.epochs for job in self.jobs.values()), default=0)
        self.note(f"{self.title}: {plural(len(self.jobs), 'run')} of up to {epochs} epochs")

    def show_start(self, job: Job) -> None:
        again = f", going on after epoch {job.before}" if job.before else ""
        self.note(f"{job.label} seed {job.seed}: started{again}")

    def show_epoch(self, job: Job) -> None:
        now = time.monotonic()
        edge = job.epoch in (job.before + 1, job.epochs)
        if not edge and now - self.last_line < SECONDS_BETWEEN_LINES:
            return
        self.last_line = now
        left = self.time_left()
        self.note(
            f"{job.label} seed {job.seed}: epoch {job.epoch}/{job.epochs}"
            f"  loss {_number(job.loss)}  validation {self.metric.label}"
            f" {_metric(job.value, self.metric)}  best {_metric(job.best, self.metric)}"
            + (f"  estimated time left {duration(left)}" if left else "")
        )

    def show_end(self, job: Job, record: RunRecord) -> None:
        outcome = f" ({record.message})" if record.message else ""
        if record.status == "finished":
            value = _metric(job.best, self.metric)
            outcome = f", validation {self.metric.label} {value} at epoch {record.best_epoch}"
        self.note(
            f"{job.label} seed {job.seed}: {record.status} after {plural(job.epoch, 'epoch')},"
            f" {duration(job.seconds)}{outcome}"
        )

    def note(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


@dataclass
class LiveTable(Silent):
    """One table that keeps itself up to date."""

    live: Live = field(init=False, repr=False, compare=False)  # of `__enter__`

    def __enter__(self):
        self.live = Live(console=self.console, get_renderable=self.render, refresh_per_second=4)
        self.live.start()
        return self

    def note(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, style="dim")

    def show_epoch(self, job: Job) -> None:
        self.live.refresh()

    def close(self) -> None:
        self.live.vertical_overflow = "visible"  # the last picture stays, so all of it
        self.live.stop()

    def render(self) -> Group:
        """The table as it stands, no higher than the terminal while runs go on."""
        if not self.jobs:
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
        for job in shown:
            table.add_row(*self._cells(job), style="dim" if job.state == "waiting" else None)
        lines = [self._summary()]
        if before or after:
            lines.append(f"{before} more above, {after} more below")
        return Group(table, *(Text(text, style="dim") for text in lines))

    def _in_view(self) -> tuple[list[Job], int, int]:
        """The jobs that fit, around the one under way, and how many stand before and after."""
        jobs = list(self.jobs.values())
        room = max(self.console.height - 9, 3)
        over = all(job.state not in ("waiting", "training") for job in jobs)
        if len(jobs) <= room or over or "stopped" in (job.state for job in jobs):
            return jobs, 0, 0
        current = next((i for i, job in enumerate(jobs) if job.state == "training"), 0)
        first = min(max(current - room // 2, 0), len(jobs) - room)
        return jobs[first : first + room], first, len(jobs) - room - first

    def _cells(self, job: Job) -> list[Text]:
        left = "testing …" if not job.left else "…"
        if job.left and job.first is not None and (seconds := self.time_left(job)) is not None:
            left = f"{duration(seconds)} left"
        times = {"waiting": "", "training": left, "finished": duration(job.seconds)}
        style = {"training": "bold", "finished": "green", "trained": "green"}.get(job.state, "red")
        value = job.best if job.state == "finished" else job.value
        return [
            Text(job.label),
            Text(str(job.seed)),
            Text(f"{job.epoch}/{job.epochs}" if job.epoch else "–"),
            Text(_number(job.loss)),
            Text(_metric(value, self.metric)),
            Text(_metric(job.best, self.metric)),
            Text(times.get(job.state, job.state), style="" if job.state == "waiting" else style),
        ]

    def _summary(self) -> str:
        ended = sum(job.state not in ("waiting", "training") for job in self.jobs.values())
        left = self.time_left()
        parts = [f"{ended} of {plural(len(self.jobs), 'run')} done"]
        parts.append(f"{duration(time.monotonic() - self.began)} so far")
        if left:
            parts.append(f"estimated time left {duration(left)}")
        return " · ".join(parts)


def show_progress(experiment: Experiment, console: Console | None = None) -> Silent:
    """The view that fits where the output goes.

    Args:
        experiment: what is run.
        console: a `rich.console.Console`; standard output where None.

    Returns:
        A context manager with the methods of `Silent`: a `LiveTable` on a terminal, else `Lines`.

    Example:

    >>> with show_progress(experiment) as progress:
    ...     view.plan([("gru", "GRU", 0)], epochs=20, metric=dataset.metric)
    """
    console = console or Console()
    terminal = console.is_terminal and not console.is_dumb_terminal
    view = LiveTable if terminal else Lines
    return view(experiment.name, console, patience=experiment.training.patience)


def _number(value: float | None) -> str:
    return "–" if value is None else significant(value, 4)


def _metric(value: float | None, metric: Metric) -> str:
    return "–" if value is None else quantity(value, metric)
