"""keras-gru predict"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from keras_gru.cli.arguments import CellOfRun, Run, SeedsOfRun, check_place, parse_seed
from keras_gru.cli.start import start_tensorflow
from keras_gru.errors import UserError

Format = Literal["csv", "jsonl", "conllu"]
_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".conllu": "conllu",
}
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Default: the standard output."),
]
FormatOption = Annotated[
    Format | None,
    typer.Option(help="Default: by the suffix of FILE; CoNLL-U for CoNLL-U input; else CSV."),
]


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
    output: OutputOption = None,
    format: FormatOption = None,
) -> None:
    """Predict from new data with a trained network: classes, tags, forecasts, notes, translations.

    The run directory is sufficient; the training data are not needed.
    """
    if output is not None:
        check_place(output)
    seeds = parse_seed(seed)
    start_tensorflow()
    from keras_gru.experiments.prediction.model import load

    found = load(run, cell, seeds).predict(data)
    write_rows(found.rows, found.notes, output, format, found.conllu)


def write_rows(
    rows: Sequence[Mapping[str, Any]],
    notes: Sequence[str],
    output: Path | None,
    format: Format | None,
    conllu: str | None = None,
) -> None:
    """Write rows to a file or the standard output, and notes to the standard error stream."""
    from keras_gru.experiments.prediction.rows import to_csv, to_json_lines
    from keras_gru.files import write_text

    for note in notes:
        typer.echo(note, err=True)
    if format is None:
        format = _FORMATS.get(output.suffix) if output else None
        format = format or ("csv" if conllu is None else "conllu")
    if format == "conllu":
        if conllu is None:
            raise UserError("--format conllu: expected a CoNLL-U file as INPUT, found other data.")
        text = conllu
    else:
        text = to_csv(rows) if format == "csv" else to_json_lines(rows)
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_text(output, text)
        typer.echo(f"{len(rows):,} rows: {output}", err=True)
