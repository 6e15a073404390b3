"""The measurements of a comparison, from its run directory or from a stored result."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, FiniteFloat

from keras_gru.analysis.intervals import Sampling
from keras_gru.analysis.measurements import Measurements, collect_measurements
from keras_gru.datasets.metric import Metric
from keras_gru.experiments.configuration.packaged import packaged_files
from keras_gru.experiments.find_run import find_run
from keras_gru.experiments.json_files import load_json


class StoredValues(BaseModel):
    """The metric of each seed."""

    values: Mapping[int, FiniteFloat]


class StoredSeconds(BaseModel):
    """Mean seconds to the target; of the runs that reached it."""

    mean: float | None = None


class StoredCost(BaseModel):
    """The time of a cell, and how many of its runs reached the target."""

    seconds_to_target: StoredSeconds | None = None
    reached_target: int = 0


class StoredTuning(BaseModel):
    """The validation metric of each trial; null where it diverged.

    Older stored results contain the number of trials instead.
    """

    trials: Sequence[float | None] | int


class StoredCell(BaseModel):
    """The runs of a cell."""

    label: str
    diverged: Sequence[int]
    test: StoredValues
    cost: StoredCost = StoredCost()
    tuning: StoredTuning | None = None

    @property
    def seconds(self) -> float | None:
        """Mean seconds to the target; None if fewer than half of the runs reached it."""
        runs = len(self.test.values) + len(self.diverged)
        found = self.cost.seconds_to_target
        return found.mean if found and 2 * self.cost.reached_target >= runs else None

    @property
    def trials(self) -> tuple[float, ...]:
        """The validation metric of each trial; NaN where it diverged."""
        trials = self.tuning.trials if self.tuning else ()
        if isinstance(trials, int):
            return ()
        return tuple(math.nan if value is None else value for value in trials)


class StoredBaseline(BaseModel):
    """A baseline; those without a test metric are left out of verdicts."""

    label: str
    test: float | None = None


class StoredSampling(BaseModel):
    """The sampling error of a mean difference (`Sampling`)."""

    one: str
    other: str
    error: float
    blocks: int


class StoredResult(BaseModel):
    """The inputs of verdicts in a file `results/NAME.json`; other content is ignored.

    Results that were stored before `resolution`, `independent` and `sampling` were known go without
    the last two; the resolution is that of whole sequences.
    """

    name: str
    metric: Metric
    sequences: Mapping[str, int]
    cells: Mapping[str, StoredCell]
    baselines: Sequence[StoredBaseline]
    resolution: float | None = None
    independent: Mapping[str, int] = {}
    sampling: Sequence[StoredSampling] = ()

    def measurements(self) -> Measurements:
        """Return the measurements, which are the inputs of verdicts."""
        resolution = self.resolution
        if resolution is None and self.metric.is_a_count:
            resolution = 1 / self.sequences["test"]
        return Measurements(
            metric=self.metric,
            labels={name: cell.label for name, cell in self.cells.items()},
            values={name: cell.test.values for name, cell in self.cells.items()},
            diverged={n: tuple(cell.diverged) for n, cell in self.cells.items() if cell.diverged},
            baselines={b.label: b.test for b in self.baselines if b.test is not None},
            resolution=resolution,
            independent=self.independent,
            seconds={n: cell.seconds for n, cell in self.cells.items() if cell.seconds},
            trials={name: cell.trials for name, cell in self.cells.items() if cell.trials},
            sampling={
                (row.one, row.other): Sampling(row.error, row.blocks) for row in self.sampling
            },
        )


def find_results(runs: Iterable[str]) -> list[str]:
    """Return the runs, with the stored results of the atlas in the place of the name `"atlas"`."""
    atlas = list(map(str, packaged_files("results/atlas", ".json").values()))
    return [
        path
        for run in runs
        for path in (atlas if run == "atlas" and not Path(run).exists() else [run])
    ]


def read_measurements(run: str) -> tuple[str, Measurements]:
    """Return the name of a comparison and its measurements.

    Args:
        run: a run as in `find_run`, or a stored result, `NAME.json`.
    """
    if Path(run).suffix == ".json":
        result = load_json(Path(run), StoredResult)
        return result.name, result.measurements()
    comparison = find_run(run).comparison()
    return comparison.experiment.name, collect_measurements(comparison)
