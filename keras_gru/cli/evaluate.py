"""keras-gru evaluate"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from keras_gru.cli.arguments import CellOfRun, Run, SeedsOfRun, parse_seed
from keras_gru.cli.start import start_tensorflow
from keras_gru.errors import UserError


def evaluate(
    run: Run,
    cell: CellOfRun = None,
    seed: SeedsOfRun = None,
    split: Annotated[
        Literal["train", "validation", "test"],
        typer.Option(help="A split of the training data of the run."),
    ] = "test",
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Measure on all of another file of the same kind, with the run's vocabulary, "
            "labels and scaling; of the training file itself, on the split.",
        ),
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(min=1, metavar="K", help="Also print the top-k accuracy of classes."),
    ] = None,
) -> None:
    """Evaluate a saved network again, and show the recorded value.

    With --seed all, the ensemble of a cell's networks is measured, and stored in the run directory.
    """
    from keras_gru.experiments.find_run import find_run
    from keras_gru.formatting import plural
    from keras_gru.report.metric_values import quantity

    run_directory, seeds = find_run(run), parse_seed(seed)
    start_tensorflow()
    from keras_gru.experiments import networks
    from keras_gru.experiments.comparison import EnsembleRecord

    records = networks.choose_runs(run_directory, cell, seeds)
    record, is_ensemble = records[0], seeds == "all"
    metric = run_directory.comparison().metric
    dataset = networks.load_data_of(run_directory, records, split, data)
    where, is_other = split, "train" not in dataset.splits
    if is_other:
        where = f"{dataset.name} ({plural(dataset.size('test'), 'sequence')})"
        if split != "test":
            raise UserError(f"--split {split}: all of {data} is measured; leave it out.")
        for note in dataset.notes:
            typer.echo(note)
    metrics = networks.evaluate(run_directory, records, split, dataset)
    value = quantity(metrics[metric.name], metric)
    numbers = tuple(record.seed for record in records)
    seeds_text = f"seed {record.seed}"
    if is_ensemble:
        seeds_text = f"ensemble of the seeds {', '.join(map(str, numbers))}"
    text = f"{record.label}, {seeds_text}, {where}: {metric.label} {value}"
    if split != "train" and getattr(record, split):  # train has no recorded value
        known = [getattr(record, split)[metric.name] for record in records]
        values = ", ".join(quantity(number, metric) for number in known)
        text += f" (recorded on {split}: {values})"
    typer.echo(text)
    if is_ensemble and not is_other:
        ensemble = EnsembleRecord(record.cell, numbers, split, metrics, metric.label)
        with run_directory.locked():
            run_directory.add_ensemble(ensemble)
    if top_k is not None:
        network = networks.load_network(run_directory, records)
        accuracy = networks.top_k_accuracy(network, dataset, split, top_k)
        typer.echo(f"Top-{top_k} accuracy: {accuracy:.4f}")
