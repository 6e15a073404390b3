"""The season of a series, and whether its level changes."""

import numpy as np

_LONGEST_SEASON = 800  # rows
_STRONG = 0.3  # autocorrelation of a season


def find_season(values: np.ndarray) -> tuple[int | None, float]:
    """Return the season of a series in rows, and its autocorrelation.

    Args:
        values: (rows,), oldest first.

    Returns:
        The lag above 1 of the first high peak of the autocorrelation, or None if none is above
        0.3; and the autocorrelation there.
    """
    count = min(_LONGEST_SEASON, len(values) // 3)
    if count < 3:
        return None, 0.0
    rows = np.arange(len(values))
    level = np.polyval(np.polyfit(rows, values, 1), rows)  # a trend correlates at every lag
    rest = values - level
    if not rest.std() > 1e-9 * np.abs(values).max():
        return None, 0.0
    correlation = _autocorrelation(rest, count)
    inner = correlation[1:-1]
    peaks = np.flatnonzero((inner > correlation[:-2]) & (inner >= correlation[2:])) + 1
    peaks = peaks[(peaks > 1) & (correlation[peaks] > _STRONG)]
    if len(peaks) == 0:
        return None, 0.0
    best = correlation[peaks].max()
    # Multiples of a season correlate equally: take the shortest that is nearly as strong.
    season = int(peaks[correlation[peaks] > 0.9 * best][0])
    # Slow changes of the level move the peak to shorter lags, so subtract the mean of a season
    # around each row. Differences of rows have too much noise for a smooth season.
    total = np.cumsum(np.insert(rest, 0, 0))
    level = (total[season:] - total[:-season]) / season
    around = _autocorrelation(rest[season // 2 :][: len(level)] - level, count)
    near = np.arange(max(2, int(0.8 * season)), min(count, int(1.2 * season) + 1) + 1)
    season = int(near[around[near].argmax()])
    return season, min(1.0, float(correlation[season]))


def _autocorrelation(values: np.ndarray, count: int) -> np.ndarray:
    """Return the autocorrelation at the lags 0 to `count`."""
    values = values - values.mean()
    power = np.abs(np.fft.rfft(values, 2 * len(values))) ** 2
    found = np.fft.irfft(power)[: count + 1]
    return found / found[0] * len(values) / (len(values) - np.arange(count + 1))


def last_to_mean(values: np.ndarray, season: int) -> float:
    """Return the ratio of the errors of two forecasts of what is validation by default.

    It is low where the level moves away from that of train: the error of the value a season earlier
    by that of the mean of train at the same place of the season.
    """
    first, last = int(0.7 * len(values)), int(0.85 * len(values))
    if first < season or first == last:
        return 1.0
    place = np.arange(last) % season
    means = np.bincount(place[:first], values[:first]) / np.bincount(place[:first])
    rows = np.arange(first, last)
    error = np.abs(values[rows] - means[place[rows]]).mean()
    if error <= 1e-3 * values[:last].std():  # the season alone, without noise
        return 1.0
    return float(np.abs(values[rows] - values[rows - season]).mean() / error)
