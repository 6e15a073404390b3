"""Your own time series: a table with one row per time step."""

import math

from keras_gru.datasets.metric import ErrorUnits
from keras_gru.datasets.own.files import require_path
from keras_gru.datasets.preprocessing import Preprocessing, Scaling, SeriesEnd
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.series import forecasting
from keras_gru.datasets.series.facts import split_facts
from keras_gru.datasets.series.notes import notes_on_filled, notes_on_range, notes_on_scaling
from keras_gru.datasets.series.settings import SeriesSettings
from keras_gru.datasets.series.smoothing import exponential_smoothing
from keras_gru.datasets.series.split import split_rows
from keras_gru.datasets.series.table import read_series_table
from keras_gru.datasets.series.values import SeriesValues
from keras_gru.datasets.storage.long_array import release_memory


@register_dataset("csv_series")
class CsvSeries(SeriesSettings):
    """Your own time series: a table with one row per time step (CSV, Parquet, …)."""

    def load(
        self, preprocessing: Preprocessing | None = None, all_as_test: bool = False
    ) -> SequenceDataset:
        """Read the columns, order them by time, split them and cut each split into windows.

        Each series is split by position. The first windows of validation and test begin in the rows
        before them. Every column of each series is scaled to mean 0 and standard deviation 1 in
        train. With one target of one series, the metric is in the target's unit.

        Args:
            preprocessing: its scaling and categories are used; None takes those of train.
            all_as_test: put all rows into test.

        Returns:
            A forecasting dataset.

        Raises:
            UserError: if the table cannot be used as it is: a column is missing, a cell is no
                number, rows are not in the order of time, a split is too short, or the season is
                longer than train.
        """
        table = read_series_table(self, require_path(self.path, self.expects), preprocessing)
        config = table.config
        parts, scalings, notes = [], {}, list(table.notes)
        for series in table.series:
            rows = split_rows(config, series, all_as_test)
            if preprocessing is None:
                train = slice(*rows["train"])
                of_inputs = of_targets = Scaling.fit(table.input_names, series.inputs[train])
                if series.targets is not series.inputs:
                    of_targets = Scaling.fit(config.targets, series.targets[train])
                notes += notes_on_scaling(series, (of_inputs, of_targets), rows)
            else:
                of_inputs, of_targets = preprocessing.scalings_of(series.name)
            scalings[series.name] = of_inputs, of_targets
            features = table.features(series, of_inputs)
            same = of_inputs == of_targets and features.shape == series.targets.shape
            parts.append(
                forecasting.SplitSeries(
                    features,
                    features if same else of_targets.apply(series.targets),
                    rows,
                    config.window,
                    config.horizon,
                    config.every_step,
                    lead=config.lead,
                )
            )
        splits = forecasting.join_windows(parts)
        is_one = table.series[0].name is None
        input_scaling, target_scaling = scalings[None] if is_one else (None, None)
        categories = table.category_columns(parts[0].inputs.shape[1])
        time_step = max(table.series, key=lambda series: series.size).step
        ends = [_end(series, part) for series, part in zip(table.series, parts, strict=True)]
        facts = (*table.facts, *split_facts(table, parts))
        notes += notes_on_filled(table.series, parts)
        series = None  # frees the values before scaling
        table.series.clear()
        release_memory()
        # Several targets or series have no common unit: errors are in standard deviations.
        scale = target_scaling.deviation[0] if target_scaling and len(config.targets) == 1 else 1.0
        season = config.season or 1
        label = f"Value {season} rows earlier"
        rules, naive = (), preprocessing.naive_errors if preprocessing else None
        if not all_as_test:
            naive = forecasting.naive_errors(parts, season)
            zero = target_scaling.zero if target_scaling else None
            units = ErrorUnits(scale, naive, zero)
            rules = forecasting.baselines(parts, splits, season, label, units)
            if config.smoothing:
                smoothed = exponential_smoothing(parts, splits, season, units)
                rules += (smoothed,) if smoothed else ()
            notes += notes_on_range(config, parts)
        return SequenceDataset(
            name=table.path.name,
            spec=_spec(config, parts[0].inputs.shape[1], categories),
            metric=_metric(config.targets, scale, is_one),
            splits=splits,
            baselines=rules,
            scale=scale,
            input_scaling=input_scaling,
            target_scaling=target_scaling,
            series_scalings=None if is_one else scalings,
            categories=table.categories or None,
            season=season,
            time_step=time_step,
            naive_errors=naive,
            notes=tuple(notes),
            resolved=config,
            ends=tuple(ends),
            facts=facts,
        )


def _spec(config: SeriesSettings, features: int, categories) -> TaskSpec:
    seen = config.inputs or config.targets
    return TaskSpec(
        task="forecasting",
        outputs=len(config.targets),
        features=features,
        length=config.window,
        horizon=config.horizon,
        lead=config.lead,
        every_step=config.every_step,
        history=tuple(map(seen.index, config.targets)) if {*config.targets} <= {*seen} else None,
        categories=categories,
    )


def _end(series: SeriesValues, part: forecasting.SplitSeries) -> SeriesEnd:
    if series.dates is None:
        return SeriesEnd.from_features(part.inputs, part.window, series.name)
    date = int(series.dates[-1])
    return SeriesEnd.from_features(part.inputs, part.window, series.name, date, series.step)


def _metric(targets: tuple[str, ...], scale: float, is_one: bool) -> Metric:
    target, *others = targets
    if others or not is_one:
        return Metric("mae", "min", "MAE (standard deviations)", digits=4)
    # About three significant digits in any unit.
    digits = min(8, max(0, 3 - math.floor(math.log10(scale))))
    return Metric("mae", "min", f"MAE ({target})", digits=digits)
