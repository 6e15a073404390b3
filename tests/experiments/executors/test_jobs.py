"""Parallel runs give the results of sequential runs, even if workers crash."""

import multiprocessing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_gru import datasets
from keras_gru.errors import UserError
from keras_gru.experiments.compare import compare
from keras_gru.experiments.executors.jobs import Queue
from keras_gru.experiments.executors.processes import divide_cores
from keras_gru.experiments.run_directory import RunDirectory
from tests.experiments.helpers import Recorder, assert_same_results, tiny

RATES = {"training.learning_rate": (1e-5, 0.02)}


class Killer(Recorder):
    """Kills the worker of a cell's first run when it starts, `times` times."""

    def __init__(self, cell, times):
        super().__init__()
        self.cell, self.times, self.seed = cell, times, None

    def started(self, cell, seed, first_epoch):
        super().started(cell, seed, first_epoch)
        if cell == self.cell and self.seed is None:
            self.seed = seed
        if (cell, seed) == (self.cell, self.seed) and self.times:
            self.times -= 1
            for process in multiprocessing.active_children():
                if process.name == f"{cell} seed {seed}":
                    process.kill()


@given(st.integers(1, 130), st.integers(1, 130))
def test_cores_are_divided_evenly_among_processes(cores, slots):
    parts = divide_cores(list(range(cores)), slots)
    assert all(parts)
    assert {core for part in parts for core in part} == set(range(cores))
    if slots <= cores:
        assert sum(map(len, parts)) == cores
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_jobs_are_queued_seed_by_seed_after_tuning_has_finished(tmp_path):
    experiment = tiny(tmp_path, seeds=(0, 1), tuning=RATES)
    metric = datasets.load(experiment.dataset).metric
    queue = Queue(experiment, RunDirectory.create(experiment), metric)
    job_names = [job.name for job in iter(queue.next, None)]
    # A cell's runs start only after its trials have finished.
    assert job_names == ["gru-1", "gru-2", "simple_rnn-1", "simple_rnn-2"]
    assert [(job.name, job.seed) for job in queue.waiting] == [
        ("gru", 0),
        ("simple_rnn", 0),
        ("gru", 1),
        ("simple_rnn", 1),
    ]


def test_parallel_and_sequential_runs_agree_even_if_a_worker_crashes(tmp_path):
    experiment = tiny(tmp_path, cells=("simple_rnn",), tuning=RATES)
    listener = Killer("simple_rnn", times=1)
    parallel = compare(experiment, jobs=2, listener=listener)
    sequential = compare(experiment)
    assert_same_results(parallel, sequential)
    (note,) = [note for note in listener.notes if "worker" in note]
    assert note.startswith("SimpleRNN seed 0: worker crashed (killed by SIGKILL; ")
    assert note.endswith("Retrying it once.")
    assert [cell for cell, _, _ in listener.starts].count("simple_rnn") == 2
    assert sorted(listener.ended) == ["simple_rnn", "simple_rnn-1", "simple_rnn-2"]
    assert parallel.metadata.environment["jobs"] == "2 at a time, which share the cores"
    assert "jobs" not in sequential.metadata.environment
    assert not (parallel.path / "jobs").exists() and not multiprocessing.active_children()
    files = {
        str(path.relative_to(parallel.path)) for path in parallel.path.rglob("*") if path.is_file()
    }
    assert files == {
        str(path.relative_to(sequential.path))
        for path in sequential.path.rglob("*")
        if path.is_file()
    }


def test_an_os_error_in_a_worker_is_raised_and_not_retried(tmp_path):
    experiment, listener = tiny(tmp_path), Recorder()
    folder = RunDirectory.create(experiment)
    folder.run_path("simple_rnn", 0).write_text("a file in the place of a directory")
    with pytest.raises(OSError, match="simple_rnn-seed0"):
        compare(experiment, run_directory=folder, jobs=2, listener=listener)
    assert not [note for note in listener.notes if "crashed" in note]


def test_a_run_that_crashes_twice_affects_no_other_run_and_can_be_resumed(tmp_path):
    experiment = tiny(tmp_path, cells=("simple_rnn",), seeds=(0, 1))
    listener = Killer("simple_rnn", times=2)
    with pytest.raises(UserError, match=r"worker crashed; .*--resume") as error:
        compare(experiment, jobs=2, listener=listener)
    assert str(error.value).startswith(f"SimpleRNN seed {listener.seed}: ")
    folder = RunDirectory(next((tmp_path / "runs" / "tiny").iterdir()))
    assert {record.seed for record in folder.records()} == {0, 1} - {listener.seed}
    resuming = Recorder()
    resumed = compare(experiment, run_directory=folder, listener=resuming)
    assert [seed for _, seed, _ in resuming.starts] == [listener.seed]
    assert [run.status for run in resumed.runs] == ["finished"] * 2


def test_ctrl_c_ends_all_processes_and_loses_no_epoch(tmp_path):
    experiment = tiny(tmp_path, cells=("simple_rnn",), seeds=(0, 1), training={"epochs": 6})
    with pytest.raises(KeyboardInterrupt, match="Resume with: keras-gru compare --resume"):
        compare(experiment, jobs=2, listener=Recorder(stop_at=("simple_rnn", 2)))
    assert not multiprocessing.active_children()
    folder = RunDirectory(next((tmp_path / "runs" / "tiny").iterdir()))
    listener = Recorder()
    assert_same_results(
        compare(experiment, run_directory=folder, listener=listener), compare(experiment)
    )
    assert max(first_epoch for _, _, first_epoch in listener.starts) >= 2
