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
        int, typer.Option(min=0, help="The sequence of validation to show the gates of.")
    ] = 0,
    layer: Annotated[int, typer.Option(min=1, help="Which recurrent layer.")] = 1,
) -> None:
    """Look inside: gates over a sequence, reach of gradients, memory, and gates held."""
    from keras_gru.experiments.run_directory import find_run

    folder = find_run(run)
    start_tensorflow()
    from keras_gru.inspection import found, look
    from keras_gru.report.inside import print_inspection, save_pictures
    from keras_gru.report.page import write_page

    inspection = look.inspect(folder, cell, seed, sequence=sequence, layer=layer)
    found.save(folder, inspection)
    comparison = folder.comparison()
    print_inspection(inspection, comparison)
    for file in save_pictures(inspection, comparison, found.place(folder)):
        typer.echo(f"A picture: {file}")
    page = folder.path / "report.html"
    write_page(comparison, page)
    typer.echo(f"The page: {page}")
