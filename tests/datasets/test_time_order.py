"""Series from tables: order of time, gaps, missing values, several series, features."""

from pathlib import Path

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.own.csv_series import CsvSeries
from keras_gru.datasets.series import smoothing
from keras_gru.datasets.series.step import Step, dates_after, find_step
from keras_gru.datasets.series.table import read_series_table
from keras_gru.errors import UserError

DAYS = np.datetime64("2023-01-02") + np.arange(60)
VALUES = np.arange(60) % 7 + 10.0


def csv(path, rows, header="date,sold"):
    path.write_text(header + "\n" + "".join(f"{','.join(map(str, row))}\n" for row in rows))
    return str(path)


def load(path, **settings):
    settings = {"targets": ("sold",), "window": 4, **settings}
    return datasets.load(CsvSeries(kind="csv_series", path=path, **settings))


def first_rows(dataset):
    """Return the first values of train, in their original unit."""
    scaling = dataset.input_scaling
    features = dataset.splits["train"].inputs["features"][:, 0, 0]
    return features * scaling.deviation[0] + scaling.mean[0]


def test_a_series_with_the_newest_row_first_is_reversed(tmp_path):
    rows = list(zip(DAYS, VALUES, strict=True))
    dataset = load(csv(tmp_path / "a.csv", rows[::-1]))
    np.testing.assert_allclose(first_rows(dataset)[:5], VALUES[:5], rtol=1e-5)
    assert any("newest row came first" in note for note in dataset.notes)
    assert dataset.resolved.time == "date" and dataset.resolved.date_format == "ISO 8601"
    same = load(csv(tmp_path / "b.csv", rows))
    assert not same.notes
    assert dict(same.facts)["Step"] == "1 day; 0 dates missing"
    assert dict(same.facts)["Range"] == "2023-01-02 to 2023-03-02"


def test_shuffled_rows_are_rejected_or_sorted(tmp_path):
    order = np.random.default_rng(0).permutation(60)
    path = csv(tmp_path / "a.csv", zip(DAYS[order], VALUES[order], strict=True))
    with pytest.raises(UserError, match=r"line \d+, column 'date'.*-\d\d\. Set dataset\.sort"):
        load(path)
    np.testing.assert_allclose(first_rows(load(path, sort=True))[:5], VALUES[:5], rtol=1e-5)
    assert load(path, time="none").resolved.time == "none"


def test_repeated_rows_are_rejected_or_left_out(tmp_path):
    path = csv(tmp_path / "a.csv", zip(DAYS.repeat(2), VALUES.repeat(2), strict=True))
    with pytest.raises(UserError, match=r"line 3.*2023-01-02 again.*line 2.*60 such.*duplicates"):
        load(path)
    dataset = load(path, duplicates="first")
    np.testing.assert_allclose(first_rows(dataset)[:5], VALUES[:5], rtol=1e-5)


def long_form(companies=("b", "a"), scale=100.0):
    return [
        (company, day, value * (scale if company == "b" else 1))
        for day, value in zip(DAYS, VALUES, strict=True)
        for company in companies
    ]


def test_several_series_require_the_setting_series(tmp_path):
    path = csv(tmp_path / "a.csv", long_form(), "company,date,sold")
    with pytest.raises(UserError, match=r"dataset\.series: company"):
        load(path)
    dataset = load(path, series="company")
    assert [dataset.size(name) for name in dataset.splits] == [2 * 38, 2 * 9, 2 * 9]
    alone = load(csv(tmp_path / "b.csv", zip(DAYS, VALUES, strict=True)))
    for name in dataset.splits:
        both = dataset.splits[name].inputs["features"]
        halves = (both[::2], both[1::2]) if name == "train" else np.split(both, 2)
        for half in halves:  # each is scaled by itself, and no window spans two series
            np.testing.assert_allclose(half, alone.splits[name].inputs["features"], atol=1e-5)
    assert dataset.series_scalings["b"][1].mean[0] == pytest.approx(
        100 * dataset.series_scalings["a"][1].mean[0]
    )
    for rule, expected in zip(dataset.baselines, alone.baselines, strict=True):
        assert rule.test["mae"] * alone.scale == pytest.approx(expected.test["mae"], rel=1e-3)


