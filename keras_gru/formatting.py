"""Format numbers and times for the terminal, files and pages."""

import math
from collections import Counter
from collections.abc import Collection
from datetime import datetime


def decimal_place(value: float) -> int:
    """Return the decimal place of the first significant digit."""
    return -math.floor(math.log10(value))


def significant(value: float, digits: int = 3) -> str:
    """Format a number with significant digits, with an exponent if it is tiny or huge."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    if 1e-5 <= abs(value) < 10 ** (digits + 3):
        decimals = max(0, digits - 1 + decimal_place(abs(value)))
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


def join_words(words: Collection[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    words = list(words)
    return f" {last} ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])


def most_common(counts: Counter[str] | Counter[str | None]) -> str:
    """Format the most frequent words with their counts, such as `'a' (3), 'b' (1)`."""
    named = ", ".join(f"{word!r} ({count})" for word, count in counts.most_common(5))
    return f"{named} and {len(counts) - 5} more" if len(counts) > 5 else named


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
