"""The verdicts over all datasets, and what would decide the undecided ones, in words."""

from collections import Counter
from collections.abc import Mapping, Sequence

from keras_gru.claims.claim import (
    FAILS,
    HOLDS,
    OPEN,
    VERDICTS,
    EvaluatedClaim,
    Finding,
    advantages,
    no_winner,
    probabilities,
)
from keras_gru.claims.deciding import MOST, MOST_DATASETS, datasets_to_decide, runs_to_decide
from keras_gru.claims.evidence import Evidence
from keras_gru.claims.plans import PLANNED
from keras_gru.formatting import plural
from keras_gru.report.sections.claims_text import (
    LABELS,
    NOT_RUN,
    about,
    dataset_label,
    evaluate,
    has_interval,
    kind_of_runs,
)

Ways = Sequence[tuple[str, str]]  # to decide a claim: in short, and as a sentence


def headline_text(evidence: Mapping[str, Evidence]) -> str:
    """Return the number of claims that hold."""
    verdicts = [claim.verdict for claim in evaluate(evidence)]
    hold, fail, undecided = (verdicts.count(verdict) for verdict in VERDICTS)
    said = (
        f"Over all datasets {hold} of {len(verdicts)} claims hold{'s' * (hold == 1)}, {fail} "
        f"do{'es' * (fail == 1)} not, and {undecided} {'is' if undecided == 1 else 'are'} not "
        "decided"
    )
    missing = len(commands_to_run(evidence))
    if missing:
        said += f"; {missing} of {2 * len(PLANNED)} experiments {NOT_RUN.replace('not', 'are not')}"
    return f"{said}."


def commands_to_run(evidence: Mapping[str, Evidence]) -> list[str]:
    """Return the commands of missing results."""
    missing = []
    for plan in PLANNED:
        known = evidence.get(plan.name, Evidence())
        missing += [plan.curve_command] * (known.curve is None)
        missing += [plan.sweep_command] * (known.sweep is None)
    return missing


def over_all_text(evaluated: EvaluatedClaim, ways: Ways) -> str:
    """Return the verdict over all datasets, with its probabilities and what would decide it."""
    found = probabilities(list(evaluated.findings.values()))
    words = [f"Over all datasets: {evaluated.verdict}."]
    if evaluated.claim.over_all is no_winner and found is not None:
        lstm, equal, gru = (f"{fraction:.1%}" for fraction in found)
        words.append(
            f"By the typical difference over datasets like these, GRU is better with a probability "
            f"of {gru}, both are practically equal with {equal}, and LSTM is better with {lstm} "
            "(Bayesian signed-rank test). On how many datasets a cell is better is another "
            "question: see the list."
        )
    return " ".join([*words, *(sentence for _, sentence in ways)])


def to_decide(evaluated: EvaluatedClaim) -> Ways:
    """Return what would decide a claim over all datasets.

    Empty for a claim that is decided, and while an experiment has no interval yet.
    """
    known = [finding for finding in evaluated.findings.values() if finding is not None]
    is_known = all(finding.verdict != OPEN or has_interval(finding) for finding in known)
    if evaluated.verdict != OPEN or not is_known or len(known) < len(evaluated.findings):
        return []
    if evaluated.claim.over_all is no_winner:
        return [_runs_to_decide(evaluated), _datasets_to_decide(evaluated)]
    return [_runs_to_decide(evaluated)]


def _runs_to_decide(evaluated: EvaluatedClaim) -> tuple[str, str]:
    claim, parts = evaluated.claim, [part for part in evaluated.evidence.values() if part]
    found, kind = runs_to_decide(claim, parts, claim.over_all), kind_of_runs(parts[0])
    if found.runs is None:
        count = Counter(finding.verdict for finding in found.findings)
        return f"no number of {kind}s", (
            f"Even {plural(MOST, kind)} on each dataset would not decide it if the estimates stay "
            f"the same: it would hold on {count[HOLDS]}, not hold on {count[FAILS]} and not be "
            f"decided on {count[OPEN]} of {plural(len(parts), 'dataset')}."
        )
    runs, reason = f"{about(found.runs)} {kind}s", found.verdict
    if claim.over_all is no_winner and found.verdict == HOLDS:
        reason += f": {_winners(evaluated, found.findings)}"
    said = f"About {runs} on each dataset would decide it ({reason}) if the estimates stay the same"
    if found.until is None:
        return f"{runs} ({found.verdict})", f"{said}."
    until = about(found.until)
    return f"{about(found.runs)} to {until} {kind}s ({found.verdict})", (
        f"{said}. From about {until} {kind}s on the datasets would disagree, so that it "
        "would again not be decided."
    )


def _winners(evaluated: EvaluatedClaim, findings: Sequence[Finding]) -> str:
    """Return on which datasets each cell would be better."""
    names = [dataset_label(name) for name, part in evaluated.evidence.items() if part]
    better = {
        label: [name for name, found in zip(names, findings, strict=True) if found.better == cell]
        for cell, label in LABELS.items()
    }
    return "; ".join(f"{label} better on {', '.join(found)}" for label, found in better.items())


def _datasets_to_decide(evaluated: EvaluatedClaim) -> tuple[str, str]:
    found = datasets_to_decide(advantages(list(evaluated.findings.values())))
    if found is None:
        return "no number of datasets", (
            f"Even {plural(MOST_DATASETS, 'dataset')} would not decide it if further ones have the "
            "same distribution of differences."
        )
    datasets, verdict = plural(found[0], "dataset"), found[1]
    return f"{datasets} ({verdict})", (
        f"About {datasets} in all would decide it ({verdict}) if further ones have the same "
        "distribution of differences. The verdicts may differ: more seeds show on which of these "
        "datasets each cell is better, and more datasets show which cell is typically better."
    )
