"""Comparison of cells across datasets: probabilities that one is better or both are equal."""

# R seeds

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import TypeAdapter, computed_field

from keras_gru.analysis.dataset_errors import DatasetErrors, dataset_errors
from keras_gru.analysis.expected_best import ExpectedBest, budget_profile
from keras_gru.analysis.measurements import Measurements
from keras_gru.analysis.probabilities import (
    ROPE,
    decide,
    predict_dataset,
    probability_of_improvement,
    signed_rank,
)
from keras_gru.analysis.profiles import (
    PROFILE_FACTORS,
    Profile,
    performance_profile,
    time_profile,
)
from keras_gru.analysis.ranks import Ranks, rank_cells
from keras_gru.analysis.summary import mean_of
from keras_gru.errors import UserError

_LEAST = 1e-6  # of the highest error: relative to an error of 0 all would be infinite


@dataclass(frozen=True)
class PairAcrossDatasets:
    """A pair of cells, compared on the datasets that have runs of both.

    Args:
        one, other: names of the cells.
        one_better, equal, other_better: posterior probabilities that the typical difference over
            datasets (the pseudomedian) is above, within and below the region of practical
            equivalence; their sum is 1.
        on_new_dataset: the same three probabilities of the difference on a single new dataset.
        improvement: the probability that a run of `one` has a lower error than a run of `other`
            on the same dataset, ties counted half, averaged over datasets.
        improvement_interval: its 95 % interval, by a bootstrap of the seeds in each dataset.
        differences: dataset -> relative difference; above 0, `one` has the lower error.
        standard_errors: dataset -> its standard error over seeds.
    """

    one: str
    other: str
    one_better: float
    equal: float
    other_better: float
    on_new_dataset: tuple[float, float, float]
    improvement: float
    improvement_interval: tuple[float, float]
    differences: Mapping[str, float]
    standard_errors: Mapping[str, float]

    @computed_field
    @property
    def decision(self) -> str | None:
        """The better cell, `"equal"`, or `None`: see `decide`."""
        place = decide((self.one_better, self.equal, self.other_better), len(self.differences))
        return None if place is None else (self.one, "equal", self.other)[place]


@dataclass(frozen=True)
class AcrossDatasets:
    """The comparison of cells across datasets.

    Args:
        labels: cell -> its display name.
        datasets: the test errors on each of them.
        pairs: each pair of cells with runs on three datasets or more.
        profiles: cell -> the fraction of runs within each of `PROFILE_FACTORS` of the best mean,
            with intervals.
        time_profiles: cell -> the fraction of datasets on which it reaches the target within each
            of `PROFILE_FACTORS` of the fastest cell's seconds; empty without times.
        budgets: cell -> the expected lowest validation error of 1, 2, … trials of tuning, as a
            factor of the lowest of all cells' trials (`budget_profile`); empty without trials.
        ranks: mean ranks of the cells; None for fewer than three datasets with all of them.
        rope: half the width of the region of practical equivalence.
    """

    labels: Mapping[str, str]
    datasets: tuple[DatasetErrors, ...]
    pairs: tuple[PairAcrossDatasets, ...]
    profiles: Mapping[str, Profile]
    time_profiles: Mapping[str, list[float]]
    budgets: Mapping[str, ExpectedBest]
    ranks: Ranks | None
    rope: float

    @computed_field
    @property
    def profile_factors(self) -> tuple[float, ...]:
        """The factors of all profiles, so that their JSON can be read alone."""
        return PROFILE_FACTORS

    def to_json(self) -> str:
        """Return all numbers as JSON."""
        return TypeAdapter(AcrossDatasets).dump_json(self, indent=1).decode()


