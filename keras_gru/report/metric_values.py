"""Format values of metrics, with their digits."""

import dataclasses
import math
from collections.abc import Iterable

from keras_gru.datasets.metric import Metric
from keras_gru.formatting import decimal_place, significant


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
    digits = max(metric.digits, 1 + decimal_place(larger)) if larger else metric.digits
    if smaller and digits < decimal_place(smaller) <= digits + 2:  # beyond, it is as good as none
        digits = decimal_place(smaller)
    return f"{_fixed(value, digits)} ± {_fixed(half, digits)}"


def _fixed(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:,.{digits}f}"  # the sum makes 0 of -0


def _is_far(value: float, metric: Metric) -> bool:
    """Return whether a value is so large that only its order of magnitude matters."""
    return abs(value) >= 1e9 or (abs(value) >= 1e6 and metric.digits > 0)
