"""Tuning: chosen settings of each cell, and all trials."""

from keras_gru.analysis import Analysis
from keras_gru.analysis.summary import CellTuning
from keras_gru.formatting import duration, plural
from keras_gru.report.blocks import Column, Items, Row, Section, Table, Text
from keras_gru.report.sections.results import value_text


def section(analysis: Analysis) -> Section | None:
    """Return the section, or None if nothing was tuned."""
    comparison = analysis.comparison
    if not comparison.trials:
        return None
    seed = comparison.experiment.tuning_seed
    names = list(comparison.experiment.tuning or ())
    columns = [Column("Cell"), *map(Column, names), Column("Validation"), Column("Time")]
    rows = [
        Row(
            trial.label,
            (
                *(str(trial.settings[name]) for name in names),
                value_text(trial.validation, comparison.metric),
                duration(trial.seconds),
            ),
        )
        for trial in comparison.trials
    ]
    return Section(
        "tuning",
        "Tuning",
        (
            Text(
                f"Every cell had the same trials, all with seed {seed}, so without intervals; "
                "test was not used. No trial is among the runs, which were trained again with "
                "the chosen settings."
            ),
            Items([_tuning_text(tuning) for tuning in analysis.tunings]),
            Table("trials", comparison.metric.label, columns, rows),
        ),
        in_terminal=True,
    )


def _tuning_text(tuning: CellTuning) -> str:
    chosen = ", ".join(f"{name} {value}" for name, value in tuning.settings.items())
    diverged = f", {tuning.diverged} diverged" if tuning.diverged else ""
    text = f"{tuning.label}: {chosen} ({plural(len(tuning.trials), 'trial')}{diverged}, "
    text += f"{duration(tuning.seconds)})."
    for name, edge in tuning.edges.items():
        beyond = edge.replace("est", "er")
        text += f" It is the {edge} {name} of the list: a {beyond} one may be better."
    return text
