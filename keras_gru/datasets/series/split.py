"""Which rows of a series are train, validation and test."""

import itertools

import numpy as np

from keras_gru.datasets.series.settings import SeriesSettings
from keras_gru.datasets.series.time_order import Series
from keras_gru.datasets.series.values import SeriesValues
from keras_gru.datasets.split import SPLITS
from keras_gru.errors import UserError
from keras_gru.formatting import plural


def split_rows(
    config: SeriesSettings, series: Series | SeriesValues, all_as_test: bool = False
) -> dict[str, tuple[int, int]]:
    """Return name of a split -> its first row and the one after its last."""
    test = _first_row(config, "test_from", series)
    if test is None:
        test = series.size - round(series.size * config.test_fraction)
    validation = _first_row(config, "validation_from", series)
    if validation is None:
        validation = max(0, test - round(series.size * config.validation_fraction))
    sizes: dict[str, int] = dict(
        zip(SPLITS, (validation, test - validation, series.size - test), strict=True)
    )
    if all_as_test:
        sizes = {"test": series.size}
    _check_sizes(config, sizes, series.name)
    ends = itertools.accumulate(sizes.values())
    return {name: (end - sizes[name], end) for name, end in zip(sizes, ends, strict=True)}


def _first_row(config: SeriesSettings, setting: str, series: Series | SeriesValues) -> int | None:
    """Return the first row on or after the date of a setting, or None."""
    date = getattr(config, setting)
    if date is None:
        return None
    if series.dates is None:
        raise UserError(
            f"dataset.{setting}: expected a column of dates in {config.path}, found none. Set "
            "dataset.time to it, or leave the setting out."
        )
    second = np.datetime64(date, "s").astype(np.int64)
    return int(np.searchsorted(series.dates, second))


def _check_sizes(config: SeriesSettings, sizes: dict[str, int], series: str | None) -> None:
    where = "" if series is None else f" of the series {series!r}"
    for number, (name, size) in enumerate(sizes.items()):
        # The windows of the later splits begin in the rows before them.
        window = config.every_step * (config.window - 1) if number else config.window
        reach = config.horizon + (config.lead - 1 if number == 0 else 0)
        if size < window + reach:
            parts = f"window {window}, horizon {reach}" if window else f"horizon {reach}"
            needed = f"{plural(window + reach, 'row')} ({parts})"
            remedy = "Use more rows" if series is None else "Leave out short series"
            raise UserError(
                f"{config.path}: expected at least {needed} in {name}{where}, got {size}. "
                f"{remedy}, or use another fraction for {name}, or a shorter dataset.window or "
                "dataset.horizon."
            )
    if config.season is not None and config.season > sizes.get("train", config.season):
        raise UserError(
            f"dataset.season: expected at most {sizes['train']}, the rows of train{where}, got "
            f"{config.season}. Leave it out, or use more rows."
        )
