"""The report of the claims."""

from collections.abc import Mapping

from keras_gru.claims.evidence import Evidence
from keras_gru.claims.plans import PLANNED
from keras_gru.claims.verdicts import BRITZ
from keras_gru.formatting import duration
from keras_gru.report.blocks import Report
from keras_gru.report.sections.claims import claim_section, experiments, verdicts
from keras_gru.report.sections.claims_text import QUOTE, evaluate, headline_text


def claims_report(evidence: Mapping[str, Evidence]) -> Report:
    """Return the report of the claims.

    Args:
        evidence: the evidence by dataset; the report lists commands for missing evidence.
    """
    evaluated = evaluate(evidence)
    parts = [part for known in evidence.values() for part in (known.curve, known.sweep) if part]
    title = "GRU or LSTM: the textbook's claims, tested"
    return Report(
        title=title,
        name=title,
        headline=headline_text(evidence),
        description=QUOTE,
        links=((BRITZ.author, BRITZ.url),),
        setup={
            "Datasets": ", ".join(plan.label for plan in PLANNED),
            "Experiments": f"{len(parts)} of {2 * len(PLANNED)} run",
            "Trained for": duration(sum(part.origin.seconds for part in parts)),
            "Run it again": "keras-gru claims --run DIRECTORY",
        },
        sections=[
            verdicts(evaluated, evidence),
            *(claim_section(claim, evidence) for claim in evaluated),
            experiments(evidence),
        ],
    )
