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
    # Imported here, so that showing the progress of a training imports no matplotlib.
    from keras_gru.analysis import analyse
    from keras_gru.report.comparison import print_results, write_page

    page = comparison.folder / "report.html" if page is None else page
    analysis = analyse(comparison)
    write_page(analysis, page)
    print_results(analysis)
    print(f"The page: {page}")