def test_a_series_without_rows_for_a_split_is_named(tmp_path):
    rows = [(day, name, 1) for name, size in (("a", 60), ("b", 3)) for day in DAYS[:size]]
    path = csv(tmp_path / "a.csv", rows, "date,shop,sold")
    with pytest.raises(UserError, match=r"1 row \(horizon 1\) in validation of the series 'b'"):
        load(path, series="shop", window=2)


def test_an_unknown_series_is_rejected(tmp_path):
    config = {"kind": "csv_series", "targets": ("sold",), "window": 4, "series": "company"}
    path = csv(tmp_path / "a.csv", long_form(), "company,date,sold")
    known = datasets.load(CsvSeries(**config, path=path))
    other = csv(tmp_path / "b.csv", long_form(("a", "c")), "company,date,sold")
    with pytest.raises(UserError, match="got 'c'"):
        datasets.load_as_test(CsvSeries(**config, path=other), known.preprocessing)


def test_gaps_are_counted_and_filled(tmp_path):
    rows = np.setdiff1d(np.arange(60), [10, 11, 40])
    path = csv(tmp_path / "a.csv", zip(DAYS[rows], rows.astype(float), strict=True))
    dataset = load(path)
    (note,) = [note for note in dataset.notes if "missing" in note]
    assert "3 rows are missing" in note and "3 days" in note and "fill_gaps" in note
    filled = load(path, fill_gaps=True, missing="interpolate")
    np.testing.assert_allclose(first_rows(filled)[:38], np.arange(38), atol=1e-4)
    before = load(path, fill_gaps=True, missing="forward_fill")
    np.testing.assert_allclose(first_rows(before)[9:13], [9, 9, 9, 12], atol=1e-4)


def test_rows_after_the_last_target_are_left_out(tmp_path):
    rows = [(day, 1, value) for day, value in zip(DAYS, VALUES, strict=True)]
    rows += [(DAYS[-1] + ahead, 1, "") for ahead in range(1, 8)]
    path = csv(tmp_path / "a.csv", rows, "date,promo,sold")
    for missing in ("error", "forward_fill"):
        dataset = load(path, inputs=("sold", "promo"), missing=missing)
        assert sum(split.size for split in dataset.splits.values()) == 60 - 4
        (note,) = [note for note in dataset.notes if "promo" not in note]
        assert note.startswith("7 rows after the last value of 'sold'")


def test_weekends_and_months_are_not_gaps(tmp_path):
    week = DAYS[np.is_busday(DAYS)]
    dataset = load(csv(tmp_path / "a.csv", zip(week, VALUES, strict=False)))
    assert dict(dataset.facts)["Step"].startswith("1 business day; 0 dates missing")
    months = np.datetime64("2015-01") + np.arange(60)
    dataset = load(csv(tmp_path / "b.csv", zip(months, VALUES, strict=True)))
    assert dict(dataset.facts)["Step"].startswith("1 month; 0 dates missing")


MONTHS = np.arange(np.datetime64("2014-12"), np.datetime64("2020-01"))
FIRST_DAYS, LAST_DAYS = MONTHS.astype("datetime64[D]"), (MONTHS + 1).astype("datetime64[D]") - 1


