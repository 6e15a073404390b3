"""Format numbers and times for the terminal, files and pages."""

import dataclasses
import math
from collections.abc import Iterable
from datetime import datetime

from keras_gru.datasets.metric import Metric


def quantity(value: float, metric: Metric) -> str:
    """Format a value of the metric with its digits, or at least two significant ones."""
    if not math.isfinite(value):
        return "–"
    if _is_far(value, metric):
        return f"{value:.2e}"
    if 0 < abs(value) < 10 ** (1 - metric.digits):
        return significant(value, 2)  # errors on the adding problem are millionths
    return _fixed(value, metric.digits)


def with_distinct_digits(values: Iterable[float], metric: Metric) -> Metric:
    """Return the metric with enough digits to distinguish values, at most two more.

    With one digit, 1.644 and 1.579 would both be shown as 1.6.
    """
    distinct = {value for value in values if math.isfinite(value)}
    for digits in range(metric.digits, metric.digits + 3):
        candidate = dataclasses.replace(metric, digits=digits)
        if len({quantity(value, candidate) for value in distinct}) == len(distinct):
            return candidate
    return metric


def plus_minus(value: float, half: float | None, metric: Metric) -> str:
    """Format a value with its standard deviation or half its interval, such as `8.69 ± 0.02`.

    Both have the metric's digits, or enough for two significant digits of the larger one, and for
    one of the smaller if that takes at most two more. The deviation is omitted for a single seed.
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
    """Return the decimal place of the first significant digit."""
    return -math.floor(math.log10(value))


def _fixed(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:,.{digits}f}"  # the sum makes 0 of -0


def _is_far(value: float, metric: Metric) -> bool:
    """Return whether a value is so large that only its order of magnitude matters."""
    return abs(value) >= 1e9 or (abs(value) >= 1e6 and metric.digits > 0)


def significant(value: float, digits: int = 3) -> str:
    """Format a number with significant digits, with an exponent if it is tiny or huge."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    if 1e-5 <= abs(value) < 10 ** (digits + 3):
        decimals = max(0, digits - 1 + _zeros(abs(value)))
        return f"{value:,.{decimals}f}"
    return f"{value:.{digits - 1}e}"


def rounded(value: float) -> str:
    """Format an estimate from a few seeds: with two significant digits."""
    return f"{float(f'{value:.2g}'):,g}"


def percent(fraction: float) -> str:
    """Format a fraction in percent, with two significant digits."""
    return f"{float(f'{100 * fraction:.2g}'):g}%"


def setting_value(value: object) -> str:
    """Format the value of a setting: a float with three significant digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def plural(count: int, noun: str) -> str:
    """Format a count with its noun, such as `1 seed` or `3 seeds`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """Format seconds, such as `0.4 s`, `12 s`, `3 min 05 s` or `2 h 07 min`."""
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
    """Format a moment in ISO 8601, such as `31 Jan 2026, 12:00`."""
    parsed = datetime.fromisoformat(moment)
    return f"{parsed.day} {parsed:%b %Y, %H:%M}"
