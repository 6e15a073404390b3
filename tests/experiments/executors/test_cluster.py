"""Runs on a Ray cluster: the same results and files, even if workers or the head crash."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from keras_gru.errors import UserError
from keras_gru.experiments.compare import compare
from keras_gru.experiments.configuration.yaml_writer import dump_experiment
from keras_gru.experiments.run_directory import RunDirectory
from tests.experiments.helpers import Recorder, assert_same_results, results_by_run, tiny

ray = pytest.importorskip("ray", reason="ray is not installed: pip install 'keras_gru[ray]'")
CHECKOUT = Path(__file__).resolve().parents[3]
linux = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


def processes(words):
    """Return the ids of the processes whose command line contains these words."""
    numbers = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # the process has ended
            continue
        if words in command:
            numbers.append(int(path.parent.name))
    return numbers


@pytest.fixture(scope="module")
def cluster():
    """A local cluster of two Ray nodes with one core each, whose environment has no backend."""
    from ray.cluster_utils import Cluster

    cluster, starts = Cluster(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "of this process")
        while len(cluster.list_all_nodes()) < 2:
            starts += 1
            try:
                cluster.add_node(num_cpus=1, object_store_memory=100_000_000)
            except Exception:  # Ray gives a node 30 s, which is too short on a busy machine
                if starts == 4:
                    raise
    yield cluster.address
    ray.shutdown()
    cluster.shutdown()


class Killer(Recorder):
    """Kills all workers as soon as a run of a cell has started."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    def started(self, cell, seed, first_epoch):
        super().started(cell, seed, first_epoch)
        if cell == self.cell:
            self.cell = None
            for number in processes("ray::_do"):
                os.kill(number, signal.SIGKILL)


def test_two_nodes_and_one_process_give_the_same_results(cluster, tmp_path):
    tuning = {"training.learning_rate": (1e-5, 0.02)}
    experiment, listener = tiny(tmp_path, cells=("simple_rnn",), tuning=tuning), Recorder()
    far = compare(experiment, jobs=None, cluster=cluster, listener=listener)
    near = compare(experiment)
    assert_same_results(far, near)
    assert sorted(listener.ended) == ["simple_rnn", "simple_rnn-1", "simple_rnn-2"]
    seed = experiment.tuning_seed
    assert {("simple_rnn-1", seed, 1), ("simple_rnn-2", seed, 3)} <= set(listener.epochs)
    assert far.metadata.environment["jobs"] == "2 at a time, on a Ray cluster of 2 machines"
    for comparison in (far, near):
        files = {str(p.relative_to(comparison.path)) for p in comparison.path.rglob("*.*")}
        names = ("simple_rnn-seed0/best.keras", "simple_rnn-seed0/history.jsonl", "results.jsonl")
        assert files.issuperset(names)
        assert not list(comparison.path.rglob("checkpoint.npz"))


@linux
def test_a_run_whose_worker_is_killed_is_retried_once(cluster, tmp_path):
    experiment, listener = tiny(tmp_path, cells=("simple_rnn",)), Killer("simple_rnn")
    assert_same_results(
        compare(experiment, jobs=None, cluster=cluster, listener=listener), compare(experiment)
    )
    notes = [note for note in listener.notes if "worker crashed" in note]
    assert any(note.startswith("SimpleRNN seed 0: ") for note in notes)
    assert all(note.endswith("Retrying it once.") for note in notes)


@linux
def test_a_killed_head_loses_no_finished_run(tmp_path):
    experiment = tiny(tmp_path, cells=("simple_rnn",), seeds=(0, 1, 2, 3))
    config = tmp_path / "tiny.yaml"
    config.write_text(dump_experiment(experiment))
    variables = {"RAY_gcs_rpc_server_reconnect_timeout_s": "3", "PYTHONPATH": str(CHECKOUT)}
    words = ["-m", "keras_gru", "compare", str(config), "--executor", "ray"]
    client = subprocess.Popen(
        [sys.executable, *words], cwd=tmp_path, env={**os.environ, **variables},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 240
        while not (results := list(tmp_path.glob("runs/tiny/*/results.jsonl"))):
            assert client.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        heads = [n for n in processes("gcs_server") if os.getpgid(n) == os.getpgid(client.pid)]
        for number in heads or processes("gcs_server"):
            os.kill(number, signal.SIGKILL)
        client.wait(timeout=120)
    finally:
        if client.poll() is None:
            os.killpg(client.pid, signal.SIGKILL)
    folder = RunDirectory(results[0].parent)
    before = results_by_run(folder.comparison())
    assert 1 <= len(before) < 4
    listener = Recorder()
    resumed = compare(experiment, run_directory=folder, listener=listener)
    assert len(listener.starts) == 4 - len(before), "finished runs are not repeated"
    assert before.items() <= results_by_run(resumed).items()


def test_an_address_without_a_cluster_is_rejected(tmp_path):
    with pytest.raises(UserError, match=r"^--address 127\.0\.0\.1:1: no Ray cluster answers there"):
        compare(tiny(tmp_path), cluster="127.0.0.1:1")