@pytest.mark.parametrize(
    "part, days, ahead",
    [
        ("month", FIRST_DAYS + 14, ["2020-01-15", "2020-02-15", "2020-03-15"]),
        ("month", LAST_DAYS, ["2020-01-31", "2020-02-29", "2020-03-31"]),
        ("month", LAST_DAYS[::3], ["2020-03-31", "2020-06-30", "2020-09-30"]),
        ("month", np.busday_offset(FIRST_DAYS, 0, "forward"), ["2020-01-01", "2020-02-03"]),
        # Its last business day; in one month that is a holiday.
        (
            "month",
            np.busday_offset(LAST_DAYS, 0, "backward", holidays=LAST_DAYS[-2:-1]),
            ["2020-01-31", "2020-02-28", "2020-03-31"],
        ),
        # Until a Friday, with a holiday.
        ("weekday", DAYS[np.is_busday(DAYS, holidays=DAYS[3:4])][:39], DAYS[[56, 57, 58]]),
        ("weekday", DAYS[np.is_busday(DAYS, holidays=DAYS[3:4])][:37:2], DAYS[[53, 57, 59]]),
        ("weekday", np.busday_offset(DAYS[0], 3 * np.arange(20)), ["2023-03-27", "2023-03-30"]),
        ("weekday", np.busday_offset(DAYS[0], 4 * np.arange(20)), ["2023-04-24", "2023-04-28"]),
        ("weekday", DAYS[:54], DAYS[[54, 55, 56]]),
        ("weekday", DAYS[[0, 7, 15, 21, 28, 35, 42, 49, 56]], ["2023-03-06", "2023-03-13"]),
        ("weekday", DAYS[:54:7], np.datetime64("2023-02-27") + np.array([0, 7, 14])),
    ],
)
def test_a_step_is_a_month_or_a_business_day(tmp_path, part, days, ahead):
    ahead = np.array(ahead, "datetime64[D]")
    seconds = days.astype("datetime64[s]").astype(int)
    found = dates_after(seconds[-1], find_step(seconds), len(ahead))
    np.testing.assert_array_equal(found, ahead.astype("datetime64[s]").astype(int))
    path = csv(tmp_path / "a.csv", zip(days, range(len(days)), strict=True))
    config = CsvSeries(kind="csv_series", path=path, targets=("sold",), calendar=(part,))
    extras = read_series_table(config, Path(path)).series[0].extras
    day = ahead[0].item()
    turn = 2 * np.pi * ((day.month - 1) / 12 if part == "month" else day.weekday() / 7)
    np.testing.assert_allclose(extras[-1], [np.sin(turn), np.cos(turn)], atol=1e-6)


@pytest.mark.parametrize(
    "days, few, ahead",
    [
        (DAYS[np.is_busday(DAYS)], ["2024-03-08", "2024-03-11"], "2024-03-12"),
        # Its last business day, which is the last day of both months.
        (np.busday_offset(LAST_DAYS, 0, "backward"), ["2024-04-30", "2024-05-31"], "2024-06-28"),
        (LAST_DAYS, ["2023-12-30", "2024-01-30"], "2024-02-29"),
        (DAYS, ["2024-03-08", "2024-03-10"], "2024-03-12"),
        (DAYS, ["2024-03-08"], "2024-03-09"),
    ],
)
def test_few_rows_have_the_step_of_a_longer_series_if_they_fit_it(days, few, ahead):
    seconds, few = (np.array(some, "datetime64[s]").astype(int) for some in (days, few))
    (found,) = dates_after(few[-1], find_step(few, find_step(seconds)), 1)
    assert np.datetime64(int(found), "s") == np.datetime64(ahead)


def test_the_business_day_after_a_weekend_is_monday():
    saturday = np.datetime64("2024-03-09").astype("datetime64[s]").astype(int)
    (found,) = dates_after(saturday, Step(86_400, "1 business day", business_days=True), 1)
    assert np.datetime64(int(found), "s") == np.datetime64("2024-03-11")


@pytest.mark.parametrize("unit", ["month", "business day"])
def test_gaps_of_months_and_business_days_are_filled(tmp_path, unit):
    days = FIRST_DAYS if unit == "month" else np.busday_offset(DAYS[0], np.arange(60))
    rows = np.setdiff1d(np.arange(60), [10, 11, 40])
    path = csv(tmp_path / "a.csv", zip(days[rows], rows, strict=True))
    filled = load(path, fill_gaps=True, missing="interpolate")
    np.testing.assert_allclose(first_rows(filled)[:38], np.arange(38), atol=1e-4)
    assert dict(filled.facts)["Step"] == f"1 {unit}; 3 dates missing, filled"


def format_day(day, cell):
    seconds = str(day.astype("datetime64[s]").astype(int))
    return day.astype(object).strftime(cell.replace("%s", seconds))


@pytest.mark.parametrize(
    "cell, date_format",
    [
        ("%d.%m.%Y", "%d.%m.%Y"),
        ("%d.%m.%y", "%d.%m.%y"),
        ("%m/%d/%Y", "%m/%d/%Y"),
        ("%d/%m/%Y", "%d/%m/%Y"),
        ("%Y%m%d", "%Y%m%d"),
        ("%d-%b-%Y", "%d-%b-%Y"),
        ("%Y-%m-%dT00:00:00Z", "ISO 8601"),
        ("%Y-%m-%dT02:00:00.000000001+02:00", "ISO 8601"),
        ("%s", "unix"),
        ("%s000", "unix ms"),
    ],
)
def test_formats_of_dates_are_recognized(tmp_path, cell, date_format):
    rows = [(format_day(day, cell), value) for day, value in zip(DAYS, VALUES)]  # noqa: B905
    dataset = load(csv(tmp_path / "a.csv", rows))
    assert dataset.resolved.date_format == date_format
    zone = ", in UTC" if "T" in cell or date_format.startswith("unix") else ""
    assert dict(dataset.facts)["Range"] == "2023-01-02 to 2023-03-02" + zone


