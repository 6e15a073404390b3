"""What a reader sees: reports as data, rendered in the terminal, on a page and as Markdown."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras_gru.experiments.comparison import Comparison


def show(comparison: "Comparison", page: str | Path | None = None) -> None:
    """Print the report of a comparison, write its page, and print where that is.

    Args:
        comparison: with any number of runs.
        page: the HTML file; None for `report.html` in the run directory.
    """
    if page is None:
        if comparison.folder is None:
            raise ValueError("page: expected a file, got None and no run directory. Pass a file.")
        page = comparison.folder / "report.html"
    # Imported here, so that showing the progress of a training imports no matplotlib.
    from keras_gru.report.comparison import print_results, write_page

    write_page(comparison.analysis, page)
    print_results(comparison.analysis)
    print(f"The page: {page}")


def run_and_show(config=None, overrides=None, *, resume=None, **options) -> "Comparison":
    """Do what `keras_gru.run` does, showing the progress and the report.

    Args:
        config, overrides, resume: as of `keras_gru.experiments.resuming.choose_experiment`.
        **options: `jobs` and `cluster` of `keras_gru.run`.
    """
    from keras_gru.experiments.compare import compare
    from keras_gru.experiments.resuming import choose_experiment
    from keras_gru.report.progress import show_progress

    experiment, folder = choose_experiment(config, overrides, resume)
    with show_progress(experiment) as progress:
        comparison = compare(experiment, folder=folder, listener=progress, examples=True, **options)
    show(comparison)
    return comparison
