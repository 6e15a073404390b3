"""The sections of the claims: the verdicts, a section for each claim, and the experiments."""

from collections import Counter
from collections.abc import Mapping, Sequence

from keras_gru.claims.claim import OVER_ALL, VERDICTS, EvaluatedClaim
from keras_gru.claims.evidence import GRU, LSTM, CurveEvidence, Evidence
from keras_gru.claims.plans import PLANNED, Planned
from keras_gru.formatting import percent
from keras_gru.report import claims_plots
from keras_gru.report.blocks import (
    Block,
    Code,
    Column,
    Figure,
    Items,
    Key,
    Row,
    Section,
    Table,
    Text,
)
from keras_gru.report.metric_values import quantity
from keras_gru.report.sections.claims_over_all import Ways, commands_to_run, over_all_text
from keras_gru.report.sections.claims_text import (
    ATLAS,
    EXPLANATION,
    NOT_RUN,
    command_of,
    dataset_label,
    evidence_text,
    origin_text,
    verdict_on,
)


def verdicts(
    evaluated: Sequence[tuple[EvaluatedClaim, Ways]], evidence: Mapping[str, Evidence]
) -> Section:
    """Return the table of verdicts, and the commands of missing results."""
    is_whole = all(None not in claim.findings.values() for claim, _ in evaluated)
    kinds = [*VERDICTS] if is_whole else [*VERDICTS, NOT_RUN]
    rows = []
    for claim, ways in evaluated:
        count = Counter(verdict_on(claim, name) for name in claim.findings)
        needed = " or ".join(short for short, _ in ways) or "–"
        values = (claim.verdict, *(str(count[kind]) for kind in kinds), needed)
        rows.append(Row(claim.claim.sentence, values, link=f"#{claim.claim.name}"))
    columns = [
        Column("Claim"),
        Column("Over all", is_text=True),
        *(Column(kind.capitalize()) for kind in kinds),
        Column("Would decide it", is_text=True),
    ]
    has_atlas = any(entry.comparison for entry in evidence.values())
    explanation = [EXPLANATION, *([ATLAS] if has_atlas else []), OVER_ALL]
    blocks: list[Block] = [
        Table("verdicts", "Verdict over all datasets, and on how many it holds", columns, rows),
        Text(" ".join(explanation)),
    ]
    missing = commands_to_run(evidence)
    if missing:
        blocks += [Text(f"{NOT_RUN.capitalize()}:"), Code("\n".join(missing))]
    return Section("verdicts", "Verdicts", blocks, in_terminal=True)


def claim_section(
    evaluated: EvaluatedClaim, ways: Ways, evidence: Mapping[str, Evidence]
) -> Section:
    """Return the section of a claim: its figure, the numbers of each dataset, and its rule."""
    claim = evaluated.claim
    texts = {name: evidence_text(evaluated, name) for name in evaluated.findings}
    reading = "; ".join(f"{dataset_label(name)}: {text}" for name, text in texts.items())
    terms = [f"{dataset_label(name)} ({verdict_on(evaluated, name)})" for name in texts]
    source = Text(over_all_text(evaluated, ways), links=((claim.source.author, claim.source.url),))
    commands = "\n".join(command_of(evaluated, name) for name in texts)
    blocks: list[Block] = [
        source,
        *_figures(evaluated, evidence, reading),
        Items(list(texts.values()), terms),
        Text(f"The rule: {claim.rule}"),
        Code(commands, title="The commands"),
    ]
    return Section(claim.name, claim.sentence, blocks, in_terminal=True)


def experiments(evidence: Mapping[str, Evidence]) -> Section:
    """Return where the evidence on each dataset comes from."""
    blocks: list[Block] = []
    for plan in PLANNED:
        known = evidence.get(plan.name, Evidence())
        if known.curve is not None:
            blocks.append(_curve_table(plan, known.curve))
        for part, command in (
            (known.curve, plan.curve_command),
            (known.sweep, plan.sweep_command),
        ):
            text = f"{origin_text(part)}." if part else f"{NOT_RUN.capitalize()}."
            blocks += [Code(part.origin.command if part else command), Text(text)]
    for part in (entry.comparison for entry in evidence.values()):
        if part is not None:
            blocks += [Code(part.origin.command), Text(f"{origin_text(part)}.")]
    return Section("experiments", "The experiments", blocks)


def _curve_table(plan: Planned, curve: CurveEvidence) -> Table:
    def mean(cell: str, place: int) -> str:
        estimate = curve.cells[cell].test[place]
        return "–" if estimate is None else quantity(estimate.value, curve.metric)

    better = "higher" if curve.metric.mode == "max" else "lower"
    parts = enumerate(zip(curve.fractions, curve.sequences, strict=True))
    rows = [
        Row(percent(part), (f"{sequences:,}", mean(GRU, place), mean(LSTM, place)))
        for place, (part, sequences) in parts
    ]
    columns = (Column("Train"), Column("Sequences"), Column("GRU"), Column("LSTM"))
    caption = f"{plan.label}: test {curve.metric.label}, means over seeds; {better} is better"
    return Table(f"curve-{plan.name}", caption, columns, rows)


def _figures(
    evaluated: EvaluatedClaim, evidence: Mapping[str, Evidence], reading: str
) -> list[Figure]:
    name = evaluated.claim.name
    if name not in claims_plots.SCALES:
        return _learning_curves(name, evidence, reading)
    rows = claims_plots.drawn(evaluated)
    if not rows:
        return []
    height = 90 + 52 * len(rows)
    figure = Figure(
        name,
        lambda canvas: claims_plots.draw_intervals(canvas.add_subplot(), evaluated),
        reading,
        heights=(height, height),
        keys=[Key(label, number) for label, number in claims_plots.VERDICTS.values()],
        caption=f"{claims_plots.SCALES[name].label}; grey is not decided.",
    )
    return [figure]


def _learning_curves(name: str, evidence: Mapping[str, Evidence], reading: str) -> list[Figure]:
    curves = {
        plan.label: curve
        for plan in PLANNED
        if (curve := evidence.get(plan.name, Evidence()).curve) is not None
    }
    if not curves:
        return []
    figure = Figure(
        name,
        lambda canvas: claims_plots.draw_curves(
            canvas, curves, columns=2 if canvas.get_figwidth() > 5 else 1
        ),
        reading,
        heights=(250 * -(-len(curves) // 2), 250 * len(curves)),
        keys=[Key(label, number) for label, number in claims_plots.CELLS.values()],
        caption="Test by the fraction of train: the mean over seeds, with bars from the lowest to "
        "the highest.",
    )
    return [figure]
