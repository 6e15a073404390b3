"""How many runs would decide what is not decided."""

import math

from scipy import stats

from keras_gru.claims.claim import EQUAL, OPEN, Finding
from keras_gru.claims.evidence import CurveEvidence, Estimate, SweepEvidence
from keras_gru.claims.verdicts import advantage_of_gru, has_enough

MOST = 100_000  # runs


def runs_to_decide(name: str, finding: Finding, found: CurveEvidence | SweepEvidence) -> int | None:
    """Return about how many seeds, or trials of a sweep, would decide a claim on a dataset.

    The estimate is taken to stay what it is, and its interval to narrow as t(n − 1)/√n does, for
    trials as 1/√n does. Decided is what lies on one side of its bound with the whole interval.

    Args:
        name: of the claim.
        finding: on the dataset.
        found: what it rests on.

    Returns:
        None where it is decided already, or no number of runs decides it, or `MOST` do not.
    """
    drawn = finding.drawn
    if finding.verdict != OPEN or drawn is None or drawn.low is None or drawn.high is None:
        return None
    if isinstance(found, CurveEvidence) and _needs_more_than_seeds(name, drawn, found):
        return None
    scale = _scale(name, drawn, found)
    if scale <= 0:
        return None
    if isinstance(found, SweepEvidence):
        trials = math.ceil(found.trials / min(scale, 1) ** 2)
        return trials if trials <= MOST else None
    width = scale * _width(len(found.origin.seeds))
    seeds = len(found.origin.seeds)
    while _width(seeds) > width:
        seeds = seeds + 1 if seeds < 100 else math.ceil(1.02 * seeds)
        if seeds > MOST:
            return None
    return seeds


def _scale(name: str, drawn: Estimate, found: CurveEvidence | SweepEvidence) -> float:
    """The fraction of its width that an interval may have to decide; at most 0 for never."""
    if not isinstance(found, CurveEvidence) or found.difference is None:
        return _to_one_side(drawn)
    if name == "less-data":  # the cell that needs less must be significantly better, too
        ratio = Estimate(
            value=math.log(drawn.value),
            low=math.log(max(drawn.low or 0, 1e-9)),
            high=math.log(drawn.high or 1),
        )
        advantage = advantage_of_gru(found)
        agrees = (ratio.value < 0) == (advantage.value > 0)
        return min(_to_one_side(ratio), _to_one_side(advantage)) if agrees else 0
    if name == "faster":
        return _to_one_side(Estimate(value=drawn.value - 1, low=drawn.low - 1, high=drawn.high - 1))
    within = (EQUAL - abs(drawn.value)) / max(drawn.high - drawn.value, drawn.value - drawn.low)
    can_be_equal = name == "no-clear-winner" or has_enough(found)
    return max(_to_one_side(drawn), within if can_be_equal else 0)


def _to_one_side(of: Estimate) -> float:
    """Of an estimate whose sign decides."""
    half = of.value - of.low if of.value > 0 else of.high - of.value
    return abs(of.value) / half


def _width(seeds: int) -> float:
    """The half width of a t interval of the mean, in standard deviations."""
    return float(stats.t.ppf(0.975, seeds - 1)) / math.sqrt(seeds)


def _needs_more_than_seeds(name: str, drawn: Estimate, curve: CurveEvidence) -> bool:
    if name == "faster":
        return curve.matched == "parameters"
    if name == "lstm-with-enough-data":
        favors_lstm = drawn.value < 0  # it is the advantage of GRU
        return not favors_lstm and not has_enough(curve)
    return False
