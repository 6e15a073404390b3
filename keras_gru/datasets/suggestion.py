"""Settings for a file or folder of a user's, chosen by looking at it; every choice is explained."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from keras_gru.datasets.dates import NO_TIME, find_dates
from keras_gru.datasets.dialect import MISSING
from keras_gru.datasets.file_bytes import binary_form, decode, read_bytes
from keras_gru.datasets.files import text_files
from keras_gru.datasets.own_file import OwnFile, TableFile
from keras_gru.datasets.registry import dataset_kinds
from keras_gru.datasets.tables import Table, read_table
from keras_gru.datasets.time_order import ids_of_series
from keras_gru.errors import UserError
from keras_gru.files import load_arrays

_TABLES = (".csv", ".tsv", ".tab", ".parquet", ".feather", ".arrow", ".jsonl", ".ndjson", ".xlsx")
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
_LONGEST_SEASON = 800  # rows
_STRONG = 0.3  # autocorrelation of a season
_MOST_CLASSES = 200


@dataclass(frozen=True)
class Choice:
    """The value of a setting, and why it was chosen."""

    value: object
    why: str = ""


@dataclass(frozen=True)
class Suggestion:
    """Settings of a dataset and of a model for it.

    Args:
        dataset: name of a setting of `dataset:` -> its value and the reason.
        model: the same of `model:`.
        training: the same of `training:`.
    """

    dataset: Mapping[str, Choice]
    model: Mapping[str, Choice]
    training: Mapping[str, Choice] = field(default_factory=dict)

    def config(self, path: Path) -> OwnFile:
        """Return the dataset's settings, checked.

        Raises:
            pydantic.ValidationError: if the user's own settings do not fit.
        """
        values = {name: choice.value for name, choice in self.dataset.items()}
        return dataset_kinds()[values["kind"]].model_validate({**values, "path": str(path)})


def suggest(path: Path, given: Mapping[str, object]) -> Suggestion:
    """Return settings for a file or folder.

    Args:
        path: what to look at.
        given: settings of the dataset that the user chose, such as `targets`; they win.

    Raises:
        UserError: if it is nothing that a kind of dataset reads.
    """
    if path.is_dir():
        return _folder(path, given)
    ending = _ending(path)
    if ending == ".npz":
        return _arrays(path, given)
    if ending == ".ts":
        return _classifier({"kind": Choice("ts", "labelled series of sktime and aeon")}, given)
    kind = given.get("kind")
    if kind == "tagged" or (kind is None and _is_tagged(path, ending)):
        return _tagged(given)
    if kind == "text_file" or (kind is None and ending not in _TABLES and _is_prose(path)):
        return _text(path, given)
    table = read_table(_writing(given), path, _wanted(given))
    written = {name: Choice(value) for name, value in table.settings.items()}
    columns = _text_columns(table)
    if kind == "texts" or (kind is None and columns and "targets" not in given):
        return _texts(table, written, given, columns or ("text", "label"))
    if kind == "pairs" or (kind is None and "targets" not in given and _are_pairs(table)):
        return _pairs(table, written, given)
    return _series(table, written, given)


def _is_tagged(path: Path, ending: str) -> bool:
    """Return whether a file holds a word and its tag on each line, and blank lines between."""
    if ending in (".conllu", ".conll", ".iob", ".bio"):
        return True
    if ending in _TABLES and ending != ".tsv":
        return False
    data, _ = read_bytes(path)
    if binary_form(data) or data[:1] in b"{[":
        return False
    lines = data[:20_000].decode(errors="replace").splitlines()[:-1]
    tokens = [line.replace("\t", " ").split() for line in lines if line.strip()]
    blank = len(lines) - len(tokens)
    widths = {len(cells) for cells in tokens}
    return len(tokens) > 3 and widths <= {2, 3, 4} and len(widths) == 1 and blank > 1


def _tagged(given: Mapping[str, object]) -> Suggestion:
    return Suggestion(
        _with_given({"kind": Choice("tagged", "words with tags, sentence by sentence")}, given),
        {"kind": Choice("tagger"), "bidirectional": Choice(True)},
        {"epochs": Choice(20), "patience": Choice(3, "stops earlier where validation does")},
    )


def _are_pairs(table: Table) -> bool:
    """Return whether the first two columns hold sentences, most of them different."""
    names = [name for name in table.columns if name][:2]
    if len(names) < 2 or _dates_or_none(table):
        return False
    columns = [_strings(table, name) for name in names]
    return all(
        cells
        and not _is_numeric(table, name)
        and len({*cells}) > 0.3 * len(cells)
        and np.mean([len(cell.split()) for cell in cells]) > 1.5
        for name, cells in zip(names, columns, strict=True)
    )


def _pairs(table: Table, written: Mapping[str, Choice], given: Mapping[str, object]) -> Suggestion:
    first, second = [name for name in table.columns if name][:2]
    return Suggestion(
        _with_given(
            {
                "kind": Choice("pairs", "two columns of sentences"),
                "from_column": Choice(first, "the first column"),
                "to_column": Choice(second, "the second column"),
                **written,
            },
            given,
        ),
        {"kind": Choice("encoder_decoder"), "attention": Choice(True)},
        {"epochs": Choice(10), "patience": Choice(2, "stops earlier where validation does")},
    )


def _ending(path: Path) -> str:
    endings = [ending.lower() for ending in path.suffixes]
    if len(endings) > 1 and endings[-1] in _PACKED:
        return endings[-2]
    return endings[-1] if endings else ""


def _writing(given: Mapping[str, object]) -> TableFile:
    """Return settings of how a table is written, those that the user gave among them."""
    names = ("separator", "quote", "header", "encoding", "decimal", "thousands")
    own = {name: given[name] for name in names if name in given}
    return TableFile.model_validate(own)


def _wanted(given: Mapping[str, object]) -> list[str]:
    wanted = []
    for name in ("targets", "inputs", "text", "label", "series"):
        value = given.get(name, ())
        wanted += [value] if isinstance(value, str) else list(value)
    return wanted


def _with_given(choices: Mapping[str, Choice], given: Mapping[str, object]) -> dict[str, Choice]:
    return {**choices, **{name: Choice(value, "given") for name, value in given.items()}}


def _folder(path: Path, given: Mapping[str, object]) -> Suggestion:
    if any("train" in file.name.lower() for file in path.glob("*.conll*")):
        return _tagged(given)
    files, others = text_files(path)
    labels = {file.relative_to(path).parts[0] for file in files}
    if not files:
        found = ", ".join(f"{count} {ending}" for ending, count in others.most_common(4)) or "none"
        raise UserError(
            f"{path}: expected a sub-folder of text files for each label, found other files: "
            f"{found}. Name one file, or sort them into folders."
        )
    why = f"{len(files):,} text files in {len(labels):,} sub-folders, each a label"
    return _classifier({"kind": Choice("texts", why)}, given)


def _classifier(dataset: Mapping[str, Choice], given: Mapping[str, object]) -> Suggestion:
    return Suggestion(
        _with_given(dataset, given),
        {"kind": Choice("classifier"), "embedding": Choice(64), "pooling": Choice("mean")},
        {"epochs": Choice(20), "patience": Choice(3, "stops earlier where validation does")},
    )


def _arrays(path: Path, given: Mapping[str, object]) -> Suggestion:
    arrays = load_arrays(path, "write it again with numpy.savez")
    targets = arrays.get("train_targets", arrays.get("test_targets"))
    if targets is None:
        raise UserError(
            f"{path}: expected the arrays 'train_inputs' and 'train_targets', found "
            f"{', '.join(arrays) or 'none'}."
        )
    integers = targets.dtype.kind in "iu" or targets.dtype.kind in "US"
    why = f"targets {targets.shape} of the type {targets.dtype}"
    if integers and targets.ndim == 1:
        choices = {"kind": Choice("npz"), "task": Choice("classification", why)}
        return _classifier(choices, given)
    if integers and targets.ndim == 2:
        task, model = "tagging", {"kind": Choice("tagger")}
    elif targets.ndim == 3 and np.isin(targets, (0, 1)).all():
        task, model = "polyphony", {"kind": Choice("polyphony")}
    else:
        task, model = "forecasting", {"kind": Choice("forecaster")}
    return Suggestion(
        _with_given({"kind": Choice("npz"), "task": Choice(task, why)}, given),
        model,
        {"epochs": Choice(30), "patience": Choice(5, "stops earlier where validation does")},
    )


def _is_prose(path: Path) -> bool:
    """Return whether a file is running text and no table: lines have no cells in common."""
    data, _ = read_bytes(path)
    if not data.strip() or data[:4] in (b"PAR1", b"ARRO", b"PK\x03\x04") or data[:1] in b"{[":
        return False
    sample = decode(path, data[:200_000].rsplit(b"\n", 1)[0] or data, None)[0].decode()
    lines = [line for line in sample.splitlines() if line.strip()][:200]
    for separator in "\t;|":  # a comma is in every sentence
        counts = [line.count(separator) for line in lines]
        if counts and counts[0] and sum(count == counts[0] for count in counts) > 0.9 * len(counts):
            return False
    return True


def _text(path: Path, given: Mapping[str, object]) -> Suggestion:
    data, _ = read_bytes(path)
    data, encoding = decode(path, data, given.get("encoding"))
    size = len(data)
    window = max(10, min(100, size // 2_000))
    return Suggestion(
        _with_given(
            {
                "kind": Choice("text_file", "running text, without columns"),
                "encoding": Choice(encoding),
                "level": Choice("character", "or word, which needs a long text"),
                "window": Choice(window, "characters of a training sequence"),
            },
            given,
        ),
        {"kind": Choice("language_model")},
        {"epochs": Choice(10), "learning_rate": Choice(0.003)},
    )


def _strings(table: Table, name: str, count: int = 2_000) -> list[str] | None:
    import pyarrow as pa

    column = table.columns[name]
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return None
    return [cell.strip() for cell in column.slice(0, count).to_pylist() if cell and cell.strip()]


def _is_numeric(table: Table, name: str) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    from keras_gru.datasets.dialect import Signs, number_pattern

    column = table.columns[name]
    cells = _strings(table, name)
    if cells is None:
        return pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    cells = [cell for cell in cells if cell.lower() not in MISSING]
    if not cells:
        return False
    pattern = number_pattern(table.signs or Signs(".", "none"))
    return pc.all(pc.match_substring_regex(pa.array(cells), pattern)).as_py()


def _text_columns(table: Table) -> tuple[str, str] | None:
    """Return the columns of texts and of labels, or None where the table has none."""
    columns = {name: cells for name in table.columns if name and (cells := _strings(table, name))}
    dates = _dates_or_none(table)
    long = {
        name: np.mean([len(cell) for cell in cells])
        for name, cells in columns.items()
        if not _is_numeric(table, name)
        and len({*cells}) > 0.5 * len(cells)
        and not (dates and name in dates.columns)
    }
    if not long:
        return None
    text = max(long, key=long.get)
    few = [
        (len({*cells}), name)
        for name, cells in columns.items()
        if name != text and 1 < len({*cells}) <= min(_MOST_CLASSES, max(2, len(cells) / 3))
    ]
    return (text, min(few)[1]) if few else None


def _dates_or_none(table: Table):
    """Return the dates of a table, or None where it has none or they cannot be read."""
    try:
        return find_dates(table, None, None, ())
    except UserError:
        return None


def _texts(
    table: Table,
    written: Mapping[str, Choice],
    given: Mapping[str, object],
    columns: tuple[str, str],
) -> Suggestion:
    text, label = columns
    classes = len({*table.strings(given.get("label", label)).to_pylist()})
    others = [name for name in table.columns if name not in columns]
    unused = f"; not used: {', '.join(others)}" if others else ""
    return _classifier(
        {
            "kind": Choice("texts", f"{table.size:,} rows with texts and labels"),
            "text": Choice(text, f"the column of the longest texts{unused}"),
            "label": Choice(label, f"a column of {classes:,} different values"),
            **written,
        },
        given,
    )


def _series(table: Table, written: Mapping[str, Choice], given: Mapping[str, object]) -> Suggestion:
    time = given.get("time")
    columns = (time,) if isinstance(time, str) else time
    dates = None
    if time != NO_TIME:
        numeric = [name for name in table.columns if name and _is_numeric(table, name)]
        dates = find_dates(table, columns, given.get("date_format"), given.get("targets", ()))
    used = dates.columns if dates else ()
    numeric = [
        name for name in table.columns if name and name not in used and _is_numeric(table, name)
    ]
    series = given.get("series")
    choices = {"kind": Choice("csv_series", "rows of numbers, one for each time step"), **written}
    if dates:
        choices["time"] = Choice(
            used[0] if len(used) == 1 else used, f"dates, format {dates.date_format}"
        )
        choices["date_format"] = Choice(dates.date_format)
        ids = ids_of_series(table, dates)
        if series is None and len(np.unique(dates.values)) < table.size and ids:
            series = ids[0]
            choices["series"] = Choice(series, "each date comes once for each of its values")
    else:
        choices["time"] = Choice(NO_TIME, "no column of dates: rows are taken in their order")
    numeric = [name for name in numeric if name != series]
    if not numeric:
        raise UserError(
            f"{table.path} ({table.form}): expected a column of numbers to forecast, or of texts "
            f"and labels, found neither in {', '.join(table.columns)}. Name the columns, such as "
            "text=NAME label=NAME."
        )
    target = numeric[-1]
    others = ", ".join(numeric[:-1])
    why = "the last column of numbers" + (f"; the others: {others}" if others else "")
    choices["targets"] = Choice((target,), why)
    target = given.get("targets", (target,))
    if len(numeric) > 1:
        seen = tuple(dict.fromkeys((*target, *numeric)))
        choices["inputs"] = Choice(seen, "all columns of numbers")
    numbers = {name: table.numbers(name) for name in dict.fromkeys((*target, *numeric))}
    missing = {name: int(np.isnan(of).sum()) for name, of in numbers.items()}
    if any(missing.values()):
        total = sum(missing.values())
        choices["missing"] = Choice("forward_fill", f"{total:,} values are missing")
    values = numbers[target[0]]
    if dates and series is None:
        values = values[np.argsort(dates.values, kind="stable")]
    elif series is not None:
        first = table.strings(series).to_pylist()
        rows = np.array([one == first[0] for one in first])
        values = values[rows]
        values = values[np.argsort(dates.values[rows], kind="stable")] if dates else values
    values = values[~np.isnan(values)]
    season, strength = find_season(values)
    if season:
        choices["season"] = Choice(season, f"autocorrelation {strength:.2f} at {season} rows")
    wide = 2 * season if season else 48
    window = int(max(2, min(wide, 400, 0.15 * len(values) - 1, len(values) / 8)))
    choices["window"] = Choice(window, "rows that the model sees")
    choices["horizon"] = Choice(1, "rows ahead that it forecasts")
    model = {"kind": Choice("forecaster")}
    share = _share_outside(values)
    if share > 0.1:
        model["subtract_last"] = Choice(
            True, f"{share:.0%} of the last rows leave the first's range"
        )
    return Suggestion(
        _with_given(choices, given),
        model,
        {
            "epochs": Choice(50),
            "learning_rate": Choice(0.003),
            "patience": Choice(10, "stops earlier where validation does"),
        },
    )


def find_season(values: np.ndarray) -> tuple[int | None, float]:
    """Return the season of a series in rows, from its autocorrelation, and how strong it is.

    Args:
        values: (rows,), oldest first.

    Returns:
        The lag above 1 with the highest peak of the autocorrelation of the differences' level, or
        None where no peak is above 0.3.
    """
    count = min(_LONGEST_SEASON, len(values) // 3)
    if count < 3:
        return None, 0.0
    rows = np.arange(len(values))
    level = np.polyval(np.polyfit(rows, values, 1), rows)  # a trend correlates at every lag
    rest = values - level
    if not rest.std() > 1e-9 * np.abs(values).max():
        return None, 0.0
    power = np.abs(np.fft.rfft(rest, 2 * len(rest))) ** 2
    correlation = np.fft.irfft(power)[: count + 1]
    correlation = correlation / correlation[0] * len(rest) / (len(rest) - np.arange(count + 1))
    inner = correlation[1:-1]
    peaks = np.flatnonzero((inner > correlation[:-2]) & (inner >= correlation[2:])) + 1
    peaks = peaks[(peaks > 1) & (correlation[peaks] > _STRONG)]
    if len(peaks) == 0:
        return None, 0.0
    best = correlation[peaks].max()
    # Multiples of a season correlate as much: the shortest of those that are nearly as strong.
    season = int(peaks[correlation[peaks] > 0.9 * best][0])
    return season, float(correlation[season])


def _share_outside(values: np.ndarray) -> float:
    """Return the fraction of the last 15% of rows that leaves the range of the first 70%."""
    first, last = values[: int(0.7 * len(values))], values[int(0.85 * len(values)) :]
    if len(first) == 0 or len(last) == 0:
        return 0.0
    margin = 0.05 * np.ptp(first)
    return float(((last < first.min() - margin) | (last > first.max() + margin)).mean())
