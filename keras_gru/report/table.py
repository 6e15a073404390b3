"""The table at the end of a comparison: one row per cell, the baselines beneath.

The rows are made once; the terminal, a README and the page only lay them out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from keras_gru.analysis.measurements import collect_measurements
from keras_gru.analysis.summary import CellSummary, Spread, summarize, tunings
from keras_gru.analysis.verdicts import reach_verdicts
from keras_gru.datasets.sequence_dataset import Metric
from keras_gru.experiments.comparison import Comparison
from keras_gru.formatting import duration, plural, plus_minus, quantity, significant
from keras_gru.report.costs import cost_table
from keras_gru.report.pairs import pairs_table
from keras_gru.report.sections.headline import caution_texts, headline_text


@dataclass(frozen=True)
class Row:
    """What one row of the results says, as text; `remark` tells of runs that did not finish."""

    label: str
    validation: str
    test: str
    parameters: str
    units: str
    seconds_per_epoch: str
    steps_per_second: str
    path: str
    remark: str = ""
    cell: str | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """The row without its label and remark, in the order of `HEADERS[1:]`."""
        return (
            self.validation,
            self.test,
            self.parameters,
            self.units,
            self.seconds_per_epoch,
            self.steps_per_second,
            self.path,
        )


HEADERS = (
    "Cell",
    "Validation",
    "Test",
    "Parameters",
    "Units",
    "s/epoch",
    "Steps/s",
    "Path",
)
# So that the usual row fits into a terminal of 80 columns.
IN_TWO_LINES = {"Parameters": "Para-\nmeters", "s/epoch": "s per\nepoch", "Steps/s": "Steps\nper s"}


def rows(comparison: Comparison) -> tuple[Row, ...]:
    """The rows of the results: the cells in the order of the experiment, then the baselines.

    Args:
        comparison: a `Comparison`.

    Returns:
        A tuple of `Row`.
    """
    metric = comparison.metric
    cells = [
        Row(
            label=cell.label,
            validation=spread_text(cell.validation, metric),
            test=spread_text(cell.test, metric),
            parameters=f"{cell.parameters:,}",
            units=f"{cell.units:,}",
            seconds_per_epoch=_or_dash(cell.seconds_per_epoch),
            steps_per_second=_or_dash(cell.steps_per_second),
            path=cell.path or "–",
            remark=_remark(cell),
            cell=cell.cell,
        )
        for cell in summarize(comparison)
    ]
    baselines = [
        Row(
            label=baseline.label,
            validation=_of_baseline(baseline.validation, metric),
            test=_of_baseline(baseline.test, metric),
            parameters=f"{baseline.parameters:,}",
            units="–",
            seconds_per_epoch="–",
            steps_per_second="–",
            path="–",
        )
        for baseline in comparison.baselines
    ]
    return (*cells, *baselines)


def explanation(comparison: Comparison) -> str:
    """One sentence under the table: what its numbers are."""
    better = "higher" if comparison.metric.mode == "max" else "lower"
    seeds = max((cell.finished for cell in summarize(comparison)), default=0)
    what = (
        f"Mean ± standard deviation over {plural(seeds, 'seed')}, speeds their median"
        if seeds > 1
        else "One seed, so no deviation is known"
    )
    return f"{what}; weights of the best epoch on validation; {better} is better."


def tuning_sentences(comparison: Comparison) -> tuple[str, ...]:
    """What tuning chose for each cell, and a warning where it is the last value of a list.

    Args:
        comparison: a `Comparison`; nothing is said where nothing was tuned.

    Returns:
        A sentence or two for each cell.
    """
    seed = comparison.experiment.tuning_seed
    sentences = []
    for cell in tunings(comparison):
        chosen = ", ".join(f"{name} {value}" for name, value in cell.settings.items())
        diverged = f", of which {cell.diverged} diverged" if cell.diverged else ""
        sentence = (
            f"{cell.label}: tuning chose {chosen}, by validation with seed {seed}, which no "
            f"reported run has; {plural(cell.trials, 'trial')}{diverged}, {duration(cell.seconds)}."
        )
        for name, word in cell.edges.items():
            beyond = word.replace("est", "er")
            sentence += f" It is the {word} {name} of the list: a {beyond} one may do better."
        sentences.append(sentence)
    return tuple(sentences)


def results_table(comparison: Comparison) -> Table:
    """The results for a terminal.

    Args:
        comparison: a `Comparison`.

    Returns:
        A `rich.table.Table`.
    """
    table = Table(
        title=Text(f"{comparison.experiment.name}: {comparison.metric.label}", style="bold"),
        caption=escape(explanation(comparison)),
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=0,  # one blank between columns: nine digits and a deviation fit eighty columns
        pad_edge=False,
        show_edge=False,
    )
    results = rows(comparison)
    longest = max((len(row.label) for row in results if row.cell), default=0)
    table.add_column("Cell", min_width=min(longest, 24))
    for header in HEADERS[1:]:
        table.add_column(
            IN_TWO_LINES.get(header, header),
            justify="left" if header == "Path" else "right",
            no_wrap=True,
        )
    for row in results:
        label = Text(row.label)
        if row.remark:
            label.append(f"\n{row.remark}", style="red")
        table.add_row(label, *map(Text, row.values), style=None if row.cell else "dim")
    return table


def print_results(comparison: Comparison, console: Console | None = None) -> None:
    """Prints the tables, what tuning chose, why runs did not finish, the conclusion and warnings.

    Args:
        comparison: a `Comparison`.
        console: a `rich.console.Console`; standard output where None.
    """
    console = console or Console()
    console.print(results_table(comparison))
    console.print()
    if pairs := pairs_table(comparison):
        console.print(pairs)
        console.print()
    console.print(cost_table(comparison))
    console.print()
    for sentence in tuning_sentences(comparison):
        console.print(Text(sentence))
    for run in comparison.runs:
        if run.status != "finished":
            console.print(Text(f"{run.label}, seed {run.seed}: {run.status}. {run.message}", "red"))
    verdicts = reach_verdicts(collect_measurements(comparison))
    console.print(Text(headline_text(verdicts), style="bold"))
    for sentence in caution_texts(verdicts):
        console.print(Text(sentence, style="yellow"))


def spread_text(values: Spread | None, metric: Metric) -> str:
    """`mean ± deviation` of a cell's seeds; a dash where none has finished."""
    return "–" if values is None else plus_minus(values.mean, values.deviation, metric)


