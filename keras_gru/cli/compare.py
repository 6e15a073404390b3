"""keras-gru compare"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keras_gru.cli.arguments import Address, ConfigOrNone, Executor, Jobs, Overrides, cluster
from keras_gru.cli.start import start_tensorflow
from keras_gru.errors import UserError

if TYPE_CHECKING:
    from keras_gru.experiments.configuration.experiment import Experiment
    from keras_gru.experiments.run_directory import RunDirectory


def compare(
    config: ConfigOrNone = None,
    overrides: Overrides = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Go on with a run directory; it knows its config."),
    ] = None,
    jobs: Jobs = None,
    executor: Executor = "processes",
    address: Address = None,
) -> None:
    """Train several cells on the same data and say which did better."""
    experiment, folder = chosen(config, overrides, resume)
    compare_and_show(experiment, folder, jobs, cluster(executor, address))


def chosen(
    config: str | None, overrides: list[str] | None, resume: Path | None
) -> "tuple[Experiment, RunDirectory | None]":
    """What a config or a run directory to go on with says, if they agree."""
    from keras_gru.experiments.configuration.yaml_files import load_experiment
    from keras_gru.experiments.run_directory import find_run

    given = load_experiment(config, overrides or ()) if config else None
    if resume is None and given is None:
        raise UserError("give a config, such as quickstart (see keras-gru list), or --resume RUN")
    folder = find_run(resume) if resume else None
    experiment = folder.experiment() if folder else given
    if given:
        given = given.with_shards(experiment.training.shards).with_guesses(experiment.dataset)
    if given and given != experiment:
        raise UserError(
            f"{resume}: was made with other settings than {config}; "
            "leave the config out to go on with them, or leave --resume out to start anew"
        )
    return experiment, folder


def compare_and_show(
    experiment: "Experiment",
    folder: "RunDirectory | None" = None,
    jobs: int | None = None,
    cluster: str | None = None,
) -> None:
    """Compares, shows progress and the table, and writes the page."""
    start_tensorflow(experiment.dataset)
    from keras_gru.experiments.compare import compare
    from keras_gru.report import show
    from keras_gru.report.progress import show_progress

    with show_progress(experiment) as progress:
        comparison = compare(
            experiment, folder=folder, listener=progress, jobs=jobs, cluster=cluster
        )
    show(comparison)
