"""Errors of forecasts by step ahead and by variable, the mean over the seeds of each cell."""

# H steps ahead, V variables

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from keras_gru.experiments.comparison import Comparison
from keras_gru.experiments.forecasts import ERRORS_FILE, StoredErrors
from keras_gru.experiments.json_files import damaged, load_json


@dataclass(frozen=True)
class ForecastErrors:
    """The mean absolute errors on test; with a forecast at every step, of those after the last.

    Args:
        steps: number of steps ahead of each of the H forecasts.
        cells: cell -> H lists of V, in each variable's unit; of several series in standard
            deviations.
    """

    variables: tuple[str, ...]
    steps: tuple[int, ...]
    cells: Mapping[str, list[list[float]]]


def collect_forecast_errors(comparison: Comparison) -> ForecastErrors | None:
    """Return the errors of the finished runs; None if no run of a cell stored any."""
    if comparison.path is None:
        return None
    stored: dict[str, list[StoredErrors]] = {}
    for run in comparison.runs:
        path = comparison.path / f"{run.cell}-seed{run.seed}" / ERRORS_FILE
        if run.status == "finished" and path.is_file():
            stored.setdefault(run.cell, []).append(load_json(path, StoredErrors))
            first = next(iter(stored.values()))[0]
            found = stored[run.cell][-1]
            widths = [len(row) for row in found.test.mae]
            fits = widths == [len(first.variables)] * len(first.test.mae)
            if found.variables != first.variables or not fits:
                raise damaged(path, "other steps or variables than those of the other runs")
    if not stored:
        return None
    first = next(iter(stored.values()))[0]
    means = {
        cell: np.mean([errors.test.mae for errors in found], axis=0).tolist()
        for cell, found in stored.items()
    }
    steps = range(first.lead, first.lead + len(first.test.mae))
    cells = [cell for cell in comparison.experiment.cells if cell in means]
    return ForecastErrors(first.variables, tuple(steps), {cell: means[cell] for cell in cells})
