"""The cache of prepared datasets returns what loading returns, or is not used."""

import shutil
from dataclasses import fields

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets import Preprocessing, SequenceDataset
from keras_gru.datasets.own.csv_series import CsvSeries
from keras_gru.datasets.own.text_file import TextFile
from keras_gru.datasets.own.texts import Texts
from keras_gru.datasets.own.ts import Ts
from keras_gru.datasets.storage import cache, cache_folder, prepared

LINES = [
    f"{('good', 'bad')[n % 2]} film {n % 5} of {n % 3},{('yes', 'no')[n % 2]},{n % 12}"
    for n in range(60)
]
ROWS = [f"2024-01-{n + 1:02},{n * 7 % 11},{n}" for n in range(31)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a cache that also stores small files."""
    monkeypatch.setenv(cache_folder.CACHE_DIR, str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "_SMALLEST", 0)
    return tmp_path / "cache"


def test_an_entry_is_of_all_code_that_prepares_data():
    names = {f"{path.parent.name}/{path.stem}" for path in cache._code()}
    assert {"tables/dialect", "datasets/split", "own/npz", "series/table"} <= names


def files(path):
    (path / "films.csv").write_text("\n".join(["text,label,by", *LINES]))
    (path / "river.csv").write_text("\n".join(["date,flow,rain", *ROWS]))
    (path / "book.txt").write_text("the cat sat on the mat, and so on. " * 40)
    (path / "s.ts").write_text("@classLabel true a b\n@data\n" + "1,2,3:a\n4,5,6:b\n" * 20)
    return {
        "ts": Ts(path=str(path / "s.ts")),
        "texts": Texts(path=str(path / "films.csv"), text="text", label="label", group="by"),
        "series": CsvSeries(path=str(path / "river.csv"), targets=("flow",), window=2),
        "text": TextFile(path=str(path / "book.txt"), window=7, stride=3),
    }


def entries(folder):
    return sorted(path for path in folder.iterdir() if path.is_dir())


def assert_same(one, other):
    assert one.fingerprint == other.fingerprint
    for field in ("preprocessing", "baselines", "facts", "ends", "metric", "other_metrics"):
        assert getattr(one, field) == getattr(other, field)
    assert one.resolved.model_dump(exclude={"cache"}) == other.resolved.model_dump(
        exclude={"cache"}
    )
    for name, split in one.splits.items():
        for key, array in split.inputs.items():
            np.testing.assert_array_equal(array, other.splits[name].inputs[key])
        np.testing.assert_array_equal(split.targets, other.splits[name].targets)
        np.testing.assert_array_equal(split.groups, other.splits[name].groups)


@pytest.mark.parametrize("kind", ["texts", "series", "text", "ts"])
def test_a_cached_file_is_not_read_again(folder, tmp_path, monkeypatch, kind):
    config = files(tmp_path)[kind]
    plain = datasets.load(config.model_copy(update={"cache": False}))
    assert not folder.exists()
    first = datasets.load(config)
    assert_same(plain, first)
    monkeypatch.setattr(type(config), "load", lambda *_: pytest.fail("the file was read"))
    assert_same(plain, datasets.load(config))
    # A run directory stores the guessed settings and the fitted preprocessing.
    assert_same(plain, datasets.load(first.resolved, plain.preprocessing, plain.source))
    assert len(entries(folder)) == 1


def test_every_field_of_a_dataset_is_cached():
    cached = {field.name for cls in (Preprocessing, prepared._Rest) for field in fields(cls)}
    assert {field.name for field in fields(SequenceDataset)} == cached | {
        "splits", "stages", "resolved"
    }  # fmt: skip


def test_a_deleted_entry_is_recreated(folder, tmp_path, monkeypatch):
    config = files(tmp_path)["texts"]
    resolved = datasets.load(config).resolved
    shutil.rmtree(entries(folder)[0])
    datasets.load(resolved)
    monkeypatch.setattr(type(config), "load", lambda *_: pytest.fail("the file was read"))
    datasets.load(resolved)
    (folder / f"{entries(folder)[0].name}.same").write_bytes(b"\xff../..")
    datasets.load(resolved)


def test_a_changed_file_or_setting_gets_its_own_entry(folder, tmp_path):
    config = files(tmp_path)["text"]
    datasets.load(config)
    other = datasets.load(config.model_copy(update={"window": 9}))
    assert other.spec.length == 9 and len(entries(folder)) == 2
    (tmp_path / "book.txt").write_text("A dog and a cat and a bird ran. " * 40)
    assert "b" in datasets.load(config).vocabulary and len(entries(folder)) == 3


@pytest.mark.parametrize("name", ["arrays.bin", "dataset.json"])
@pytest.mark.parametrize("damage", ["changed", "cut", "gone"])
def test_a_damaged_entry_is_recreated(folder, tmp_path, name, damage):
    config = files(tmp_path)["texts"]
    plain = datasets.load(config.model_copy(update={"cache": False}))
    datasets.load(config)
    path = entries(folder)[0] / name
    content = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes(content if damage == "changed" else content[:-5])
    assert_same(plain, datasets.load(config))
    assert_same(plain, datasets.load(config))
    assert len(entries(folder)) == 1


def test_the_oldest_entries_are_deleted_when_the_cache_is_full(folder, tmp_path, monkeypatch):
    config = files(tmp_path)["text"]
    datasets.load(config)
    (old,) = entries(folder)
    monkeypatch.setattr(cache, "_MOST", 1)
    datasets.load(config.model_copy(update={"window": 9}))
    assert len(entries(folder)) == 1 and not old.exists()


def test_without_a_writable_folder_nothing_is_cached(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(cache_folder.CACHE_DIR, str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(cache, "_SMALLEST", 0)
    assert datasets.load(files(tmp_path)["text"]).size("train") > 0
