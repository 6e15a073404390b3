"""What a sweep says in words: the verdict, a table for the terminal, and how to go on from it."""

import json
import shlex

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from keras_gru.analysis.importance import FEWEST, TOGETHER, Importance
from keras_gru.experiments.sweeping.study import CELL, Tried
from keras_gru.experiments.sweeping.sweep import SweepResult, told
from keras_gru.formatting import plural, quantity

HEADERS = ("Setting", "Share of the variance", "95% interval")


def conclude_sweep(result: SweepResult) -> str:
    """One sentence: what is due to which setting, and whether these trials can tell an order.

    Args:
        result: with any number of trials.
    """
    trials = plural(len(result.trials), "trial")
    if len(result.trials) < FEWEST:
        return f"What matters cannot be said from {trials}; {FEWEST} are needed at least."
    if not result.importances:
        return f"What matters cannot be said: all of {trials} are alike, or have diverged."
    *rows, _ = result.importances
    first, *others = rows
    shown = rows[:2] + [row for row in rows[2:] if row.name == CELL]
    parts = [
        f"{_share(first)} of the variance in validation {result.metric.label} is due to "
        f"{spoken(first.name)}"
    ]
    parts += [f"{_share(row)} to {spoken(row.name)}" for row in shown[1:]]
    sentence = ", ".join(parts)
    rivals = [row for row in others if row.overlaps(first)]
    if not rivals:
        return f"{sentence}: {trials}."
    names = [spoken(row.name) for row in (first, *rivals)]
    either = f"{', '.join(names[:-1])} or {names[-1]}"
    return f"{sentence}; whether {either} matters most, {trials} cannot tell."


def spoken(name: str) -> str:
    """A setting in a sentence: `the learning rate`."""
    return f"the {name.rpartition('.')[2].replace('_', ' ')}"


def importance_rows(result: SweepResult) -> list[tuple[str, str, str]]:
    """The rows of the table of importances, in the order of `HEADERS`."""
    return [
        (
            "settings in combination" if row.name == TOGETHER else row.name,
            f"{100 * row.share:.0f}%",
            f"{100 * row.low:.0f} to {100 * row.high:.0f}%",
        )
        for row in result.importances
    ]


def count(result: SweepResult) -> str:
    """`60 trials, 20 pruned, 1 diverged`."""
    parts = [plural(len(result.trials), "trial")]
    for status in ("pruned", "diverged"):
        number = sum(trial.status == status for trial in result.trials)
        parts += [f"{number} {status}"] * bool(number)
    return ", ".join(parts)


def describe(trial: Tried) -> str:
    """The cell and the settings of a trial, for a reader."""
    drawn = (f"{name} {told(value)}" for name, value in trial.settings.items())
    return ", ".join([trial.label, *drawn])


def command(result: SweepResult, trial: Tried) -> str:
    """The command that trains a trial's cell and settings with all seeds, and measures them."""
    settings = [f"{name}={json.dumps(value)}" for name, value in trial.settings.items()]
    alone = ["tuning=null"] * (result.experiment.tuning is not None)
    file = str(result.folder / "experiment.yaml")
    return shlex.join(["keras-gru", "compare", file, f"cells=[{trial.cell}]", *settings, *alone])


def print_sweep(result: SweepResult, console: Console | None = None) -> None:
    """Prints the importances, the best trial, the command that goes on from it, and the verdict.

    Args:
        result: what `keras_gru.experiments.sweeping.sweep.sweep` gave.
        console: a `rich.console.Console`; standard output where None.
    """
    console = console or Console()
    if result.importances:
        title = f"{result.experiment.name}: {result.metric.label}, {count(result)}"
        console.print(Text(title, style="bold"))
        console.print(_table(result))
        console.print()
    best = result.best
    if best is not None:
        value = quantity(best.value, result.metric)
        said = f"Best on validation, {result.metric.label} {value} with one seed: {describe(best)}."
        console.print(Text(said))
        console.print(Text("With all seeds, and measured on test:"))
        console.print(Text(f"  {command(result, best)}"), soft_wrap=True)
    console.print(Text(conclude_sweep(result), style="bold"))


def _table(result: SweepResult) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, header in enumerate(HEADERS):
        table.add_column(header, justify="right" if number else "left")
    for row in importance_rows(result):
        table.add_row(*map(Text, row))
    return table


def _share(row: Importance) -> str:
    return f"{100 * row.share:.0f}% [{100 * row.low:.0f}, {100 * row.high:.0f}]"
