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
        business_days: whether rows from Monday to Friday follow each other; for months, whether
            each row has the first business day of a month, or with `month_end` the last.
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
    longest = int(steps.max())
    dates = times.astype("datetime64[s]").astype("datetime64[D]")
    kept = _day_of_month(dates) if (steps >= 28 * _DAY).all() else None
    if kept is not None:
        apart = np.diff(dates.astype("datetime64[M]").astype(int))
        size = int(np.bincount(apart).argmax())
        name = {1: "1 month", 3: "1 quarter", 12: "1 year"}.get(size, f"{size} months")
        missing = int((apart // size - 1).clip(0).sum())
        return Step(round(size * 30.44 * _DAY), name, missing, longest, size, *kept)
    values, counts = np.unique(steps, return_counts=True)
    step = int(values[counts.argmax()])
    missing = int((np.rint(steps / step) - 1).clip(0).sum())
    if step == _DAY and ((times // _DAY + 3) % 7 < 5).all():  # 1970 began on a Thursday
        weekdays = int((np.busday_count(dates[:-1], dates[1:]) - 1).sum())
        if weekdays < missing:  # the others are weekends
            return Step(step, "1 business day", weekdays, longest, business_days=True)
    return Step(step, format_step(step), missing, longest)


def _day_of_month(dates: np.ndarray) -> tuple[bool, bool] | None:
    """Return `month_end` and `business_days` of a step of months; None if the rule is another."""
    months = dates.astype("datetime64[M]")
    if np.ptp(dates - months) == np.timedelta64(0):
        return False, False
    if (dates == _days_of(months, month_end=True, business_days=False)).all():
        return True, False
    for month_end in (False, True):  # of a few months that day is a holiday
        if np.mean(dates == _days_of(months, month_end, True)) >= 0.9:
            return month_end, True
    return None


def _days_of(months: np.ndarray, month_end: bool, business_days: bool) -> np.ndarray:
    """Return the first or last day, or business day, of each month."""
    first = (months + month_end).astype("datetime64[D]")
    if not business_days:
        return first - month_end
    return np.busday_offset(first, -month_end, roll="forward")


def dates_after(last: int, step: Step, count: int) -> np.ndarray:
    """Return the dates of the `count` rows after a row of date `last`, in seconds since 1970."""
    ahead = np.arange(1, count + 1)
    if not step.months and not step.business_days:
        return last + step.seconds * ahead
    number, second = divmod(int(last), _DAY)
    day = np.datetime64(number, "D")
    months = day.astype("datetime64[M]") + step.months * ahead
    if not step.months:
        days = np.busday_offset(day, ahead, roll="backward")  # a new file may end on a weekend
    elif step.month_end or step.business_days:
        days = _days_of(months, step.month_end, step.business_days)
    else:
        same_day = months.astype("datetime64[D]") + (day - day.astype("datetime64[M]"))
        days = np.minimum(same_day, _days_of(months, month_end=True, business_days=False))
    return days.astype(np.int64) * _DAY + second
