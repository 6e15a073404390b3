"""The results: one row per cell, the baselines below."""

from collections import Counter
from collections.abc import Mapping, Sequence

from keras_gru.analysis import Analysis
from keras_gru.analysis.summary import CellSummary, Spread, spread_of
from keras_gru.datasets.metric import Metric
from keras_gru.experiments.comparison import Comparison
from keras_gru.formatting import plural, significant
from keras_gru.report import plots
from keras_gru.report.blocks import Column, Row, Section, Table, Text
from keras_gru.report.metric_values import plus_minus, quantity, with_distinct_digits

_OTHER = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "top_5_accuracy": "Top-5 accuracy",
    "bits": "Bits per unit",
    "nll_by_sequence": "NLL, mean over pieces",
    "perplexity": "Perplexity",
}
COLUMNS = (
    Column("Cell"),
    Column("Validation"),
    Column("Test"),
    Column("Parameters"),
    Column("Units"),
    Column("s/epoch"),
    Column("Steps/s", is_detail=True),
    Column("Path", is_text=True),
)


def section(analysis: Analysis) -> Section:
    """Return the section with the table of results and its explanation."""
    comparison = analysis.comparison
    title = f"{comparison.experiment.name}: {comparison.metric.label}"
    columns = list(COLUMNS)
    if has_ensembles(analysis):
        columns.insert(COLUMNS.index(Column("Test")) + 1, Column("Ensemble"))
    table = Table("results", title, columns, result_rows(analysis))
    unfinished = [
        Text(f"{run.label}, seed {run.seed}: {run.status}. {run.message}", "warning")
        for run in comparison.runs
        if run.status != "finished"
    ]
    blocks = (table, Text(_explanation(analysis)), *unfinished)
    return Section("results", "Results", blocks, in_terminal=True)


def other_metrics(analysis: Analysis) -> Section | None:
    """Return the further test metrics, or None."""
    comparison = analysis.comparison
    known = _OTHER | {metric.name: metric.label for metric in comparison.metadata.other_metrics}
    known.pop(comparison.metric.name, None)
    labels = plots.series(comparison)
    finished = {
        cell: [run.test for run in comparison.runs_of(cell) if run.status == "finished"]
        for cell in labels
    }
    names = [
        name
        for name in known
        if any(name in metrics for runs in finished.values() for metrics in runs)
    ]
    if not names:
        return None
    rows = []
    for cell, runs in finished.items():
        label, number = labels[cell]
        rows.append(Row(label, _texts(runs, names), series=number))
        ensemble = comparison.ensemble_of(cell)
        if ensemble is not None:
            rows.append(Row(f"{label}, ensemble", _texts([ensemble], names), series=number))
    rows += [
        Row(baseline.label, _texts([baseline.test], names), is_baseline=True)
        for baseline in comparison.baselines
        if {*names} & {*baseline.test}
    ]
    columns = [Column("Cell"), *(Column(known[name]) for name in names)]
    table = Table("other-metrics", "Other metrics on test", columns, rows)
    in_terminal = comparison.metadata.data.is_imbalanced  # accuracy is then not informative
    return Section("other-metrics", "Other metrics", [table], in_terminal=in_terminal)


def _texts(metrics: Sequence[Mapping[str, float]], names: Sequence[str]) -> list[str]:
    """Return the mean and the standard deviation of each metric over runs."""
    spreads = [spread_of([values[name] for values in metrics if name in values]) for name in names]
    return ["–" if spread is None else _spread_text(spread) for spread in spreads]


def _spread_text(spread: Spread) -> str:
    deviation = "" if spread.deviation is None else f" ± {significant(spread.deviation, 2)}"
    return f"{significant(spread.mean, 4)}{deviation}"


def has_ensembles(analysis: Analysis) -> bool:
    """Return whether the results have a column of ensembles, after test."""
    return any(analysis.comparison.ensemble_of(cell.cell) for cell in analysis.cells)


def result_rows(analysis: Analysis) -> tuple[Row, ...]:
    """Return the cells in the order of the experiment, then the baselines."""
    comparison, has_ensemble = analysis.comparison, has_ensembles(analysis)
    metric = shown_metric(analysis)
    numbers = {cell: number for cell, (_, number) in plots.series(comparison).items()}
    cells = [
        Row(
            cell.label,
            (
                plus_minus(cell.validation.mean, cell.validation.deviation, metric)
                if cell.validation
                else "–",
                plus_minus(cell.test.mean, cell.test.deviation, metric) if cell.test else "–",
                *[value_text(comparison.ensemble_of(cell.cell) or {}, metric)] * has_ensemble,
                f"{cell.parameters:,}",
                f"{cell.units:,}",
                _or_dash(cell.seconds_per_epoch),
                _or_dash(cell.steps_per_second),
                cell.path or "–",
            ),
            remark=_remark(cell, comparison),
            series=numbers[cell.cell],
        )
        for cell in analysis.cells
    ]
    baselines = [
        Row(
            baseline.label,
            (
                value_text(baseline.validation, metric),
                value_text(baseline.test, metric),
                *["–"] * has_ensemble,
                f"{baseline.parameters:,}",
                *["–"] * 4,
            ),
            is_baseline=True,
        )
        for baseline in comparison.baselines
    ]
    return (*cells, *baselines)


def shown_metric(analysis: Analysis) -> Metric:
    """Return the metric with enough digits to distinguish cells and baselines."""
    measured = analysis.verdicts.measurements
    spreads = [cell.validation for cell in analysis.cells], [cell.test for cell in analysis.cells]
    metric = measured.metric
    for spread in spreads:
        metric = with_distinct_digits([value.mean for value in spread if value], metric)
    tested = [cell.test.mean for cell in analysis.cells if cell.test]
    return with_distinct_digits([*tested, *measured.baselines.values()], metric)


def value_text(metrics: Mapping[str, float], metric: Metric) -> str:
    """Format the metric of a run or a baseline; a dash if it has none."""
    return quantity(metrics[metric.name], metric) if metric.name in metrics else "–"


def _explanation(analysis: Analysis) -> str:
    better = "higher" if analysis.comparison.metric.mode == "max" else "lower"
    seeds = max((cell.finished for cell in analysis.cells), default=0)
    numbers = "One seed, so no standard deviation is known"
    if seeds > 1:
        numbers = f"Mean ± standard deviation over {plural(seeds, 'seed')}, speeds their median"
    if has_ensembles(analysis):
        numbers += "; an ensemble is the mean prediction of a cell's seeds"
    return f"{numbers}; weights of the best validation epoch; {better} is better."


def _remark(cell: CellSummary, comparison: Comparison) -> str:
    """Return which runs of a cell are not in its means, if any."""
    runs, planned = cell.finished + len(cell.unfinished), len(comparison.experiment.seeds)
    untested = cell.finished - len(comparison.tested(cell.cell))
    counts = Counter(cell.unfinished) | Counter({"without a finite test metric": untested})
    remarks = [f"{count} of {runs} {what}" for what, count in counts.items()]
    return ", ".join([f"{runs} of {planned} seeds"] * (runs < planned) + remarks)


def _or_dash(value: float | None) -> str:
    return "–" if value is None or value <= 0 else significant(value)
