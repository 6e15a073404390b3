"""keras-gru predict"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from keras_gru.cli.arguments import CellOfRun, Run, SeedsOfRun, check_place, parse_seed
from keras_gru.cli.start import start_tensorflow


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSONL = "jsonl"


def predict(
    run: Run,
    data: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A file of the kind that the network was trained on, a text, or - for the "
            "standard input.",
        ),
    ],
    cell: CellOfRun = None,
    seed: SeedsOfRun = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Default: the standard output."),
    ] = None,
    format: Annotated[
        Format | None,
        typer.Option(help="Default: JSON lines for a FILE that ends in .jsonl or .json, else CSV."),
    ] = None,
) -> None:
    """Predict from new data with a trained network: classes, tags, forecasts, notes, translations.

    The run directory has all that is needed; the training data may be gone.
    """
    if output is not None:
        check_place(output)
    seed = parse_seed(seed)
    start_tensorflow()
    from keras_gru.experiments.prediction.model import load
    from keras_gru.files import write_text

    predictions = load(run, cell, seed).predict(data)
    for note in predictions.notes:
        typer.echo(note, err=True)
    is_json = output is not None and output.suffix in (".jsonl", ".json")
    if format is not None:
        is_json = format is Format.JSONL
    text = predictions.to_json_lines() if is_json else predictions.to_csv()
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_text(output, text)
        typer.echo(f"{len(predictions.rows):,} rows: {output}", err=True)
