"""keras-gru report"""

import dataclasses
import math
from pathlib import Path
from typing import Annotated

import typer

from keras_gru.cli.arguments import Run, check_place
from keras_gru.errors import UserError


def report(
    run: Run,
    page: Annotated[
        Path | None,
        typer.Option("--page", help="Where to; default: report.html in the run directory."),
    ] = None,
    target: Annotated[
        float | None,
        typer.Option(
            help="Count the seconds to this validation metric, in the unit of the table; default: "
            "the config's, or what every run reached."
        ),
    ] = None,
) -> None:
    """Print the results of a run directory, and write its page again."""
    from keras_gru.experiments.find_run import find_run
    from keras_gru.report import show

    run_directory = find_run(run)
    comparison = run_directory.comparison()
    if target is not None:
        if not math.isfinite(target):
            raise UserError(f"--target: expected a finite number, got {target}")
        experiment = comparison.experiment.model_copy(update={"target": target})
        comparison = dataclasses.replace(comparison, experiment=experiment)
    page = page or run_directory.path / "report.html"
    check_place(page)
    show(comparison, page)
