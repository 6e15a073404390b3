"""Numbers and times as a reader sees them, the same in the terminal and on the page."""

import math
from datetime import datetime

from keras_gru.datasets.sequence_dataset import Metric
from keras_gru.experiments.statistics.summary import Spread


def scaled(value: float, metric: Metric) -> str:
    """A logged value of the metric: scaled to the reader's unit, with its digits."""
    return quantity(value * metric.scale, metric)


def quantity(value: float, metric: Metric) -> str:
    """A value that is in the reader's unit already."""
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 1e9 or (abs(value) >= 1e6 and metric.scale == 1):
        return f"{value:.2e}"  # far from any sensible result: what matters is how far
    if 0 < abs(value) < 10**-metric.digits:
        return significant(value, 2)  # the adding problem is judged by millionths
    return f"{value:,.{metric.digits}f}"


def spread(values: Spread | None, metric: Metric) -> str:
    """`mean ± deviation`, in the reader's unit; the mean alone where there is one seed."""
    if values is None or not math.isfinite(values.mean):
        return "–"
    if values.deviation is None:
        return quantity(values.mean, metric)
    return f"{quantity(values.mean, metric)} ± {quantity(values.deviation, metric)}"


def significant(value: float, digits: int = 3) -> str:
    """Enough digits to compare, and no exponent where a reader can do without."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    if 1e-4 <= abs(value) < 10 ** (digits + 3):
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        return f"{value:,.{decimals}f}"
    return f"{value:.{digits - 1}e}"


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
