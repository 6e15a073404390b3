"""The number of runs that would decide an undecided claim."""

import math
from typing import NamedTuple

from scipy import stats

from keras_gru.claims.claim import EQUAL, OPEN, Finding
from keras_gru.claims.evidence import CurveEvidence, Estimate, SweepEvidence
from keras_gru.claims.verdicts import advantage_of_gru, has_enough

MOST = 100_000  # runs


class _Interval(NamedTuple):
    value: float
    low: float
    high: float

    @classmethod
    def from_estimate(cls, estimate: Estimate | None) -> "_Interval | None":
        if estimate is None or estimate.low is None or estimate.high is None:
            return None
        return cls(estimate.value, estimate.low, estimate.high)

    def log(self) -> "_Interval":
        """Return the logarithm of an interval of ratios, which may contain 0."""
        return _Interval(*(math.log(max(end, 1e-9)) for end in self))

    def share_for_a_sign(self) -> float:
        """Return the fraction of its width with which it would exclude 0."""
        half = self.value - self.low if self.value > 0 else self.high - self.value
        return abs(self.value) / half

    def share_within(self, bound: float) -> float:
        """Return the fraction of its width with which it would lie within ± a bound; ≤ 0: never."""
        return (bound - abs(self.value)) / max(self.high - self.value, self.value - self.low)


def runs_to_decide(name: str, finding: Finding, found: CurveEvidence | SweepEvidence) -> int | None:
    """Estimate the number of seeds or trials that would decide a claim on a dataset.

    This assumes that the estimate stays the same and its interval narrows as t(n − 1)/√n, for
    trials as 1/√n. A claim is decided if the whole interval is on one side of the bound.

    Args:
        name: name of the claim.
        finding: the finding on the dataset.
        found: the evidence of the finding.

    Returns:
        None if it is decided already, or no number of runs decides it, or `MOST` do not.
    """
    drawn = _Interval.from_estimate(finding.drawn)
    if finding.verdict != OPEN or drawn is None or drawn.low == drawn.high:
        return None
    if isinstance(found, SweepEvidence):
        share = min(1, drawn.share_for_a_sign())
        trials = math.ceil(found.trials / share**2) if share > 0 else MOST + 1
        return trials if trials <= MOST else None
    share, first = _share_to_decide(name, drawn, found), len(found.origin.seeds)
    if share <= 0:
        return None
    seeds = first
    while _width(seeds) > share * _width(first):
        seeds = seeds + 1 if seeds < 100 else math.ceil(1.02 * seeds)
        if seeds > MOST:
            return None
    return seeds


def _share_to_decide(name: str, drawn: _Interval, curve: CurveEvidence) -> float:
    """Return the fraction of its width at which an interval would decide; ≤ 0: never."""
    if name == "faster":
        return 0 if curve.matched == "parameters" else drawn.log().share_for_a_sign()
    if name == "less-data":  # the cell that needs less must be significantly better, too
        advantage = (
            None if curve.difference is None else _Interval.from_estimate(advantage_of_gru(curve))
        )
        if advantage is None or (drawn.value < 1) != (advantage.value > 0):
            return 0
        return min(drawn.log().share_for_a_sign(), advantage.share_for_a_sign())
    if name == "lstm-with-enough-data" and not has_enough(curve):
        # Only that LSTM is better decides it; `drawn` is the advantage of GRU.
        return drawn.share_for_a_sign() if drawn.value < 0 else 0
    return max(drawn.share_for_a_sign(), drawn.share_within(EQUAL))


def _width(seeds: int) -> float:
    """Return half the width of a t interval of the mean, in standard deviations."""
    return float(stats.t.ppf(0.975, seeds - 1)) / math.sqrt(seeds)
