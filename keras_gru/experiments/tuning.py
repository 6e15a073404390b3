"""Tuning: choose the best of the same combinations of settings for every cell."""

import math
from collections.abc import Sequence

from keras_gru.datasets.metric import Metric
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.grids import Value


def choose_settings(
    experiment: Experiment, cell: str, trials: Sequence[RunRecord], metric: Metric
) -> dict[str, Value] | None:
    """Return the settings of the best trial on validation.

    Trials have a separate seed, `experiment.tuning_seed`: the reported validation score of a run
    that was also a trial would be biased by the selection.

    Returns:
        The best settings, the first of equals; diverged trials are the worst. Empty if there is
        nothing to tune, None while a trial is missing.
    """
    scores = {}
    for record in trials:
        if record.cell == cell and record.seed == experiment.tuning_seed:
            score = metric.score(record.validation.get(metric.name, math.nan))
            scores[tuple(record.settings.items())] = score
    combinations = experiment.combinations()
    if not all(tuple(settings.items()) in scores for settings in combinations):
        return None
    return max(combinations, key=lambda settings: scores[tuple(settings.items())], default={})
