"""keras-gru check"""

from typing import Annotated

import typer

from keras_gru.cli.arguments import Config, Overrides


def check(
    config: Config,
    overrides: Overrides = None,
    resolved: Annotated[
        bool, typer.Option("--resolved", help="Print the YAML with every setting.")
    ] = False,
) -> None:
    """Check a config and the data file that it reads."""
    from keras_gru import datasets
    from keras_gru.datasets.own.own_file import OwnFile
    from keras_gru.datasets.summary import summarize
    from keras_gru.experiments.configuration.yaml_files import load_experiment
    from keras_gru.experiments.configuration.yaml_writer import dump_experiment

    experiment = load_experiment(config, overrides or ())
    if isinstance(experiment.dataset, OwnFile):
        data = datasets.load(experiment.dataset)
        experiment = experiment.model_copy(update={"dataset": data.resolved})
        if not resolved:
            for line in (*summarize(data).lines(), *data.notes):
                typer.echo(line)
    typer.echo(dump_experiment(experiment) if resolved else f"{config}: ok", nl=not resolved)
