"""keras-gru evaluate"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from keras_gru.cli.arguments import CellOfRun, Run, SeedOfRun
from keras_gru.cli.start import start_tensorflow
from keras_gru.errors import UserError


class Split(StrEnum):
    """The parts of a dataset."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


def evaluate(
    run: Run,
    cell: CellOfRun = None,
    seed: SeedOfRun = None,
    split: Annotated[
        Split, typer.Option(help="Which split of the data that the run was trained on.")
    ] = Split.TEST,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Measure on all of another file of the same kind, with the run's vocabulary, "
            "labels and scaling.",
        ),
    ] = None,
) -> None:
    """Measure a saved network again, beside the value that was recorded after training."""
    from keras_gru.experiments.run_directory import find_run
    from keras_gru.formatting import plural, quantity

    folder = find_run(run)
    start_tensorflow()
    from keras_gru.experiments import networks
    from keras_gru.experiments.training_data import load_data, load_other_data

    record = networks.choose_run(folder, cell, seed)
    metric = folder.comparison().metric
    dataset = load_data(folder) if data is None else load_other_data(folder, data)
    where = split.value
    if "train" not in dataset.splits:
        where = f"{dataset.name} ({plural(dataset.size('test'), 'sequence')})"
        if split is not Split.TEST:
            raise UserError(f"--split {split.value}: all of {data} is measured; leave it out.")
        for note in dataset.notes:
            typer.echo(note)
    value = quantity(networks.evaluate(folder, record, split.value, dataset)[metric.name], metric)
    recorded = {"validation": record.validation, "test": record.test}.get(split.value)
    said = f"{record.label}, seed {record.seed}, {where}: {metric.label} {value}"
    if recorded:  # of train there is none
        said += f" (recorded on {split.value}: {quantity(recorded[metric.name], metric)})"
    typer.echo(said)
