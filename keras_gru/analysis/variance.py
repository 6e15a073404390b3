"""Sources of the variance of the test metric."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from keras_gru.analysis.intervals import CONFIDENCE, FEWEST_SEEDS, sampling_error
from keras_gru.experiments.comparison import Comparison
from keras_gru.experiments.configuration.experiment_settings import Source

TEST = "test"  # the choice of the test sequences, beside the sources that seeds vary


@dataclass(frozen=True)
class SourceVariance:
    """The variance of the test metric of a cell due to one source.

    Args:
        source: one of `experiments.configuration.experiment.SOURCES`, or `TEST`.
        deviation: standard deviation of the metric where the source alone varies, in its unit.
        interval: its 95 % interval, of a normal distribution: s √(ν/χ²).
        fraction: fraction of the sum of the variances of all sources of the cell.
        runs: number of runs of the estimate; for `TEST` the number of blocks of test.
    """

    cell: str
    source: str
    deviation: float
    interval: tuple[float, float]
    fraction: float
    runs: int


def source_variances(
    whole: Comparison, sources: Mapping[Source, Comparison]
) -> tuple[SourceVariance, ...]:
    """Return the variances of each cell; a source with fewer than three runs is left out.

    Args:
        whole: the comparison itself, whose test blocks give the sampling error of test.
        sources: source -> the comparison whose seeds vary it alone.
    """
    found = []
    for cell in whole.labels:
        values = {name: list(source.tested(cell).values()) for name, source in sources.items()}
        known: dict[str, tuple[float, int]] = {
            name: (float(np.std(metrics, ddof=1)), len(metrics))
            for name, metrics in values.items()
            if len(metrics) >= FEWEST_SEEDS
        }
        if not known:
            continue
        blocks = [run.test_blocks for run in whole.runs_of(cell) if run.status == "finished"]
        weights = whole.metadata.evaluation.test.weights
        if blocks and all(len(block) == len(weights) > 1 for block in blocks):
            sampling = sampling_error(np.array(blocks)[:, None], np.array(weights))  # of each run
            if sampling is not None:
                deviation = float(np.sqrt(np.mean(np.square(sampling.error))))
                known[TEST] = (deviation, sampling.blocks)
        total = sum(deviation**2 for deviation, _ in known.values())
        found += [
            SourceVariance(
                cell,
                name,
                deviation,
                _interval(deviation, runs),
                deviation**2 / total if total else 0.0,
                runs,
            )
            for name, (deviation, runs) in known.items()
        ]
    return tuple(found)


def _interval(deviation: float, count: int) -> tuple[float, float]:
    tail = (1 - CONFIDENCE) / 2
    freedom = count - 1
    high, low = (stats.chi2.ppf(q, freedom) for q in (tail, 1 - tail))
    return deviation * np.sqrt(freedom / low).item(), deviation * np.sqrt(freedom / high).item()
