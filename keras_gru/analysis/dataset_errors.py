"""The errors of all cells on one dataset, lower is better: what comparisons across datasets use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from keras_gru.analysis.measurements import Measurements


@dataclass(frozen=True)
class DatasetErrors:
    """The test errors of all cells on one dataset; lower is better.

    Args:
        errors: cell -> seed -> error. Where a metric counts what is right, the error is its
            highest value minus the metric.
        resolution: the smallest error that differs from 0, such as 1/N for an accuracy.
        seconds: cell -> mean seconds to the target, of cells that reach it.
        trials: cell -> the error of each trial of tuning on validation, NaN where it diverged.
        diverged: cell -> number of its diverged runs, if any.
    """

    name: str
    errors: Mapping[str, Mapping[int, float]]
    resolution: float = 0.0
    seconds: Mapping[str, float] = field(default_factory=dict)
    trials: Mapping[str, Sequence[float]] = field(default_factory=dict)
    diverged: Mapping[str, int] = field(default_factory=dict)


def dataset_errors(name: str, measurements: Measurements) -> DatasetErrors:
    """Return the test errors of a comparison.

    A diverged run counts as the worst run of all cells or the worst baseline: a cell that always
    diverged is not as good as one whose runs are all equal.
    """
    metric = measurements.metric

    def error(value: float) -> float:
        return value if metric.mode == "min" else metric.highest - value

    errors = {
        cell: {seed: error(value) for seed, value in values.items()}
        for cell, values in measurements.values.items()
    }
    known = [value for runs in errors.values() for value in runs.values()]
    worst = max([*known, *map(error, measurements.baselines.values())], default=0.0)
    for cell, seeds in measurements.diverged.items():
        errors[cell] |= dict.fromkeys(seeds, worst)
    resolution = measurements.resolution or 0.0
    trials = {cell: tuple(map(error, values)) for cell, values in measurements.trials.items()}
    diverged = {cell: len(seeds) for cell, seeds in measurements.diverged.items()}
    return DatasetErrors(name, errors, resolution, measurements.seconds, trials, diverged)
