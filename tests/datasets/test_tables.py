"""Tables in many formats: read, guessed, or rejected in one sentence."""

import bz2
import gzip
import io
import json
import lzma
import zipfile

import numpy as np
import pytest

from keras_gru.datasets.own.csv_series import CsvSeries
from keras_gru.datasets.own.texts import Texts
from keras_gru.datasets.tables import cells, file_bytes
from keras_gru.datasets.tables.dates import find_dates
from keras_gru.datasets.tables.read import read_table
from keras_gru.errors import UserError

ROWS = [f"2024-01-{day:02d},{day}.5,{day * 2}" for day in range(1, 29)]
CSV = "date,load,heat\n" + "\n".join(ROWS) + "\n"
LOAD = np.arange(1, 29) + 0.5
SETTINGS = {"kind": "csv_series", "path": "x", "targets": ("load",)}


def zipped(name_and_content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in name_and_content.items():
            archive.writestr(name, content)
    return file.getvalue()


def packed(kind):
    import pyarrow as pa
    from pyarrow import csv, feather, parquet

    table, file = csv.read_csv(io.BytesIO(CSV.encode())), pa.BufferOutputStream()
    if kind == "zstd":
        with pa.CompressedOutputStream(file, "zstd") as out:
            out.write(CSV.encode())
    else:
        (parquet.write_table if kind == "parquet" else feather.write_feather)(table, file)
    return file.getvalue().to_pybytes()


def jsonl():
    rows = [row.split(",") for row in ROWS]
    return "\n".join(json.dumps({"date": d, "load": float(a), "heat": int(b)}) for d, a, b in rows)


def european(text=CSV):
    return text.replace(",", ";").replace(".", ",")


# name: (content, part of the description, guessed settings)
READ = {
    "comma": (CSV, "separated by commas", {"separator": ",", "header": True}),
    "semicolon and decimal comma": (european(), "decimal ','", {"separator": ";", "decimal": ","}),
    "dates with points": (
        european(CSV).replace("2024-01-01", "01.01.2024"), "decimal ','", {"thousands": "none"},
    ),
    "tab": (CSV.replace(",", "\t"), "separated by tabs", {"separator": "tab"}),
    "bar": (CSV.replace(",", "|"), "separated by '|'", {"separator": "|"}),
    "runs of spaces": (CSV.replace(",", "   "), "separated by spaces", {"separator": "spaces"}),
    "gzip": (gzip.compress(CSV.encode()), "CSV, gzip", {}),
    "bzip2": (bz2.compress(CSV.encode()), "CSV, bzip2", {}),
    "xz": (lzma.compress(CSV.encode()), "CSV, xz", {}),
    "zstd": (packed("zstd"), "CSV, zstd", {}),
    "zip": (zipped({"power.csv": CSV, "__MACOSX/._power.csv": "x"}), "CSV, zip", {}),
    "parquet": (packed("parquet"), "Parquet", {}),
    "feather": (packed("feather"), "Feather", {}),
    "json lines": (jsonl(), "JSON lines", {}),
    "json list": ("[" + jsonl().replace("\n", ",") + "]", "JSON", {}),
    "byte-order mark": ("\ufeff" + CSV, "CSV", {"encoding": "utf-8"}),
    "utf-16": (CSV.encode("utf-16"), "utf-16", {"encoding": "utf-16"}),
    "utf-16 without a mark": (CSV.encode("utf-16-le"), "utf-16-le", {"encoding": "utf-16-le"}),
    "cp1252": ((CSV + "Größe,7,8\n").encode("cp1252"), "cp1252", {"encoding": "cp1252"}),
    "sep= of Excel": ("sep=;\n" + european(), "separated by semicolons", {"separator": ";"}),
    "# before the header": ("# a sensor\n# in kW\n" + CSV, "CSV", {"header": True}),
    "# in the header": ("# a sensor, kW\n# " + CSV, "CSV", {"header": True}),
    "a comment of as many cells": ("# a, b, c\n" + CSV, "CSV", {"header": True}),
    "title before the header": (
        "Load, daily\nof 2024\n\n" + CSV, "header in line 4", {"header": 4},
    ),
    "old line ends": (CSV.replace("\n", "\r"), "CSV", {}),
    "thousands": (european().replace("28,5", "1.028,5"), "thousands '.'", {"thousands": "."}),
    "quoted": (CSV.replace(",1.5,", ',"1.5",'), "CSV", {"quote": '"'}),
    "blank lines": (CSV.replace("\n", "\n\n"), "CSV", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_every_format_is_read_with_the_guessed_settings(tmp_path, name):
    content, form, guesses = READ[name]
    path = tmp_path / "power.data"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    table = read_table(CsvSeries(**SETTINGS), path, ("load",))
    assert form in table.form
    assert guesses.items() <= table.settings.items()
    assert list(table.columns) == ["date", "load", "heat"]
    expected = LOAD.copy()
    if name == "thousands":
        expected[-1] = 1028.5
    np.testing.assert_allclose(table.numbers("load")[:28], expected)
    settings = {key: value for key, value in table.settings.items() if key != "path"}
    again = read_table(CsvSeries(**SETTINGS, **settings), path, ("load",))
    assert not again.settings and again.columns["load"].equals(table.columns["load"])


def test_rows_without_a_decimal_comma_are_no_titles(tmp_path):
    """By commas, the header and the first rows of a station look like titles."""
    rows = [f"Ost;{day:02d}.01.2024;{f'{day},5' if day > 3 else ''};{day}" for day in range(1, 29)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["place;date;load;heat;state", *(f"{row},5;ok" for row in rows)]))
    table = read_table(CsvSeries(**SETTINGS), path)
    assert list(table.columns) == ["place", "date", "load", "heat", "state"]
    np.testing.assert_allclose(table.numbers("load"), [*[np.nan] * 3, *LOAD[3:]])


@pytest.mark.parametrize(
    ("columns", "numbers"),
    [
        ((["1.0", "2.0"], ["1,143", "0,512"]), ([1, 2], [1.143, 0.512])),
        ((["12.30", "12.40"], ["52,5", "1,143"]), ([12.3, 12.4], [52.5, 1.143])),
        ((["52.5", "52.5"], ["1,143", "2,512"]), ([52.5, 52.5], None)),
        ((["1.0", "2.0"], ["1,143", "512.5"]), ([1, 2], [1143, 512.5])),
        ((["1.0", "2.0"], ["1,143,200.5", "2,512"]), ([1, 2], [1143200.5, 2512])),
        ((["1.0", "1,5"], ["1,143", "0,512"]), (None, [1.143, 0.512])),
        ((["1.234", "2.0"], ["1.0", "2.0"]), ([1.234, 2], [1, 2])),
        ((["1.234", "2.345"], ["1,5", "2,5"]), ([1234, 2345], [1.5, 2.5])),
    ],
)
def test_signs_of_numbers_are_guessed_from_all_columns(tmp_path, columns, numbers):
    path = tmp_path / "a.csv"
    path.write_text("load;heat\n" + "".join(f"{a};{b}\n" for a, b in zip(*columns, strict=True)))
    table = read_table(CsvSeries(**SETTINGS), path, ("load",))
    for name, expected in zip(("load", "heat"), numbers, strict=True):
        if expected is None:
            with pytest.raises(UserError, match=r"dataset\.decimal"):
                table.numbers(name)
        else:
            np.testing.assert_allclose(table.numbers(name), expected)


@pytest.mark.parametrize(
    ("cells", "settings", "expected"),
    [
        (["1.5", None], {}, [1.5, np.nan]),
        (["1.234,5", "2"], {}, [1234.5, 2]),
        (["1\u202f234,5", "2"], {}, [1234.5, 2]),  # as French spreadsheets write it
        (["1\xa0234\xa0567", "2"], {"thousands": " "}, [1234567, 2]),
        (["1’234.5", "2"], {}, [1234.5, 2]),
        (["1,234", "2"], {"decimal": ","}, [1.234, 2]),
        (["1,234", "2"], {"thousands": ","}, [1234, 2]),
        (["1,234", "2"], {}, None),
    ],
)
def test_numbers_can_be_texts_in_parquet(tmp_path, cells, settings, expected):
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table({"load": cells}), tmp_path / "a.parquet")
    table = read_table(CsvSeries(**SETTINGS, **settings), tmp_path / "a.parquet")
    if expected is None:
        with pytest.raises(UserError, match=r"'1,234'.*dataset\.decimal"):
            table.numbers("load")
    else:
        np.testing.assert_allclose(table.numbers("load"), expected)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("load\n1.5\n\n2.5\n\n\n", [1.5, np.nan, 2.5]),
        ("load\n\n1.5\n\n2.5\n", [1.5, 2.5]),
        ("load\r\n1.5\r\n2.5\r\n\r\n3.5", [1.5, 2.5, np.nan, 3.5]),
    ],
)
def test_a_blank_line_of_a_single_column_is_a_missing_value(tmp_path, content, expected):
    path = tmp_path / "a.csv"
    path.write_bytes(content.encode())
    table = read_table(CsvSeries(**SETTINGS), path, ("load",), ("load",))
    np.testing.assert_array_equal(table.numbers("load"), expected)
    assert content.splitlines()[table.line(table.size - 1) - 1] == str(expected[-1])


