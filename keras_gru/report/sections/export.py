"""Exported files: agreement with Keras, speed and size."""

from keras_gru.analysis import Analysis
from keras_gru.experiments.exports import Parity, export_path, load_parities
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.formatting import significant
from keras_gru.report.blocks import Column, Row, Section, Table, Text

COLUMNS = (
    Column("File"),
    Column("Runtime", is_text=True),
    Column("Largest difference"),
    Column("Equal predictions"),
    Column("Accuracy (Keras)"),
    Column("Batch of 1, ms (Keras)"),
    Column("Batch of 32, ms (Keras)"),
    Column("KiB"),
)


def section(analysis: Analysis) -> Section | None:
    """Return the section, or None if nothing was exported."""
    comparison = analysis.comparison
    if comparison.path is None:
        return None
    rows = []
    for record in comparison.runs:
        folder = export_path(RunDirectory(comparison.path), record)
        network = f"{record.label}, seed {record.seed}"
        for parity in load_parities(folder).values():
            rows += [_row(one, network) for one in (parity, *parity.also)]
    if not rows:
        return None
    text = Text(
        "Each file was run on test sequences, or on random ones if it says so, and compared with "
        "Keras: the largest difference is relative to the largest output, or to 1 if that is "
        "larger. Times are medians of a batch, beside Keras' predict_on_batch; LiteRT runs one "
        "sequence after the other, and a translator one step after the other."
    )
    table = Table("export", "Exported files", COLUMNS, rows)
    return Section("export", "Export", (text, table))


def _row(parity: Parity, network: str) -> Row:
    label = f"{network}: {', '.join(parity.files)}{', random sequences' * parity.is_random}"
    size = f"{parity.bytes / 1024:,.0f}"
    if parity.difference is None:
        values = (f"unchecked: {parity.unchecked}", *["–"] * 4)
        return Row(label, (parity.runtime, *values, size))
    difference = f"{parity.difference:.1e}"
    if parity.difference > parity.tolerance:
        difference += f", more than {parity.tolerance:g}"
    values = (
        difference,
        _percent(parity.agreement),
        "–"
        if parity.accuracy is None
        else _beside(parity.accuracy, parity.keras_accuracy, _percent),
        *(
            _beside(parity.milliseconds[batch], parity.keras_milliseconds[batch], significant)
            if batch in parity.milliseconds
            else "–"
            for batch in ("1", "32")
        ),
    )
    return Row(label, (parity.runtime, *values, size))


def _percent(fraction: float | None) -> str:
    return "–" if fraction is None else f"{100 * fraction:.2f} %"


def _beside(value, of_keras, text) -> str:
    return f"{text(value)} ({text(of_keras)})"
