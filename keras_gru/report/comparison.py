"""The report of a comparison."""

from collections.abc import Callable

from keras_gru.analysis import Analysis
from keras_gru.report import plots
from keras_gru.report.blocks import Report, Section
from keras_gru.report.sections import (
    costs,
    curves,
    data,
    data_need,
    export,
    forecast_errors,
    headline,
    inspection,
    origin,
    pairs,
    predictions,
    results,
    runs,
    settings,
    tuning,
    variance,
)

SECTIONS: tuple[Callable[[Analysis], Section | None], ...] = (
    results.section,
    pairs.section,
    forecast_errors.by_variable,
    forecast_errors.by_step,
    results.other_metrics,
    predictions.section,
    curves.section,
    variance.section,
    data_need.section,
    costs.section,
    export.section,
    inspection.section,
    data.section,
    tuning.section,
    runs.section,
    lambda analysis: settings.section(analysis.comparison.experiment, analysis.comparison.path),
    lambda analysis: origin.section(analysis.comparison.metadata),
)


def comparison_report(analysis: Analysis) -> Report:
    """Return the report of a comparison."""
    comparison = analysis.comparison
    labels = [label for label, _ in plots.series(comparison).values()]
    return Report(
        title=f"{comparison.experiment.name}: {', '.join(labels or comparison.experiment.cells)}",
        name=comparison.experiment.name,
        headline=headline.headline_text(analysis.verdicts),
        sections=[found for section in SECTIONS if (found := section(analysis)) is not None],
        description=comparison.experiment.description,
        cautions=headline.caution_texts(analysis.verdicts),
        setup=headline.setup(analysis),
    )
