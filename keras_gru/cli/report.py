"""keras-gru report"""

from pathlib import Path
from typing import Annotated

import typer

from keras_gru.cli.arguments import Run, check_place


def report(
    run: Run,
    page: Annotated[
        Path | None, typer.Option("--page", help="Where to; default: report.html in the folder.")
    ] = None,
) -> None:
    """Print the table of a run folder and write its page again."""
    from keras_gru.experiments.results import RunFolder
    from keras_gru.report.page import write_page
    from keras_gru.report.table import print_results

    comparison = RunFolder(run).comparison()
    page = page or run / "report.html"
    check_place(page)
    print_results(comparison)
    write_page(comparison, page)
    typer.echo(f"The page: {page}")
