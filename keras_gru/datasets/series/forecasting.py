"""Windows over time series, and baseline forecasts."""

# N windows, T time steps of a window, D features, H steps ahead, V variables

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from keras_gru.datasets.metric import UNSCALED, Baseline, ErrorUnits
from keras_gru.datasets.series.linear_forecast import fit_linear_model
from keras_gru.datasets.split import Split

_BLOCK = 65_536  # rows


def windows(
    inputs: np.ndarray, targets: np.ndarray, window: int, horizon: int, every_step: bool
) -> Split:
    """Return all windows of a series with their targets.

    The windows are views: nothing is copied until a batch is gathered.

    Args:
        inputs: (series, D), one row per time step.
        targets: (series, V), of the same steps.
        window: steps of an input (T).
        horizon: steps to forecast (H).
        every_step: forecast after each step of the window, not only after its last.

    Returns:
        A split with features (N, T, D) and targets (N, H, V) or, at every step, (N, T, H, V);
        it is empty where the series is shorter than `window + horizon`.
    """
    count = max(0, len(inputs) - window - horizon + 1)
    if count == 0:
        shape = (0, window, horizon) if every_step else (0, horizon)
        return Split(
            {"features": np.zeros((0, window, inputs.shape[1]), np.float32)},
            np.zeros((*shape, targets.shape[1]), np.float32),
        )
    features = np.moveaxis(sliding_window_view(inputs, window, axis=0), -1, 1)[:count]
    ahead = np.moveaxis(sliding_window_view(targets, horizon, axis=0), -1, 1)
    if every_step:
        after = np.moveaxis(sliding_window_view(ahead[1:], window, axis=0), -1, 1)[:count]
    else:
        after = ahead[window : window + count]
    return Split({"features": features}, after, overlapping=True)


def after_last_step(values: np.ndarray, split: Split) -> np.ndarray:
    """Return forecasts or targets (N, H, V); with one at every step, those after the last."""
    if split.targets.ndim < 4:
        return values
    if split.stepwise is not None and split.stepwise in split.lengths:
        return values[np.arange(len(values)), split.lengths[split.stepwise] - 1]
    return values[:, -1]


def baseline(
    label: str,
    splits: Mapping[str, Split],
    forecast: Callable,
    parameters: int = 0,
    units: ErrorUnits = UNSCALED,
) -> Baseline:
    """Return the errors of a rule on validation and test, after the last step of each window.

    Args:
        label: display name.
        splits: `"validation"` and `"test"`, and maybe more.
        forecast: maps a split's name to forecasts in the shape of its targets.
        parameters: numbers that the rule learnt.
        units: units of the errors.
    """
    forecasts, targets = {}, {}
    for name in ("validation", "test"):
        split = splits[name]
        every = np.broadcast_to(forecast(name), split.targets.shape)
        forecasts[name] = after_last_step(every, split)
        targets[name] = after_last_step(split.targets, split)
    scores = {name: units.errors(forecast, targets[name]) for name, forecast in forecasts.items()}
    blocks = [
        units.errors(forecasts["test"][rows], targets["test"][rows])
        for rows in splits["test"].blocks()
    ]
    return Baseline(
        label,
        scores["validation"],
        scores["test"],
        parameters,
        {name: [block[name] for block in blocks] for name in scores["test"]},
    )


def mean_of_train(
    splits: Mapping[str, Split],
    label: str = "Mean of the targets",
    units: ErrorUnits = UNSCALED,
) -> Baseline:
    """Return the baseline that always predicts the mean of the training targets."""
    targets = splits["train"].targets
    mean = targets.mean(axis=tuple(range(targets.ndim - 1)))
    return baseline(label, splits, lambda name: mean, parameters=mean.size, units=units)


