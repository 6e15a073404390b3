"""Conclusions from a comparison: a headline, pairs of cells, and cautions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from keras_gru.analysis.intervals import FEWEST_SEEDS, paired_interval
from keras_gru.analysis.measurements import Measurements
from keras_gru.analysis.pairs import Pair, compare_pairs, measure_interval
from keras_gru.analysis.summary import mean_of

ROUNDING = 1e-6  # of metrics: those of networks are in float32, unlike those of baselines
FEWEST_SEQUENCES = 30  # independent ones, below which a split's metric is hardly known


@dataclass(frozen=True)
class Headline:
    """The best cell and the best baseline on test.

    Args:
        best: the cell with the best mean, among those that finished the most runs.
        means: cell -> mean test metric, of those cells.
        seeds: number of finished runs of each of them.
        baseline: label of the best baseline, or None.
        above_baseline: cells whose mean is better than the best baseline.
        significantly_above: those of them that are so significantly, corrected for their number.
    """

    best: str
    means: Mapping[str, float]
    seeds: int
    baseline: str | None
    above_baseline: tuple[str, ...]
    significantly_above: tuple[str, ...]


class Caution(StrEnum):
    """Warnings about the use of the numbers."""

    FEW_VALIDATION_SEQUENCES = "few_validation_sequences"
    FEW_TEST_SEQUENCES = "few_test_sequences"
    BASELINE_NOT_BEATEN = "baseline_not_beaten"
    BASELINE_NOT_BEATEN_SIGNIFICANTLY = "baseline_not_beaten_significantly"


@dataclass(frozen=True)
class Verdicts:
    """Conclusions that the measurements allow; `headline` is None without runs."""

    measurements: Measurements
    headline: Headline | None
    pairs: tuple[Pair, ...]
    cautions: tuple[Caution, ...]

    @property
    def has_sampling_error(self) -> bool:
        """Whether every pair's interval includes the sampling error of test."""
        return all((pair.one, pair.other) in self.measurements.sampling for pair in self.pairs)


def reach_verdicts(measured: Measurements) -> Verdicts:
    """Return the conclusions that the seeds and the test split allow."""
    headline = _headline(measured)
    return Verdicts(
        measured, headline, compare_pairs(measured), tuple(_cautions(measured, headline))
    )


def _headline(measured: Measurements) -> Headline | None:
    complete = measured.complete
    if not complete:
        return None
    means = {cell: mean_of(values.values()) for cell, values in complete.items()}
    best = max(means, key=lambda cell: measured.metric.score(means[cell]))
    above, significantly = _cells_above_baseline(measured, means)
    seeds = len(complete[best])
    return Headline(best, means, seeds, measured.best_baseline, above, significantly)


def _cells_above_baseline(
    measured: Measurements, means: Mapping[str, float]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the cells whose mean is better than the best baseline, and the significant of them.

    Intervals are corrected for the number of cells. A metric that is the same with every seed is
    significantly better where it is so by more than the sampling error of test and one right
    answer.
    """
    metric, baseline = measured.metric, measured.best_baseline
    if baseline is None:
        return (), ()
    level = measured.baselines[baseline]
    lead = {cell: metric.score(mean) - metric.score(level) for cell, mean in means.items()}
    above = [cell for cell in means if lead[cell] > ROUNDING * abs(level)]
    significant = []
    for cell in above:
        differences = np.array(list(measured.values[cell].values())) - level
        sampling = measured.sampling.get((cell, baseline))
        half, _ = measure_interval(
            differences, max(means[cell], level), metric, len(means), sampling, measured.resolution
        )
        same = len(differences) >= FEWEST_SEEDS and np.ptp(differences) == 0
        if same and measured.resolution is not None:
            half = measured.resolution
            if sampling is not None and sampling.error > 0:
                half = max(half, float(paired_interval(differences, len(means), sampling)[1]))
        if half is not None and abs(differences.mean()) > half:
            significant.append(cell)
    return tuple(above), tuple(significant)


def _cautions(measured: Measurements, headline: Headline | None) -> list[Caution]:
    cautions = [
        Caution(f"few_{split}_sequences")
        for split, count in measured.independent.items()
        if count < FEWEST_SEQUENCES
    ]
    if headline is not None and headline.baseline is not None:
        if not headline.above_baseline:
            cautions.append(Caution.BASELINE_NOT_BEATEN)
        elif headline.seeds >= FEWEST_SEEDS and not headline.significantly_above:
            cautions.append(Caution.BASELINE_NOT_BEATEN_SIGNIFICANTLY)
    return cautions
