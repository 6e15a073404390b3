"""Claims, findings on datasets, and verdicts over all datasets."""

import functools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_gru.analysis.probabilities import decide, signed_rank
from keras_gru.claims.evidence import Estimate, Part

HOLDS, FAILS, OPEN = VERDICTS = ("holds", "does not hold", "not decided")
EQUAL = 0.01  # of the better cell's mean; smaller differences are negligible
OVER_ALL = (
    "Over all datasets, a claim holds if it holds on more than half of them and is not refuted on "
    "the others. It does not hold if it is refuted on more than half of them and holds on none. "
    "Otherwise it is not decided."
)


@dataclass(frozen=True)
class Source:
    """The source of a claim."""

    author: str
    url: str


@dataclass(frozen=True)
class Finding:
    """The finding on a claim from one dataset.

    Args:
        verdict: one of `VERDICTS`.
        drawn: the deciding number, for a figure; None if there were too few runs.
        beside: a further number that does not affect the verdict.
        better: the cell that is significantly better, if that decides the verdict.
    """

    verdict: str
    drawn: Estimate | None = None
    beside: Estimate | None = None
    better: str | None = None


Evaluate = Callable[[Any], Finding]  # of the `Part` that the claim rests on


@dataclass(frozen=True)
class Claim:
    """A claim, and the rule that decides it.

    Args:
        name: name for links.
        sentence: the claim in its author's words.
        source: the author and the work.
        rests_on: `"comparison"`, `"curve"` or `"sweep"`: a field of `Evidence`.
        rule: description of `evaluate`.
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
    """A claim, its evidence and findings by dataset (None if not run), and its verdict over all."""

    claim: Claim
    evidence: Mapping[str, Part | None]
    findings: Mapping[str, Finding | None]
    verdict: str


def most(findings: Sequence[Finding | None]) -> str:
    """Apply the rule of `OVER_ALL`; None is a dataset that was not run."""
    count = Counter(finding.verdict for finding in findings if finding)
    for verdict, other in ((HOLDS, FAILS), (FAILS, HOLDS)):
        if count[verdict] > len(findings) / 2 and not count[other]:
            return verdict
    return OPEN


def probabilities(findings: Sequence[Finding | None]) -> tuple[float, float, float] | None:
    """Return the probabilities that LSTM is better, both are equal, GRU is better (`signed_rank`).

    None for fewer than three datasets.
    """
    found = advantages(findings)
    return _signed_rank(found) if len(found) > 2 else None


def advantages(findings: Sequence[Finding | None]) -> tuple[float, ...]:
    """Return the advantage of GRU on each dataset."""
    return tuple(finding.drawn.value for finding in findings if finding and finding.drawn)


@functools.cache
def _signed_rank(found: tuple[float, ...]) -> tuple[float, float, float]:
    return signed_rank(np.array(found), EQUAL)


def no_winner(findings: Sequence[Finding | None]) -> str:
    """Apply the rule of the claim that there is no clear winner over all datasets."""
    better = {finding.better for finding in findings if finding and finding.better}
    if len(better) > 1:
        return HOLDS
    found = probabilities(findings)
    return verdict_of_probabilities(found, len(advantages(findings))) if found else OPEN


def verdict_of_probabilities(found: Sequence[float], datasets: int) -> str:
    """Return the verdict on the claim that there is no clear winner.

    Args:
        found: the probabilities that a cell is better, both are equal, the other is better.
        datasets: their number.
    """
    place = decide(found, datasets)
    return OPEN if place is None else HOLDS if place == 1 else FAILS