def test_times_shorter_than_a_second_are_rejected(tmp_path):
    start = np.datetime64("2023-01-02T10:00:00", "ms")
    path = csv(tmp_path / "a.csv", zip(start + 20 * np.arange(60), VALUES, strict=True))
    with pytest.raises(UserError, match=r"line 3, column 'date'.*10:00:00.*dataset\.time: none"):
        load(path, duplicates="first")
    np.testing.assert_allclose(first_rows(load(path, time="none"))[:5], VALUES[:5], rtol=1e-5)
    seconds = csv(tmp_path / "b.csv", zip(start + 500 + 1_000 * np.arange(60), VALUES))  # noqa: B905
    assert dict(load(seconds).facts)["Step"] == "1 second; 0 dates missing"


def test_parquet_with_nanoseconds_a_zone_and_times_of_day(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    def write(dates, zone=None):
        dates = pa.array(dates.astype("datetime64[ns]"), pa.timestamp("ns", zone))
        clock = pa.array(range(60), pa.time32("s"))
        table = pa.table({"clock": clock, "date": dates, "sold": VALUES})
        parquet.write_table(table, tmp_path / "a.parquet", version="2.6")
        return str(tmp_path / "a.parquet")

    start = np.datetime64("2023-01-02T10:00:00.000000001")
    dataset = load(write(start + np.arange(60) * np.timedelta64(1, "s"), "Europe/Berlin"))
    assert dataset.resolved.time == "date"
    assert dict(dataset.facts)["Range"] == "2023-01-02 10:00:00 to 2023-01-02 10:00:59, in UTC"
    with pytest.raises(UserError, match=r"row 2, .*dataset\.time: none"):
        load(write(start + np.arange(60) * np.timedelta64(20, "ms")))
    with pytest.raises(UserError, match=r"row 6, .*got none"):
        load(write(np.where(np.arange(60) == 5, np.datetime64("NaT"), DAYS)))


def test_ambiguous_dates_are_rejected(tmp_path):
    rows = [(f"{day:02d}/{month:02d}/2023", day) for month in range(1, 6) for day in range(1, 13)]
    with pytest.raises(UserError, match=r"'01/01/2023', which may be %d/%m/%Y or %m/%d/%Y"):
        load(csv(tmp_path / "a.csv", rows))
    load(csv(tmp_path / "a.csv", rows), date_format="%d/%m/%Y")
    total = [*zip(DAYS, VALUES, strict=True), ("Total", 99)]
    with pytest.raises(UserError, match=r"line 62, column 'date'.*'Total'\. Remove the line"):
        load(csv(tmp_path / "c.csv", total))
    mixed = [(str(day) if number < 30 else f"{day!s}x", 1) for number, day in enumerate(DAYS)]
    with pytest.raises(UserError, match=r"line 32, column 'date'.*'2023-02-01x'"):
        load(csv(tmp_path / "b.csv", mixed))


@pytest.mark.parametrize("day", ["%Y-%m-%d", "%d.%m.%Y"])
@pytest.mark.parametrize("clock", [":00", ".00.00"])
def test_date_and_time_of_day_in_two_columns(tmp_path, day, clock):
    rows = [
        (format_day(DAYS[hour // 24], day), f"{hour % 24:02d}{clock}", hour) for hour in range(60)
    ]
    dataset = load(csv(tmp_path / "a.csv", rows, "date,clock,sold"))
    assert dataset.resolved.time == ("date", "clock")
    assert dict(dataset.facts)["Step"].startswith("1 hour; 0")


def test_missing_values(tmp_path):
    values = VALUES.astype(object).copy()
    values[[3, 50]] = "NA", -999
    far = csv(tmp_path / "b.csv", zip(DAYS, np.where(np.arange(60) % 20 == 5, -200, VALUES)))  # noqa: B905
    assert any("values: [-200]" in note for note in load(far).notes)
    path = csv(tmp_path / "a.csv", zip(DAYS, values, strict=True))
    with pytest.raises(UserError, match=r"line 5, column 'sold'.*dataset\.missing"):
        load(path)
    filled = load(path, missing="forward_fill")
    assert any(
        "-999 in 1 rows" in note and "missing_values: [-999]" in note for note in filled.notes
    )
    filled = load(path, missing="forward_fill", missing_values=(-999,))
    assert first_rows(filled)[3] == pytest.approx(VALUES[2])
    masked = load(path, missing="mask", missing_values=(-999,))
    assert masked.spec.features == 2
    np.testing.assert_array_equal(
        masked.splits["train"].inputs["features"][:5, 0], np.c_[
            masked.splits["train"].inputs["features"][:5, 0, 0], [0, 0, 0, 1, 0]
        ],
    )  # fmt: skip
    assert masked.splits["train"].inputs["features"][3, 0, 0] == 0
    empty = csv(tmp_path / "c.csv", ((day, "") for day in DAYS))
    with pytest.raises(UserError, match="'sold'"):
        load(empty, missing="mask")


@pytest.mark.parametrize("missing", ["forward_fill", "mask"])
def test_filled_targets_are_counted_in_each_split(tmp_path, missing):
    values = VALUES.astype(object)
    values[[3, *range(52, 58)]] = ""
    dataset = load(csv(tmp_path / "a.csv", zip(DAYS, values, strict=True)), missing=missing)
    (note,) = [note for note in dataset.notes if "6 of 9 test targets" in note]
    assert "1 of 42 train targets" in note and "validation" not in note


def test_a_trend_is_noted_with_a_recommendation(tmp_path):
    dataset = load(csv(tmp_path / "a.csv", zip(DAYS, range(60), strict=True)))
    (note,) = dataset.notes
    assert "100% of test" in note and "model.subtract_last: true" in note


@pytest.mark.parametrize("noise", [0, 8.5e-14])
def test_a_column_that_is_constant_in_train_is_not_scaled(tmp_path, noise):
    heat = np.full(60, 21.7) + noise * (-1.0) ** np.arange(60)
    heat[50:] = 30
    path = csv(tmp_path / "a.csv", zip(DAYS, VALUES, heat, strict=True), "date,sold,heat")
    dataset = load(path, inputs=("sold", "heat"))
    assert dataset.input_scaling.deviation[1] == 1
    assert any("'heat'" in note and "other values later" in note for note in dataset.notes)
    assert max(rule.test["mae"] for rule in dataset.baselines) < 10


def test_features_of_categories_calendar_and_known_columns(tmp_path):
    kinds = np.array(["work", "rest"])[(np.arange(60) % 7 > 4).astype(int)]
    rows = zip(DAYS, VALUES, kinds, np.arange(60), strict=True)
    path = csv(tmp_path / "a.csv", rows, "date,sold,kind,plan")
    dataset = load(path, categories=("kind",), calendar=("weekday",), known=("plan",), horizon=2)
    assert dataset.spec.features == 1 + 2 + 2 + 2  # sold, plan of 2 rows, rest/work, sin/cos
    assert dataset.categories == {"kind": ("rest", "work")}
    row = dataset.splits["train"].inputs["features"][0, -1]
    scaling = dataset.input_scaling
    plan = row[1:3] * scaling.deviation[1] + scaling.mean[1]
    np.testing.assert_allclose(plan, [4, 5], atol=1e-4)
    np.testing.assert_array_equal(row[3:5], [0, 1])
    friday = 2 * np.pi * 4 / 7  # of the next row, the one to forecast
    np.testing.assert_allclose(row[5:], [np.sin(friday), np.cos(friday)], atol=1e-6)
    with pytest.raises(UserError, match="expected a column of dates"):
        load(csv(tmp_path / "b.csv", zip(VALUES, strict=True), "sold"), calendar=("weekday",))


def test_a_category_has_the_values_of_train(tmp_path):
    """A value that is not in train would be a feature whose weights are never trained."""
    kinds = np.full(60, "work", dtype="U7")
    kinds[5::7], kinds[6::7] = "rest", ""
    kinds[43:45], kinds[50:53] = "strike", "holiday"
    path = csv(tmp_path / "a.csv", zip(DAYS, VALUES, kinds, strict=True), "date,sold,kind")
    dataset = load(path, categories=("kind",))
    assert dataset.categories == {"kind": ("rest", "work")} and dataset.spec.features == 3
    # The last window ends in row 58; the values from row 50 on are unknown.
    rows = dataset.splits["test"].inputs["features"][:, -1, 1:]
    np.testing.assert_array_equal(rows[-9:-6], 0)
    np.testing.assert_array_equal(rows[-6:-3], [[0, 1], [1, 0], [0, 0]])
    (note,) = [note for note in dataset.notes if "'kind'" in note]
    assert "5 of " in note and "'holiday' (3)" in note and "'strike' (2)" in note
    nowhere = np.where(np.arange(60) > 50, "late", "")
    path = csv(tmp_path / "b.csv", zip(DAYS, VALUES, nowhere, strict=True), "date,sold,kind")
    with pytest.raises(UserError, match="'kind'"):
        load(path, categories=("kind",))


def test_exponential_smoothing_equals_statsmodels(tmp_path):
    """With a trend and a season, it beats the naive forecasts, and it does not use future rows."""
    ExponentialSmoothing = pytest.importorskip("statsmodels.tsa.holtwinters").ExponentialSmoothing
    rng = np.random.default_rng(0)
    rows = np.arange(240)
    values = 50 + 0.2 * rows + 10 * np.sin(rows * 2 * np.pi / 7) + rng.normal(size=240)
    days = np.datetime64("2023-01-02") + rows
    path = csv(tmp_path / "a.csv", zip(days, values, strict=True))
    dataset = load(path, season=7, horizon=3, smoothing=True)
    rules = {rule.label: rule.test["mae"] for rule in dataset.baselines}
    smoothed = rules.pop("Exponential smoothing")
    assert smoothed < min(rules["Last value"], rules["Value 7 rows earlier"])
    assert smoothed < 1.5  # the noise has a mean absolute deviation of 0.8
    states = smoothing._states(values, 168, 7)
    fitted = ExponentialSmoothing(
        values[:168], trend="add", damped_trend=True, seasonal="add", seasonal_periods=7,
        initialization_method="heuristic",
    ).fit()  # fmt: skip
    ours = smoothing._forecast_from(states, np.array([167]), 3, 7)[0]
    np.testing.assert_allclose(ours, fitted.forecast(3), atol=0.3)
    shorter = csv(tmp_path / "b.csv", zip(days[:-1], values[:-1], strict=True))
    other = load(shorter, season=7, horizon=3, smoothing=True)
    assert other.baselines[-1].label == "Exponential smoothing"


def test_splits_begin_at_their_dates(tmp_path):
    path = csv(tmp_path / "a.csv", zip(DAYS, VALUES, strict=True))
    settings = {"validation_from": "2023-02-01", "test_from": "2023-02-15"}
    dataset = load(path, **settings)
    assert {name: split.size for name, split in dataset.splits.items()} == {
        "train": 30 - 4,
        "validation": 14,
        "test": 16,
    }
    facts = dict(dataset.facts)
    assert facts["Rows of validation"].endswith("2023-02-01 to 2023-02-14")
    assert facts["Rows of test"].endswith("2023-02-15 to 2023-03-02")
    one = load(path, validation_from="2023-02-01")
    assert one.splits["test"].size == 9 and one.splits["validation"].size == 21


def test_splits_by_date_require_dates(tmp_path):
    path = csv(tmp_path / "a.csv", zip(VALUES, strict=True), header="sold")
    with pytest.raises(UserError, match=r"dataset\.test_from: .*dataset\.time"):
        load(path, test_from="2023-02-01")
    for settings in (
        {"test_from": "February"},
        {"test_from": "2023-02-01T00:00:00Z"},
        {"validation_from": "2023-03-01", "test_from": "2023-02-01"},
        {"test_from": "2023-02-01", "time": "none"},
    ):
        with pytest.raises(ValueError, match="expected"):
            load(path, **settings)


def test_downsampling_uses_every_nth_row(tmp_path):
    path = csv(tmp_path / "a.csv", zip(DAYS, VALUES, strict=True))
    dataset = load(path, every_nth_row=3, window=2)
    np.testing.assert_allclose(first_rows(dataset)[:5], VALUES[::3][:5], rtol=1e-5)
    assert dict(dataset.facts)["Step"].startswith("3 days")
    assert sum(split.size for split in dataset.splits.values()) == 20 - 2
