"""keras-gru inspect"""

from typing import Annotated

import typer

from keras_gru.cli.arguments import Run
from keras_gru.cli.start import start_tensorflow


def inspect(
    run: Run,
    cell: Annotated[
        str | None, typer.Option(help="Only the best run of this cell; default: of each.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Only runs of this seed.")] = None,
    sequence: Annotated[
        int, typer.Option(min=0, help="Number of the validation sequence whose gates are shown.")
    ] = 0,
    layer: Annotated[int, typer.Option(min=1, help="Number of the recurrent layer.")] = 1,
) -> None:
    """Inspect networks: gates over a sequence, gradient decay, memory, constant gates."""
    from keras_gru.experiments.find_run import find_run

    run_directory = find_run(run)
    start_tensorflow()
    from keras_gru.inspection.inspect import inspect_networks
    from keras_gru.inspection.result import FILE, save_inspection
    from keras_gru.report import update_page
    from keras_gru.report.sections.inspection import print_inspection, save_pictures

    inspection = inspect_networks(run_directory, cell, seed, sequence=sequence, layer=layer)
    save_inspection(run_directory.path, inspection)
    comparison = run_directory.comparison()
    print_inspection(inspection, comparison)
    for file in save_pictures(inspection, comparison, (run_directory.path / FILE).parent):
        typer.echo(f"A picture: {file}")
    update_page(comparison)
