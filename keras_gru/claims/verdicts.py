"""The claims: each sentence, and beside it the rule that decides it from the evidence.

That no difference was detected never counts as evidence that there is none.
"""

from collections.abc import Mapping, Sequence

from keras_gru.claims.claim import (
    CLAIMS,
    FAILS,
    HOLDS,
    OPEN,
    EvaluatedClaim,
    Finding,
    Source,
    no_winner,
    register_claim,
)
from keras_gru.claims.evidence import GRU, LSTM, CurveEvidence, Estimate, Evidence, SweepEvidence
from keras_gru.datasets.metric import Metric

EQUAL = 0.01  # of the better cell's mean: a smaller difference counts as none
_NONE = 1e-12  # in the place of no errors at all
AS_MANY = 0.05  # of the weights: units are whole numbers, so budgets are met nearly

BRITZ = Source(
    "Denny Britz, WildML, Recurrent Neural Network Tutorial, part 4 (2015)",
    "http://www.wildml.com/2015/10/recurrent-neural-network-tutorial-part-4-"
    "implementing-a-grulstm-rnn-with-python-and-theano/",
)
GREFF = Source(
    "Greff et al., LSTM: A Search Space Odyssey (2017)", "https://arxiv.org/abs/1503.04069"
)


@register_claim(
    "There isn't a clear winner.",
    BRITZ,
    "curve",
    "Does not hold where the 95% interval of the difference on test with all of train, paired by "
    f"seed, excludes 0; else holds where it lies within ±{EQUAL:.0%} of the better cell's mean (of "
    "its errors, where the metric counts what is right); is not decided otherwise. Over all "
    "datasets it holds also where each cell is better on one.",
    over_all=no_winner,
)
def no_clear_winner(curve: CurveEvidence) -> Finding:
    if curve.difference is None:
        return Finding(OPEN)
    advantage, better = advantage_of_gru(curve), better_on_test(curve)
    verdict = FAILS if better else HOLDS if counts_as_equal(advantage) else OPEN
    return Finding(verdict, advantage, better=better)


@register_claim(
    "Tuning hyperparameters like layer size is probably more important than picking the ideal "
    "architecture.",
    BRITZ,
    "sweep",
    "Holds where the 95% interval (bootstrap over trials) of the fraction of the variance on "
    "validation that the layer size explains minus the cell's, less what this difference is by "
    "chance (both shuffled among the trials), lies above 0, does not hold where it lies below 0, "
    "and is not decided otherwise.",
)
def size_over_cell(sweep: SweepEvidence) -> Finding:
    return _decide_by_lead(sweep.size_over_cell)


@register_claim(
    "GRUs have fewer parameters.",
    BRITZ,
    "curve",
    "Holds where GRU has fewer recurrent weights with as many units, or, where sizes are matched "
    f"by weights (within {AS_MANY:.0%}), more units; does not hold where it is the other way "
    "round; is not decided otherwise. Weights are counted, so there is no interval.",
)
def fewer_parameters(curve: CurveEvidence) -> Finding:
    gru, lstm = curve.cells[GRU], curve.cells[LSTM]
    ratio = lstm.recurrent_parameters / gru.recurrent_parameters
    if curve.matched == "parameters":
        if abs(ratio - 1) > AS_MANY:
            return Finding(OPEN)
        ratio = gru.units / lstm.units
    exact = Estimate(value=ratio, low=ratio, high=ratio)
    return Finding(_outside(exact, 1), exact)


@register_claim(
    "… and thus may train a bit faster …",
    BRITZ,
    "curve",
    "Holds where the 95% interval of the ratio of LSTM's to GRU's seconds per epoch, paired by "
    "seed, lies above 1, does not hold where it lies below 1, and is not decided otherwise, nor "
    "where sizes are matched by weights, as GRU then has no fewer. The seconds until the same "
    "metric on validation decide nothing: they also depend on the learning rates that tuning "
    "chose.",
)
def faster(curve: CurveEvidence) -> Finding:
    ratio = curve.epoch_seconds
    if ratio is None:
        return Finding(OPEN)
    verdict = OPEN if curve.matched == "parameters" else _outside(ratio, 1)
    return Finding(verdict, ratio, curve.target_seconds)


@register_claim(
    "… or need less data to generalize.",
    BRITZ,
    "curve",
    "Holds where the 95% interval (bootstrap over seeds) of the ratio of the fractions of train "
    "with which GRU and LSTM reach the same metric on test lies below 1 and, as few seeds make "
    "this interval too narrow, GRU is significantly better on test with all of train as well; does "
    "not hold where it lies above 1 and LSTM is; is not decided otherwise.",
)
def less_data(curve: CurveEvidence) -> Finding:
    if curve.need is None or curve.difference is None:
        return Finding(OPEN)
    side = _outside(curve.need, 1, above=LSTM, below=GRU)
    sure = side == better_on_test(curve)
    return Finding({GRU: HOLDS, LSTM: FAILS}[side] if sure else OPEN, curve.need)


