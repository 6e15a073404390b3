"""The number of shards belongs to the run directory: jobs and cores change no bit of a result."""

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


def found(comparison):
    return {run.seed: timeless(run) for run in comparison.runs}


def test_jobs_and_cores_change_no_bit_and_another_number_does(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    alone = compare(wide(tmp_path))
    assert alone.experiment.training.shards == 2
    assert alone.runs[0].path == "graph fused, compiled"
    stopped = RunDirectory.create(wide(tmp_path).with_shards(2))
    with pytest.raises(KeyboardInterrupt):
        compare(wide(tmp_path), run_directory=stopped, listener=Recorder(stop_at=("simple_rnn", 1)))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert found(compare(wide(tmp_path), run_directory=stopped)) == found(alone)
    monkeypatch.undo()
    two_jobs = compare(wide(tmp_path, shards=2), jobs=2)
    assert found(two_jobs) == found(alone)
    one_shard = compare(wide(tmp_path, seeds=(0,), shards=1))
    assert found(one_shard)[0] != found(alone)[0]


def test_the_number_of_an_earlier_comparison_is_not_taken_over(tmp_path):
    compiling.set_shards(3)  # as training with `shards: 3` does
    expected = compiling.default_shards()
    assert resolve_shards(tiny(tmp_path), None).training.shards == expected != 3
