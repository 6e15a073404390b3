"""keras-gru learning-curve"""

from typing import Annotated

import typer

from keras_gru.cli.arguments import Address, ConfigOrNone, Executor, Jobs, Overrides, Resume
from keras_gru.cli.start import start_runs
from keras_gru.errors import UserError


def learning_curve(
    config: ConfigOrNone = None,
    overrides: Overrides = None,
    fractions: Annotated[
        str | None,
        typer.Option(
            help="Of the training data; default: those of the run to resume, else "
            "0.01,0.02,0.05,0.1,0.25,0.5."
        ),
    ] = None,
    resume: Resume = None,
    jobs: Jobs = None,
    executor: Executor = "processes",
    address: Address = None,
) -> None:
    """Compare the cells on increasing fractions of the training data."""
    numbers = _parse_fractions(fractions)
    experiment, run_directory, cluster = start_runs(config, overrides, resume, executor, address)
    from keras_gru.experiments import learning_curve as curves
    from keras_gru.report import show
    from keras_gru.report.progress import show_progress

    with show_progress(experiment) as progress:
        curve = curves.learning_curve(
            experiment,
            numbers or (run_directory and run_directory.fractions()) or curves.FRACTIONS,
            run_directory=run_directory,
            listener=progress,
            jobs=jobs,
            cluster=cluster,
        )
    show(curve.whole)


def _parse_fractions(fractions: str | None) -> list[float]:
    try:
        return [float(word) for word in (fractions or "").split(",") if word]
    except ValueError:
        raise UserError(
            f"--fractions: expected numbers such as 0.05,0.2,0.5, got {fractions!r}."
        ) from None
