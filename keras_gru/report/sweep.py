"""The report of a sweep."""

from keras_gru.analysis.importance import SweepAnalysis
from keras_gru.report.blocks import Report, Section
from keras_gru.report.sections import origin, settings, sweep

SECTIONS = (
    sweep.importances,
    sweep.trials,
    sweep.expected_best,
    sweep.best_trials,
    lambda analysis: settings.section(
        analysis.result.experiment, analysis.result.path, verb="sweep"
    ),
    lambda analysis: origin.section(analysis.result.metadata),
)


def sweep_report(analysis: SweepAnalysis) -> Report:
    """Return the report of a sweep with at least one trial."""
    experiment = analysis.result.experiment
    sections: list[Section | None] = [section(analysis) for section in SECTIONS]
    return Report(
        title=f"{experiment.name}: a sweep",
        name=experiment.name,
        headline=sweep.headline_text(analysis),
        sections=[section for section in sections if section is not None],
        description=experiment.description,
        setup=sweep.setup(analysis),
    )
