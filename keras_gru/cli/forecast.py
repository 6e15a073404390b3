"""keras-gru forecast"""

from typing import Annotated

import typer

from keras_gru.cli.arguments import CellOfRun, Run, check_place, parse_seed
from keras_gru.cli.predict import FormatOption, OutputOption, write_rows
from keras_gru.cli.start import start_tensorflow


def forecast(
    run: Run,
    steps: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=100_000,
            help="Rows to forecast; default: the network's horizon. Beyond it, forecasts are fed "
            "back.",
        ),
    ] = None,
    cell: CellOfRun = None,
    seed: Annotated[
        str,
        typer.Option(metavar="N|all", help="One seed, or the mean of all seeds of the cell."),
    ] = "all",
    output: OutputOption = None,
    format: FormatOption = None,
) -> None:
    """Forecast the rows after the end of the file that a network was trained on.

    The 90 % band is estimated from the latest known errors, of validation and of earlier windows of
    test; its coverage of test is printed.

    By default, the forecast is the mean of all seeds of the best cell.
    """
    if output is not None:
        check_place(output)
    seeds = parse_seed(seed)
    start_tensorflow()
    from keras_gru.experiments.prediction.model import load

    found = load(run, cell, seeds).forecast(steps)
    write_rows(found.rows, found.notes, output, format)
