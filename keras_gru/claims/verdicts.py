"""The claims, and the rules that decide whether the evidence supports them.

Every rule is a function from evidence on one dataset to a finding, with a description. Not
detecting a difference never counts as evidence that there is none.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from keras_gru.analysis.probabilities import DECIDED, FEWEST_TO_DECIDE
from keras_gru.claims.claim import (
    EQUAL,
    FAILS,
    HOLDS,
    OPEN,
    Claim,
    Evaluate,
    EvaluatedClaim,
    Finding,
    Source,
    most,
    no_winner,
)
from keras_gru.claims.evidence import (
    GRU,
    LSTM,
    ComparisonEvidence,
    CurveEvidence,
    Estimate,
    Evidence,
    Part,
    SweepEvidence,
)
from keras_gru.datasets.metric import Metric

_NONE = 1e-12  # in place of no errors at all
AS_MANY = 0.05  # of the weights: units are whole numbers, so that budgets are met nearly
J = TypeVar("J", bound=Evaluate)
BRITZ = Source(
    "Denny Britz, WildML, Recurrent Neural Network Tutorial, part 4 (2015)",
    "http://www.wildml.com/2015/10/recurrent-neural-network-tutorial-part-4-"
    "implementing-a-grulstm-rnn-with-python-and-theano/",
)
GREFF = Source(
    "Greff et al., LSTM: A Search Space Odyssey (2017)", "https://arxiv.org/abs/1503.04069"
)

CLAIMS: list[Claim] = []


def evaluate_claims(
    evidence: Mapping[str, Evidence], datasets: Sequence[str]
) -> tuple[EvaluatedClaim, ...]:
    """Evaluate every claim on every dataset.

    Args:
        evidence: the evidence by dataset.
        datasets: all planned datasets, including those that were not run.
    """
    evaluated = []
    for claim in CLAIMS:
        parts = _parts(claim.rests_on, evidence, datasets)
        findings = {name: part and claim.evaluate(part) for name, part in parts.items()}
        verdict = claim.over_all(list(findings.values()))
        evaluated.append(EvaluatedClaim(claim, parts, findings, verdict))
    return tuple(evaluated)


def _parts(
    rests_on: str, evidence: Mapping[str, Evidence], datasets: Sequence[str]
) -> Mapping[str, Part | None]:
    """Return what a claim rests on; without the atlas, the learning curves have the comparisons."""
    compared = {name: entry.comparison for name, entry in evidence.items() if entry.comparison}
    if rests_on == "comparison" and compared:
        return compared
    known = {name: evidence.get(name, Evidence()) for name in datasets}
    if rests_on == "comparison":
        return {name: entry.curve and entry.curve.whole for name, entry in known.items()}
    return {name: getattr(entry, rests_on) for name, entry in known.items()}


def _claim(
    sentence: str, source: Source, rests_on: str, rule: str, over_all: Callable = most
) -> Callable[[J], J]:
    """Decorate the function that applies a rule with the claim and the description of the rule."""

    def keep(evaluate: J) -> J:
        name = evaluate.__name__.replace("_", "-")
        CLAIMS.append(Claim(name, sentence, source, rests_on, rule, evaluate, over_all))
        return evaluate

    return keep


@_claim(
    "There isn't a clear winner.",
    BRITZ,
    "comparison",
    "Does not hold if the 95% interval of the difference on test with all of train, paired by "
    f"seed, excludes 0; holds if the interval is within ±{EQUAL:.0%} of the better cell's mean (of "
    "its errors for accuracies); otherwise not decided. Over all datasets, the claim holds if each "
    "cell is better on one dataset, or both are practically equal with a probability of "
    f"{DECIDED:.1%} over at least {FEWEST_TO_DECIDE} datasets (`keras-gru verdict`), and does not "
    "hold if one cell is better with that probability. Intervals are not corrected for the number "
    "of datasets.",
    over_all=no_winner,
)
def no_clear_winner(comparison: ComparisonEvidence) -> Finding:
    if comparison.difference is None:
        return Finding(OPEN)
    advantage, better = advantage_of_gru(comparison), better_on_test(comparison)
    verdict = FAILS if better else HOLDS if counts_as_equal(advantage) else OPEN
    return Finding(verdict, advantage, better=better)


@_claim(
    "Tuning hyperparameters like layer size is probably more important than picking the ideal "
    "architecture.",
    BRITZ,
    "sweep",
    "Let d be the layer size's share of the variance on validation minus the cell's share, minus "
    "the difference by chance (with both shuffled among the trials). Holds if the 95% interval of "
    "d (bootstrap over trials) is above 0; does not hold if it is below 0; otherwise not decided.",
)
def size_over_cell(sweep: SweepEvidence) -> Finding:
    return _of_lead(sweep.size_over_cell)


@_claim(
    "GRUs have fewer parameters.",
    BRITZ,
    "curve",
    "Holds if GRU has fewer recurrent weights with the same number of units, or, if sizes are "
    f"matched by weights (within {AS_MANY:.0%}), more units; does not hold if LSTM has; otherwise "
    "not decided. Counts have no interval.",
)
def fewer_parameters(curve: CurveEvidence) -> Finding:
    gru, lstm = curve.cells[GRU], curve.cells[LSTM]
    ratio = lstm.recurrent_parameters / gru.recurrent_parameters
    if curve.matched == "parameters":
        if abs(ratio - 1) > AS_MANY:
            return Finding(OPEN)
        ratio = gru.units / lstm.units
    exact = Estimate(value=ratio, low=ratio, high=ratio)
    return Finding(_side(exact, 1), exact)


@_claim(
    "… and thus may train a bit faster …",
    BRITZ,
    "curve",
    "Holds if the 95% interval of the ratio of LSTM's to GRU's seconds per epoch, paired by seed, "
    "is above 1; does not hold if it is below 1; otherwise not decided. Also not decided if sizes "
    "are matched by weights, as GRU then does not have fewer. The seconds until the same "
    "validation metric are shown for information only, as they also depend on the tuned learning "
    "rates.",
)
def faster(curve: CurveEvidence) -> Finding:
    ratio = curve.epoch_seconds
    if ratio is None:
        return Finding(OPEN)
    verdict = OPEN if curve.matched == "parameters" else _side(ratio, 1)
    return Finding(verdict, ratio, curve.target_seconds)


@_claim(
    "… or need less data to generalize.",
    BRITZ,
    "curve",
    "Let r be the ratio of the fractions of train with which GRU and LSTM reach the same test "
    "metric. Holds if the 95% interval of r (bootstrap over seeds) is below 1 and GRU is "
    "significantly better on test with all of train; does not hold if it is above 1 and LSTM is "
    "significantly better; otherwise not decided. The second condition is required because the "
    "interval is too narrow with few seeds.",
)
def less_data(curve: CurveEvidence) -> Finding:
    if curve.need is None or curve.difference is None:
        return Finding(OPEN)
    side = _side(curve.need, 1, above=LSTM, below=GRU)
    sure = side == better_on_test(curve.whole)
    return Finding({GRU: HOLDS, LSTM: FAILS}[side] if sure else OPEN, curve.need)


@_claim(
    "If you have enough data, the greater expressive power of LSTMs may lead to better results.",
    BRITZ,
    "curve",
    "Holds if the 95% interval of the difference on test with all of train, paired by seed, "
    "excludes 0 and LSTM is better. Does not hold if more data no longer help LSTM (its mean "
    f"improves by less than {EQUAL:.0%}, or its errors for accuracies, from the last fraction to "
    "all of train) and GRU is better or the interval is within "
    f"±{EQUAL:.0%}. Otherwise not decided.",
)
def lstm_with_enough_data(curve: CurveEvidence) -> Finding:
    if curve.difference is None:
        return Finding(OPEN)
    advantage, better = advantage_of_gru(curve.whole), better_on_test(curve.whole)
    refuted = (better == GRU or counts_as_equal(advantage)) and has_enough(curve)
    verdict = HOLDS if better == LSTM else FAILS if refuted else OPEN
    return Finding(verdict, advantage, better=better)


@_claim(
    "The learning rate is the most crucial hyperparameter …",
    GREFF,
    "sweep",
    "Holds if the 95% interval (bootstrap over trials) of the learning rate's share of the "
    "variance on validation minus the largest other share (including the cell's) is above 0; does "
    "not hold if it is below 0; otherwise not decided.",
)
def learning_rate_first(sweep: SweepEvidence) -> Finding:
    return _of_lead(sweep.rate_over_rest)


def better_on_test(comparison: ComparisonEvidence) -> str | None:
    """Return the cell that is significantly better on test with all of train."""
    advantage = advantage_of_gru(comparison)
    return GRU if advantage.above(0) else LSTM if advantage.below(0) else None


def advantage_of_gru(comparison: ComparisonEvidence) -> Estimate:
    """Return the advantage of GRU on test with all of train.

    It is a share of the better one's mean, or of its errors where the metric counts what is right,
    as 1% of 98% right would be half of all errors.
    """
    assert comparison.difference is not None  # the rules ask only where there is one
    metric = comparison.metric
    best = min(_errors(comparison.test[cell], metric) for cell in (GRU, LSTM))
    return comparison.difference.times(metric.score(1) / best)


def has_enough(curve: CurveEvidence) -> bool:
    """Return whether more data no longer help LSTM: the last step of its curve is negligible."""
    before, after = (metric and metric.value for metric in curve.cells[LSTM].test[-2:])
    if before is None or after is None:
        return False
    gain = curve.metric.score(after) - curve.metric.score(before)
    return gain < EQUAL * _errors(after, curve.metric)


def counts_as_equal(advantage: Estimate) -> bool:
    """Return whether the whole interval contains only negligible differences."""
    return advantage.above(-EQUAL) and advantage.below(EQUAL)


def _errors(mean: float, metric: Metric) -> float:
    """Return the reference of relative differences: the mean, or its errors for accuracies."""
    return max(1 - mean if metric.mode == "max" else mean, _NONE)


def _of_lead(lead: Estimate | None) -> Finding:
    return Finding(OPEN) if lead is None else Finding(_side(lead, 0), lead)


def _side(estimate: Estimate, bound: float, above: str = HOLDS, below: str = FAILS) -> str:
    """Return the verdict on an interval above, below or around a bound."""
    return above if estimate.above(bound) else below if estimate.below(bound) else OPEN
