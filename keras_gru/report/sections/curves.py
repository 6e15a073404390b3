"""Learning curves: the validation metric by epoch."""

from keras_gru.analysis import Analysis
from keras_gru.report import comparison_plots, plots
from keras_gru.report.blocks import Figure, Key, Section, Text
from keras_gru.report.metric_values import quantity
from keras_gru.report.sections.results import result_rows


def section(analysis: Analysis) -> Section:
    """Return the section with the learning curves."""
    comparison = analysis.comparison
    lines = "single runs."
    if max((cell.finished for cell in analysis.cells), default=0) > 1:
        lines = "the mean over seeds, with a band from the lowest to the highest seed."
    lengths = {(run.cell, run.epochs) for run in comparison.runs if run.status == "finished"}
    if len(lengths) > len({cell for cell, _ in lengths}):
        lines += " After some seeds stopped early, the others are thin lines."
    if any(run.status != "finished" for run in comparison.runs):
        lines += " A cross marks the end of an unfinished run."
    figure = Figure(
        "learning-curves",
        lambda canvas: comparison_plots.learning_curves(canvas.add_subplot(), comparison),
        f"Learning curves: {reading(analysis, 'validation')}",
        heights=(400, 330),
        keys=legend(analysis, "validation"),
        caption="Triangles at the edge mark epochs beyond the axis, arrows such baselines.",
    )
    return Section("curves", "Learning curves", (Text(f"After each epoch: {lines}"), figure))


def legend(analysis: Analysis, split: str | None = None) -> list[Key]:
    """Return the legend: cells with their series, baselines of a split with their letters."""
    comparison = analysis.comparison
    keys = [Key(label, number) for label, number in plots.series(comparison).values()]
    if split is not None:
        for letter, (label, value) in comparison_plots.baseline_levels(comparison, split).items():
            text = f"{label} ({quantity(value, comparison.metric)})"
            keys.append(Key(text, letter=letter))
    return keys


def reading(analysis: Analysis, split: str) -> str:
    """Return the metrics of a split as the text alternative of a figure."""
    column = {"validation": 0, "test": 1}[split]
    rows = [row for row in result_rows(analysis) if not row.remark]
    values = ", ".join(f"{row.label} {row.values[column]}" for row in rows)
    return f"{split} {analysis.comparison.metric.label}: {values}."
