"""keras-gru compare"""

from typing import Annotated

import typer

from keras_gru.cli.arguments import Address, ConfigOrNone, Executor, Jobs, Overrides, cluster
from keras_gru.cli.start import start_tensorflow


def compare(
    config: ConfigOrNone = None,
    overrides: Overrides = None,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Resume a run with its config; latest: the newest run."),
    ] = None,
    jobs: Jobs = None,
    executor: Executor = "processes",
    address: Address = None,
) -> None:
    """Train several cells on the same data, and compare them."""
    from keras_gru.experiments.resuming import choose_experiment

    experiment, run_directory = choose_experiment(config, overrides, resume)
    ray_address = cluster(executor, address)
    start_tensorflow(experiment.dataset)
    from keras_gru.report import compare_and_show

    compare_and_show(experiment, run_directory, jobs=jobs, cluster=ray_address)