def naive(
    series: np.ndarray,
    first: int,
    count: int,
    season: int,
    window: int,
    horizon: int,
    every_step: bool,
) -> np.ndarray:
    """Return forecasts that repeat the last season.

    They use the whole series before a window, not only the window, so a season may be longer.

    Args:
        series: (rows, V), the forecast variables.
        first: the row in which the first window begins.
        count: number of windows (N).
        season: steps of a season; 1 repeats the last value.
        window: steps of an input (T).
        horizon: steps to forecast (H).
        every_step: forecast after each step of the window.

    Returns:
        (N, H, V), or (N, T, H, V) at every step.
    """
    now = np.arange(window) if every_step else np.array([window - 1])
    ahead = np.arange(1, horizon + 1)
    back = now[:, None] + ahead - season * -(-ahead // season)  # (T or 1, H)
    forecast = series[first + np.arange(count)[:, None, None] + back]
    return forecast if every_step else forecast[:, 0]


@dataclass(frozen=True)
class SplitSeries:
    """A series, cut into windows for each split.

    Every target of a split is in the rows of the split. Its first windows begin in the rows before,
    so that each of its rows is forecast; with `look_back=False` windows are entirely in the split.

    Args:
        inputs: (rows, D).
        targets: (rows, V), of the same steps.
        rows: name of a split -> its first row and the one after its last.
        window: steps of an input (T).
        horizon: steps to forecast (H).
        every_step: forecast after each step of the window, not only after its last.
        look_back: whether a window may begin before its split.
        lead: steps from the end of a window to the first of the H that are forecast.
    """

    inputs: np.ndarray
    targets: np.ndarray
    rows: Mapping[str, tuple[int, int]]
    window: int
    horizon: int
    every_step: bool = False
    look_back: bool = True
    lead: int = 1

    @property
    def reach(self) -> int:
        """Steps from the end of a window to the last forecast."""
        return self.lead + self.horizon - 1

    def begin(self, split: str) -> int:
        """Return the row in which the first window of a split begins."""
        first = self.rows[split][0]
        # At every step, the first target is that of the window's second row.
        back = self.lead - 1 + (1 if self.every_step else self.window)
        return max(0, first - back) if self.look_back else first

    def splits(self) -> dict[str, Split]:
        """Return the windows of each split."""
        found = {}
        for name, (_, last) in self.rows.items():
            part = slice(self.begin(name), last)
            split = windows(
                self.inputs[part], self.targets[part], self.window, self.reach, self.every_step
            )
            found[name] = dataclasses.replace(split, targets=self._from_lead(split.targets))
        return found

    def last_season(self, split: str, season: int) -> np.ndarray:
        """Return the forecasts of `naive` for the windows of a split."""
        first, (_, last) = self.begin(split), self.rows[split]
        count = max(0, last - first - self.window - self.reach + 1)
        forecast = naive(
            self.targets, first, count, season, self.window, self.reach, self.every_step
        )
        return self._from_lead(forecast)

    def _from_lead(self, ahead: np.ndarray) -> np.ndarray:
        """Return the steps to forecast, (..., H, V), out of all steps up to the last one."""
        return ahead[..., self.lead - 1 :, :]


def naive_errors(parts: Sequence[SplitSeries], season: int) -> tuple[float, ...] | None:
    """Return the mean absolute error of the naive forecast of a season earlier on train, (V,).

    Args:
        parts: the series, in the targets' unit; of several, the mean of all.
        season: steps of a season.

    Returns:
        None if train is no longer than a season, or a variable repeats itself exactly.
    """
    total, count = np.zeros(parts[0].targets.shape[1]), 0
    for part in parts:
        train = part.targets[slice(*part.rows["train"])]
        for start in range(0, len(train) - season, _BLOCK):
            later = train[start + season : start + season + _BLOCK].astype(float)
            total += np.abs(later - train[start : start + len(later)]).sum(axis=0)
        count += max(0, len(train) - season)
    if not count:
        return None
    means = total / count
    return tuple(means.tolist()) if (means > 1e-9).all() else None


def join_windows(parts: Sequence[SplitSeries]) -> dict[str, Split]:
    """Return the windows of several series, in train with the latest of each series last."""
    found = [part.splits() for part in parts]
    if len(found) == 1:
        return found[0]  # views
    joined = {}
    for name in found[0]:
        splits = [one[name] for one in found]
        rows = np.arange(sum(split.size for split in splits))
        if name == "train":  # a fraction of it consists of its last windows
            to_go = np.concatenate([np.arange(split.size, 0, -1) for split in splits])
            rows = np.argsort(np.argsort(-to_go, kind="stable"))
        features = _place([split.inputs["features"] for split in splits], rows)
        targets = _place([split.targets for split in splits], rows)
        joined[name] = Split({"features": features}, targets, overlapping=True)
    return joined


def _place(arrays: Sequence[np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Return the rows of several arrays in one, each at its place."""
    whole = np.empty((len(rows), *arrays[0].shape[1:]), arrays[0].dtype)
    ends = np.cumsum([len(array) for array in arrays])
    for array, end in zip(arrays, ends, strict=True):
        whole[rows[end - len(array) : end]] = array
    return whole


def baselines(
    parts: Sequence[SplitSeries],
    splits: Mapping[str, Split],
    season: int,
    season_label: str,
    units: ErrorUnits = UNSCALED,
) -> tuple[Baseline, ...]:
    """Return the errors of the last value, the last season and, after a window, a linear model.

    Args:
        parts: the series.
        splits: the result of `join_windows`.
        season: steps of a season, at most the rows before validation; 1 is the last value.
        season_label: the name of the forecast from a season earlier.
        units: units of the errors.
    """
    rules = {"Last value": 1}
    if season > 1:
        rules[season_label + ", repeated" * (parts[0].reach > season)] = season

    def forecasts(name: str, season: int) -> np.ndarray:
        found = [part.last_season(name, season) for part in parts]
        return found[0] if len(found) == 1 else np.concatenate(found)

    found = [
        baseline(label, splits, functools.partial(forecasts, season=steps), units=units)
        for label, steps in rules.items()
    ]
    fitted = None if parts[0].every_step else fit_linear_model(splits["train"])
    if fitted is not None:
        forecast, parameters = fitted
        found.append(
            baseline("Linear model", splits, lambda name: forecast(splits[name]), parameters, units)
        )
    return tuple(found)
