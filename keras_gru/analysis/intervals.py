"""Confidence intervals, minimum detectable differences, and seeds needed."""

# n seeds, m pairs, G blocks of test sequences

import bisect
import functools
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy import optimize, stats

CONFIDENCE = 0.95  # of all intervals of a comparison together
POWER = 0.8  # Cohen's (1988) convention
FEWEST_SEEDS = 3  # with two, t(1 − α/2m, n − 1) is 13 for one pair and 38 for three
_MOST_SEEDS = 2**20


@dataclass(frozen=True)
class Sampling:
    """The standard error of a mean difference due to the choice of the test sequences.

    Args:
        error: standard error in the unit of the difference; an array where there are several.
        blocks: number of blocks of test sequences of the estimate (G), at least 2.
    """

    error: float
    blocks: int


def sampling_error(differences: np.ndarray, weights: np.ndarray) -> Sampling | None:
    """Estimate the standard error of a mean difference due to the choice of the test sequences.

    A block's difference is x_sb = a_s + c_b + e_sb: the seed's part, the block's, and both
    together. The variance of the weighted means over blocks, averaged over seeds, holds c and e/n;
    e/n is in the spread over seeds already, so that its estimate is taken away.

    Args:
        differences: (..., n, G), of each seed and block of test.
        weights: (G,), what each block counts in the metric, such as its time steps.

    Returns:
        The standard error (...); None for fewer than two blocks.
    """
    seeds, blocks = differences.shape[-2:]
    if blocks < 2:
        return None
    fractions = np.asarray(weights, float) / np.sum(weights)
    means = (differences * fractions).sum(-1, keepdims=True)
    residuals = fractions * (differences - means)
    common = residuals.mean(-2, keepdims=True)
    variance = np.square(common).sum((-2, -1))
    if seeds > 1:
        variance = variance - np.square(residuals - common).sum((-2, -1)) / (seeds * (seeds - 1))
    return Sampling(np.sqrt(np.maximum(variance, 0) * blocks / (blocks - 1)), blocks)


def paired_interval(
    differences: np.ndarray, pairs: int, sampling: Sampling | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the t interval of a mean difference, Bonferroni-corrected for the number of pairs.

    mean ± t(1 − α/2m, ν) √(s²/n + τ²), with α = 5 %, m pairs, s the standard deviation of the n
    differences, and τ the standard error by the choice of the test sequences. ν is n − 1 without τ,
    and else by Welch and Satterthwaite. The interval is never narrower than without τ: an s that is
    small by chance raises ν, too, so that with three seeds one of three intervals would miss the
    truth in up to 12 % of all cases.

    Args:
        differences: (..., n), between the runs of two cells with the same seed.
        pairs: m, number of simultaneous intervals.
        sampling: sampling error of the mean difference; None leaves it out. It or the deviation is
            above 0.

    Returns:
        Their mean (...) and half the width of its interval (...).
    """
    differences = np.asarray(differences)
    deviation = differences.std(axis=-1, ddof=1)
    halves = [
        _critical(freedom, pairs) * error
        for error, freedom in _errors(deviation, differences.shape[-1], sampling)
    ]
    return differences.mean(-1), np.max(halves, axis=0)


def detectable_difference(
    deviation: float, seeds: int, pairs: int, sampling: Sampling | None = None
) -> float:
    """Return the smallest true difference that is found significant with a power of 80 %.

    It is found where the interval excludes 0 on its side: with a true difference d and the standard
    error e of the mean, t = mean/e follows a noncentral t distribution with ν degrees of freedom
    and noncentrality d/e, so that the power is P(t > t(1 − α/2m, ν)). It is the larger one of those
    with and without the sampling error, as in `paired_interval`.

    Args:
        deviation: deviation of the differences between runs with the same seed.
        seeds: n, at least 2.
        pairs: m, number of simultaneous intervals.
        sampling: as in `paired_interval`.

    Reference:

    - [Colas et al., 2018](https://arxiv.org/abs/1806.08295), for unpaired runs
    - Cohen, 1988, Statistical Power Analysis for the Behavioral Sciences, chapter 2
    """
    errors = _errors(deviation, seeds, sampling)
    return max(float(_noncentrality(float(freedom), pairs) * error) for error, freedom in errors)


def seeds_needed(
    difference: float, deviation: float, pairs: int, sampling: Sampling | None = None
) -> int | None:
    """Return the fewest seeds with which `detectable_difference` is at most `difference`.

    Returns:
        Their number, at least 2; None if the sampling error of test alone is too large.
    """

    def is_enough(seeds: int) -> bool:
        return detectable_difference(deviation, seeds, pairs, sampling) <= difference

    most = 2
    while not is_enough(most):
        most *= 2
        if most > _MOST_SEEDS:
            return None
    possible = range(2, most + 1)
    return possible[bisect.bisect_left(possible, True, key=is_enough)]


def _errors(deviation: Any, seeds: int, sampling: Sampling | None) -> list[tuple[Any, Any]]:
    """Return the standard error of a mean difference and its degrees of freedom, without the
    sampling error and, where it is known, with it.
    """
    over_seeds = np.square(deviation) / seeds
    alone = np.sqrt(over_seeds), seeds - 1
    if sampling is None:
        return [alone]
    over_test = np.square(sampling.error)
    both = over_seeds + over_test
    fraction = over_seeds / both
    freedom = 1 / (fraction**2 / (seeds - 1) + (1 - fraction) ** 2 / (sampling.blocks - 1))
    return [alone, (np.sqrt(both), freedom)]


def _critical(freedom: Any, pairs: int) -> Any:
    """Return the critical value of |t|."""
    return stats.t.ppf(1 - (1 - CONFIDENCE) / pairs / 2, freedom)


@functools.cache
def _noncentrality(freedom: float, pairs: int) -> float:
    """Return the number of standard errors that a difference needs for the power."""
    critical = _critical(freedom, pairs)

    def missing(noncentrality: float) -> float:
        return float(stats.nct.sf(critical, freedom, noncentrality)) - POWER

    # SciPy declares no type: it is a tuple only with full_output.
    return cast(float, optimize.brentq(missing, 0, 8 * critical))
