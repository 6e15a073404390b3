"""The number of shards belongs to the run directory; jobs and cores do not change results."""

import os

import pytest

from keras_gru.experiments.compare import compare, resolve_shards
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.layers import compiling
from tests.experiments.helpers import Recorder, timeless, tiny


@pytest.fixture(autouse=True)
def default_shards():
    yield
    compiling.set_shards(None)


def wide(folder, seeds=(0, 1), **training):
    return tiny(
        folder,
        cells=("simple_rnn",),
        seeds=seeds,
        model={"size": {"units": 128}},
        training={"jit_compile": "auto", "epochs": 2, "batch_size": 32, **training},
    )


def timeless_runs(comparison):
    return {run.seed: timeless(run) for run in comparison.runs}


def test_results_depend_on_the_shards_but_not_on_jobs_and_cores(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    one_job = compare(wide(tmp_path))
    assert one_job.experiment.training.shards == 2
    assert one_job.runs[0].path == "graph fused, compiled"
    stopped = RunDirectory.create(wide(tmp_path).with_shards(2))
    with pytest.raises(KeyboardInterrupt):
        compare(wide(tmp_path), run_directory=stopped, listener=Recorder(stop_at=("simple_rnn", 1)))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert timeless_runs(compare(wide(tmp_path), run_directory=stopped)) == timeless_runs(one_job)
    monkeypatch.undo()
    two_jobs = compare(wide(tmp_path, shards=2), jobs=2)
    assert timeless_runs(two_jobs) == timeless_runs(one_job)
    one_shard = compare(wide(tmp_path, seeds=(0,), shards=1))
    assert timeless_runs(one_shard)[0] != timeless_runs(one_job)[0]


def test_the_shards_of_an_earlier_comparison_are_not_used(tmp_path):
    compiling.set_shards(3)  # as training with `shards: 3` does
    expected = compiling.default_shards()
    assert resolve_shards(tiny(tmp_path), None).training.shards == expected != 3
