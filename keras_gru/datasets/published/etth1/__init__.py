"""Load and oil temperature of a transformer, hour by hour, split as the papers split it."""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from keras_gru.datasets.common import Length
from keras_gru.datasets.metric import ErrorUnits
from keras_gru.datasets.preprocessing import Preprocessing, Scaling, SeriesEnd
from keras_gru.datasets.published import source
from keras_gru.datasets.registry import DatasetSettings, register_dataset
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.series import forecasting
from keras_gru.datasets.split import check_not_empty

_DAY = 24
_MONTH = 30 * _DAY  # as in Zhou et al. 2021: months of 30 days; the remaining rows are unused
_SPLITS = {
    "train": (0, 12 * _MONTH),
    "validation": (12 * _MONTH, 16 * _MONTH),
    "test": (16 * _MONTH, 20 * _MONTH),
}
_NAME = "ETTh1"


@register_dataset("etth1")
class Etth1(DatasetSettings):
    """Load and oil temperature of an electricity transformer, hourly (ETTh1)."""

    task: ClassVar[str] = "forecasting"
    window: Annotated[Length, Field(description="input hours")] = 96
    horizon: Annotated[Length, Field(description="hours to forecast")] = 24
    multivariate: Annotated[
        bool, Field(description="read and forecast all seven columns, not only the temperature")
    ] = False

    def load(self, preprocessing: Preprocessing | None = None) -> SequenceDataset:
        """Load the series, standardized and cut into windows.

        Every column has mean 0 and standard deviation 1 in train, and errors are in that unit, as
        in the papers. All targets of a split lie inside it; the first windows of validation and
        test begin in the split before, as in the papers, so that every hour is forecast.

        Args:
            preprocessing: its means and deviations are used; None takes those of train.

        Returns:
            A forecasting dataset of the oil temperature, or of all seven columns.

        Raises:
            UserError: if the file is missing and cannot be downloaded, or a split is shorter
                than a window and its horizon.

        Reference:

        - [Zhou et al., 2021](https://arxiv.org/abs/2012.07436), section 4
        """
        from keras_gru.datasets.published.etth1.builder import COLUMNS, Etth1Builder

        columns = source.read(Etth1Builder, ("train",), files=("ETTh1.csv",))["train"]
        names = COLUMNS if self.multivariate else ("OT",)
        values = np.stack([columns[name] for name in names], axis=1).astype(float)
        if preprocessing is not None:
            scaling = preprocessing.scalings_of(None)[0]
        else:
            scaling = Scaling.fit(names, values[: _SPLITS["train"][1]])
        values = scaling.apply(values)
        series = forecasting.SplitSeries(values, values, _SPLITS, self.window, self.horizon)
        splits = series.splits()
        naive = forecasting.naive_errors([series], _DAY)
        units = ErrorUnits(naive=naive, zero=scaling.zero)
        check_not_empty(_NAME, splits)
        rules = forecasting.baselines([series], splits, _DAY, "Same hour a day earlier", units)
        spec = TaskSpec(
            task="forecasting",
            outputs=len(names),
            features=len(names),
            length=self.window,
            horizon=self.horizon,
            history=tuple(range(len(names))),
        )
        return SequenceDataset(
            name=_NAME,
            spec=spec,
            metric=Metric("mse", "min", "MSE (standardised)", digits=4),
            splits=splits,
            baselines=rules,
            input_scaling=scaling,
            target_scaling=scaling,
            season=_DAY,
            naive_errors=naive,
            ends=(SeriesEnd.from_features(values, self.window),),
        )
