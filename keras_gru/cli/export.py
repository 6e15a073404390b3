"""keras-gru export"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from keras_gru.cli.arguments import CellOfRun, Run, SeedOfRun
from keras_gru.cli.start import start_tensorflow


class Format(StrEnum):
    """Export formats."""

    ONNX = "onnx"
    OPENVINO = "openvino"
    LITERT = "litert"
    TFJS = "tfjs"
    SAVED_MODEL = "saved_model"


def export(
    run: Run,
    to: Annotated[
        list[Format] | None, typer.Option(help="The format; repeat it for several. Default: onnx.")
    ] = None,
    step: Annotated[
        bool, typer.Option("--step", help="One time step with states as inputs and outputs.")
    ] = False,
    states: Annotated[
        bool,
        typer.Option(
            "--states",
            help="Whole sequences with initial states as optional inputs and final ones as outputs "
            "(onnx).",
        ),
    ] = False,
    quantize: Annotated[
        Literal["int8", "float16"] | None,
        typer.Option(help="How weights are stored: int8 (litert), float16 (litert, openvino)."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to; default: export/ in the directory of the run."),
    ] = None,
    cell: CellOfRun = None,
    seed: SeedOfRun = None,
    sequences: Annotated[
        int, typer.Option(min=1, help="Number of test sequences to compare with Keras.")
    ] = 1000,
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0, help="Largest relative difference; default: 1e-5, float16 0.01, int8 0.25."
        ),
    ] = None,
) -> None:
    """Export a network to another format, and compare it with Keras (exit code 1 if different)."""
    from keras_gru.experiments.find_run import find_run

    run_directory = find_run(run)
    start_tensorflow()
    from keras_gru.experiments import networks
    from keras_gru.exporting.export import DisagreementError, export_run
    from keras_gru.report import update_page

    record = networks.choose_run(run_directory, cell, seed)
    typer.echo(f"{record.label}, seed {record.seed}")
    agrees = True
    for target in to or [Format.ONNX]:
        try:
            found = export_run(
                run_directory,
                record,
                target.value,
                step=step,
                states=states,
                quantize=quantize,
                output=output,
                sequences=sequences,
                tolerance=tolerance,
            )
        except DisagreementError as error:
            found, agrees = error.parity, False
        typer.echo(found)
    update_page(run_directory.comparison())
    if not agrees:
        raise typer.Exit(1)
