"""Daily boardings of Chicago's buses and trains, cleaned and split as in Géron's book."""

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

_SCALE = 1_000_000  # boardings become numbers of about 1, as in the book
_WEEK = 7
_NAME = "CTA ridership"
_RAIL = Scaling(("rail",), (0.0,), (float(_SCALE),))
_ALL = Scaling(
    ("bus", "rail", "day_type W", "day_type A", "day_type U"),
    (0.0,) * 5,
    (float(_SCALE), float(_SCALE), 1.0, 1.0, 1.0),
)
_SPLITS = {
    "train": ("2016-01-01", "2018-12-31"),
    "validation": ("2019-01-01", "2019-05-31"),
    "test": ("2019-06-01", "2019-12-31"),
}


@register_dataset("cta_ridership")
class CtaRidership(DatasetSettings):
    """Daily boardings of Chicago's buses and trains, from the Chicago Transit Authority."""

    task: ClassVar[str] = "forecasting"
    window: Annotated[Length, Field(description="input days")] = 56
    horizon: Annotated[Length, Field(description="days to forecast")] = 1
    multivariate: Annotated[
        bool, Field(description="inputs are bus, rail and tomorrow's type of day, not only rail")
    ] = False
    every_step: Annotated[
        bool, Field(description="forecast after every day of the window (sequence-to-sequence)")
    ] = False

    def load(self, preprocessing: Preprocessing | None = None) -> SequenceDataset:
        """Load the series without its duplicate rows, cut into windows.

        Args:
            preprocessing: its scaling is used; None takes the one that is defined here.

        Returns:
            A forecasting dataset of the trains' boardings in millions.

        Raises:
            UserError: if the file is missing and cannot be downloaded, or a split is shorter
                than a window and its horizon.
        """
        from keras_gru.datasets.published.cta_ridership.builder import CtaRidershipBuilder

        days = source.read(CtaRidershipBuilder, ("train",), files=("ridership.tgz",))["train"]
        days, dropped = clean(days)
        scaling, target_scaling = _ALL if self.multivariate else _RAIL, _RAIL
        if preprocessing is not None:
            scaling, target_scaling = preprocessing.scalings_of(None)
        inputs = scaling.apply(_channels(days, self.multivariate))
        rail = target_scaling.apply(days["rail"][:, None].astype(float))
        rows = {
            name: (
                int(np.searchsorted(days["date"], np.datetime64(first))),
                int(np.searchsorted(days["date"], np.datetime64(last), side="right")),
            )
            for name, (first, last) in _SPLITS.items()
        }
        # The book's windows do not look back into the split before.
        series = forecasting.SplitSeries(
            inputs, rail, rows, self.window, self.horizon, self.every_step, look_back=False
        )
        splits = series.splits()
        naive = forecasting.naive_errors([series], _WEEK)
        units = ErrorUnits(_SCALE, naive, target_scaling.zero)
        check_not_empty(_NAME, splits)
        rules = forecasting.baselines([series], splits, _WEEK, "Same day a week earlier", units)
        spec = TaskSpec(
            task="forecasting",
            outputs=1,
            features=inputs.shape[1],
            length=self.window,
            horizon=self.horizon,
            every_step=self.every_step,
            history=(1,) if self.multivariate else (0,),
        )
        return SequenceDataset(
            name=_NAME,
            spec=spec,
            metric=Metric("mae", "min", "MAE (passengers)", digits=0),
            splits=splits,
            baselines=rules,
            scale=_SCALE,
            input_scaling=scaling,
            target_scaling=target_scaling,
            season=_WEEK,
            naive_errors=naive,
            ends=(SeriesEnd.from_features(inputs, self.window),),
            notes=(f"Dropped {dropped} exact duplicate rows of {len(days['date']) + dropped}.",),
        )


def clean(days: dict) -> tuple[dict, int]:
    """Drop exact duplicate rows and sort by date.

    Args:
        days: name of a column -> (rows,).

    Returns:
        The columns, `date` as `datetime64[D]`, and how many rows were dropped.
    """
    columns = dict(days, date=np.array([d.decode() for d in days["date"]], "datetime64[D]"))
    rows = np.rec.fromarrays(
        list(columns.values()), dtype=[(name, column.dtype) for name, column in columns.items()]
    )
    _, first = np.unique(rows, return_index=True)
    first = first[np.argsort(columns["date"][first], kind="stable")]
    return {name: column[first] for name, column in columns.items()}, len(rows) - len(first)


def _channels(days: dict, multivariate: bool) -> np.ndarray:
    """Return the unscaled inputs of the model, (days, D)."""
    if not multivariate:
        return days["rail"][:, None].astype(float)
    tomorrow = np.append(days["day_type"][1:], days["day_type"][-1])  # a calendar is known ahead
    return np.column_stack([days["bus"], days["rail"], np.eye(3)[tomorrow]])