def test_dates_in_json_lines_are_as_written(tmp_path):
    """With a time zone that a column of dates has, and as ids of series, as in a CSV file."""
    rows = [{"t": f"2024-01-{day:02d}T00:00:00+02:00", "week": "2024-01-01"} for day in (1, 2)]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    table = read_table(CsvSeries(**SETTINGS), path)
    assert table.strings("week").to_pylist() == ["2024-01-01"] * 2
    dates = find_dates(table, ("t",), None, ())
    assert dates.has_zone and dates.date_format == "ISO 8601"
    first = np.datetime64("2023-12-31T22:00:00").astype(int)
    assert dates.values.tolist() == [first, first + 86_400]


def test_a_json_list_has_the_columns_of_all_its_objects(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('[{"load": 1}, {"heat": 2, "load": 3}]')
    table = read_table(CsvSeries(**SETTINGS), path)
    np.testing.assert_array_equal(table.numbers("heat"), [np.nan, 2])
    np.testing.assert_array_equal(table.numbers("load"), [1, 3])


def test_a_table_without_a_header_has_numbered_columns(tmp_path):
    path = tmp_path / "power.csv"
    path.write_text("\n".join(ROWS))
    table = read_table(CsvSeries(**SETTINGS), path)
    assert table.settings["header"] is False and list(table.columns) == ["0", "1", "2"]
    np.testing.assert_allclose(table.numbers("1"), LOAD)


def test_quotes_in_a_table_with_tabs_can_be_plain_characters(tmp_path):
    path = tmp_path / "sms.tsv"
    path.write_text('label\ttext\nham\t"Hi there\nspam\twin 5" now\nham\tso "what"\n')
    table = read_table(CsvSeries(**SETTINGS), path, ("text", "label"))
    assert table.settings["quote"] == "none"
    assert table.strings("text").to_pylist() == ['"Hi there', 'win 5" now', 'so "what"']


# Tables with one mistake each: the content, and parts of the message.
BAD = {
    "unclosed quote": (CSV.replace("10.5", '"10.5'), "line 11", "closing"),
    "quote closed later": (
        CSV.replace("10.5", '"10.5').replace("20.5", '"20.5"'), "line 11", "closing",
    ),
    "fewer cells": (CSV.replace(",10.5", ""), "line 11", "expected 3 cells", "got 2"),
    "more cells": (CSV.replace(",10.5", ",10.5,"), "line 11", "got 4"),
    "number with _": (CSV.replace("10.5", "1_0.5"), "line 11", "column 'load'", "'1_0.5'"),
    "a word": (CSV.replace("10.5", "many"), "line 11", "'many'", "missing_values"),
    "a unit": (CSV.replace(",10.5,", ",10.5 kW,"), "line 11", "'10.5 kW'", "without a unit"),
    "units below the header": (
        CSV.replace("heat\n", "heat\n,MW,MW\n"), "line 2", "'MW'", "Remove the line",
    ),
    "a web page": ("\n<!DOCTYPE html>\n<html><body>Sign in, please</body></html>\n", "a web page"),
    "infinite": (CSV.replace("10.5", "inf"), "line 11", "'inf'"),
    "beyond float32": (CSV.replace("10.5", "1e39"), "line 11", "float32"),
    "1,234 or 1.234": (
        "date;load\n" + "".join(f"2024-01-{d:02d};{d},{d + 100}\n" for d in range(1, 29)),
        "line 2", "'1,101'", "1101 or 1.101", "dataset.decimal", "dataset.thousands",
    ),
    "no such column": (CSV.replace("load", "laod"), "no column 'load'", "'laod'"),
    "two of one name": (CSV.replace("heat", "load"), "2 columns are named 'load'"),
    "empty": ("", "is empty"),
    "damaged gzip": (gzip.compress(CSV.encode())[:40], "gzip", "damaged"),
    "damaged parquet": (packed("parquet")[:200], "Parquet", "damaged"),
    "two files in a zip": (zipped({"a.csv": CSV, "b.csv": CSV}), "a.csv, b.csv"),
    "a broken JSON line": (jsonl().replace('"load": 10.5', '"load" 10.5'), "line 10", "JSON lines"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", "a PNG picture"),
    "binary": (b"\x01\x00\x02\x03\x00\x00\xff\xfe", "binary"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_reported_in_one_sentence(tmp_path, name):
    content, *parts = BAD[name]
    path = tmp_path / "power.data"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError) as error:
        read_table(CsvSeries(**SETTINGS), path, ("load",)).numbers("load")
    sentence = str(error.value)
    assert "power.data" in sentence and "\n" not in sentence
    for part in parts:
        assert part in sentence


def test_a_file_that_does_not_fit_into_memory_is_rejected(tmp_path, monkeypatch):
    path = tmp_path / "power.csv"
    path.write_text(CSV)
    monkeypatch.setattr(file_bytes, "_available_memory", lambda: 3 * len(CSV))
    with pytest.raises(UserError, match="fits into memory"):
        read_table(CsvSeries(**SETTINGS), path, ("load",), ("load",))


# Tables that are read from the disk in blocks.
BLOCKS = {
    "quotes": "text,label\n" + '"so ""it"" is,\nthen",ham\nno more,"spam"\n' * 20_000,
    "tabs without a header": 'ham\t"so it is\nspam\tno 5" more\n' * 20_000 + "ham\tend\n",
    "titles": "Messages\nof 2024\n\ntext;label\n" + "so it is;ham\nno more;spam\n" * 20_000,
    "missing": "\ufefftext,label\n" + "NA,ham\n,spam\n\nso,ham\n" * 20_000,
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_long_table_of_texts_is_read_in_blocks(tmp_path, monkeypatch, name):
    path = tmp_path / "long.csv"
    path.write_text(BLOCKS[name], encoding="utf-8")
    wanted = () if "header" in name else ("text", "label")
    config = Texts(kind="texts", path="x")
    whole = read_table(config, path, wanted)
    monkeypatch.setattr(file_bytes, "_available_memory", path.stat().st_size.__int__)
    monkeypatch.setattr(cells, "_BLOCK", 30_000)
    long = read_table(config, path, wanted)
    assert isinstance(long.columns, cells.CsvColumns)
    assert (long.form, long.settings, long.size) == (whole.form, whole.settings, whole.size)
    for column in whole.columns:
        found = [text for part in long.text_blocks(column)() for text in part.to_pylist()]
        assert found == whole.strings(column).to_pylist()
    assert len([*long.columns.blocks(column)]) > 3
    assert long.line(9_999) == whole.line(9_999)


@pytest.mark.parametrize(
    "row, sentence",
    [('"so it is,ham', "line 39999: expected a closing"), ("so,it,is", "line 39999: expected 2")],
)
def test_a_mistake_in_a_long_table_is_reported_with_its_line(tmp_path, monkeypatch, row, sentence):
    path = tmp_path / "long.csv"
    rows = ["text,label", *['so it is,"ham"', 'no more,"spam"'] * 20_000]
    path.write_text("\n".join([*rows[:39_998], row, *rows[39_999:]]) + "\n")
    monkeypatch.setattr(file_bytes, "_available_memory", path.stat().st_size.__int__)
    monkeypatch.setattr(cells, "_BLOCK", 30_000)
    with pytest.raises(UserError, match=sentence):
        table = read_table(Texts(kind="texts", path="x"), path, ("text", "label"))
        list(table.text_blocks("text")())


def test_a_very_long_cell_is_parsed_quickly(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("date,load\n" + "x1abc" * 60_000 + ",1\n2024-01-01,many\n")
    with pytest.raises(UserError, match="line 3"):
        read_table(CsvSeries(**SETTINGS), path).numbers("load")
    with pytest.raises(UserError, match="expected a date"):
        find_dates(read_table(CsvSeries(**SETTINGS), path), None, None, ("load",))


def test_missing_values(tmp_path):
    path = tmp_path / "gaps.csv"
    path.write_text("load,heat\n1,x\nNA,x\n,x\n-999,x\nbroken,x\n 2 ,x\n+3,x\n")
    table = read_table(CsvSeries(**SETTINGS), path)
    found = table.numbers("load", (-999, "broken"))
    np.testing.assert_array_equal(found, [1, *[np.nan] * 4, 2, 3])
