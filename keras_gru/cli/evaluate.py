"""keras-gru evaluate"""

from enum import StrEnum
from typing import Annotated

import typer

from keras_gru.cli.arguments import CellOfRun, Run, SeedOfRun
from keras_gru.cli.start import start_tensorflow


class Split(StrEnum):
    """The parts of a dataset."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


def evaluate(
    run: Run,
    cell: CellOfRun = None,
    seed: SeedOfRun = None,
    split: Annotated[Split, typer.Option(help="Which part of the data.")] = Split.TEST,
) -> None:
    """Measure a saved network again."""
    from keras_gru.experiments.results import RunFolder
    from keras_gru.formatting import quantity

    folder = RunFolder(run)
    start_tensorflow()
    from keras_gru.experiments import use

    record = use.choose_run(folder, cell, seed)
    metric = folder.comparison().metric
    logs = use.evaluate(folder, record, split.value)
    value = quantity(logs[metric.name], metric)
    typer.echo(f"{record.label}, seed {record.seed}, {split.value}: {metric.label} {value}")
