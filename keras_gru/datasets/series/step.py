"""The time step between the rows of a series: seconds, months or business days."""

from dataclasses import dataclass

import numpy as np

from keras_gru.datasets.tables.dates import format_step

_DAY = 86_400


@dataclass(frozen=True)
class Step:
    """The time step between rows.

    Args:
        seconds: the most frequent difference; for months their mean.
        name: name shown to readers, such as "1 hour".
        missing: rows that are missing where every step had one.
        longest_gap: seconds.
        months: calendar months; 0 if the step is not one of months.
        month_end: whether each row has the last day of a month.
        business_days: whether rows from Monday to Friday follow each other.
    """

    seconds: int
    name: str
    missing: int = 0
    longest_gap: int = 0
    months: int = 0
    month_end: bool = False
    business_days: bool = False


def find_step(times: np.ndarray) -> Step:
    """Return the step of dates in ascending order, with gaps."""
    steps = np.diff(times)
    if len(steps) == 0:
        return Step(_DAY, "unknown")
    days = times.astype("datetime64[s]")
    months = days.astype("datetime64[M]").astype(int)
    longest = int(steps.max())
    in_month = times - days.astype("datetime64[M]").astype("datetime64[s]").astype(np.int64)
    last_of_month = (days + np.timedelta64(_DAY, "s")).astype("datetime64[M]").astype(int) > months
    month_end = bool(last_of_month.all())
    if (steps >= 28 * _DAY).all() and ((in_month == in_month[0]).all() or month_end):
        apart = np.diff(months)
        size = int(np.bincount(apart).argmax())
        name = {1: "1 month", 3: "1 quarter", 12: "1 year"}.get(size, f"{size} months")
        missing = int((apart // size - 1).clip(0).sum())
        return Step(round(size * 30.44 * _DAY), name, missing, longest, size, month_end)
    values, counts = np.unique(steps, return_counts=True)
    step = int(values[counts.argmax()])
    missing = int((np.rint(steps / step) - 1).clip(0).sum())
    if step == _DAY and ((times // _DAY + 3) % 7 < 5).all():  # 1970 began on a Thursday
        dates = days.astype("datetime64[D]")
        weekdays = int((np.busday_count(dates[:-1], dates[1:]) - 1).sum())
        if weekdays < missing:  # the others are weekends
            return Step(step, "1 business day", weekdays, longest, business_days=True)
    return Step(step, format_step(step), missing, longest)


def dates_after(last: int, step: Step, count: int) -> np.ndarray:
    """Return the dates of the `count` rows after a row of date `last`, in seconds since 1970."""
    ahead = np.arange(1, count + 1)
    if not step.months and not step.business_days:
        return last + step.seconds * ahead
    number, second = divmod(int(last), _DAY)
    day = np.datetime64(number, "D")
    if step.business_days:
        days = np.busday_offset(day, ahead, roll="backward")  # a new file may end on a weekend
    else:
        months = day.astype("datetime64[M]") + step.months * ahead
        first = months.astype("datetime64[D]")
        last_day = (months + 1).astype("datetime64[D]") - first - 1
        day_of_month = day - day.astype("datetime64[M]")
        days = first + (last_day if step.month_end else np.minimum(day_of_month, last_day))
    return days.astype(np.int64) * _DAY + second