def analyse_across_datasets(
    measured: Iterable[tuple[str, Measurements]], rope: float = ROPE
) -> AcrossDatasets:
    """Return the analysis of several comparisons on different datasets.

    Args:
        measured: the name of each comparison and its measurements. Names that stand twice get a
            number.
        rope: half the width of the region of practical equivalence.

    Raises:
        UserError: a comparison is given twice or has no finished run, or no two cells can be
            compared.
    """
    labels: dict[str, str] = {}
    datasets: dict[str, DatasetErrors] = {}
    for name, measurements in measured:
        labels |= {cell: label for cell, label in measurements.labels.items() if cell not in labels}
        same = [known for known in datasets if known.partition(" (")[0] == name]
        numbered = f"{name} ({len(same) + 1})" if same else name
        if not any(measurements.values.values()):
            raise UserError(
                f"{name}: expected finished runs, found none. Resume it or leave it out."
            )
        datasets[numbered] = dataset_errors(numbered, measurements)
        if any(datasets[known].errors == datasets[numbered].errors for known in same):
            raise UserError(f"{name}: expected each comparison once, got it twice. Leave one out.")
    found = tuple(datasets.values())
    pairs = compare_across_datasets(found, rope)
    if not pairs:
        raise UserError(
            "verdict: expected three datasets or more with two seeds or more of the same two "
            f"cells, got {', '.join(datasets)}. Add other comparisons, or those of the package: "
            "keras-gru verdict atlas RUN. For one dataset: keras-gru report RUN."
        )
    return AcrossDatasets(
        labels=labels,
        datasets=found,
        pairs=pairs,
        profiles=performance_profile(found, PROFILE_FACTORS),
        time_profiles=time_profile(found, PROFILE_FACTORS),
        budgets=budget_profile(found),
        ranks=rank_cells([_mean_errors(dataset) for dataset in found]),
        rope=rope,
    )


def _mean_errors(dataset: DatasetErrors) -> dict[str, float]:
    return {cell: mean_of(errors.values()) for cell, errors in dataset.errors.items() if errors}


def compare_across_datasets(
    datasets: Sequence[DatasetErrors], rope: float = ROPE
) -> tuple[PairAcrossDatasets, ...]:
    """Return a `PairAcrossDatasets` for each pair of cells with runs on three datasets or more.

    A relative difference is (error of `other` − error of `one`) / the lower of both, of the means
    over the seeds that both have, the lower one being at least the resolution of the metric and a
    millionth of the highest error. Its standard error is that of the paired differences.

    Args:
        datasets: at least two seeds of each cell are required; a dataset with fewer is left out
            of the pairs of that cell.
        rope: half the width of the region of practical equivalence.

    Reference:
        - [Benavoli et al., 2017](https://jmlr.org/papers/v18/16-305.html), the signed-rank test
        - [Agarwal et al., 2021](https://arxiv.org/abs/2108.13264), the probability of improvement
    """
    cells = list(dict.fromkeys(cell for dataset in datasets for cell in dataset.errors))
    pairs = []
    for one, other in itertools.combinations(cells, 2):
        paired = {dataset.name: _paired_errors(dataset, one, other) for dataset in datasets}
        paired = {name: runs for name, runs in paired.items() if runs.shape[1] >= 2}
        if len(paired) >= 3:
            floors = {dataset.name: dataset.resolution for dataset in datasets}
            pairs.append(_compare(one, other, paired, floors, rope))
    return tuple(pairs)


def _paired_errors(dataset: DatasetErrors, one: str, other: str) -> np.ndarray:
    """Return the errors of both cells, `(2, R)`, of the seeds that both have."""
    a, b = dataset.errors.get(one, {}), dataset.errors.get(other, {})
    seeds = sorted(a.keys() & b.keys())
    return np.array([[a[seed] for seed in seeds], [b[seed] for seed in seeds]])


def _compare(
    one: str, other: str, paired: Mapping[str, np.ndarray], floors: Mapping[str, float], rope: float
) -> PairAcrossDatasets:
    differences, standard_errors = {}, {}
    for name, runs in paired.items():
        least = max(floors[name], _LEAST * runs.max(), np.finfo(float).tiny)
        scale = max(runs.mean(axis=1).min(), least)
        relative = (runs[1] - runs[0]) / scale
        differences[name] = float(relative.mean())
        standard_errors[name] = float(relative.std(ddof=1) / np.sqrt(runs.shape[1]))
    found = np.array(list(differences.values()))
    lower, equal, higher = signed_rank(found, rope)
    below, within, above = predict_dataset(found, rope)
    improvement, interval = probability_of_improvement(list(paired.values()))
    return PairAcrossDatasets(
        one,
        other,
        higher,
        equal,
        lower,
        (above, within, below),
        improvement,
        interval,
        differences,
        standard_errors,
    )
