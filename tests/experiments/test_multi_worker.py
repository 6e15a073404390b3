"""One network trained by two processes, which is the network that one process trains."""

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from pydantic import ValidationError

from keras_gru import datasets
from keras_gru.errors import UserError
from keras_gru.experiments import multi_worker, use
from keras_gru.experiments.compare import compare
from keras_gru.experiments.configuration.yaml_files import dump_experiment
from keras_gru.experiments.executors.together import Together
from keras_gru.experiments.learning_curve import learning_curve
from keras_gru.experiments.results import RunFolder
from keras_gru.experiments.run import build
from tests.experiments.helpers import tiny

tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="tf.distribute is TensorFlow's"
)
CHECKOUT = Path(__file__).resolve().parents[2]
TWO = {"cluster": {"worker": ["here:1", "there:1"]}, "task": {"type": "worker", "index": 1}}
COMPARE = """
import json, sys
from keras_gru.experiments.compare import compare
from keras_gru.experiments.configuration.yaml_files import load_experiment
for config in sys.argv[1:]:
    found = compare(load_experiment(config))
    print(json.dumps([found.folder and str(found.folder), found.runs[0].test]))
"""


def start(folder, *commands):
    """A worker of one core for each command, of one cluster on this machine."""
    sockets = [socket.create_server(("localhost", 0)) for _ in commands]
    names = [f"localhost:{of.getsockname()[1]}" for of in sockets]
    for of in sockets:
        of.close()
    workers = []
    for index, command in enumerate(commands):
        task = {"cluster": {"worker": names}, "task": {"type": "worker", "index": index}}
        environment = {
            **os.environ,
            "TF_CONFIG": json.dumps(task),
            "PYTHONPATH": str(CHECKOUT),
            "TF_NUM_INTRAOP_THREADS": "1",
        }
        where = folder / f"machine{index}"
        where.mkdir(exist_ok=True)
        workers.append(
            subprocess.Popen(
                [sys.executable, *command], cwd=where, env=environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
        )  # fmt: skip
    return workers


def written(folder, experiment, **training):
    """The config of an experiment with other settings of training."""
    training = experiment.training.model_copy(update=training)
    path = folder / f"{experiment.name}.yaml"
    path.write_text(dump_experiment(experiment.model_copy(update={"training": training})))
    return str(path)


def tags(folder):
    """Sequences of 1 to 9 tokens; of 21 and 10 of them, the last batch of 4 has 1 and 2."""
    draw, arrays = np.random.default_rng(0), {}
    for split, count in (("train", 21), ("validation", 10), ("test", 6)):
        tokens = draw.integers(1, 8, (count, 9))
        lengths = draw.integers(1, 10, count)
        arrays |= {
            f"{split}_inputs": tokens * (np.arange(9) < lengths[:, None]),
            f"{split}_lengths": lengths,
            f"{split}_targets": tokens % 3,
        }
    np.savez(folder / "tags.npz", **arrays)
    return tiny(
        folder,
        name="tags",
        cells=("gru",),
        dataset={"kind": "npz", "path": str(folder / "tags.npz"), "task": "tagging"},
        model={"kind": "tagger", "units": 4, "embedding": 3},
        training={"batch_size": 4, "clip_norm": 0.1, "schedule": "plateau", "decay_epochs": 1,
                  "decay_factor": 0.5, "label_smoothing": 0.1},
    )  # fmt: skip


def same_network(one, other):
    """Two run folders, of the same run made in two ways."""
    (ours,), (theirs,) = one.records(), other.records()
    assert ours.best_epoch == theirs.best_epoch
    assert len(ours.history) == len(theirs.history)
    for row, expected in zip(ours.history, theirs.history, strict=True):
        assert row["metric"] == expected["metric"]
        names = [n for n in expected if n != "metric" and not n.endswith("seconds")]
        for name in names:
            assert row[name] == pytest.approx(expected[name], rel=1e-4, abs=1e-5), name
    assert ours.test == pytest.approx(theirs.test, rel=1e-4, abs=1e-5)
    networks = [use.load_model(folder, run) for folder, run in ((one, ours), (other, theirs))]
    for weight, expected in zip(*(network.get_weights() for network in networks), strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-3, atol=1e-4)


@tensorflow
def test_two_workers_train_the_network_of_one_process(tmp_path):
    # What the optimizer does to a gradient it must do to that of the whole batch.
    apart = {"average": 0.9, "weight_noise": 0.01, "clip_norm": 0.1, "optimizer": "adamw"}
    experiments = [tags(tmp_path), tiny(tmp_path, cells=("gru",), training=apart)]
    single = [compare(experiment) for experiment in experiments]
    far = [written(tmp_path, experiment, distribute="multi_worker") for experiment in experiments]
    command = ["-c", COMPARE, *far]
    ended = [
        (*worker.communicate(timeout=300), worker) for worker in start(tmp_path, *[command] * 2)
    ]
    found = []
    for output, errors, worker in ended:
        assert worker.returncode == 0, errors
        found.append([json.loads(line) for line in output.splitlines()])
    for expected, (folder, test), (other_folder, other_test) in zip(single, *found, strict=True):
        same_network(RunFolder(folder), RunFolder(expected.folder))
        assert other_folder is None
        assert other_test == test
        runs = list(expected.folder.parent.iterdir())
        assert sorted(runs) == sorted([expected.folder, Path(folder)]), "one run folder each"
        assert "2 workers of tf.distribute" in RunFolder(folder).facts()["environment"]["jobs"]


@tensorflow
def test_a_killed_worker_ends_all_and_they_go_on(tmp_path):
    experiment = tiny(tmp_path, cells=("gru",), training={"epochs": 30})
    whole = compare(experiment).folder
    config = written(tmp_path, experiment, distribute="multi_worker")
    command = ["-m", "keras_gru", "compare", config]
    chief, other = start(tmp_path, command, command)
    deadline = time.monotonic() + 240
    while not (
        kept := [p for p in whole.parent.glob("*/*/history.jsonl") if whole not in p.parents]
    ):
        assert chief.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    other.send_signal(signal.SIGKILL)
    other.communicate()
    _, errors = chief.communicate(timeout=240)
    folder = kept[0].parents[1]
    assert chief.returncode == 2, errors
    assert f"this one with: keras-gru compare --resume {folder}" in errors
    epochs = len(kept[0].read_text().splitlines())
    assert 1 <= epochs < 30

    again = ["-m", "keras_gru", "compare", "--resume", str(folder)]
    chief, other = start(tmp_path, again, command)
    output, errors = chief.communicate(timeout=240)
    assert chief.returncode == 0, errors
    assert f"epoch {epochs}/30" not in output
    same_network(RunFolder(folder), RunFolder(whole))
    assert "the results are with the first worker" in other.communicate()[0]


def test_the_chief_is_the_first(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", json.dumps(TWO))
    assert multi_worker.workers() == (2, 1)
    cluster = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    for kind, index, number in (("chief", 0, 0), ("worker", 0, 1), ("worker", 1, 2)):
        config = {"cluster": cluster, "task": {"type": kind, "index": index}}
        monkeypatch.setenv("TF_CONFIG", json.dumps(config))
        assert multi_worker.workers() == (3, number)


@pytest.mark.parametrize(
    "config",
    [
        "",
        "{",
        "[]",
        {"cluster": TWO["cluster"]},
        {"cluster": {"worker": ["here:1"]}, "task": {"type": "worker", "index": 0}},
        {"cluster": {"worker": 2}, "task": {"type": "worker", "index": 0}},
        {"cluster": TWO["cluster"], "task": {"type": "worker", "index": 2}},
        {"cluster": TWO["cluster"], "task": {"type": "worker", "index": True}},
        {"cluster": TWO["cluster"], "task": {"type": "chief", "index": 0}},
        {"cluster": {**TWO["cluster"], "ps": ["x:1"]}, "task": TWO["task"]},
        {"cluster": {**TWO["cluster"], "chief": ["x:1", "y:1"]}, "task": TWO["task"]},
    ],
    ids=str,
)
def test_no_workers_to_find(config, monkeypatch):
    given = config if isinstance(config, str) else json.dumps(config)
    monkeypatch.setenv("TF_CONFIG", given)
    with pytest.raises(UserError, match="at least two workers, and which of them") as caught:
        multi_worker.workers()
    assert str(caught.value).endswith(f"received {given or 'none'}.")


def test_who_trains_alone(tmp_path, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    experiment = tiny(tmp_path, training={"distribute": "multi_worker"})
    for call, sentence in (
        (lambda: compare(experiment, jobs=2), "train one network at a time, received 2 jobs"),
        (lambda: compare(experiment, cluster="local"), "received a Ray cluster"),
        (lambda: learning_curve(experiment), "of train and compare, received it for a learning"),
    ):
        with pytest.raises(UserError, match=rf"^training\.distribute.*{sentence}"):
            call()
    assert not (tmp_path / "runs").exists()


def test_workers_with_other_settings_or_data(tmp_path):
    experiment = tiny(tmp_path)
    dataset = datasets.load(experiment.dataset)
    turned = {name: part.part(slice(None, None, -1)) for name, part in dataset.splits.items()}
    given = []

    def of_chief(own):
        given.append(own)
        return given[0]

    team = SimpleNamespace(is_chief=True, count=2, of_chief=of_chief, sum=lambda values: values)
    Together(team, experiment, dataset, None)
    Together(team, tiny(tmp_path / "elsewhere"), dataset, None)
    for other in (
        (tiny(tmp_path, training={"epochs": 4}), dataset),
        (experiment, dataclasses.replace(dataset, splits=turned)),
    ):
        with pytest.raises(UserError, match="different settings or data; give all of them the"):
            Together(team, *other, None)


def test_a_trial_is_trained_alone(tmp_path):
    for package in ("optuna", "sklearn"):
        pytest.importorskip(package, reason="not installed: pip install 'keras_gru[sweep]'")
    from keras_gru.experiments.sweeping.sweep import sweep

    ranges = {"training.learning_rate": (0.01, 0.1)}
    with pytest.raises(UserError, match=r"^training\.distribute is .* received it for a sweep"):
        sweep(tiny(tmp_path, training={"distribute": "multi_worker"}, sweep={"ranges": ranges}))


@pytest.mark.parametrize("other", [{"truncate": 5}, {"jit_compile": True}], ids=str)
def test_what_workers_cannot_do(tmp_path, other):
    (name,) = other
    with pytest.raises(ValidationError, match=f"'distribute' and '{name}.*leave one of them out"):
        tiny(tmp_path, training={"distribute": "multi_worker", **other})


@tensorflow
def test_each_worker_has_the_weights_of_the_chief_and_a_dropout_of_its_own(tmp_path):
    class Second(multi_worker.MultiWorker):
        """As it is told by a chief whose weights are ones."""

        count, number, is_chief = 2, 1, False

        def __init__(self):
            self.sum = lambda weights: [weight + 1 for weight in weights]

    experiment = tiny(tmp_path, model={"dropout": 0.2})
    model = build(experiment, datasets.load(experiment.dataset), "gru", 0)
    seeds = [v for v in model.non_trainable_variables if "seed" in v.path]
    before = [seed.numpy() for seed in seeds]
    Second().share(model)
    assert before
    for seed, was in zip(seeds, before, strict=True):
        np.testing.assert_array_equal(seed.numpy(), was + np.array([1, 0]))
    assert all((weight == 1).all() for weight in model.get_weights())


@tensorflow
def test_tensorflow_that_has_computed_already(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", json.dumps(TWO))
    keras.ops.ones(1)
    with pytest.raises(
        UserError, match=r"call keras_gru\.experiments\.multi_worker\.join\(\) first"
    ):
        multi_worker.MultiWorker()


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="is for other backends")
def test_another_backend(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", json.dumps(TWO))
    with pytest.raises(
        UserError, match=f"backend tensorflow: received '{keras.backend.backend()}'"
    ):
        multi_worker.MultiWorker()