@register_claim(
    "If you have enough data, the greater expressive power of LSTMs may lead to better results.",
    BRITZ,
    "curve",
    "Holds where the 95% interval of the difference on test with all of train, paired by seed, "
    "excludes 0 and LSTM is better. Does not hold where more data no longer help LSTM (from the "
    f"largest fraction to all of train its mean improves by less than {EQUAL:.0%}, of its errors "
    "where the metric counts what is right) and GRU is better, or the interval lies within "
    f"±{EQUAL:.0%}. Is not decided otherwise.",
)
def lstm_with_enough_data(curve: CurveEvidence) -> Finding:
    if curve.difference is None:
        return Finding(OPEN)
    advantage, better = advantage_of_gru(curve), better_on_test(curve)
    refuted = (better == GRU or counts_as_equal(advantage)) and has_enough_data(curve)
    verdict = HOLDS if better == LSTM else FAILS if refuted else OPEN
    return Finding(verdict, advantage, better=better)


@register_claim(
    "The learning rate is the most crucial hyperparameter …",
    GREFF,
    "sweep",
    "Holds where the 95% interval (bootstrap over trials) of the fraction of the variance on "
    "validation that the learning rate explains minus the largest of all others (the cell's among "
    "them) lies above 0, does not hold where it lies below 0, and is not decided otherwise.",
)
def learning_rate_first(sweep: SweepEvidence) -> Finding:
    return _decide_by_lead(sweep.rate_over_rest)


def evaluate_claims(
    evidence: Mapping[str, Evidence], datasets: Sequence[str]
) -> tuple[EvaluatedClaim, ...]:
    """Return every claim with its findings.

    Args:
        evidence: by dataset.
        datasets: all that are planned; those without evidence count as not decided.
    """
    evaluated = []
    for claim in CLAIMS:
        findings: dict[str, Finding | None] = {}
        for name in datasets:
            part = getattr(evidence.get(name, Evidence()), claim.rests_on)
            findings[name] = None if part is None else claim.evaluate(part)
        evaluated.append(EvaluatedClaim(claim, findings, claim.over_all([*findings.values()])))
    return tuple(evaluated)


def better_on_test(curve: CurveEvidence) -> str | None:
    """Return the cell that is significantly better on test with all of train."""
    advantage = advantage_of_gru(curve)
    return GRU if advantage.above(0) else LSTM if advantage.below(0) else None


def advantage_of_gru(curve: CurveEvidence) -> Estimate:
    """Return by how much GRU is better on test with all of train.

    It is a fraction of the better one's mean, or of its errors where the metric counts what is
    right: 1% of an accuracy of 98% is half of all errors.
    """
    assert curve.difference is not None  # the rules have checked it
    best = min(_errors(mean_on_test(curve, cell), curve.metric) for cell in (GRU, LSTM))
    return curve.difference.times(curve.metric.score(1) / best)


def mean_on_test(curve: CurveEvidence, cell: str) -> float:
    """Return the mean of a cell on test with all of train, where the curve has a difference."""
    mean = curve.cells[cell].test[-1]
    assert mean is not None  # the difference is between the means of both cells
    return mean.value


def has_enough_data(curve: CurveEvidence) -> bool:
    """Return whether more data no longer help LSTM: the last gain of its curve is below `EQUAL`."""
    before, after = curve.cells[LSTM].test[-2:]
    if before is None or after is None:
        return False
    gain = curve.metric.score(after.value) - curve.metric.score(before.value)
    return gain < EQUAL * _errors(after.value, curve.metric)


def counts_as_equal(advantage: Estimate) -> bool:
    """Return whether the whole interval lies within `EQUAL` of 0."""
    return advantage.above(-EQUAL) and advantage.below(EQUAL)


def _errors(mean: float, metric: Metric) -> float:
    """Return what a difference is a fraction of: a mean, or its errors where more is better."""
    return max(1 - mean if metric.mode == "max" else mean, _NONE)


def _decide_by_lead(lead: Estimate | None) -> Finding:
    return Finding(OPEN) if lead is None else Finding(_outside(lead, 0), lead)


def _outside(estimate: Estimate, bound: float, above: str = HOLDS, below: str = FAILS) -> str:
    """Return one verdict for an interval above a bound, another below it, else `OPEN`."""
    return above if estimate.above(bound) else below if estimate.below(bound) else OPEN
