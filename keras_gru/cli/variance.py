"""keras-gru variance"""

from typing import Annotated

import typer

from keras_gru.cli.arguments import Address, ConfigOrNone, Executor, Jobs, Overrides, cluster
from keras_gru.cli.start import start_tensorflow


def variance(
    config: ConfigOrNone = None,
    overrides: Overrides = None,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Resume a run, or add the sources to a comparison."),
    ] = None,
    jobs: Jobs = None,
    executor: Executor = "processes",
    address: Address = None,
) -> None:
    """Estimate the variance due to initial weights, data order, and data splits."""
    from keras_gru.experiments.resuming import choose_experiment

    experiment, run_directory = choose_experiment(config, overrides, resume)
    ray_address = cluster(executor, address)
    start_tensorflow(experiment.dataset)
    from keras_gru.experiments.variance import vary_sources
    from keras_gru.report import show
    from keras_gru.report.progress import show_progress

    with show_progress(experiment) as progress:
        whole = vary_sources(
            experiment,
            run_directory=run_directory,
            listener=progress,
            jobs=jobs,
            cluster=ray_address,
        )
    show(whole)
