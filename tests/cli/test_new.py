"""keras-gru new: write a config for a data file that `check` and `compare` accept unchanged."""

import numpy as np
import pytest

from keras_gru.datasets.suggestion.season import find_season
from keras_gru.datasets.tables import file_bytes
from keras_gru.experiments.configuration.yaml_files import load_experiment

from .test_verbs import keras_gru

DAYS = np.datetime64("2023-01-02") + np.arange(150)


def series(values, days=DAYS, separator=","):
    rows = [f"{day}{separator}{value:.2f}" for day, value in zip(days, values, strict=False)]
    return f"day{separator}sold\n" + "\n".join(rows) + "\n"


WEEKLY = 100 + 10 * np.sin(np.arange(150) * 2 * np.pi / 7)
# file name: (content, arguments of the user, settings that the config must have)
FILES = {
    "season.csv": (series(WEEKLY), [], {"kind": "csv_series", "season": 7, "window": 14}),
    "newest_first.csv": (series(WEEKLY[::-1], DAYS[::-1]), [], {"time": "day", "season": 7}),
    "shuffled.csv": (
        series(WEEKLY[np.arange(150) * 7 % 150], DAYS[np.arange(150) * 7 % 150]), [],
        {"sort": True, "season": 7},
    ),
    "stock.csv": (
        "Date,Price,Vol.\n"
        + "".join(f'"{day.astype(object):%b %d, %Y}","1,{n:03d}.5",{n % 9}\n'
                  for n, day in reversed(list(enumerate(DAYS)))),
        ["targets=[Price]"],
        {"time": "Date", "date_format": "%b %d, %Y", "thousands": ",", "header": True},
    ),
    "planned.csv": (
        "day,sold,price\n"
        + "".join(f"{day},{n % 9 if n < 140 else ''},{n % 5}\n" for n, day in enumerate(DAYS)),
        [],
        {"targets": ("sold",), "inputs": ("sold",), "known": ("price",), "horizon": 10},
    ),
    "counter.csv": (
        "n,a,b\n" + "".join(f"{n},{n % 5},{-200 if n % 50 == 7 else n % 7}\n" for n in range(200)),
        ["missing_values=[-200]"],
        {"inputs": ("b", "a"), "targets": ("b",), "missing": "forward_fill"},
    ),
    "gaps.csv": (series(WEEKLY).replace(",100.00", ","), [], {"missing": "forward_fill"}),
    "semicolons.csv": (
        series(WEEKLY, separator=";").replace(".", ","), [], {"separator": ";", "decimal": ","},
    ),
    "companies.csv": (
        "company,date,price\n"
        + "".join(f"{name},{day},{n % 7}\n" for n, day in enumerate(DAYS) for name in "ab"),
        [],
        {"series": "company", "targets": ("price",)},
    ),
    "holidays.csv": (
        "day,sold,holiday\n"
        + "".join(f"{day},{value:.2f},{n % 9 // 8}\n"
                  for n, (day, value) in enumerate(zip(DAYS, WEEKLY, strict=True))),
        [],
        {"targets": ("sold",), "inputs": ("sold", "holiday"), "season": 7},
    ),
    "two.csv": (
        "a,b\n" + "".join(f"{n % 5},{n % 7}\n" for n in range(200)), ["targets=[a]"],
        {"targets": ("a",), "time": "none", "season": 5},
    ),
    "tweets.csv": (
        "date,tweet,mood\n"
        + "".join(f"{day},a tweet number {n} here,{'ab'[n % 2]}\n" for n, day in enumerate(DAYS)),
        [],
        {"kind": "texts", "text": "tweet", "label": "mood", "level": "word"},
    ),
    "sms.tsv": (
        "".join(f"{('ham', 'spam')[n % 2]}\tso here is text {n} now\n" for n in range(100)), [],
        {"kind": "texts", "text": "1", "label": "0", "header": False},
    ),
    "names.txt.csv": (
        "name,language\n" + "".join(f"ka{n}ti,fi\nal{n}os,es\n" for n in range(60)), [],
        {"kind": "texts", "label": "language", "level": "character"},
    ),
    "spa.tsv": (
        "".join(f"Go to number {n}.\tVe al {n} ya.\tCC {n}\n" for n in range(60)), [],
        {"kind": "pairs", "from_column": "0", "to_column": "1"},
    ),
    "columns.txt": (
        series(WEEKLY, separator="   "), [], {"kind": "csv_series", "separator": "spaces"},
    ),
    "report.csv": ("Sold by day\nof 2023\n\n" + series(WEEKLY), [], {"header": 4, "season": 7}),
    "doubled.csv": (
        series(WEEKLY.repeat(2), DAYS.repeat(2)), [], {"duplicates": "first", "season": 7},
    ),
    "summer_time.csv": (
        series(np.arange(150) % 24 + 100, np.append(DAYS[:100], DAYS[99:149])).replace(".00", ""),
        [],
        {"targets": ("sold",), "duplicates": "first"},
    ),
    "50_hertz.csv": (
        series(WEEKLY, 20 * np.arange(150) + np.datetime64("2023-01-02T10:00:00.000")), [],
        {"time": "none", "duplicates": "error", "season": 7},
    ),
    "unix_ms.csv": (
        series(WEEKLY, 20 * np.arange(150) + 1_700_000_000_000).replace("day", "time"), [],
        {"time": "none", "targets": ("sold",), "inputs": None},
    ),
    "hours.csv": (series(WEEKLY, DAYS.repeat(24)), [], {"time": "none", "season": 7}),
    "ner.txt": ("EU B-ORG\nrejects O\n\nPeter B-PER\nsaid O\n\n" * 30, [], {"kind": "tagged"}),
    "vowels.ts": (
        "@classLabel true a b\n@data\n" + "1,2,3:a\n3,1:b\n" * 20, [], {"kind": "ts"},
    ),
    "tale.txt": ("Once upon a time, there was a king.\n" * 200, [], {"kind": "text_file"}),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_config_is_written_that_reads_the_file(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    content, given, expected = FILES[name]
    (tmp_path / name).write_text(content)
    output = keras_gru("new", name, *given, "--output", "a.yaml")
    found = load_experiment("a.yaml").dataset.model_dump()
    assert {key: found[key] for key in expected} == expected
    assert "keras-gru compare a.yaml" in output and "Sequences" in output
    assert keras_gru("check", "a.yaml").endswith("a.yaml: ok\n")


@pytest.mark.parametrize("name", ["sms.tsv", "tweets.csv", "tale.txt"])
def test_files_larger_than_memory_are_looked_at(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    content, given, expected = FILES[name]
    (tmp_path / name).write_text(content)
    size = (tmp_path / name).stat().st_size
    monkeypatch.setattr(file_bytes, "_available_memory", lambda: 2 * size)
    keras_gru("new", name, *given, "--output", "a.yaml")
    found = load_experiment("a.yaml").dataset.model_dump()
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("level", "subtracted"),
    [
        (np.arange(150), True),
        (
            np.where(np.arange(150) < 127, 0, 99),
            False,
        ),  # a change in test alone, which is not examined
        (np.zeros(150), False),
    ],
)
def test_a_drifting_level_is_subtracted(tmp_path, monkeypatch, level, subtracted):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(series(level + WEEKLY))
    keras_gru("new", "a.csv")
    experiment = load_experiment("a.yaml")
    assert experiment.model.subtract_last == subtracted and experiment.dataset.season == 7


def test_recordings_below_one_another_are_series(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    steps = [(f"r{n:02}", t, np.sin(n + t), "ab"[n % 2]) for n in range(20) for t in range(30 + n)]
    rows = [f"{recording},{t},{value:.2f},{label}\n" for recording, t, value, label in steps]
    (tmp_path / "a.csv").write_text("recording,t,x,label\n" + "".join(rows))
    output = keras_gru("new", "a.csv")
    assert load_experiment("a.yaml").dataset.series == "recording" and "'label'" in output
    # Fewer blocks of rows may be phases of one series.
    few = "".join(row for row in rows if row < "r19")
    (tmp_path / "few.csv").write_text("recording,t,x,label\n" + few)
    keras_gru("new", "few.csv")
    assert load_experiment("few.yaml").dataset.series is None


def test_a_folder_and_arrays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for label in ("bad", "good"):
        (tmp_path / "reviews" / label).mkdir(parents=True)
        for number in range(20):
            file = tmp_path / "reviews" / label / f"{number}.txt"
            file.write_text(f"a {label} film number {number}")
    keras_gru("new", "reviews")
    assert load_experiment("reviews.yaml").dataset.kind == "texts"
    inputs = np.random.default_rng(0).normal(size=(40, 5, 2))
    np.savez(tmp_path / "a.npz", train_inputs=inputs, train_targets=np.arange(40) % 4)
    keras_gru("new", "a.npz")
    assert load_experiment("a.yaml").dataset.task == "classification"


def test_unusable_files_are_reported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "no such file" in keras_gru("new", "no.csv", code=2)
    (tmp_path / "words.csv").write_text("a,b\nx,y\nz,y\nx,w\n" * 20)
    output = keras_gru("new", "words.csv", code=2)
    assert "found neither" in output and "1 ('w')" in output
    (tmp_path / "digits.csv").write_text(series(WEEKLY).replace("100.00", "1_00.00", 1))
    assert "line 2, column 'sold'" in keras_gru("new", "digits.csv", code=2)
    (tmp_path / "stars.csv").write_text(
        "text,stars\n" + "".join(f"this is text {n},{n / 7:.2f}\n" for n in range(60))
    )
    assert "regression" in keras_gru("new", "stars.csv", code=2)
    (tmp_path / "a.csv").write_text(series(WEEKLY))
    assert "no column 'no'" in keras_gru("new", "a.csv", "targets=[no]", code=2)
    assert "found neither" in keras_gru("new", "a.csv", "inputs=[no]", code=2)
    keras_gru("new", "a.csv")
    assert "exists already" in keras_gru("new", "a.csv", code=2)


def test_a_slow_change_of_level_does_not_move_the_season():
    rng = np.random.default_rng(0)
    rows = np.arange(2_000)
    level = 0.1 * rng.normal(size=2_000).cumsum()
    assert find_season(level + 0.5 * np.sin(rows * 2 * np.pi / 24))[0] == 24


@pytest.mark.parametrize("season", [12, 24, 48])
def test_a_smooth_season_is_found_despite_noise(season):
    """The value one row beside the season is nearly as similar."""
    rng, rows = np.random.default_rng(0), np.arange(2_000)
    for _ in range(5):
        values = np.sin(2 * np.pi * rows / season) + rng.normal(0, 0.2, len(rows))
        assert find_season(values)[0] == season


@pytest.mark.parametrize("season", [None, 4, 24])
@pytest.mark.parametrize("slope", [0, 1])
def test_a_season_is_found_despite_a_trend(season, slope):
    rng = np.random.default_rng(0)
    rows = np.arange(600)
    values = rng.normal(size=600) + slope * rows
    if season:
        values += 3 * rng.normal(size=season)[rows % season]
    assert find_season(values)[0] == season
