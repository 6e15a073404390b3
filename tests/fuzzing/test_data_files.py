"""Mutated data files give one sentence, or a dataset of finite numbers."""

import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

from keras_gru import datasets
from keras_gru.datasets.registry import DatasetConfig
from tests.fuzzing import data_files
from tests.fuzzing.campaign import DATA_FILES, Campaign, rng_of
from tests.fuzzing.data_files import SETTINGS, archive, arrays, claiming, npy, patched

TASKS = ("classification", "tagging", "forecasting", "polyphony")


def load(kind: str, path: Path, **settings) -> None:
    """Load a dataset and check that its batches are finite."""
    settings = {"kind": kind, "path": str(path)} | SETTINGS[kind] | settings
    dataset = datasets.load(TypeAdapter(DatasetConfig).validate_python(settings))
    assert np.isfinite([*dataset.baselines[0].validation.values()]).all()
    for split in ("train", "validation", "test"):
        rows = range(dataset.size(split))
        x, y, *_ = dataset.batch_of(split, rows)
        assert all(np.isfinite(array).all() for array in (*x.values(), y)), split


def test_mutated_data_files_are_accepted_or_rejected_in_one_sentence(tmp_path):
    campaign = Campaign("bad data files")
    for number in range(DATA_FILES):
        rng = rng_of("data file", number)
        kind = rng.choice(list(SETTINGS))
        task = rng.choice(TASKS)
        of_task = {"task": task} if kind == "npz" else {}
        bad = data_files.bad_npz(task, rng) if of_task else data_files.bad_text(kind, rng)
        file = tmp_path / f"{number}.{kind}"
        file.write_bytes(bad)
        case = f"{number}: {kind} {of_task.get('task', '')}"
        campaign.call(case, lambda f=file, k=kind, o=of_task: load(k, f, **o))
    campaign.check()


@pytest.mark.parametrize("kind", SETTINGS)
def test_undamaged_files_are_accepted(kind, tmp_path):
    file = tmp_path / "whole"
    text = {"csv_series": data_files.CSV, "texts": data_files.TEXTS, "text_file": data_files.TEXT}
    if kind == "npz":
        members = {name: npy(array) for name, array in arrays("classification").items()}
        file.write_bytes(archive(members, zipfile.ZIP_DEFLATED))
    else:
        file.write_text(text[kind])
    load(kind, file)


class TestNpz:
    """Damaged and malicious .npz files."""

    @staticmethod
    def whole():
        return {name: npy(array) for name, array in arrays("classification").items()}

    def cases(self, trap: Path):
        whole, raw = self.whole(), pickle.dumps(data_files.Trap(trap))
        objects = np.array([data_files.Trap(trap)], object)
        return {
            "a raw pickle": raw,
            "a pickled array": pickle.dumps(arrays("classification")),
            "text": b"hello",
            "empty": b"",
            "a .npy file": whole["train_inputs"],
            "an empty zip file": archive({}),
            "a pickle as a member": archive(whole | {"train_inputs": raw}),
            "objects as a member": archive(
                whole | {"train_inputs": npy(objects, allow_pickle=True)}
            ),
            "text as a member": archive(whole | {"train_inputs": b"hello"}),
            "an empty member": archive(whole | {"train_inputs": b""}),
            "an encrypted zip file": patched(archive(whole), 6, 8, 1),
            "an unknown compression": patched(archive(whole), 8, 10, 99),
            "bzip2": archive(whole, zipfile.ZIP_BZIP2),
            "an unknown flag": patched(archive(whole), 6, 8, 0x20),
            "a terabyte": archive(whole | {"train_inputs": claiming("(125000000000,)")}),
            "more than memory has": archive(whole | {"train_inputs": claiming("(2**60,)")}),
            "many axes": archive(whole | {"train_inputs": claiming(f"({'1, ' * 200})")}),
            "a negative shape": archive(whole | {"train_inputs": claiming("(-1, 5, 2)")}),
            "exabytes": archive(whole | {"train_inputs": claiming(f"({10**18},)")}),
            "a shape beyond 64 bits": archive(whole | {"train_inputs": claiming(f"({10**30},)")}),
            "a huge item": archive(whole | {"train_inputs": claiming("(1,)", "'<U2000000000'")}),
            "code as a shape": archive(whole | {"train_inputs": claiming("__import__('os')")}),
            "an object type": archive(whole | {"train_inputs": claiming("(10,)", "'|O'")}),
            "a half": archive(whole)[: len(archive(whole)) // 2],
            "a folder in the name": archive(whole | {"../../x": whole["train_inputs"]}),
        }

    def test_each_is_rejected_in_one_sentence_and_nothing_is_unpickled(self, tmp_path):
        campaign = Campaign(".npz files")
        for name, content in self.cases(tmp_path / "trap").items():
            (tmp_path / "mine.npz").write_bytes(content)
            message = campaign.call(name, lambda: load("npz", tmp_path / "mine.npz"))
            assert "mine.npz" in message, name
        campaign.check()
        assert not (tmp_path / "trap").exists()

    def test_values_beyond_float32_are_rejected(self, tmp_path):
        whole = arrays("forecasting")
        for name in whole:
            changed = whole | {name: whole[name] * 1e300}
            np.savez(tmp_path / "mine.npz", **changed)
            campaign = Campaign(name)
            message = campaign.call(
                name, lambda: load("npz", tmp_path / "mine.npz", task="forecasting")
            )
            assert name in message
            campaign.check()


@pytest.mark.parametrize("cell", ["1e39", "-1e39", "1e300", "1.7e308", "1e999"])
def test_a_csv_value_beyond_float32_is_rejected(cell, tmp_path):
    lines = data_files.CSV.splitlines()
    for row in (5, 70):  # in train and in test
        changed = [*lines]
        changed[row] = f"{row},{cell},1,n"
        (tmp_path / "mine.csv").write_text("\n".join(changed))
        campaign = Campaign(cell)
        message = campaign.call(cell, lambda: load("csv_series", tmp_path / "mine.csv"))
        assert f"line {row + 1}" in message
        campaign.check()


@pytest.mark.parametrize("kind", SETTINGS)
def test_paths_that_are_not_files_are_rejected(kind, tmp_path):
    campaign = Campaign("paths")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    paths = [tmp_path / name for name in ("fifo", "folder", "loop", "missing", "x" * 300)]
    for path in ["~nobody/x", "~nobody", "a\0b", "/dev/zero", "/dev/stdin", *paths]:
        message = campaign.call(f"{path!r}", lambda path=path: load(kind, path))
        assert message, path
    campaign.check()


def test_labels_that_are_not_unicode_are_rejected(tmp_path):
    """In Python, a folder name that is not UTF-8 has lone surrogates."""
    for label in (b"good", b"bad\xff"):
        folder = os.fsencode(tmp_path) + b"/" + label
        os.mkdir(folder)
        for number in range(20):
            with open(folder + f"/{number}.txt".encode(), "w") as file:
                file.write(f"word{number} more words")
    campaign = Campaign("labels")
    message = campaign.call("a folder's name", lambda: load("texts", tmp_path))
    assert message.isprintable() and "bad" in message
    campaign.check()


def test_a_pipe_among_texts_is_rejected(tmp_path):
    for label in ("good", "bad"):
        (tmp_path / label).mkdir()
        for number in range(20):
            (tmp_path / label / f"{number}.txt").write_text(f"word{number} more words")
    os.mkfifo(tmp_path / "bad" / "pipe.txt")
    campaign = Campaign("a folder of texts")
    assert "pipe.txt" in campaign.call("a pipe", lambda: load("texts", tmp_path))
    campaign.check()
