"""Arguments shared by several verbs."""

import functools
import inspect
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from keras_gru.errors import UserError

_CONFIG = typer.Argument(help="A YAML file, or the name of a packaged config (keras-gru list).")
Config = Annotated[str, _CONFIG]
ConfigOrNone = Annotated[str | None, _CONFIG]  # --resume can replace it
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME=VALUE]...", help="Settings to change, such as training.epochs=3."
    ),
]
Run = Annotated[
    Path,
    typer.Argument(
        help="A run directory, runs/NAME or NAME for its newest, or latest for the newest of all."
    ),
]
CellOfRun = Annotated[
    str | None, typer.Option("--cell", help="Only runs of this cell; default: the best run.")
]
SeedOfRun = Annotated[
    int | None, typer.Option("--seed", help="Only runs of this seed; default: the best run.")
]
SeedsOfRun = Annotated[
    str | None,
    typer.Option(
        "--seed",
        metavar="N|all",
        help="One seed, or the ensemble of all seeds of the cell; default: the best run.",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Parallel runs, which share the cores; default: one per core, up to 8; one on a GPU.",
    ),
]
Executor = Annotated[
    Literal["processes", "ray"],
    typer.Option(help="Train in processes on this machine, or on a Ray cluster."),
]
Address = Annotated[
    str | None,
    typer.Option(
        help="Address of the Ray cluster, such as 10.0.0.1:6379; default: a new local one."
    ),
]

Resume = Annotated[
    str | None,
    typer.Option(
        metavar="RUN",
        help="Resume a run, or add to it with seeds=[…] or cells=[…]; latest: the newest run.",
    ),
]

CellsFrom = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="A Python file that registers cells of your own; it is executed."
    ),
]


def with_cells_from(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Return a verb with the option `--cells-from`, if it takes a config or a run."""
    signature = inspect.signature(verb)
    if not signature.parameters.keys() & {"config", "run"}:
        return verb

    @functools.wraps(verb)
    def with_option(*arguments: Any, cells_from: Path | None = None, **options: Any) -> Any:
        if cells_from is not None:
            from keras_gru.cli.start import start_tensorflow
            from keras_gru.experiments.cells_file import read_cells

            cells = read_cells(cells_from)
            start_tensorflow()
            cells.register()
        return verb(*arguments, **options)

    option = inspect.Parameter(
        "cells_from", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=CellsFrom
    )
    parameters = [*signature.parameters.values(), option]
    vars(with_option)["__signature__"] = signature.replace(parameters=parameters)
    with_option.__annotations__ = {**verb.__annotations__, "cells_from": CellsFrom}
    return with_option


def parse_seed(text: str | None) -> int | Literal["all"] | None:
    """Return the seed that an option names."""
    if text is None or text == "all":
        return text
    if not text.isdecimal():
        raise UserError(f"--seed: expected a number or all, got {text!r}.")
    return int(text)


def check_place(file: Path) -> None:
    """Raise a `UserError` if a file cannot be written: it is a folder, or in a missing one."""
    if file.is_dir():
        raise UserError(f"{file}: expected a file, got a folder. Give the name of a file in it.")
    if not file.parent.is_dir():
        raise UserError(f"{file.parent}: expected a folder, found none. Create it first.")


def reject_settings_as_options(arguments: list[str], known: set[str]) -> None:
    """Raise an error for a setting passed as an option, such as `--epochs 3`."""
    for argument, following in itertools.pairwise([*arguments, "-"]):
        option, equals, value = argument.partition("=")
        if not option.startswith("--") or option in known:
            continue
        from keras_gru.experiments.configuration.problems import dotted_name

        setting = dotted_name(option)
        if setting is not None:
            value = value if equals else following
            value = "VALUE" if value.startswith("-") else value
            raise UserError(f"{option}: no such option. Write the setting as {setting}={value}")
