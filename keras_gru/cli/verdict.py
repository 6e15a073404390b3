"""keras-gru verdict"""

from pathlib import Path
from typing import Annotated

import typer

from keras_gru.cli.arguments import check_place
from keras_gru.errors import UserError


def verdict(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Run directories of comparisons on different datasets, or stored results (.json); "
            "atlas: those of the small tasks that come with the package.",
        ),
    ],
    rope: Annotated[
        float,
        typer.Option(min=0, max=1, help="Cells are equal within this fraction of the lower error."),
    ] = 0.01,
    page: Annotated[Path, typer.Option(help="Where the page is written.")] = Path("verdict.html"),
    json: Annotated[Path | None, typer.Option(help="Where the numbers are written.")] = None,
) -> None:
    """Compare cells across datasets: probabilities, a page, JSON."""
    for file in filter(None, (page, json)):
        check_place(file)
    if page == json:
        raise UserError(f"--page and --json: expected two files, got {page} for both.")
    from keras_gru.analysis.across_datasets import analyse_across_datasets
    from keras_gru.analysis.stored import find_results, read_measurements
    from keras_gru.files import write_text
    from keras_gru.report import show_report
    from keras_gru.report.verdict import verdict_report

    across = analyse_across_datasets(map(read_measurements, find_results(runs)), rope)
    if json is not None:
        write_text(json, across.to_json() + "\n")
    show_report(verdict_report(across), page)
