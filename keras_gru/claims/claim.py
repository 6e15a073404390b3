"""A sentence, what a dataset says on it, and what all of them say."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from keras_gru.analysis.across_datasets import DECIDED, signed_rank
from keras_gru.claims.evidence import CurveEvidence, Estimate, SweepEvidence

HOLDS, FAILS, OPEN = VERDICTS = ("holds", "does not hold", "not decided")
EQUAL = 0.01  # of the better cell's mean: a smaller difference is none to a reader
OVER_ALL = (
    "Over all datasets a sentence holds where it does on more than half of them and on the others "
    "is not refuted, does not hold where it is refuted on more than half and holds on none, and is "
    "not decided otherwise."
)


@dataclass(frozen=True)
class Source:
    """Who said a sentence, and where."""

    by: str
    url: str


@dataclass(frozen=True)
class Finding:
    """What one dataset says on a sentence.

    Args:
        verdict: one of `VERDICTS`.
        drawn: the number that it rests on, for a figure; None if the runs were too few.
        beside: what it shows beside that and decides nothing.
        better: the cell that is significantly better, where that decides it.
    """

    verdict: str
    drawn: Estimate | None = None
    beside: Estimate | None = None
    better: str | None = None


Evaluate = Callable[[CurveEvidence], Finding] | Callable[[SweepEvidence], Finding]


@dataclass(frozen=True)
class Claim:
    """A sentence, and the rule that decides it.

    Args:
        name: name for links.
        sentence: the claim in its author's words.
        source: who that is.
        rests_on: `"curve"` or `"sweep"`: a field of `Evidence`.
        rule: what `evaluate` does.
        evaluate: returns the finding of the evidence on a dataset.
        over_all: returns the verdict from all findings: `most`, whose rule is `OVER_ALL`, or
            another function.
    """

    name: str
    sentence: str
    source: Source
    rests_on: str
    rule: str
    evaluate: Evaluate
    over_all: "Callable[[Sequence[Finding | None]], str]"


@dataclass(frozen=True)
class EvaluatedClaim:
    """A sentence with its findings by dataset, None if it was not run, and over all of them."""

    claim: Claim
    findings: dict[str, Finding | None]
    verdict: str


def most(findings: Sequence[Finding | None]) -> str:
    """The rule of `OVER_ALL`; None is a dataset that was not run."""
    count = Counter(finding.verdict for finding in findings if finding)
    for verdict, other in ((HOLDS, FAILS), (FAILS, HOLDS)):
        if count[verdict] > len(findings) / 2 and not count[other]:
            return verdict
    return OPEN


def probabilities(findings: Sequence[Finding | None]) -> tuple[float, float, float] | None:
    """The probabilities of `keras-gru verdict` that LSTM is better, both are equal, GRU is better.

    None for fewer than three datasets.
    """
    advantages = [finding.drawn.value for finding in findings if finding and finding.drawn]
    return signed_rank(np.array(advantages), EQUAL) if len(advantages) > 2 else None


def no_winner(findings: Sequence[Finding | None]) -> str:
    """The rule of the claim that no cell is better over all datasets."""
    better = {finding.better for finding in findings if finding and finding.better}
    lstm, equal, gru = probabilities(findings) or (0, 0, 0)
    if len(better) > 1 or equal >= DECIDED:
        return HOLDS
    return FAILS if max(lstm, gru) >= DECIDED else OPEN
