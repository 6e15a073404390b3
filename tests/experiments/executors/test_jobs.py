"""Several runs at a time: the results are those of one after the other, whatever dies."""

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
from tests.experiments.helpers import Recorder, same, tiny

RATES = {"training.learning_rate": (1e-5, 0.02)}


class Killer(Recorder):
    """Kills the process of the first run of a cell as soon as it has started, so many times."""

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
def test_every_core_is_somebodys_and_no_one_has_much_more_than_another(cores, slots):
    parts = divide_cores(list(range(cores)), slots)
    assert all(parts)
    assert {core for part in parts for core in part} == set(range(cores))
    if slots <= cores:
        assert sum(map(len, parts)) == cores
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_jobs_are_given_out_seed_by_seed_and_once_tuning_has_chosen(tmp_path):
    experiment = tiny(tmp_path, seeds=(0, 1), tuning=RATES)
    metric = datasets.load(experiment.dataset).metric
    queue = Queue(experiment, RunDirectory.create(experiment), metric)
    given_out = [job.name for job in iter(queue.next, None)]
    # No run of a cell before its trials have ended.
    assert given_out == ["gru-1", "gru-2", "simple_rnn-1", "simple_rnn-2"]
    assert [(job.name, job.seed) for job in queue.waiting] == [
        ("gru", 0),
        ("simple_rnn", 0),
        ("gru", 1),
        ("simple_rnn", 1),
    ]


def test_parallel_and_sequential_runs_agree_although_a_process_crashes(tmp_path):
    experiment = tiny(tmp_path, cells=("simple_rnn",), tuning=RATES)
    listener = Killer("simple_rnn", times=1)
    both = compare(experiment, jobs=2, listener=listener)
    alone = compare(experiment)
    same(both, alone)
    (note,) = [note for note in listener.notes if "worker" in note]
    assert note.startswith("SimpleRNN seed 0: worker crashed (killed by SIGKILL; ")
    assert note.endswith("Retrying it once.")
    assert [cell for cell, _, _ in listener.starts].count("simple_rnn") == 2
    assert sorted(listener.ended) == ["simple_rnn", "simple_rnn-1", "simple_rnn-2"]
    assert both.metadata.environment["jobs"] == "2 at a time, which share the cores"
    assert "jobs" not in alone.metadata.environment
    assert not (both.path / "jobs").exists() and not multiprocessing.active_children()
    files = {str(path.relative_to(both.path)) for path in both.path.rglob("*") if path.is_file()}
    assert files == {
        str(path.relative_to(alone.path)) for path in alone.path.rglob("*") if path.is_file()
    }


def test_an_os_error_in_a_worker_is_raised_and_not_retried(tmp_path):
    experiment, listener = tiny(tmp_path), Recorder()
    folder = RunDirectory.create(experiment)
    folder.run_path("simple_rnn", 0).write_text("a file in the place of a directory")
    with pytest.raises(OSError, match="simple_rnn-seed0"):
        compare(experiment, run_directory=folder, jobs=2, listener=listener)
    assert not [note for note in listener.notes if "crashed" in note]


def test_a_run_whose_process_dies_twice_spoils_no_other_and_can_be_gone_on_with(tmp_path):
    experiment = tiny(tmp_path, cells=("simple_rnn",), seeds=(0, 1, 2))
    listener = Killer("simple_rnn", times=2)
    with pytest.raises(UserError, match=r"worker crashed; .*--resume") as error:
        compare(experiment, jobs=2, listener=listener)
    assert str(error.value).startswith(f"SimpleRNN seed {listener.seed}: ")
    folder = RunDirectory(next((tmp_path / "runs" / "tiny").iterdir()))
    assert {record.seed for record in folder.records()} == {0, 1, 2} - {listener.seed}
    resuming = Recorder()
    resumed = compare(experiment, run_directory=folder, listener=resuming)
    assert [seed for _, seed, _ in resuming.starts] == [listener.seed]
    assert [run.status for run in resumed.runs] == ["finished"] * 3


def test_ctrl_c_leaves_no_process_behind_and_every_epoch(tmp_path):
    experiment = tiny(tmp_path, cells=("simple_rnn",), seeds=(0, 1), training={"epochs": 6})
    with pytest.raises(KeyboardInterrupt, match="Resume with: keras-gru compare --resume"):
        compare(experiment, jobs=2, listener=Recorder(stop_at=("simple_rnn", 2)))
    assert not multiprocessing.active_children()
    folder = RunDirectory(next((tmp_path / "runs" / "tiny").iterdir()))
    listener = Recorder()
    same(compare(experiment, run_directory=folder, listener=listener), compare(experiment))
    assert max(first_epoch for _, _, first_epoch in listener.starts) >= 2


def test_what_a_process_rejects_is_reported_unchanged(tmp_path):
    experiment = tiny(
        tmp_path,
        dataset={"kind": "copy_memory", "delay": 5, "train": 16, "validation": 16, "test": 16},
        model={"kind": "tagger"},
        training={"label_smoothing": 0.1},
    )
    with pytest.raises(UserError, match=r"^training\.label_smoothing: "):
        compare(experiment, jobs=2)
    assert not multiprocessing.active_children()
