"""Notes on a series: constant columns, filled targets, and those outside of the range of train."""

from collections.abc import Sequence

import numpy as np

from keras_gru.datasets.preprocessing import Scaling
from keras_gru.datasets.series import forecasting
from keras_gru.datasets.series.settings import SeriesSettings
from keras_gru.datasets.series.values import SeriesValues


def notes_on_scaling(
    series: SeriesValues, scalings: tuple[Scaling, Scaling], rows: dict
) -> list[str]:
    """Return notes on columns that are constant in train."""
    train, notes = slice(*rows["train"]), []
    values = {name: series.inputs[:, index] for index, name in enumerate(scalings[0].columns)}
    values |= {name: series.targets[:, index] for index, name in enumerate(scalings[1].columns)}
    for name, column in values.items():
        if Scaling.is_constant(column[train]):
            later = "" if Scaling.is_constant(column) else ", and other values later"
            where = "" if series.name is None else f" of {series.name!r}"
            notes.append(
                f"Warning: column {name!r}{where} has the one value {column[0]:g} in train{later}; "
                "it is centred and not scaled."
            )
    return notes


def notes_on_filled(
    series: Sequence[SeriesValues], parts: Sequence[forecasting.SplitSeries]
) -> list[str]:
    """Return a note on the targets of each split that were missing."""
    counts = []
    for name in parts[0].rows:
        pairs = zip(series, parts, strict=True)
        filled = np.concatenate([one.filled[slice(*part.rows[name])] for one, part in pairs])
        if filled.any():
            counts.append(f"{filled.sum():,} of {filled.size:,} {name} targets")
    if not counts:
        return []
    return [f"Warning: {', '.join(counts)} are filled values; errors count them as true."]


def notes_on_range(config: SeriesSettings, parts: Sequence[forecasting.SplitSeries]) -> list[str]:
    """Return a note if targets leave their range in train."""
    outside = {name: [0, 0] for name in ("validation", "test")}
    for part in parts:
        train = part.targets[slice(*part.rows["train"])]
        low, high = train.min(axis=0), train.max(axis=0)
        # Slightly outside, relative to the width of the range, is not a trend.
        margin = 0.05 * (high - low)
        for name, counts in outside.items():
            values = part.targets[slice(*part.rows[name])]
            counts[0] += int(((values < low - margin) | (values > high + margin)).any(1).sum())
            counts[1] += len(values)
    fractions = {name: count / size for name, (count, size) in outside.items()}
    if max(fractions.values()) < 0.1:
        return []
    words = " and ".join(f"{part:.0%} of {name}" for name, part in fractions.items() if part)
    remedy = "Set model.subtract_last: true: the network then forecasts changes."
    if config.every_step:
        remedy = "Set dataset.every_step: false and model.subtract_last: true."
    return [f"Warning: {words} lies outside the range of the targets in train. {remedy}"]