def markdown_table(comparison: Comparison) -> str:
    """The results as a table for a README.

    Args:
        comparison: a `Comparison`.

    Returns:
        Markdown that ends with a newline.
    """
    label = comparison.metric.label
    lines = [
        _markdown_row(f"{n} {label}" if n in ("Validation", "Test") else n for n in HEADERS),
        _markdown_row("---" if n in ("Cell", "Path") else "---:" for n in HEADERS),
    ]
    for row in rows(comparison):
        label = f"{row.label} ({row.remark})" if row.remark else row.label
        lines.append(_markdown_row([label, *row.values]))
    return "\n".join(lines) + "\n"


def _markdown_row(values: Iterable[str]) -> str:
    cleaned = (" ".join(value.replace("|", "\\|").split()) for value in values)
    return f"| {' | '.join(cleaned)} |"


def _remark(cell: CellSummary) -> str:
    runs = cell.finished + len(cell.unfinished)
    return ", ".join(f"{n} of {runs} {status}" for status, n in Counter(cell.unfinished).items())


def _or_dash(value: float | None) -> str:
    return "–" if value is None or value <= 0 else significant(value)


def _of_baseline(metrics: Mapping[str, float], metric: Metric) -> str:
    return quantity(metrics[metric.name], metric) if metric.name in metrics else "–"
