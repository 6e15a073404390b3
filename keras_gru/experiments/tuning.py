"""The same settings tried for every cell, with one seed; the best on validation are kept."""

import math

from keras_gru.datasets.judging import Metric
from keras_gru.experiments import checkpoint
from keras_gru.experiments.configuration.experiment import Experiment, Value
from keras_gru.experiments.results import RunFolder


def choose(
    experiment: Experiment, cell: str, folder: RunFolder, metric: Metric
) -> dict[str, Value] | None:
    """What the tries of a cell have shown to be best.

    The folder of the best try becomes that of the first seed's run: with the same settings and the
    same seed it is the same run, which then only has to be measured on test.

    Args:
        experiment: its `tuning` says what is tried.
        cell: name in the registry of cells.
        folder: where the tries are kept.
        metric: what they are judged by, on validation.

    Returns:
        The settings that were best, the first of equals; a try that diverged is the worst. Empty
        where there is nothing to tune, None while a try is missing.
    """
    combinations = experiment.combinations()
    if not combinations:
        return {}
    tries = [record for record in folder.tries() if record.cell == cell]
    scores = []
    for settings in combinations:
        record = next((record for record in tries if record.settings == settings), None)
        if record is None:
            return None
        scores.append(metric.score(record.validation.get(metric.name, math.nan)))
    best = scores.index(max(scores))
    _keep(folder, cell, experiment.seeds[0], best + 1)
    return combinations[best]


def _keep(folder: RunFolder, cell: str, seed: int, best: int) -> None:
    """Gives the best try its place among the runs; of the others the history is enough."""
    source, target = folder.try_path(cell, best), folder.run_path(cell, seed)
    if source.is_dir() and not target.exists():
        source.rename(target)
    for left_over in (folder.path / "tuning").glob(f"{cell}-*/{checkpoint.FILE}"):
        left_over.unlink()
