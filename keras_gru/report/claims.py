"""The report of the claims."""

from collections.abc import Mapping

from keras_gru.claims.evidence import Evidence
from keras_gru.claims.plans import PLANNED
from keras_gru.claims.verdicts import BRITZ
from keras_gru.formatting import duration, plural
from keras_gru.report.blocks import Report
from keras_gru.report.sections.claims import claim_section, experiments, verdicts
from keras_gru.report.sections.claims_over_all import headline_text, to_decide
from keras_gru.report.sections.claims_text import QUOTE, evaluate


def claims_report(evidence: Mapping[str, Evidence]) -> Report:
    """Return the report of the claims.

    Args:
        evidence: the evidence by dataset; the report lists commands for missing evidence.
    """
    evaluated = [(claim, to_decide(claim)) for claim in evaluate(evidence)]
    parts = [part for known in evidence.values() for part in known.parts]
    atlas = sum(known.comparison is not None for known in evidence.values())
    run = f"{len(parts) - atlas} of {2 * len(PLANNED)} run"
    title = "GRU or LSTM: common claims, tested"
    return Report(
        title=title,
        name=title,
        headline=headline_text(evidence),
        description=QUOTE,
        links=((BRITZ.author, BRITZ.url),),
        setup={
            "Datasets": ", ".join(plan.label for plan in PLANNED),
            "Experiments": run + f", and {plural(atlas, 'comparison')} of the atlas" * bool(atlas),
            "Trained for": duration(sum(part.origin.seconds for part in parts)),
            "Run it again": "keras-gru claims --run DIRECTORY",
        },
        sections=[
            verdicts(evaluated, evidence),
            *(claim_section(claim, ways, evidence) for claim, ways in evaluated),
            experiments(evidence),
        ],
    )
