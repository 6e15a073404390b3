"""Cell against cell: how large a difference is, how sure, and what the seeds could have shown."""

import bisect
import dataclasses
import functools
import itertools
import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from keras_gru.datasets.sequence_dataset import Metric
from keras_gru.experiments.results import Comparison
from keras_gru.formatting import plural, plus_minus, quantity, rounded

CONFIDENCE = 0.95  # of all intervals of a comparison together
POWER = 0.8  # Cohen's (1988) convention
ROUNDING = 1e-9  # of the values: differences that spread less are equal but for rounding


@dataclass(frozen=True)
class Pair:
    """One cell against another on test, over the seeds that both finished.

    The values are in the reader's unit, and None where the pair shares fewer than two seeds.

    Args:
        one, other: names of the cells, in the experiment's order.
        label, other_label: their names for a reader.
        seeds: how many they share.
        difference: mean over these seeds of `one` minus `other`.
        half: half the width of its interval, at 95% for all pairs together.
        better: the cell that is better beyond doubt; None where the interval holds 0.
        detectable: the smallest true difference that as many seeds show with a power of 80%.
        smaller: half of it, rounded to one digit: a difference that they would probably miss.
        needed: seeds that show the smaller one with a power of 80%. These three are None where the
            difference is the same with every seed.
        verdict: all that in words.
    """

    one: str
    other: str
    label: str
    other_label: str
    seeds: int
    difference: float | None
    half: float | None
    better: str | None
    detectable: float | None
    smaller: float | None
    needed: int | None
    verdict: str

    @property
    def outcome(self) -> str:
        """The verdict without numbers."""
        if self.difference is None:
            return "not decided"
        if self.better is None:
            return "no difference detected"
        return f"{self.label if self.better == self.one else self.other_label} better"


def compare_pairs(comparison: Comparison) -> tuple[Pair, ...]:
    """Every cell against every other one, in the experiment's order.

    A cell that finished fewer runs than another is left out: those that did not diverge may be its
    lucky ones.

    Args:
        comparison: with any number of finished runs.

    Returns:
        One `Pair` for each two cells.
    """
    metric, label = comparison.metric, _labels(comparison)
    values = _complete(comparison)
    couples = list(itertools.combinations(values, 2))
    found = []
    for one, other in couples:
        shared = sorted(values[one].keys() & values[other].keys())
        differences = np.array([values[one][seed] - values[other][seed] for seed in shared])
        difference = half = better = detectable = smaller = needed = None
        if len(shared) > 1:
            difference, half = map(float, paired_interval(differences, len(couples)))
            if abs(difference) > half:
                better = one if (difference > 0) == (metric.mode == "max") else other
            deviation = float(np.std(differences, ddof=1))
            if deviation > ROUNDING * max(map(abs, values[one].values())):
                detectable = detectable_effect(len(shared), len(couples)) * deviation
                smaller = float(f"{detectable / 2:.1g}")
                needed = seeds_needed(smaller / deviation, len(couples))
        pair = Pair(
            one, other, label[one], label[other], len(shared),
            difference, half, better, detectable, smaller, needed, verdict="",
        )  # fmt: skip
        found.append(dataclasses.replace(pair, verdict=_in_words(pair, metric)))
    return tuple(found)


def paired_interval(differences: np.ndarray, pairs: int) -> tuple[np.ndarray, np.ndarray]:
    """The t interval of a mean difference, Bonferroni-corrected for the number of pairs.

    mean ± t(1 − α/2m, n − 1) s/√n, with α = 5%, m pairs, and s the standard deviation of the n
    differences.

    Args:
        differences: (..., n), between the runs of two cells with the same seed.
        pairs: how many such intervals shall hold together.

    Returns:
        Their mean (...) and half the width of its interval (...).
    """
    differences = np.asarray(differences)
    half = _critical(differences.shape[-1], pairs) * stats.sem(differences, axis=-1)
    return differences.mean(-1), half


@functools.cache
def detectable_effect(seeds: int, pairs: int) -> float:
    """The smallest true difference, in standard deviations, that is shown with a power of 80%.

    It is shown where the interval excludes 0 on its side: with n seeds and a true difference of d
    standard deviations, t = √n mean/s follows a noncentral t distribution with n − 1 degrees of
    freedom and noncentrality √n d, so that the power is P(t > t(1 − α/2m, n − 1)).

    Args:
        seeds: n, at least 2.
        pairs: m, how many intervals shall hold together.

    Returns:
        d, for standard deviations of the differences between runs with the same seed.

    Reference:

    - [Colas et al., 2018](https://arxiv.org/abs/1806.08295), for unpaired runs
    - Cohen, 1988, Statistical Power Analysis for the Behavioral Sciences, chapter 2
    """
    critical = _critical(seeds, pairs)

    def missing(noncentrality: float) -> float:
        return stats.nct.sf(critical, seeds - 1, noncentrality) - POWER

    return optimize.brentq(missing, 0, 8 * critical) / math.sqrt(seeds)


