"""A claim: a sentence, the rule by which evidence decides it, and its verdict over all datasets."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from keras_gru.claims.evidence import CurveEvidence, Estimate, SweepEvidence

HOLDS, FAILS, OPEN = VERDICTS = ("holds", "does not hold", "not decided")
OVER_ALL = (
    "Over all datasets a sentence holds where it does on more than half of them and on the others "
    "is not refuted, does not hold where it is refuted on more than half and holds on none, and is "
    "not decided otherwise."
)


@dataclass(frozen=True)
class Source:
    """Who wrote a sentence, and where."""

    by: str
    url: str


@dataclass(frozen=True)
class Finding:
    """The verdict on one dataset, and the numbers that it rests on.

    Args:
        verdict: one of `VERDICTS`.
        estimate: the number that decides it; None where too few runs have finished.
        further: a second number, which decides nothing.
        better: the cell that is significantly better, where that decides it.
    """

    verdict: str
    estimate: Estimate | None = None
    further: Estimate | None = None
    better: str | None = None


Findings = Sequence[Finding | None]  # by dataset; None where it was not run
Rule = TypeVar(
    "Rule", bound=Callable[[CurveEvidence], Finding] | Callable[[SweepEvidence], Finding]
)


@dataclass(frozen=True)
class Claim:
    """A sentence, and the rule that decides it.

    Args:
        name: for links.
        sentence: in its author's words.
        source: who that is.
        rests_on: the field of `Evidence` that decides it.
        rule: what `evaluate` does, in words.
        evaluate: from that field, on one dataset, to a finding.
        over_all: from the findings on all datasets to a verdict: `most`, whose words are
            `OVER_ALL`, or another function.
    """

    name: str
    sentence: str
    source: Source
    rests_on: Literal["curve", "sweep"]
    rule: str
    evaluate: Callable[..., Finding]
    over_all: Callable[[Findings], str]


@dataclass(frozen=True)
class EvaluatedClaim:
    """A claim with its finding on each dataset, None where it was not run, and over all of them."""

    claim: Claim
    findings: Mapping[str, Finding | None]
    verdict: str


CLAIMS: list[Claim] = []  # `keras_gru.claims.verdicts` registers them


def register_claim(
    sentence: str,
    source: Source,
    rests_on: Literal["curve", "sweep"],
    rule: str,
    over_all: Callable[[Findings], str] | None = None,
) -> Callable[[Rule], Rule]:
    """Return a decorator that adds a claim to `CLAIMS`; the function decides it on one dataset."""

    def register(evaluate: Rule) -> Rule:
        name = evaluate.__name__.replace("_", "-")
        CLAIMS.append(Claim(name, sentence, source, rests_on, rule, evaluate, over_all or most))
        return evaluate

    return register


def most(findings: Findings) -> str:
    """Return the verdict over all datasets by the rule of `OVER_ALL`."""
    count = Counter(finding.verdict for finding in findings if finding)
    for verdict, other in ((HOLDS, FAILS), (FAILS, HOLDS)):
        if count[verdict] > len(findings) / 2 and not count[other]:
            return verdict
    return OPEN


def no_winner(findings: Findings) -> str:
    """Return the same; where each cell is better on some dataset, none is over all of them."""
    better = {finding.better for finding in findings if finding and finding.better}
    return HOLDS if len(better) > 1 else most(findings)
