"""The number of runs or datasets that would decide an undecided claim.

The rule of the claim is applied to the evidence as more runs would leave it if all estimates stay
the same: intervals over seeds narrow as t(n − 1)/√n, and those over trials as 1/√n.
"""

import bisect
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from keras_gru.analysis.probabilities import signed_rank
from keras_gru.claims.claim import EQUAL, OPEN, Claim, Finding, verdict_of_probabilities
from keras_gru.claims.evidence import Estimate, Part, SweepEvidence

MOST = 10_000  # runs
MOST_DATASETS = 1_000
_NORMAL = float(stats.norm.ppf(0.975))
_RATIOS = ("epoch_seconds", "target_seconds", "need", "crossing")  # with intervals in logs


@dataclass(frozen=True)
class Deciding:
    """What more runs on each dataset would decide.

    Args:
        runs: the fewest seeds or trials with a verdict; None if even `MOST` have none.
        until: from so many on there would be no verdict again; None if it stays.
        findings: the findings with as many runs, or with `MOST`.
        verdict: the verdict on them.
    """

    runs: int | None
    until: int | None
    findings: Sequence[Finding]
    verdict: str


def runs_to_decide(
    claim: Claim,
    parts: Sequence[Part],
    over_all: Callable[[Sequence[Finding]], str] = lambda findings: findings[0].verdict,
) -> Deciding:
    """Return the number of runs that would decide a claim.

    Args:
        claim: its rule for one dataset is applied to each part.
        parts: the evidence of each dataset.
        over_all: the rule for all datasets; by default, that of the first alone.
    """
    decided: Deciding | None = None
    findings: list[Finding] = []
    for runs in _numbers(min(part.runs for part in parts)):
        findings = [claim.evaluate(narrow(part, runs)) for part in parts]
        verdict = over_all(findings)
        if decided is None and verdict != OPEN:
            decided = Deciding(runs, None, findings, verdict)
        elif decided is not None and verdict != decided.verdict:
            return Deciding(decided.runs, runs, decided.findings, decided.verdict)
    return decided or Deciding(None, None, findings, OPEN)


def datasets_to_decide(advantages: Sequence[float]) -> tuple[int, str] | None:
    """Return the number of datasets with which `no_winner` has a verdict by its probabilities.

    The assumption is that their advantages are distributed as those that were found: each of these
    counts n/D times in the posterior. With so many new datasets, drawn at random, there would be a
    verdict in about half of all cases.

    Args:
        advantages: of GRU, on D datasets that do not decide.

    Returns:
        The number and the verdict; None if `MOST_DATASETS` do not decide.
    """
    found = np.array(advantages)

    def verdict(datasets: int) -> str:
        probabilities = signed_rank(found, EQUAL, datasets / len(found))
        return verdict_of_probabilities(probabilities, datasets)

    if verdict(MOST_DATASETS) == OPEN:
        return None
    possible = range(len(found), MOST_DATASETS + 1)
    datasets = possible[bisect.bisect_left(possible, True, key=lambda n: verdict(n) != OPEN)]
    return datasets, verdict(datasets)


def narrow(part: Part, runs: int) -> Part:
    """Return the evidence as more runs would leave it if all estimates stay the same."""
    width = _trials_width if isinstance(part, SweepEvidence) else _seeds_width
    fraction = width(max(runs, part.runs)) / width(part.runs)
    error = None if isinstance(part, SweepEvidence) else part.sampling_error
    fixed = {"difference": _NORMAL * (error or 0)}
    changes = {
        name: _narrow(estimate, fraction, fixed.get(name, 0), name in _RATIOS)
        for name in type(part).model_fields
        if isinstance(estimate := getattr(part, name), Estimate)
    }
    return part.model_copy(update=changes)


def _narrow(estimate: Estimate, fraction: float, fixed: float, is_ratio: bool) -> Estimate:
    """Narrow an interval; `fixed` is the part of half its width that stays, in quadrature."""

    def end(bound: float) -> float:
        if is_ratio:  # may contain 0
            return value * (max(bound, 1e-9) / value) ** fraction
        half = abs(bound - value)
        left = math.hypot(fraction * math.sqrt(max(half**2 - fixed**2, 0)), min(half, fixed))
        return value + math.copysign(left, bound - value)

    value, low, high = estimate.value, estimate.low, estimate.high
    if low is None or high is None:
        return estimate
    return Estimate(value=value, low=end(low), high=end(high))


def _numbers(first: int) -> Iterator[int]:
    runs = first
    while runs <= MOST:
        yield runs
        runs = runs + 1 if runs < 100 else math.ceil(1.02 * runs)


@functools.cache
def _seeds_width(seeds: int) -> float:
    """Return half the width of a t interval of the mean, in standard deviations."""
    return float(stats.t.ppf(0.975, seeds - 1)) / math.sqrt(seeds)


def _trials_width(trials: int) -> float:
    return 1 / math.sqrt(trials)
