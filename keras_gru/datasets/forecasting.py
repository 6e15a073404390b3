"""Windows over time series, and forecasts to compare with."""

# N windows, T time steps of a window, D features, H steps ahead, V variables

from collections.abc import Callable, Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from keras_gru.datasets.sequence_dataset import Baseline, SequenceSpec
from keras_gru.datasets.split import Split

_LARGEST_LINEAR_MODEL = 4_000  # inputs: the normal equations take their square


def windows(
    inputs: np.ndarray, targets: np.ndarray, window: int, horizon: int, every_step: bool
) -> Split:
    """All windows that lie inside a series together with what they are to forecast.

    The windows are views: nothing is copied until a batch is gathered.

    Args:
        inputs: (series, D), one row per time step.
        targets: (series, V), of the same steps.
        window: steps of an input (T).
        horizon: steps to forecast (H).
        every_step: forecast after each step of the window, not after its last alone.

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


def standardised(values: np.ndarray, train: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns with mean 0 and standard deviation 1 in train; a constant one stays constant.

    Args:
        values: (series, V).
        train: the first so many rows are the training split.

    Returns:
        float32 (series, V), and the deviations (V,) that they were divided by.
    """
    values = values.astype(float)
    deviation = values[:train].std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1.0)
    return ((values - values[:train].mean(axis=0)) / deviation).astype(np.float32), deviation


def errors(forecast: np.ndarray, targets: np.ndarray, scale: float = 1.0) -> dict[str, float]:
    """Mean absolute and mean squared error, named as a model logs them, in the metric's unit."""
    difference = (forecast.astype(float) - targets) * scale
    return {"mae": float(np.abs(difference).mean()), "mse": float(np.square(difference).mean())}


def baseline(
    label: str,
    splits: Mapping[str, Split],
    forecast: Callable,
    parameters: int = 0,
    scale: float = 1.0,
) -> Baseline:
    """Return the errors of a rule on validation and test.

    Args:
        label: its name for a reader.
        splits: `"validation"` and `"test"`, and maybe more.
        forecast: maps a split's name to forecasts in the shape of its targets.
        parameters: numbers that the rule learnt.
        scale: the metric's unit for each unit of the targets.
    """
    scores = {
        name: errors(forecast(name), splits[name].targets, scale) for name in ("validation", "test")
    }
    return Baseline(label, scores["validation"], scores["test"], parameters)


def mean_of_train(splits: Mapping[str, Split], label: str = "Mean of the targets") -> Baseline:
    """Whatever the input, the mean of the training targets."""
    targets = splits["train"].targets
    mean = targets.mean(axis=tuple(range(targets.ndim - 1)))
    return baseline(label, splits, lambda name: mean, parameters=mean.size)


def naive(history: np.ndarray, season: int, horizon: int, every_step: bool) -> np.ndarray:
    """Forecasts that repeat the last season: the newest known value of the same place in it.

    Args:
        history: (N, T, V), the forecast variables inside each window.
        season: steps of a season; 1 repeats the last value.
        horizon: steps to forecast (H).
        every_step: forecast after each step of the window.

    Returns:
        (N, H, V), or (N, T, H, V) at every step; where the window holds no season yet, the
        newest value stands in.
    """
    steps = history.shape[1]
    now = np.arange(steps) if every_step else np.array([steps - 1])
    ahead = np.arange(1, horizon + 1)
    at = now[:, None] + ahead - season * -(-ahead // season)
    at = np.where(at < 0, now[:, None], at)  # (T or 1, H)
    forecast = history[:, at]
    return forecast if every_step else forecast[:, 0]


def linear(train: Split) -> tuple[Callable[[Split], np.ndarray], int] | None:
    """The linear model of the whole window with the least squared error on train.

    Args:
        train: windows with targets (N, H, V).

    Returns:
        A function from a split to its forecasts, and the number of parameters; None where the
        window has too many numbers for a comparison to be worth its time.
    """
    _, steps, width = train.inputs["features"].shape
    size = steps * width + 1
    if size > _LARGEST_LINEAR_MODEL:
        return None
    outputs = train.targets.shape[1:]

    def blocks(split: Split):
        for start in range(0, split.size, 4096):
            block = split.inputs["features"][start : start + 4096].astype(float)
            block = block.reshape(len(block), -1)
            yield slice(start, start + 4096), np.hstack([block, np.ones((len(block), 1))])

    gram, moment = np.zeros((size, size)), np.zeros((size, int(np.prod(outputs))))
    for rows, x in blocks(train):
        gram += x.T @ x
        moment += x.T @ train.targets[rows].astype(float).reshape(len(x), -1)
    # A trace of ridge: columns that say the same (one-hot with a constant) have no one solution.
    weights = np.linalg.solve(gram + 1e-9 * np.trace(gram) * np.eye(size), moment)

    def forecast(split: Split) -> np.ndarray:
        parts = [x @ weights for _, x in blocks(split)]
        return np.concatenate(parts).reshape(split.size, *outputs)

    return forecast, weights.size


def baselines(
    splits: Mapping[str, Split],
    history: Mapping[str, np.ndarray],
    spec: SequenceSpec,
    season: int,
    naive_label: str,
    scale: float = 1.0,
) -> tuple[Baseline, ...]:
    """The naive forecast and, where a forecast follows the whole window, the linear model.

    Args:
        splits: windows of `windows`.
        history: name of a split -> (N, T, V), the forecast variables inside each window.
        spec: of the dataset.
        season: steps of a season; 1 repeats the last value, and so does one that no window holds.
        naive_label: what a reader calls the forecast from a season earlier.
        scale: the metric's unit for each unit of the targets.
    """
    if season > spec.length:
        season = 1

    def last_season(name: str) -> np.ndarray:
        return naive(history[name], season, spec.horizon, spec.every_step)

    label = _naive_label(naive_label, season, spec)
    found = [baseline(label, splits, last_season, scale=scale)]
    fitted = None if spec.every_step else linear(splits["train"])
    if fitted is not None:
        forecast, parameters = fitted
        found.append(
            baseline("Linear model", splits, lambda name: forecast(splits[name]), parameters, scale)
        )
    return tuple(found)


def _naive_label(label: str, season: int, spec: SequenceSpec) -> str:
    """`label`, and what `naive` does where it cannot look exactly one season back."""
    if season == 1:
        return "Last value"
    if spec.horizon > season:
        label += ", repeated"
    if spec.every_step:
        label += ", or the last value"
    return label
