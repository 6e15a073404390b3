"""Reports as data, rendered in the terminal, as HTML and as Markdown."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras_gru.experiments.comparison import Comparison
    from keras_gru.experiments.configuration.experiment import Experiment
    from keras_gru.experiments.configuration.yaml_files import Config
    from keras_gru.experiments.run_directory import RunDirectory
    from keras_gru.report.blocks import Report


def show(comparison: "Comparison", page: str | Path | None = None) -> None:
    """Print the report of a comparison, write its page, and print the path of the page.

    Args:
        page: the HTML file; None for `report.html` in the run directory.
    """
    if page is None:
        if comparison.path is None:
            raise ValueError("page: expected a file, got None and no run directory. Pass a file.")
        page = comparison.path / "report.html"
    # Imported here, as showing the progress of training needs no matplotlib.
    from keras_gru.analysis import analyse
    from keras_gru.report.comparison import comparison_report

    show_report(comparison_report(analyse(comparison)), page)


def update_page(comparison: "Comparison") -> None:
    """Write the page of a comparison in its run directory, and print its path."""
    from keras_gru.analysis import analyse
    from keras_gru.report.comparison import comparison_report
    from keras_gru.report.html import write_page

    assert comparison.path is not None  # it has a run directory
    page = comparison.path / "report.html"
    write_page(comparison_report(analyse(comparison)), page)
    print(f"The page: {page}")


def show_report(report: "Report", page: str | Path) -> None:
    """Write the page of a report, print the report, and print the path of the page."""
    from keras_gru.report.html import write_page
    from keras_gru.report.terminal import print_report

    write_page(report, page)
    print_report(report)
    print(f"The page: {page}")


def run_and_show(
    config: "Config | None" = None,
    overrides: Sequence[str] = (),
    *,
    resume: str | None = None,
    jobs: int | None = 1,
    cluster: str | None = None,
) -> "Comparison":
    """Run `keras_gru.run` with a progress display and a report.

    Args:
        config, overrides, resume: as in `keras_gru.experiments.resuming.choose_experiment`.
        jobs, cluster: as in `keras_gru.run`.
    """
    from keras_gru.experiments.resuming import choose_experiment

    experiment, run_directory = choose_experiment(config, overrides, resume)
    return compare_and_show(experiment, run_directory, jobs=jobs, cluster=cluster)


def compare_and_show(
    experiment: "Experiment",
    run_directory: "RunDirectory | None" = None,
    *,
    jobs: int | None = 1,
    cluster: str | None = None,
) -> "Comparison":
    """Run `keras_gru.experiments.compare.compare` with a progress display and a report."""
    from keras_gru.experiments.compare import compare
    from keras_gru.report.progress import show_progress

    with show_progress(experiment) as progress:
        comparison = compare(
            experiment,
            run_directory=run_directory,
            listener=progress,
            jobs=jobs,
            cluster=cluster,
            examples=True,
        )
    show(comparison)
    return comparison
