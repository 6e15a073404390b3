"""keras-gru learning-curve"""

from typing import Annotated

import typer

from keras_gru.cli.arguments import Address, ConfigOrNone, Executor, Jobs, Overrides, cluster
from keras_gru.cli.start import start_tensorflow
from keras_gru.errors import UserError


def learning_curve(
    config: ConfigOrNone = None,
    overrides: Overrides = None,
    fractions: Annotated[
        str | None,
        typer.Option(help="Of the training data; default: 0.01,0.02,0.05,0.1,0.25,0.5."),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Resume a run; its comparison is that on all training data.",
        ),
    ] = None,
    jobs: Jobs = None,
    executor: Executor = "processes",
    address: Address = None,
) -> None:
    """Compare the cells on increasing fractions of the training data."""
    from keras_gru.experiments.resuming import choose_experiment

    experiment, run_directory = choose_experiment(config, overrides, resume)
    numbers, ray_address = _numbers(fractions), cluster(executor, address)
    start_tensorflow(experiment.dataset)
    from keras_gru.experiments import learning_curve as curves
    from keras_gru.report import show
    from keras_gru.report.progress import show_progress

    with show_progress(experiment) as progress:
        curve = curves.learning_curve(
            experiment,
            numbers or curves.FRACTIONS,
            run_directory=run_directory,
            listener=progress,
            jobs=jobs,
            cluster=ray_address,
        )
    show(curve.whole)


def _numbers(fractions: str | None) -> list[float]:
    try:
        return [float(word) for word in (fractions or "").split(",") if word]
    except ValueError:
        raise UserError(
            f"--fractions: expected numbers such as 0.05,0.2,0.5, got {fractions!r}."
        ) from None
