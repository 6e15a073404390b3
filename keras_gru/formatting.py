"""Numbers and times as a reader sees them, the same in the terminal, in files and on a page."""

import math
from datetime import datetime

from keras_gru.datasets.metric import Metric


def quantity(value: float, metric: Metric) -> str:
    """Format a value of the metric: with its digits, or with two significant ones."""
    if not math.isfinite(value):
        return "–"
    if _is_far(value, metric):
        return f"{value:.2e}"
    if 0 < abs(value) < 10 ** (1 - metric.digits):
        return significant(value, 2)  # the adding problem is judged by millionths
    return _fixed(value, metric.digits)


def plus_minus(value: float, half: float | None, metric: Metric) -> str:
    """`8.69 ± 0.02`: a value in the reader's unit, and its deviation or half its interval.

    Both have the metric's digits, or as many as show two of the larger one that count, and one of
    the smaller if two more are enough for that. The value stands alone where there is one seed and
    so no deviation.
    """
    if half is None or not (math.isfinite(value) and math.isfinite(half)):
        return quantity(value, metric)
    smaller, larger = sorted((abs(value), abs(half)))
    if _is_far(larger, metric):
        return f"{value:.2e} ± {half:.2e}"
    digits = max(metric.digits, 1 + _zeros(larger)) if larger else metric.digits
    if smaller and digits < _zeros(smaller) <= digits + 2:  # beyond, it is as good as none
        digits = _zeros(smaller)
    return f"{_fixed(value, digits)} ± {_fixed(half, digits)}"


def _zeros(value: float) -> int:
    """The place after the point of the first digit that counts."""
    return -math.floor(math.log10(value))


def _fixed(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:,.{digits}f}"  # the sum makes 0 of -0


def _is_far(value: float, metric: Metric) -> bool:
    """So far from any sensible result that what matters is how far."""
    return abs(value) >= 1e9 or (abs(value) >= 1e6 and metric.digits > 0)


def significant(value: float, digits: int = 3) -> str:
    """StopRun digits to compare, and no exponent where a reader can do without."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    if 1e-5 <= abs(value) < 10 ** (digits + 3):
        decimals = max(0, digits - 1 + _zeros(abs(value)))
        return f"{value:,.{decimals}f}"
    return f"{value:.{digits - 1}e}"


def rounded(value: float) -> str:
    """Two digits that count, as much as an estimate from a few seeds is worth."""
    return f"{float(f'{value:.2g}'):,g}"


def percent(share: float) -> str:
    """A share for a reader, with two digits that count."""
    return f"{float(f'{100 * share:.2g}'):g}%"


def plural(count: int, noun: str) -> str:
    """`1 seed`, `3 seeds`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s` or `2 h 07 min`."""
    if not math.isfinite(seconds):
        return "–"
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(whole / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def date(moment: str) -> str:
    """`31 Jan 2026, 12:00`, of a moment in ISO 8601."""
    of = datetime.fromisoformat(moment)
    return f"{of.day} {of:%b %Y, %H:%M}"
