"""Errors of forecasts by variable and by step ahead."""

# H steps ahead, V variables

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from keras_gru.analysis import Analysis
from keras_gru.analysis.forecast_errors import ForecastErrors
from keras_gru.formatting import significant
from keras_gru.report import plots
from keras_gru.report.blocks import Block, Column, Figure, Key, Row, Section, Table, Text

_MOST_ROWS, _MOST_VARIABLES = 14, 8
_NOTE = "Mean absolute error on test, in each variable's unit, the mean over seeds."


def by_variable(analysis: Analysis) -> Section | None:
    """Return the errors of each variable over all steps; None for a single variable."""
    found = analysis.forecast_errors
    if found is None or len(found.variables) == 1:
        return None
    means = np.array([np.mean(errors, axis=0) for errors in found.cells.values()])  # (cells, V)
    rows = _rows(found.variables, means)
    table = Table("errors-by-variable", "Test MAE", _columns(analysis, found, "Variable"), rows)
    return Section("by-variable", "Errors by variable", [table, Text(_NOTE)], in_terminal=True)


def by_step(analysis: Analysis) -> Section | None:
    """Return the errors of each step ahead; None for a single step."""
    found = analysis.forecast_errors
    if found is None or len(found.steps) == 1:
        return None
    blocks: list[Block] = []
    errors = np.array(list(found.cells.values()))  # (cells, H, V)
    shown = np.unique(np.linspace(0, len(found.steps) - 1, _MOST_ROWS).round().astype(int))
    labels = [f"+{found.steps[index]}" for index in shown]
    for number, variable in enumerate(found.variables[:_MOST_VARIABLES]):
        rows = _rows(labels, errors[:, shown, number])
        reading = "; ".join(f"{row.label}: {', '.join(row.values)}" for row in rows)
        blocks += [
            Figure(
                f"errors-by-step-{number}",
                lambda canvas, number=number: _draw(canvas.add_subplot(), analysis, found, number),
                f"{variable}, test MAE by step ahead: {reading}.",
                heights=(300, 280),
                keys=[Key(*plots.series(analysis.comparison)[cell]) for cell in found.cells],
            ),
            Table(
                f"step-table-{number}",
                f"{variable}: test MAE by step ahead",
                _columns(analysis, found, "Step ahead"),
                rows,
            ),
        ]
    left_out = len(found.variables) - _MOST_VARIABLES
    note = _NOTE + f" {left_out} variables more are in forecast_errors.json." * (left_out > 0)
    is_short = len(found.variables) == 1
    blocks.append(Text(note))
    return Section("by-step", "Errors by step ahead", blocks, in_terminal=is_short)


def _columns(analysis: Analysis, found: ForecastErrors, first: str) -> list[Column]:
    labels = plots.series(analysis.comparison)
    return [Column(first), *(Column(labels[cell][0]) for cell in found.cells)]


def _rows(labels: Sequence[str], errors: np.ndarray) -> list[Row]:
    """Return one row per label from errors (cells, rows)."""
    return [
        Row(label, [significant(float(value)) for value in values])
        for label, values in zip(labels, errors.T, strict=True)
    ]


def _draw(axes: Axes, analysis: Analysis, found: ForecastErrors, number: int) -> None:
    for cell, errors in found.cells.items():
        _, series = plots.series(analysis.comparison)[cell]
        values = np.array(errors)[:, number]
        mark = plots.marker(series) if len(values) <= _MOST_ROWS else ""
        color, line = plots.color(series), plots.line(series)
        axes.plot(found.steps, values, line, color=color, marker=mark, ms=5, lw=1.6)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    plots.set_ticks(axes.yaxis, count=5)
    axes.set_xlabel("Steps ahead")
    plots.title(axes, f"{found.variables[number]}: test MAE")
