"""Every run, one row per network."""

from keras_gru.analysis import Analysis
from keras_gru.experiments.comparison import RunRecord
from keras_gru.formatting import duration
from keras_gru.report.blocks import Column, Row, Section, Table, Text
from keras_gru.report.sections.results import value_text

COLUMNS = (
    Column("Cell"),
    Column("Seed"),
    Column("Validation"),
    Column("Test"),
    Column("Best epoch"),
    Column("Time"),
    Column("Outcome", is_text=True),
)


def section(analysis: Analysis) -> Section:
    """Return the section with the table of runs."""
    comparison = analysis.comparison
    order = {cell: number for number, cell in enumerate(comparison.experiment.cells)}
    runs = sorted(comparison.runs, key=lambda run: (order[run.cell], run.seed))

    def row(run: RunRecord) -> Row:
        best = str(run.best_epoch) if run.status == "finished" else "–"
        metrics = [value_text(split, comparison.metric) for split in (run.validation, run.test)]
        values = (str(run.seed), *metrics, f"{best} of {run.epochs}", duration(run.seconds))
        return Row(run.label, (*values, run.status), remark=run.message)

    table = Table("runs", comparison.metric.label, COLUMNS, [row(run) for run in runs])
    return Section("runs", "Every run", (Text("One row per network, without intervals."), table))
