"""Load and oil temperature of a transformer, hour by hour, split as the papers split it."""

import numpy as np

from keras_gru.datasets import forecasting, source
from keras_gru.datasets.config import Etth1 as Etth1Config
from keras_gru.datasets.preprocessing import Preprocessing, Scaling
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, SequenceSpec
from keras_gru.datasets.split import check_not_empty

_DAY = 24
_MONTH = 30 * _DAY  # as in Zhou et al. 2021: all months have 30 days, and what is left is unused
_SPLITS = {
    "train": (0, 12 * _MONTH),
    "validation": (12 * _MONTH, 16 * _MONTH),
    "test": (16 * _MONTH, 20 * _MONTH),
}
_NAME = "ETTh1"


def load(config: Etth1Config, stored: Preprocessing | None = None) -> SequenceDataset:
    """Reads the series, standardises it and cuts it into windows.

    Every column has mean 0 and deviation 1 in train, and errors are told in that unit, as the
    papers do. All forecasts of a split lie inside it; the first windows of validation and test
    begin in the split before, as in the papers, so that every hour is forecast.

    Args:
        config: the settings.
        stored: applied in place of one that is fitted to train.

    Returns:
        A forecasting dataset of the oil temperature, or of all seven columns.

    Raises:
        UserError: if the file cannot be had, or a split is shorter than a window and its horizon.

    Reference:

    - [Zhou et al., 2021](https://arxiv.org/abs/2012.07436), section 4
    """
    from keras_gru.datasets.etth1.builder import COLUMNS, Etth1

    columns = source.read(Etth1, ("train",), files=("ETTh1.csv",))["train"]
    names = COLUMNS if config.multivariate else ("OT",)
    values = np.stack([columns[name] for name in names], axis=1).astype(float)
    scaling = stored.input_scaling if stored else Scaling.fit(names, values[: _SPLITS["train"][1]])
    values = scaling.apply(values)
    series = forecasting.SplitSeries(values, values, _SPLITS, config.window, config.horizon)
    splits = series.splits()
    check_not_empty(_NAME, splits)
    spec = SequenceSpec(
        task="forecasting",
        outputs=len(names),
        features=len(names),
        length=config.window,
        horizon=config.horizon,
        history=tuple(range(len(names))),
    )
    return SequenceDataset(
        name=_NAME,
        spec=spec,
        metric=Metric("mse", "min", "MSE (standardised)", digits=4),
        splits=splits,
        baselines=series.baselines(splits, _DAY, "Same hour a day earlier"),
        input_scaling=scaling,
        target_scaling=scaling,
        season=_DAY,
    )
