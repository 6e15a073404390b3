"""Missing values of a series: found, filled and reported."""

# V columns, D features, H steps ahead

from collections.abc import Mapping, Sequence

import numpy as np

from keras_gru.datasets.series.time_order import Series
from keras_gru.datasets.tables.table import Table
from keras_gru.errors import UserError
from keras_gru.formatting import plural

# Numbers for missing values in files of weather stations, netCDF and databases.
_SUSPICIOUS = (-99, -999, -9999, -99999, 9999, 99999, 999999, 1e20, 9.969209968386869e36, -1e34)
_OFTEN = 3  # rows with a number far from all others, for it to be suspicious
_FAR = 3  # times the range of the other values of a column


def fill_missing(
    table: Table, series: Series, name: str, column: np.ndarray, missing: str, is_target: bool
) -> tuple[np.ndarray, int]:
    """Return a column with missing values filled, and their number.

    With `"mask"`, they are not filled, but a target must have a number.
    """
    is_missing = np.isnan(column)
    count = int(is_missing.sum())
    if count and count == len(column) and (is_target or missing != "mask"):
        raise UserError(f"{table.path}: column {name!r} has no number at all. Leave it out.")
    if count == 0 or missing == "mask":
        return column, count
    if missing == "error":
        index = int(series.rows[np.flatnonzero(is_missing)[0]])
        raise UserError(
            f"{table.locate(name, index)}: expected a finite number such as 0.5, got none "
            f"({count:,} of {len(column):,} are missing). Set dataset.missing: interpolate, "
            "forward_fill or mask, or drop the rows."
        )
    if missing == "forward_fill":
        return fill_forward(column), count
    places = np.flatnonzero(~is_missing)
    return np.interp(np.arange(len(column)), places, column[places]), count


def fill_forward(column: np.ndarray) -> np.ndarray:
    """Replace missing values by the previous value, and leading ones by the next."""
    is_there = ~np.isnan(column)
    if is_there.all() or not is_there.any():
        return column
    last = np.maximum.accumulate(np.where(is_there, np.arange(len(column)), -1))
    return column[np.where(last < 0, np.argmax(is_there), last)]


def rows_with_targets(is_missing: np.ndarray) -> int:
    """Return the number of rows up to the last with a target, given (rows, V) missing ones."""
    places = np.flatnonzero(~is_missing.all(axis=1))
    return int(places[-1]) + 1 if len(places) else len(is_missing)


def note_on_end(count: int, targets: Sequence[str]) -> list[str]:
    """Return a note on the number of rows after the last with a target, or []."""
    if count == 0:
        return []
    are = "is" if count == 1 else "are"
    names = ", ".join(map(repr, targets))
    return [f"{plural(count, 'row')} after the last value of {names} {are} left out."]


def fill_notes(filled: Mapping[str, int], missing: str, rows: int) -> list[str]:
    """Return one sentence for each column with missing values."""
    explanation = {
        "interpolate": "filled by a line between their neighbours, which looks ahead",
        "forward_fill": "filled by the value before them",
        "mask": "masked; where they are targets, the value before them is forecast",
    }
    return [
        f"Column {name!r}: {count:,} of {rows:,} values ({count / rows:.1%}) were missing, "
        f"{explanation[missing]}."
        for name, count in filled.items()
        if count
    ]


def suspicious_value(name: str, column: np.ndarray) -> str | None:
    """Return a warning if an extreme value of a column may represent missing values."""
    known = column[~np.isnan(column)]
    if len(known) == 0:
        return None
    for extreme in (known.min(), known.max()):
        is_usual = any(np.isclose(extreme, number, rtol=1e-6) for number in _SUSPICIOUS)
        if not is_usual and (known == extreme).sum() < _OFTEN:
            continue
        others = known[known != extreme]
        if len(others) == 0 or others.min() == others.max():
            continue
        distance = np.abs(others - extreme).min()
        if distance > _FAR * (others.max() - others.min()):
            written = f"{extreme:g}"
            return (
                f"Warning: column {name!r} has {written} in {(known == extreme).sum():,} rows, far "
                f"from its other values ({others.min():g} to {others.max():g}). If that stands "
                f"for a missing value, set dataset.missing_values: [{written}]."
            )
    return None