def seeds_needed(effect: float, pairs: int) -> int:
    """The fewest seeds with which `detectable_effect` is no larger than `effect`.

    Args:
        effect: a true difference in standard deviations, above 0.
        pairs: how many intervals shall hold together.

    Returns:
        Their number, at least 2.
    """
    most = 2
    while detectable_effect(most, pairs) > effect:
        most *= 2
    possible = range(2, most + 1)
    enough = bisect.bisect_left(
        possible, True, key=lambda seeds: detectable_effect(seeds, pairs) <= effect
    )
    return possible[enough]


def conclude(comparison: Comparison) -> str:
    """One sentence that does not claim more than the seeds allow.

    The cell that is best on test is held against every other one by the differences between runs
    of the same seed: their mean with a t interval at 95%, Bonferroni-corrected for the number of
    pairs of cells. A cell with fewer finished runs than another cannot be the best by that: ranks
    are given by the seeds that the most complete cells share. What diverged is named.

    Args:
        comparison: with any number of finished runs.

    Returns:
        The sentence.
    """
    metric, label = comparison.metric, _labels(comparison)
    whole = _complete(comparison)
    most = max(map(len, whole.values()), default=0)
    if most == 0:
        return "No run has finished, so there is nothing to compare."
    means = {cell: float(np.mean(list(of_seed.values()))) for cell, of_seed in whole.items()}
    best = max(means, key=lambda cell: metric.score(means[cell]))
    reached = quantity(means[best], metric)
    if len(whole) == 1:
        sentence = (
            f"{label[best]} reached a test {metric.label} of {reached}: {plural(most, 'seed')}"
        )
    elif most < 2:
        sentence = (
            f"{label[best]} has the best test {metric.label}, {reached}, but with one seed no "
            "difference between cells can be told from chance"
        )
    else:
        sentence = _verdict(best, comparison, most)
    return f"{sentence}{_unfinished(comparison, label)}."


def _verdict(best: str, comparison: Comparison, seeds: int) -> str:
    """The best cell against each of the others."""
    metric, label = comparison.metric, _labels(comparison)
    pairs = compare_pairs(comparison)
    better, alike = [], []
    for pair in pairs:
        if best not in (pair.one, pair.other):
            continue
        other = pair.other_label if pair.one == best else pair.label
        if pair.better == best:
            size = plus_minus(abs(pair.difference), pair.half, metric)
            better.append(f"{other} (by {size})")
        else:
            alike.append(other)
    parts = []
    if better:
        parts.append(f"{label[best]} beats {_list(better, 'and')} on test {metric.label}")
    if alike:
        between = "between it" if better else f"Between {label[best]}"
        parts.append(f"{between} and {_list(alike, 'or')} these runs cannot tell a difference")
    evidence = f"{plural(seeds, 'seed')}, 95% intervals paired by seed"
    if len(pairs) > 1:
        evidence += f" and corrected for {len(pairs)} pairs"
    return f"{'; '.join(parts)}: {evidence}"


def _unfinished(comparison: Comparison, label: dict) -> str:
    """Which cells have runs that diverged, as the end of a sentence."""
    parts = []
    for cell in label:
        runs = comparison.runs_of(cell)
        diverged = sum(run.status == "diverged" for run in runs)
        if diverged:
            parts.append(f"{label[cell]} diverged in {diverged} of {plural(len(runs), 'run')}")
    return "".join(f"; {part}" for part in parts)


def _complete(comparison: Comparison) -> dict[str, dict[int, float]]:
    """The test metric by seed, in the reader's unit, of the cells that finished the most runs."""
    values = {cell: comparison.tested(cell) for cell in comparison.experiment.cells}
    most = max(map(len, values.values()), default=0)
    return {cell: of_seed for cell, of_seed in values.items() if of_seed and len(of_seed) == most}


def _labels(comparison: Comparison) -> dict[str, str]:
    return {run.cell: run.label for run in comparison.runs}


def _critical(seeds: int, pairs: int) -> float:
    """What |t| of a mean difference must exceed."""
    return stats.t.ppf(1 - (1 - CONFIDENCE) / pairs / 2, seeds - 1)


def _in_words(pair: Pair, metric: Metric) -> str:
    seeds = plural(pair.seeds, "seed")
    if pair.difference is None:
        return f"{pair.outcome}: {seeds} in common, and two are the least"
    if pair.better is not None:
        return f"{pair.outcome} by {plus_minus(abs(pair.difference), pair.half, metric)}"
    if pair.needed is None:
        return f"{pair.outcome}; the same on test with {seeds}"
    return (
        f"{pair.outcome}; {seeds} would have shown {rounded(pair.detectable)}; "
        f"about {pair.needed:,} are needed for {rounded(pair.smaller)}"
    )


def _list(words: list[str], last: str) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {last} ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])
