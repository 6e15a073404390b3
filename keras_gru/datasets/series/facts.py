"""What was read of a series, for a reader: the table, its dates, and the rows of each split."""

from collections.abc import Sequence

from keras_gru.datasets.series.forecasting import SplitSeries
from keras_gru.datasets.series.settings import SeriesSettings
from keras_gru.datasets.series.values import SeriesTable, SeriesValues
from keras_gru.datasets.tables.dates import Dates, format_date
from keras_gru.datasets.tables.table import Table
from keras_gru.formatting import plural
from keras_gru.settings import present


def table_facts(
    table: Table,
    config: SeriesSettings,
    series: Sequence[SeriesValues],
    dates: Dates | None,
) -> tuple[tuple[str, str], ...]:
    """Return what was read of a table: its form, columns, dates and step."""
    seen = config.inputs or config.targets
    kinds = []
    for name in table.columns:
        roles = [
            role
            for role, names in (
                ("input", seen), ("target", config.targets), ("category", config.categories),
                ("known in advance", config.known), ("time", dates.columns if dates else ()),
                ("series", (config.series,)),
            )
            if name in names
        ]  # fmt: skip
        kinds.append(f"{name or '(no name)'}: {', '.join(roles) or 'not used'}")
    shown = kinds if len(kinds) <= 20 else [*kinds[:20], f"and {len(kinds) - 20} more"]
    facts = [
        ("File", table.form),
        ("Rows", f"{table.size:,}"),
        ("Columns", "; ".join(shown)),
    ]
    if config.series:
        facts.append(("Series", f"{len(series):,}, from column {config.series!r}"))
    if not dates:
        facts.append(("Time", "no column of dates: the order of the rows is taken as it is"))
        return tuple(facts)
    first = min(int(present(one.dates)[0]) for one in series)
    last = max(int(present(one.dates)[-1]) for one in series)
    steps = [present(one.step) for one in series]
    names, size = {step.name for step in steps}, steps[0].seconds
    missing = sum(step.missing for step in steps)
    zone = ", in UTC" if dates.has_zone else ""
    facts += [
        ("Time", f"column {' and '.join(dates.columns)}, format {dates.date_format}{zone}"),
        ("Range", f"{format_date(first, size)} to {format_date(last, size)}{zone}"),
        ("Step", f"{' or '.join(sorted(names)[:4])}; {plural(missing, 'date')} missing"
         + (", filled" if config.fill_gaps and missing else "")),
    ]  # fmt: skip
    return tuple(facts)


def split_facts(table: SeriesTable, parts: Sequence[SplitSeries]) -> list[tuple[str, str]]:
    """Return the date range of each split, with its missing dates."""
    if table.series[0].dates is None:
        return []
    found = []
    for name in parts[0].rows:
        dates = [
            present(one.dates)[slice(*part.rows[name])]
            for one, part in zip(table.series, parts, strict=True)
        ]
        steps = [present(one.step) for one in table.series]
        first, last = min(times[0] for times in dates), max(times[-1] for times in dates)
        pairs = zip(steps, dates, strict=True)
        missing = sum(step.with_gaps(times).missing for step, times in pairs)
        rows = sum(map(len, dates))
        words = f"{rows:,} rows, {format_date(first, steps[0].seconds)} to "
        words += format_date(last, steps[0].seconds)
        if missing:
            words += f", {plural(missing, 'date')} missing"
        found.append((f"Rows of {name}", words))
    return found
