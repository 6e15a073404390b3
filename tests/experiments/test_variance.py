"""Sources of variance: initialization, order and split are varied one at a time."""

from pathlib import Path

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.subsets import resample
from keras_gru.errors import UserError
from keras_gru.experiments import fitting, networks
from keras_gru.experiments.compare import compare
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.variance import vary_sources
from keras_gru.inspection.ablation import with_constant_gates
from keras_gru.inspection.inspect import inspect_networks

from .helpers import tiny


class _BatchesRequested(Exception):
    """Raised instead of returning batches, with their seed."""


@pytest.mark.parametrize("vary", [("initialization",), ("order",)])
def test_a_seed_changes_the_initial_weights_or_the_order_alone(tmp_path, vary, monkeypatch):
    experiment = tiny(tmp_path, seeds=(5, 6)).model_copy(update={"vary": vary})
    dataset = datasets.load(experiment.dataset)
    one, other = (fitting.build(experiment, dataset, "gru", seed) for seed in (5, 6))
    first, second = (model.get_weights()[0] for model in (one, other))
    assert np.array_equal(first, second) == (vary == ("order",))

    def batches(self, split, batch_size, *, seed=None, first_epoch=0):
        raise _BatchesRequested(seed)

    monkeypatch.setattr(type(dataset), "batches", batches)
    with pytest.raises(_BatchesRequested, match="6" if vary == ("order",) else "5"):
        fitting.fit(other, experiment, dataset, "gru", 6)


@pytest.mark.parametrize("kind", ["npz", "texts"])
def test_groups_stay_in_one_split(tmp_path, kind):
    numbers, path = np.arange(60), tmp_path / f"groups.{kind}"
    dataset, model = {"kind": kind, "path": str(path)}, {"kind": "classifier"}
    if kind == "npz":
        inputs = np.random.default_rng(0).random((60, 2, 1))
        arrays = {"inputs": inputs, "targets": numbers % 2, "groups": numbers // 6}
        np.savez(path, **{f"train_{name}": array for name, array in arrays.items()})
        dataset["task"] = "classification"
    else:
        rows = [f"word{n % 3},{'ab'[n % 2]},writer{n // 6}" for n in numbers]
        path.write_text("\n".join(["text,label,writer", *rows]) + "\n")
        dataset["group"], model["embedding"] = "writer", 2
    changes = {"dataset": dataset, "model": model, "training": {"epochs": 1}}
    experiment = tiny(tmp_path, cells=("simple_rnn",), **changes)
    with pytest.raises(UserError, match="vary: expected no split"):
        compare(experiment.model_copy(update={"vary": ("split",)}))
    assert not Path(experiment.runs).exists()
    if kind == "npz":
        comparison = vary_sources(experiment)
        assert list(RunDirectory(comparison.path).sources()) == ["initialization", "order"]


def test_each_source_is_varied_alone_and_no_run_is_repeated(tmp_path):
    experiment = tiny(tmp_path, cells=("simple_rnn",), training={"epochs": 1})
    comparison = vary_sources(experiment)
    folder = RunDirectory(comparison.path)
    sources = folder.sources()
    assert {name: source.experiment.vary for name, source in sources.items()} == {
        name: (name,) for name in ("initialization", "order", "split")
    }
    first, order, split = (source.tested("simple_rnn")[0] for source in sources.values())
    # The first seed gives the same network with every source except the split.
    assert first == order == comparison.tested("simple_rnn")[0] != split
    assert vary_sources(experiment, run_directory=folder).runs == comparison.runs


def test_a_run_is_evaluated_on_its_own_split(tmp_path):
    training = {"epochs": 1}
    experiment = tiny(tmp_path, cells=("gru",), seeds=(0, 1), vary=("split",), training=training)
    folder = RunDirectory(compare(experiment).path)
    for run in folder.records():
        for split in ("validation", "test"):
            found = networks.evaluate(folder, run, split)
            assert found["mse"] == pytest.approx(getattr(run, split)["mse"], rel=1e-5)
    networks.evaluate(folder, folder.records(), "test")
    with pytest.raises(UserError, match=r"^--split validation: expected test"):
        networks.evaluate(folder, folder.records(), "validation")
    record, data = networks.choose_run(folder), datasets.load(experiment.dataset)
    model = with_constant_gates(networks.load_model(folder, record), {"update": 0, "reset": 1})
    own = resample(data, record.seed)
    expected = fitting.evaluate(model, experiment, own, "validation")["mse"]
    (inspected,) = inspect_networks(folder).networks
    assert [*inspected.ablation.values()][-1] == pytest.approx(expected, rel=1e-5)
