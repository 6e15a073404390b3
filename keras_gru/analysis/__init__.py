"""Numbers from runs: summaries, intervals, verdicts, costs and learning curves.

Everything here is data, which `keras_gru.report` turns into text, tables and figures.
"""

from dataclasses import dataclass, fields

from pydantic import RootModel

from keras_gru.analysis.cost import CellCost, costs, target
from keras_gru.analysis.data_need import DataFraction, DataNeed, data_fractions, data_needs
from keras_gru.analysis.forecast_errors import ForecastErrors, collect_forecast_errors
from keras_gru.analysis.measurements import collect_measurements
from keras_gru.analysis.summary import CellSummary, CellTuning, seconds, summarize, tunings
from keras_gru.analysis.variance import SourceVariance, source_variances
from keras_gru.analysis.verdicts import Verdicts, reach_verdicts
from keras_gru.experiments.comparison import Comparison
from keras_gru.experiments.run_directory import RunDirectory


@dataclass(frozen=True)
class Analysis:
    """The numbers of a comparison, computed once.

    Args:
        target: the validation metric to which seconds are counted, or None.
        fractions: the comparisons on fractions of the training data, the smallest first; empty
            without a learning curve.
        data_needs: each pair of cells of the learning curve.
        source_variances: variances by cell and source; empty where no source was varied alone.
        forecast_errors: errors by step ahead and variable; None unless series are forecast.
        seconds: duration of all training, including trials of tuning.
    """

    comparison: Comparison
    cells: tuple[CellSummary, ...]
    tunings: tuple[CellTuning, ...]
    costs: tuple[CellCost, ...]
    target: float | None
    verdicts: Verdicts
    fractions: tuple[DataFraction, ...]
    data_needs: tuple[DataNeed, ...]
    source_variances: tuple[SourceVariance, ...]
    forecast_errors: ForecastErrors | None
    seconds: float

    def to_json(self) -> str:
        """Return all numbers as JSON, without the runs."""
        numbers = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name != "comparison"
        }
        return RootModel(numbers).model_dump_json(indent=1)


def analyse(comparison: Comparison) -> Analysis:
    """Return the analysis of a comparison.

    This includes the learning curve of its run directory, if there is one.

    Example:

    >>> analyse(RunDirectory("runs/quickstart/2026-01-31_12-00-00").comparison()).verdicts.headline
    Headline(best='gru', ...)
    """
    directory = RunDirectory(comparison.path) if comparison.path else None
    curve = directory and directory.learning_curve()
    sources = directory.sources() if directory else {}
    return Analysis(
        comparison=comparison,
        cells=summarize(comparison),
        tunings=tunings(comparison),
        costs=costs(comparison),
        target=target(comparison),
        verdicts=reach_verdicts(collect_measurements(comparison)),
        fractions=data_fractions(curve) if curve else (),
        data_needs=data_needs(curve) if curve else (),
        source_variances=source_variances(comparison, sources),
        forecast_errors=collect_forecast_errors(comparison),
        seconds=seconds(comparison),
    )
