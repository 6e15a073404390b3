"""Sources of variance: seeds and the choice of the test split."""

from keras_gru.analysis import Analysis
from keras_gru.analysis.variance import TEST
from keras_gru.formatting import significant
from keras_gru.report import plots
from keras_gru.report.blocks import Column, Row, Section, Table, Text

_NAMES = {
    "initialization": "initial weights, dropout",
    "order": "order of the batches",
    "split": "choice of train and validation",
    TEST: "choice of test",
}
_EXPLANATION = (
    "Standard deviation of a run's test metric if only one source varies and the others have the "
    "first seed, with its 95% interval; for the choice of test, from blocks of sequences. "
    "Fractions of the sum of these variances, without combinations (Bouthillier et al. 2021)."
)


def section(analysis: Analysis) -> Section | None:
    """Return the section, or None if no source was varied separately."""
    if not analysis.source_variances:
        return None
    labels = plots.series(analysis.comparison)
    rows = [
        Row(
            labels[variance.cell][0],
            (
                _NAMES[variance.source],
                f"{100 * variance.fraction:.0f}%",
                significant(variance.deviation),
                " to ".join(map(significant, variance.interval)) if variance.deviation else "–",
                f"{variance.runs} blocks" if variance.source == TEST else f"{variance.runs} runs",
            ),
        )
        for variance in analysis.source_variances
    ]
    columns = (
        Column("Cell"),
        Column("Source", is_text=True),
        Column("Fraction"),
        Column("Deviation"),
        Column("95% interval"),
        Column("From"),
    )
    caption = f"Variance of test {analysis.comparison.metric.label} by source"
    blocks = [Table("variance", caption, columns, rows), Text(_EXPLANATION)]
    return Section("variance", "Sources of variance", blocks, in_terminal=True)
