"""keras-gru claims"""

from pathlib import Path
from typing import Annotated

import typer

from keras_gru.cli.arguments import Jobs, check_place
from keras_gru.errors import UserError
from keras_gru.signals import resumable


def claims(
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Run or resume the experiments in this folder; default: the results that come "
            "with the package.",
        ),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(help="Where to; default: claims.html, or the folder's."),
    ] = None,
    jobs: Jobs = None,
) -> None:
    """Test common claims about GRU and LSTM."""
    if page is not None or run is None:
        check_place(page or Path("claims.html"))
    page = page or (run or Path()) / "claims.html"
    if run is None:
        from keras_gru.claims.evidence import packaged_evidence

        _show(packaged_evidence(), page)
    else:
        _run(run, page, jobs)


def _run(folder: Path, page: Path, jobs: int | None) -> None:
    from keras_gru.cli.start import start_tensorflow

    start_tensorflow()
    from keras_gru.claims.evidence import FILE, read_evidence
    from keras_gru.claims.run_plans import run_all
    from keras_gru.report.claims import claims_report
    from keras_gru.report.html import write_page
    from keras_gru.report.progress import show_progress

    problems = []
    with resumable(f"Stopped. Resume with: keras-gru claims --run {folder}"):
        for problem in run_all(folder, show_progress, jobs):
            problems += [problem] * (problem is not None)
            write_page(claims_report(read_evidence(folder / FILE)), page)
    _show(read_evidence(folder / FILE), page)
    if problems:
        raise UserError("\n".join(problems))


def _show(evidence: dict, page: Path) -> None:
    from keras_gru.report.claims import claims_report
    from keras_gru.report.html import write_page
    from keras_gru.report.terminal import print_report

    report = claims_report(evidence)
    print_report(report)
    write_page(report, page)
    typer.echo(f"The page: {page}")
