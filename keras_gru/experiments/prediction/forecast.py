"""Forecasts of the rows after the end of a series, with a band."""

# S series, K networks, T time steps, D features, H steps ahead, V variables

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_gru.datasets.preprocessing import Preprocessing, SeriesEnd
from keras_gru.datasets.series.step import dates_after
from keras_gru.datasets.series.table import calendar_features
from keras_gru.datasets.tables.dates import format_date
from keras_gru.errors import UserError
from keras_gru.experiments.bands import LEVEL, Band, Forecasts, find_band
from keras_gru.experiments.forecasts import spread_of
from keras_gru.experiments.prediction.outputs import unscale
from keras_gru.experiments.prediction.rows import rounded
from keras_gru.settings import present


@dataclass(frozen=True)
class Forecast:
    """A forecast of the rows after the end of one or several series.

    Args:
        rows: a dictionary per series and row: its date or number, the step ahead, and for
            each variable the forecast and the ends of the band.
        seeds: (K, S, steps, V) the forecasts of the networks of K seeds, in each variable's unit.
        half_widths: (S, H, V) half the width of the band, in each variable's unit; None if the
            run stored no forecasts.
        coverage: (H, V) the fraction of test within the band.
        notes: how it was made, one sentence each.
    """

    rows: Sequence[dict[str, Any]]
    seeds: np.ndarray
    half_widths: np.ndarray | None
    coverage: np.ndarray | None
    notes: tuple[str, ...]

    @property
    def mean(self) -> np.ndarray:
        """The mean of the seeds' forecasts, (S, steps, V)."""
        return self.seeds.mean(0)


def forecast_ends(
    networks: Sequence[keras.Model],
    ends: Sequence[SeriesEnd],
    steps: int | None,
    config: Any,
    preprocessing: Preprocessing,
    stored: Mapping[str, Forecasts] | None,
    variables: Sequence[str],
) -> Forecast:
    """Forecast the rows after the end of each series.

    Args:
        steps: rows to forecast; None forecasts the horizon H. Beyond it, forecasts are fed back as
            if they were true.
        stored: their forecasts on validation and test, which determine the band.

    Raises:
        UserError: if the network reads columns whose future is not known.
    """
    horizon = preprocessing.spec.horizon
    steps = horizon if steps is None else steps
    if getattr(config, "known", ()):
        raise UserError(
            f"forecast: expected a network that reads only the past, found one that also reads "
            f"{', '.join(config.known)} of the rows to forecast. Use predict on a file that has "
            "them, with empty targets."
        )
    if steps > horizon:
        _check_recursive(config, preprocessing)
    seeds = np.array(
        [
            [_forecast(network, end, steps, config, preprocessing) for end in ends]
            for network in networks
        ]
    )
    band = half_widths = coverage = None
    if stored:
        band = find_band(stored, preprocessing)
        coverage = band.coverage(stored["test"])
        half_widths = np.array([_half_width(band, end, preprocessing) for end in ends])
    lead = preprocessing.spec.lead
    rows = _rows(seeds, ends, half_widths, variables, lead)
    notes = _notes(steps, horizon, band, coverage, lead)
    return Forecast(rows, seeds, half_widths, coverage, notes)


def _half_width(band: Band, end: SeriesEnd, preprocessing: Preprocessing) -> np.ndarray:
    """Return half the width of the band after the end of a series, (H, V)."""
    spec = preprocessing.spec
    spread = spread_of(np.array(end.features), spec.history, spec.outputs)
    half_width = band.half_width(spread[None])[0]
    if preprocessing.series_scalings is None:
        return half_width
    return half_width * np.array(preprocessing.scalings_of(end.name)[1].deviation)


def _notes(
    steps: int,
    horizon: int,
    band: Band | None,
    coverage: np.ndarray | None,
    lead: int,
) -> tuple[str, ...]:
    notes = []
    if steps > horizon:
        notes.append(
            f"Steps 1 to {horizon} are forecast directly; later ones recursively, from forecasts, "
            "and have no band."
        )
    if band is None or coverage is None:
        notes.append("There is no band: this run stored no forecasts on validation.")
    else:
        notes.append(
            f"The {LEVEL:.0%} band, from the newest {band.count:,} errors that are known at "
            f"each time, holds {coverage.mean():.1%} of the test values (steps {lead} to "
            f"{lead + horizon - 1}; by step {coverage.mean(1).min():.1%} to "
            f"{coverage.mean(1).max():.1%})."
        )
    return tuple(notes)


def _check_recursive(config: Any, preprocessing: Preprocessing) -> None:
    """Raise a `UserError` unless all inputs are forecast or follow from the date."""
    spec = preprocessing.spec
    calendars = 2 * len(getattr(config, "calendar", ()))
    is_forecast = spec.history is not None and spec.features == len(spec.history) + calendars
    if not is_forecast or spec.lead > 1:
        reason = "its first forecast is not of the next row" if spec.lead > 1 else "it also reads "
        reason += "columns that it does not forecast" * (spec.lead == 1)
        raise UserError(
            f"--steps: expected at most {spec.horizon}, the network's horizon, as {reason}. "
            "Forecast fewer steps, or train with a longer dataset.horizon."
        )


def _forecast(
    network: keras.Model, end: SeriesEnd, steps: int, config: Any, preprocessing: Preprocessing
) -> np.ndarray:
    """Return a network's forecasts of one series, (steps, V), in each variable's unit."""
    spec = preprocessing.spec
    features = np.array(end.features, np.float32)
    window, found = len(features), []
    while True:
        x = {"features": features[None, -window:]}
        y = network.predict_on_batch(x)[0]
        y = y[-1] if spec.every_step else y
        found.append(y)
        if len(found) * spec.horizon >= steps:
            break
        after = np.zeros((spec.horizon, features.shape[1]), np.float32)
        after[:, list(present(spec.history))] = y
        names = getattr(config, "calendar", ())
        if names:
            first = (len(found) - 1) * spec.horizon
            # The calendar inputs of a row are those of the next row.
            dates = dates_after(present(end.date), present(end.step), first + spec.horizon + 1)
            after[:, -2 * len(names) :] = calendar_features(dates[first + 1 :], config)
        features = np.concatenate([features, after])
    scaled = np.concatenate(found)[:steps]
    return unscale(scaled, preprocessing, end.name)


def _rows(
    seeds: np.ndarray,
    ends: Sequence[SeriesEnd],
    half_widths: np.ndarray | None,
    variables: Sequence[str],
    lead: int,
) -> list[dict[str, Any]]:
    rows = []
    for number, end in enumerate(ends):
        dates = None
        if end.date is not None and end.step is not None:
            dates = dates_after(end.date, end.step, seeds.shape[2] + lead - 1)[lead - 1 :]
        for step in range(seeds.shape[2]):
            row: dict[str, Any] = {} if end.name is None else {"series": end.name}
            if dates is None:
                row["row"] = end.rows + step + lead
            else:
                row["date"] = format_date(dates[step], present(end.step).seconds)
            row["step"] = step + lead
            for variable, name in enumerate(variables):
                values = seeds[:, number, step, variable]
                row[name] = rounded(values.mean())
                half = None
                if half_widths is not None and step < half_widths.shape[1]:
                    half = half_widths[number, step, variable]
                row[f"{name} (low)"] = None if half is None else rounded(values.mean() - half)
                row[f"{name} (high)"] = None if half is None else rounded(values.mean() + half)
                if len(values) > 1:
                    row[f"{name} (lowest seed)"] = rounded(values.min())
                    row[f"{name} (highest seed)"] = rounded(values.max())
            rows.append(row)
    return rows
