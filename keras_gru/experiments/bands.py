"""Forecasts, and a band around them from the errors known at the time of each forecast."""

# N windows, M errors, H steps ahead, V variables

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from keras_gru.datasets.preprocessing import Preprocessing

LEVEL = 0.9  # fraction of true values within the band
_FEWEST = 50  # errors for a quantile, if there are that many
_UPDATES = 50  # updates of the quantile until all its errors are replaced


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of a split, or of up to 10,000 evenly spaced windows of it.

    Args:
        windows: (N,) the number of each window in the split.
        forecast: (N, H, V) in each variable's unit, of several series in standard deviations; at
            every step, those after the last one.
        truth: (N, H, V).
        spread: (N, V) result of `spread_of` for each window.
    """

    windows: np.ndarray
    forecast: np.ndarray
    truth: np.ndarray
    spread: np.ndarray

    def errors(self) -> dict[str, np.ndarray]:
        """Return the mean absolute and the mean squared error of each step and variable, (H, V)."""
        absolute = self.absolute_errors()
        return {"mae": absolute.mean(0), "mse": np.square(absolute).mean(0)}

    def absolute_errors(self) -> np.ndarray:
        """Return the absolute errors, (N, H, V)."""
        return np.abs(self.forecast.astype("float64") - self.truth)

    def part(self, rows: slice) -> "Forecasts":
        """Return a part of the windows."""
        fields = (self.windows, self.forecast, self.truth, self.spread)
        return Forecasts(*(field[rows] for field in fields))


@dataclass(frozen=True)
class Band:
    """A band around forecasts that holds `LEVEL` of the truth.

        half width = quantile · (weight · spread + floor)

    The quantile is the ⌈(count + 1) · LEVEL⌉-th smallest of the latest `count` scores known at the
    time of the forecast: those of validation and of earlier windows of test.

    Args:
        scores: (M, H, V) absolute errors, divided by `weight * spread + floor`, in the order in
            which they become known.
        known_from: (M,) the first window of test at which each score is known.
        count: number of scores in a quantile.
        floor: (V,) minimum width.
        weight: (V,) 1 if the width follows the spread of the window, 0 if it is constant.
    """

    scores: np.ndarray
    known_from: np.ndarray
    count: int
    floor: np.ndarray
    weight: np.ndarray

    def half_width(self, spread: np.ndarray, windows: np.ndarray | None = None) -> np.ndarray:
        """Return half the width (N, H, V) for windows with a spread (N, V).

        Args:
            spread: result of `spread_of` for each window.
            windows: (N,) their numbers in test; None for its end, when all scores are known.
        """
        size = len(self.scores)
        known = np.full(len(spread), size)
        if windows is not None:
            known = np.searchsorted(self.known_from, windows, side="right")
        every = -(-self.count // _UPDATES)
        known = np.maximum(size - -(-(size - known) // every) * every, 1)
        ends, numbers = np.unique(known, return_inverse=True)
        quantiles = np.stack([self._quantile(end) for end in ends])
        return quantiles[numbers] * (self.weight * spread + self.floor)[:, None]

    def _quantile(self, end: int) -> np.ndarray:
        newest = self.scores[max(0, end - self.count) : end]
        rank = min(len(newest), math.ceil((len(newest) + 1) * LEVEL))
        return np.partition(newest, rank - 1, axis=0)[rank - 1]

    def coverage(self, test: Forecasts) -> np.ndarray:
        """Return the fraction of the truth of test in the band, by step and variable, (H, V)."""
        return (test.absolute_errors() <= self.half_width(test.spread, test.windows)).mean(0)

    def interval_score(self, test: Forecasts) -> np.ndarray:
        """Return the mean interval score of each variable, (V,); lower is better."""
        half = self.half_width(test.spread, test.windows)
        outside = np.maximum(test.absolute_errors() - half, 0)
        return (2 * half + 2 / (1 - LEVEL) * outside).mean((0, 1))


def find_band(found: Mapping[str, Forecasts], preprocessing: "Preprocessing") -> Band:
    """Return the band of a network by split conformal prediction, calibrated on a moving window.

    The errors of a window are known `lead + H - 1` windows later. A quantile uses half as many
    errors as validation has. With several series, whose windows are not in the order of time, it
    uses all errors of validation and none of test.

    For each variable the width is constant, or follows the spread of the window with half of its
    mean as the floor, whichever has the lower interval score on the later half of validation.

    Reference:

    - [Lei et al., 2018](https://arxiv.org/abs/1604.04173), section 5.2 (locally weighted)
    - [Barber et al., 2023](https://arxiv.org/abs/2202.13415), with equal weights in the window
    - [Gneiting and Raftery, 2007](https://doi.org/10.1198/016214506000001437), section 6.2
    - [Gibbs and Candès, 2021](https://arxiv.org/abs/2106.00170), an alternative that adapts the
      level with a step size
    """
    validation, test = found["validation"], found["test"]
    size, horizon, variables = validation.truth.shape
    reach, is_one = preprocessing.spec.lead + horizon - 1, preprocessing.series_scalings is None
    count = max(size // 2, min(size, _FEWEST))
    constant, following = np.zeros(variables), validation.spread.any(0).astype(float)
    half, weight = size // 2, constant
    if half > reach:
        earlier, later = validation.part(slice(half)), validation.part(slice(half, None))
        known = [earlier.windows + reach, later.windows + reach] if is_one else []
        scores = [
            _fit([earlier, later], known, candidate, count).interval_score(later)
            for candidate in (constant, following)
        ]
        weight = np.where(scores[1] < scores[0], following, constant)
    # The rows before the first target of test are the last targets of validation.
    start = validation.windows[-1] + horizon
    known = [validation.windows + reach - start, test.windows + reach] if is_one else []
    return _fit([validation, test], known, weight, count)


def _fit(
    parts: Sequence[Forecasts],
    known_from: Sequence[np.ndarray],
    weight: np.ndarray,
    count: int,
) -> Band:
    """Return the band of the second of two parts.

    Args:
        parts: two consecutive parts; the first determines the floor.
        known_from: for each part, the windows of the second at which its errors become known; empty
            if all errors of the first are known and none of the second.
        weight: (V,) weight of the spread.
        count: number of scores in a quantile.
    """
    floor = np.where(weight > 0, parts[0].spread.mean(0) / 2, 1.0)
    if not known_from:
        parts, known_from = parts[:1], [np.full(len(parts[0].windows), -1)]
        count = len(parts[0].windows)
    scores = [part.absolute_errors() / (weight * part.spread + floor)[:, None] for part in parts]
    return Band(np.concatenate(scores), np.concatenate(known_from), count, floor, weight)
