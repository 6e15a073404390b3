"""Exponential smoothing with trend and season, with forecasts from every row of a series."""

# H steps ahead, V variables

from collections.abc import Mapping, Sequence

import numpy as np

from keras_gru.datasets.metric import Baseline, ErrorUnits
from keras_gru.datasets.series import forecasting
from keras_gru.datasets.split import Split
from keras_gru.errors import UserError

_LONGEST_FIT = 2_000  # rows of train, its last ones: the search takes seconds for more
_LONGEST_SEASON = 400
_MOST_ROWS = 500_000  # rows and variables: each is one step of a loop in Python


def exponential_smoothing(
    parts: Sequence[forecasting.SplitSeries],
    splits: Mapping[str, Split],
    season: int,
    units: ErrorUnits,
) -> Baseline | None:
    """Return the errors of additive exponential smoothing, with damped trend and season.

    Its parameters minimize the squared error one step ahead on train; level, trend and season are
    then updated row by row, so that each forecast uses all rows before it.

    Args:
        parts: the series.
        splits: what `forecasting.join_windows` returns.
        season: rows per season; 1 disables it.
        units: units of the errors.

    Returns:
        The baseline; None if there is a forecast at every step, or too many rows.

    Raises:
        UserError: if statsmodels is not installed.

    Reference:

    - [Hyndman and Athanasopoulos, 2021](https://otexts.com/fpp3/expsmooth.html), chapter 8
    """
    if parts[0].every_step or sum(part.targets.size for part in parts) > _MOST_ROWS:
        return None
    season = season if 1 < season <= _LONGEST_SEASON else 1
    tracks = [
        [_states(part.targets[:, index], part.rows["train"][1], season) for index in range(width)]
        for part in parts
        for width in [part.targets.shape[1]]
    ]

    def forecasts(name: str) -> np.ndarray:
        found = []
        for part, states in zip(parts, tracks, strict=True):
            first, last = part.begin(name) + part.window - 1, part.rows[name][1] - part.reach
            now = np.arange(first, last)
            ahead = np.stack(
                [_forecast_from(state, now, part.reach, season) for state in states], -1
            )
            found.append(ahead[:, part.lead - 1 :])
        return np.concatenate(found)

    parameters = sum(3 + (season > 1) * (1 + season) for track in tracks for _ in track)
    return forecasting.baseline("Exponential smoothing", splits, forecasts, parameters, units)


def _states(series: np.ndarray, train: int, season: int) -> tuple[np.ndarray, ...]:
    """Return level (rows,), trend (rows,), season (rows + season,) after each row, and damping."""
    try:
        from statsmodels.tsa.holtwinters import ExponentialSmoothing
    except ImportError:
        raise UserError(
            "dataset.smoothing: expected the package statsmodels, found none. "
            "pip install 'keras_gru[smoothing]', or leave the setting out."
        ) from None
    import warnings

    values = series.astype(float)
    start = max(0, train - max(_LONGEST_FIT, 4 * season))
    seasonal = season > 1 and train - start >= 2 * season
    with warnings.catch_warnings():  # the search may not converge, but is good enough
        warnings.simplefilter("ignore")
        fitted = ExponentialSmoothing(
            values[start:train],
            trend="add",
            damped_trend=True,
            seasonal="add" if seasonal else None,
            seasonal_periods=season if seasonal else None,
            initialization_method="heuristic" if train - start >= 10 + 2 * season else "estimated",
        ).fit()
    found = fitted.params
    alpha, beta = float(found["smoothing_level"]), float(found["smoothing_trend"])
    gamma = float(found["smoothing_seasonal"]) if seasonal else 0.0
    damping = float(found["damping_trend"])
    swing = np.zeros(len(values) + season)
    if seasonal:
        swing[:season] = np.roll(found["initial_seasons"], start % season)
    level, trend = np.empty(len(values)), np.empty(len(values))
    now, slope = float(values[0] - swing[0]), 0.0
    for row, value in enumerate(values.tolist()):
        before, expected = now, now + damping * slope
        now = alpha * (value - swing[row]) + (1 - alpha) * expected
        # statsmodels' beta applies to the change of the level, and gamma to that of the season.
        slope = beta * (now - before) + (1 - beta) * damping * slope
        swing[row + season] = gamma * (value - expected) + (1 - gamma) * swing[row]
        level[row], trend[row] = now, slope
    return level, trend, swing, np.array(damping)


def _forecast_from(states: tuple[np.ndarray, ...], now: np.ndarray, horizon: int, season: int):
    """Return the forecasts from some rows, (rows, H)."""
    level, trend, swing, damping = states
    ahead = np.arange(1, horizon + 1)
    growth = np.cumsum(damping**ahead)
    # The latest seasonal value of each step: that of row + ahead − k seasons.
    place = now[:, None] + 1 + (ahead - 1) % season
    return level[now, None] + growth * trend[now, None] + swing[place]
