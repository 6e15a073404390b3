"""Costs of cells: parameters, seconds to a target, multiply-adds and memory."""

from keras_gru.analysis import Analysis
from keras_gru.analysis.cost import CellCost
from keras_gru.formatting import significant
from keras_gru.report import comparison_plots
from keras_gru.report.blocks import Column, Figure, Legend, Row, Section, Table, Text
from keras_gru.report.metric_values import quantity
from keras_gru.report.sections.curves import legend, reading


def section(analysis: Analysis) -> Section:
    """Return the section with the metric against size and time, and the table of costs."""
    comparison = analysis.comparison
    figures = [
        Figure(
            name,
            lambda canvas, draw=draw: draw(canvas.add_subplot(), comparison),
            f"Test metric against {cost}: {reading(analysis, 'test')}",
            heights=(310, 310),
            is_half=True,
        )
        for name, draw, cost in (
            ("metric-by-parameters", comparison_plots.metric_by_parameters, "parameters"),
            ("metric-by-time", comparison_plots.metric_by_time, "training time"),
        )
    ]
    target = "target"
    if analysis.target is not None:
        target = quantity(analysis.target, comparison.metric)
    columns = (
        Column("Cell"),
        Column("Parameters"),
        Column(f"Seconds to {target}"),
        Column("Multiply-adds"),
        Column("Memory (MiB)"),
    )
    caption = f"Costs; the target is a validation {comparison.metric.label}"
    return Section(
        "cost",
        "Costs",
        (
            Legend(
                legend(analysis, "test"),
                "Test metric with the weights of the best validation epoch, one mark per run. A "
                "line connects the means of the cells on the Pareto front.",
            ),
            *figures,
            Table("costs", caption, columns, [_row(cost) for cost in analysis.costs]),
            Text(_explanation(analysis)),
        ),
        in_terminal=True,
    )


def _row(cost: CellCost) -> Row:
    values = (
        f"{cost.parameters:,}",
        _seconds(cost),
        "–" if cost.multiply_adds is None else f"{cost.multiply_adds:,}",
        "–" if cost.peak_memory is None else f"{cost.peak_memory / 2**20:,.0f}",
    )
    return Row(cost.label, values)


def _explanation(analysis: Analysis) -> str:
    target = "every finished run's best"
    if analysis.comparison.experiment.target is not None:
        target = "the target"
    return (
        f"Seconds of training and validation until validation reached {target}, mean ± standard "
        "deviation. Multiply-adds of the recurrent layers' matrix products per time step. "
        "Memory is the peak of the process so far, including earlier runs in the process. A "
        "dash was not measured."
    )


def _seconds(cost: CellCost) -> str:
    if cost.seconds is None:
        return "not reached"
    text = significant(cost.seconds.mean)
    if cost.seconds.deviation is not None:
        text += f" ± {significant(cost.seconds.deviation, 2)}"
    return text if cost.reached == cost.runs else f"{text} ({cost.reached} of {cost.runs})"
