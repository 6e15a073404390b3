"""The time step between the rows of a series: seconds, months or business days."""

import dataclasses
from dataclasses import dataclass
from typing import Self

import numpy as np

from keras_gru.datasets.tables.dates import format_step
from keras_gru.formatting import plural

_DAY = 86_400
_SHARE_OF_DAYS = 0.9  # of the months that have the day of a rule; in others it is a holiday


@dataclass(frozen=True)
class Step:
    """The time step between rows.

    Args:
        seconds: the most frequent difference; for months their mean; for business days so many
            days.
        name: name shown to readers, such as "1 hour".
        missing: rows that are missing where every step had one.
        longest_gap: seconds.
        months: calendar months; 0 if the step is not one of months.
        month_end: whether each row has the last day of a month.
        business_days: whether only days from Monday to Friday count; for months, whether each row
            has the first business day of a month, or with `month_end` the last.
    """

    seconds: int
    name: str
    missing: int = 0
    longest_gap: int = 0
    months: int = 0
    month_end: bool = False
    business_days: bool = False

    def with_gaps(self, times: np.ndarray) -> Self:
        """Return the step with the gaps of dates in ascending order."""
        steps = np.diff(times)
        if len(steps) == 0:
            return dataclasses.replace(self, missing=0, longest_gap=0)
        missing = int((self.between(times) - 1).clip(0).sum())
        return dataclasses.replace(self, missing=missing, longest_gap=int(steps.max()))

    def between(self, times: np.ndarray) -> np.ndarray:
        """Return the number of steps from each row to the next."""
        days = _days(times)
        if self.months:
            return np.diff(days.astype("datetime64[M]").astype(int)) // self.months
        if self.business_days:
            return np.busday_count(days[:-1], days[1:]) // (self.seconds // _DAY)
        return np.rint(np.diff(times) / self.seconds).astype(int)

    def is_step_of(self, times: np.ndarray) -> bool:
        """Return whether dates have the days of this step, and are mostly one step apart."""
        if len(times) < 2:
            return True
        between = self.between(times)
        is_one = bool((between > 0).all()) and np.bincount(between).argmax() == 1
        return is_one and self._has_days_of(times)

    def _has_days_of(self, times: np.ndarray) -> bool:
        if not self.months:
            return not self.business_days or _are_weekdays(times)
        days = _days(times)
        if not (self.month_end or self.business_days):
            return _day_of_month(days) == (False, False)
        own = _days_of(days.astype("datetime64[M]"), self.month_end, self.business_days)
        return bool(np.mean(days == own) >= _SHARE_OF_DAYS)


def find_step(times: np.ndarray, expected: Step | None = None) -> Step:
    """Return the step of dates in ascending order, with gaps.

    Args:
        expected: the step that similar series have. It is returned if it is that of the dates, as
            few rows do not show which days a step leaves out.
    """
    step = expected if expected and expected.is_step_of(times) else _most_frequent_step(times)
    return step.with_gaps(times)


def _most_frequent_step(times: np.ndarray) -> Step:
    steps = np.diff(times)
    if len(steps) == 0:
        return Step(_DAY, "unknown")
    kept = _day_of_month(_days(times)) if (steps >= 28 * _DAY).all() else None
    if kept is not None:
        months = np.diff(_days(times).astype("datetime64[M]").astype(int))
        size = int(np.bincount(months).argmax())
        name = {1: "1 month", 3: "1 quarter", 12: "1 year"}.get(size, f"{size} months")
        return Step(round(size * 30.44 * _DAY), name, 0, 0, size, *kept)
    values, counts = np.unique(steps, return_counts=True)
    seconds = int(values[counts.argmax()])
    step = Step(seconds, format_step(seconds))
    if seconds % _DAY or seconds % (7 * _DAY) == 0 or not _are_weekdays(times):
        return step
    days = _days(times)
    apart = np.busday_count(days[:-1], days[1:])
    size = max(1, int(np.bincount(apart).argmax()))
    weekdays = Step(size * _DAY, plural(size, "business day"), business_days=True)
    missing = weekdays.with_gaps(times).missing
    # The other missing days are of weekends.
    is_regular = missing < step.with_gaps(times).missing or (missing == 0 and len(values) > 1)
    return weekdays if apart.min() == size and is_regular else step


def _days(times: np.ndarray) -> np.ndarray:
    return times.astype("datetime64[s]").astype("datetime64[D]")


def _are_weekdays(times: np.ndarray) -> bool:
    return bool(((times // _DAY + 3) % 7 < 5).all())  # 1970 began on a Thursday


def _day_of_month(dates: np.ndarray) -> tuple[bool, bool] | None:
    """Return `month_end` and `business_days` of a step of months; None if the rule is another."""
    months = dates.astype("datetime64[M]")
    if np.ptp(dates - months) == np.timedelta64(0):
        return False, False
    if (dates == _days_of(months, month_end=True, business_days=False)).all():
        return True, False
    for month_end in (False, True):
        if np.mean(dates == _days_of(months, month_end, True)) >= _SHARE_OF_DAYS:
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
        ahead = step.seconds // _DAY * ahead
        days = np.busday_offset(day, ahead, roll="backward")  # a new file may end on a weekend
    elif step.month_end or step.business_days:
        days = _days_of(months, step.month_end, step.business_days)
    else:
        same_day = months.astype("datetime64[D]") + (day - day.astype("datetime64[M]"))
        days = np.minimum(same_day, _days_of(months, month_end=True, business_days=False))
    return days.astype(np.int64) * _DAY + second
