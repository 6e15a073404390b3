"""keras-gru train"""

from typing import Annotated

import typer

from keras_gru.cli.arguments import Config, Overrides
from keras_gru.cli.start import start_tensorflow


def train(
    config: Config,
    overrides: Overrides = None,
    cell: Annotated[str | None, typer.Option(help="Default: the config's first.")] = None,
    seed: Annotated[int | None, typer.Option(help="Default: the config's first.")] = None,
) -> None:
    """Train one cell with one seed."""
    from keras_gru.experiments.configuration.yaml_files import load_experiment

    changes = list(overrides or ())
    experiment = load_experiment(config, changes)
    changes.append(f"cells=[{experiment.cells[0] if cell is None else cell}]")
    changes.append(f"seeds=[{experiment.seeds[0] if seed is None else seed}]")
    experiment = load_experiment(config, changes)
    start_tensorflow(experiment.dataset)
    from keras_gru.report import run_and_show

    run_and_show(experiment, jobs=1)
