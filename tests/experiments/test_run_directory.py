"""A run directory: locked by one process, records appended, leftover files removed."""

import dataclasses
import os
import subprocess
import sys

import pytest

from keras_gru import files
from keras_gru.errors import UserError
from keras_gru.experiments.compare import compare
from keras_gru.experiments.find_run import find_run
from keras_gru.experiments.json_files import append_json, load_json_lines
from keras_gru.experiments.learning_curve import learning_curve
from keras_gru.experiments.run_directory import RunDirectory
from tests.experiments.helpers import Recorder, record, tiny

LOCK = """
import sys, time
from pathlib import Path
from keras_gru.experiments.run_lock import lock_directory
with lock_directory(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path):
    return RunDirectory.create(tiny(tmp_path))


@pytest.fixture
def other_process(folder):
    """Another process that locks the run directory until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", LOCK, folder.path], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "locked\n"
    yield process
    process.kill()
    process.communicate()


def test_a_locked_directory_names_the_locking_process_until_that_is_killed(folder, other_process):
    experiment = folder.experiment()
    for train in (compare, lambda *args, **kwargs: learning_curve(*args, (0.5,), **kwargs)):
        with pytest.raises(UserError, match=rf"{folder.path}: .* {other_process.pid} on .* since"):
            train(experiment, run_directory=folder)
    other_process.kill()
    other_process.wait()
    compare(experiment, run_directory=folder)
    assert not list(folder.path.glob(".*"))


def test_a_learning_curve_locks_the_directory_during_every_run(folder):
    lock_files = []

    class LockListener(Recorder):
        def started(self, cell, seed, first_epoch):
            lock_files.append(sorted(path.name for path in folder.path.glob(".*")))

    learning_curve(folder.experiment(), (0.5,), run_directory=folder, listener=LockListener())
    assert lock_files == [[".holder.json", ".lock"]] * 4


def test_the_last_record_of_a_run_counts(folder):
    for run in (record("gru", 0, 1.0), record("lstm", 0, 2.0), record("gru", 0, 3.0)):
        folder.add(run)
    assert [(run.cell, run.test["mae"]) for run in folder.records()] == [("lstm", 2), ("gru", 3)]
    assert len((folder.path / "results.jsonl").read_text().splitlines()) == 3
    for rate, value in ((0.1, 1.0), (0.2, 2.0), (0.1, 3.0)):
        trial = dataclasses.replace(record("gru", 0, value), settings={"training.epochs": rate})
        folder.add_trial(trial)
    assert [trial.test["mae"] for trial in folder.trials()] == [2, 3]


@pytest.mark.parametrize("fragment", ['{"cell": "gr', '{"cell": "GRU \udcc3', "\x00\x00"])
def test_an_unfinished_last_line_is_dropped_and_replaced(folder, fragment):
    folder.add(record("gru", 0, 1.0))
    path = folder.path / "results.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + fragment.encode(errors="surrogateescape"))
    assert [run.cell for run in folder.records()] == ["gru"]
    folder.add(record("lstm", 0, 2.0))
    assert path.read_bytes().startswith(whole + b'{"cell": "lstm"')
    assert [run.cell for run in folder.records()] == ["gru", "lstm"]


def test_a_complete_last_line_without_a_line_break_is_read(folder):
    folder.add(record("gru", 0, 1.0))
    path = folder.path / "results.jsonl"
    path.write_bytes(path.read_bytes().rstrip())
    assert [run.cell for run in folder.records()] == ["gru"]
    folder.add(record("lstm", 0, 2.0))
    assert [run.cell for run in folder.records()] == ["gru", "lstm"]


def test_rows_may_contain_any_text(tmp_path):
    path = tmp_path / "rows.jsonl"
    for number in range(100):
        append_json(path, {"number": number, "text": "\u2028é\r\n"})
    assert [row["number"] for row in load_json_lines(path, dict)] == list(range(100))


def test_leftover_files_of_a_killed_process_are_removed(folder):
    compare(folder.experiment(), run_directory=folder)
    before = {path for path in folder.path.rglob("*")}
    run = folder.run_path("gru", 0)
    (folder.path / "jobs").mkdir()
    for left in (
        folder.path / ".results-1a2b3c4d.jsonl",
        folder.path / "jobs" / "crashed-1.log",
        folder.path / "jobs" / "0.log",
        run / ".history-1a2b3c4d.jsonl",
        run / ".checkpoint-1a2b3c4d.npz",
        run / ".best-1a2b3c4d.keras",
        run / "checkpoint.npz",
    ):
        left.write_text("left over")
    compare(folder.experiment(), run_directory=folder)
    assert {path for path in folder.path.rglob("*")} == before


def test_only_files_opened_for_writing_are_synced(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl", reason="Windows itself rejects other handles")
    modes = []

    def sync(handle):
        modes.append(fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE)

    monkeypatch.setattr(os, "fsync", sync)
    files.write_text(tmp_path / "text", "whole")
    append_json(tmp_path / "rows", {})
    assert len(modes) == 2 and os.O_RDONLY not in modes


class TestFindRun:
    @pytest.fixture
    def newest(self, tmp_path, monkeypatch):
        """The newest of three runs of the same second; an older one has another name."""
        monkeypatch.chdir(tmp_path)
        for name in ("2026-01-31_12-00-00", "2026-01-31_12-00-00_9", "2026-01-31_12-00-00_10"):
            path = tmp_path / "runs" / "tiny" / name
            path.mkdir(parents=True)
            (path / "experiment.yaml").touch()
        older = tmp_path / "runs" / "other" / "2025-12-31_12-00-00"
        older.mkdir(parents=True)
        (older / "experiment.yaml").touch()
        (tmp_path / "runs" / "tiny" / "sweep").mkdir()
        (tmp_path / "runs" / "tiny" / "sweep" / "experiment.yaml").touch()
        return path

    @pytest.mark.parametrize("run", ["runs/tiny", "tiny", "latest", "runs/tiny/", "{path}"])
    def test_the_newest_run_is_found_by_name_or_folder(self, newest, run):
        assert find_run(run.format(path=newest)).path.resolve() == newest

    def test_a_run_of_another_name_or_a_sweep_is_found(self, newest):
        assert find_run("other").path.parent.name == "other"
        assert find_run("runs/tiny/sweep").path.name == "sweep"

    @pytest.mark.parametrize("run", ["latest", "runs", "nowhere", "{folder}"])
    def test_a_missing_run_is_reported_in_one_sentence(self, tmp_path, monkeypatch, run):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "runs").mkdir()
        with pytest.raises(UserError, match="expected a run directory"):
            find_run(run.format(folder=tmp_path))
