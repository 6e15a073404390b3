"""Daily boardings of Chicago's buses and trains, cleaned and split as in Géron's book."""

import numpy as np

from keras_gru.datasets import forecasting, source
from keras_gru.datasets.config import Ridership
from keras_gru.datasets.preprocessing import Preprocessing, Scaling
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, SequenceSpec
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


def load(config: Ridership, stored: Preprocessing | None = None) -> SequenceDataset:
    """Reads the series, drops its duplicate rows and cuts it into windows.

    Args:
        config: the settings.
        stored: applied in place of the scaling that is defined here.

    Returns:
        A forecasting dataset of the trains' boardings in millions.

    Raises:
        UserError: if the file cannot be had, or a split is shorter than a window and its horizon.
    """
    from keras_gru.datasets.cta_ridership.builder import CtaRidership

    days = source.read(CtaRidership, ("train",), files=("ridership.tgz",))["train"]
    days, dropped = clean(days)
    scaling = stored.input_scaling if stored else _ALL if config.multivariate else _RAIL
    target_scaling = stored.target_scaling if stored else _RAIL
    inputs = scaling.apply(_channels(days, config.multivariate))
    rail = target_scaling.apply(days["rail"][:, None].astype(float))
    rows = {
        name: (
            int(np.searchsorted(days["date"], np.datetime64(first))),
            int(np.searchsorted(days["date"], np.datetime64(last), side="right")),
        )
        for name, (first, last) in _SPLITS.items()
    }
    # The book's windows do not look back into the split before, and its errors are compared with.
    series = forecasting.SplitSeries(
        inputs, rail, rows, config.window, config.horizon, config.every_step, look_back=False
    )
    splits = series.splits()
    check_not_empty(_NAME, splits)
    spec = SequenceSpec(
        task="forecasting",
        outputs=1,
        features=inputs.shape[1],
        length=config.window,
        horizon=config.horizon,
        every_step=config.every_step,
        history=(1,) if config.multivariate else (0,),
    )
    return SequenceDataset(
        name=_NAME,
        spec=spec,
        metric=Metric("mae", "min", "MAE (passengers)", digits=0),
        splits=splits,
        baselines=series.baselines(splits, _WEEK, "Same day a week earlier", _SCALE),
        scale=_SCALE,
        input_scaling=scaling,
        target_scaling=target_scaling,
        season=_WEEK,
        notes=(f"Dropped {dropped} exact duplicate rows of {len(days['date']) + dropped}.",),
    )


def clean(days: dict) -> tuple[dict, int]:
    """Drops exact duplicate rows and sorts by date.

    Args:
        days: name of a column -> (rows,).

    Returns:
        The columns, `date` as `datetime64[D]`, and how many rows were dropped.
    """
    columns = dict(days, date=np.array([d.decode() for d in days["date"]], "datetime64[D]"))
    rows = np.rec.fromarrays(list(columns.values()), names=list(columns))
    _, first = np.unique(rows, return_index=True)
    first = first[np.argsort(columns["date"][first], kind="stable")]
    return {name: column[first] for name, column in columns.items()}, len(rows) - len(first)


def _channels(days: dict, multivariate: bool) -> np.ndarray:
    """Return what a model sees before it is scaled, (days, D)."""
    if not multivariate:
        return days["rail"][:, None].astype(float)
    tomorrow = np.append(days["day_type"][1:], days["day_type"][-1])  # a calendar is known ahead
    return np.column_stack([days["bus"], days["rail"], np.eye(3)[tomorrow]])
