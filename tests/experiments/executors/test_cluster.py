"""Runs on a Ray cluster: the same results and the same store, whatever dies."""

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
from tests.experiments.helpers import Recorder, found, same, tiny

ray = pytest.importorskip("ray", reason="ray is not installed: pip install 'keras_gru[ray]'")
CHECKOUT = Path(__file__).resolve().parents[3]
linux = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


def processes(words):
    """The numbers of the processes whose command has these words."""
    numbers = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended
            continue
        if words in command:
            numbers.append(int(path.parent.name))
    return numbers


@pytest.fixture(scope="module")
def cluster():
    """Two machines of one core each, as far as Ray can tell."""
    from ray.cluster_utils import Cluster

    cluster, starts = Cluster(), 0
    while len(cluster.list_all_nodes()) < 2:
        starts += 1
        try:
            cluster.add_node(num_cpus=1, object_store_memory=100_000_000)
        except Exception:  # Ray gives a node 30 s to start, which is too short on a busy machine
            if starts == 4:
                raise
    yield cluster.address
    ray.shutdown()
    cluster.shutdown()


class Killer(Recorder):
    """Kills all workers as soon as a cell has started."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    def started(self, cell, seed, first_epoch):
        super().started(cell, seed, first_epoch)
        if cell == self.cell:
            self.cell = None
            for number in processes("ray::_do"):
                os.kill(number, signal.SIGKILL)


def test_two_machines_and_one_process_agree(cluster, tmp_path):
    tuning = {"training.learning_rate": (1e-5, 0.02)}
    experiment, listener = tiny(tmp_path, cells=("simple_rnn",), tuning=tuning), Recorder()
    far = compare(experiment, jobs=None, cluster=cluster, listener=listener)
    near = compare(experiment)
    same(far, near)
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
def test_a_run_whose_worker_is_killed_is_tried_once_more(cluster, tmp_path):
    experiment, listener = tiny(tmp_path, cells=("simple_rnn",)), Killer("simple_rnn")
    same(compare(experiment, jobs=None, cluster=cluster, listener=listener), compare(experiment))
    notes = [note for note in listener.notes if "worker crashed" in note]
    assert any(note.startswith("SimpleRNN seed 0: ") for note in notes)
    assert all(note.endswith("Retrying it once.") for note in notes)


@linux
def test_a_killed_head_loses_no_finished_run(tmp_path):
    experiment = tiny(tmp_path, cells=("simple_rnn",), seeds=(0, 1, 2, 3))
    config = tmp_path / "tiny.yaml"
    config.write_text(dump_experiment(experiment))
    quick = {"RAY_gcs_rpc_server_reconnect_timeout_s": "3", "PYTHONPATH": str(CHECKOUT)}
    words = ["-m", "keras_gru", "compare", str(config), "--executor", "ray"]
    asking = subprocess.Popen(
        [sys.executable, *words], cwd=tmp_path, env={**os.environ, **quick},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 240
        while not (kept := list(tmp_path.glob("runs/tiny/*/results.jsonl"))):
            assert asking.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        heads = [n for n in processes("gcs_server") if os.getpgid(n) == os.getpgid(asking.pid)]
        for number in heads or processes("gcs_server"):
            os.kill(number, signal.SIGKILL)
        asking.wait(timeout=120)
    finally:
        if asking.poll() is None:
            os.killpg(asking.pid, signal.SIGKILL)
    folder = RunDirectory(kept[0].parent)
    before = found(folder.comparison())
    assert 1 <= len(before) < 4
    listener = Recorder()
    whole = compare(experiment, run_directory=folder, listener=listener)
    assert len(listener.starts) == 4 - len(before), "what was finished is not repeated"
    assert before.items() <= found(whole).items()


def test_no_cluster_at_an_address(tmp_path):
    with pytest.raises(UserError, match=r"^--address 127\.0\.0\.1:1: no Ray cluster answers there"):
        compare(tiny(tmp_path), cluster="127.0.0.1:1")
