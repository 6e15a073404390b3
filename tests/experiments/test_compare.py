"""A comparison: the same numbers each time, nothing lost, and one bad run that spoils no other."""

import errno
import json

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru import datasets, models
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments import checkpoint, networks
from keras_gru.experiments.compare import compare
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.fitting import build
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.layers import compiling
from keras_gru.models.config import Units
from tests.experiments.helpers import Recorder, timeless, tiny


def test_a_comparison_leaves_what_the_store_promises(tmp_path):
    experiment = tiny(tmp_path, seeds=(0, 1))
    comparison = compare(experiment)
    names = {str(path.relative_to(comparison.path)) for path in comparison.path.rglob("*.*")}
    runs = {f"{cell}-seed{seed}" for cell in experiment.cells for seed in experiment.seeds}
    files = {f"{run}/{file}" for run in runs for file in ("best.keras", "history.jsonl")}
    files |= {"experiment.yaml", "preprocessing.json", "metadata.json", "results.jsonl"}
    assert files == names
    assert [(run.cell, run.seed) for run in comparison.runs] == [
        ("gru", 0),
        ("simple_rnn", 0),
        ("gru", 1),
        ("simple_rnn", 1),
    ]
    assert RunDirectory(comparison.path).experiment() == comparison.experiment
    assert comparison.runs[0].parameters == 3 * 4 * (2 + 4 + 1) + 5
    assert comparison.runs[0].recurrent_parameters == 3 * 4 * (2 + 4 + 1)
    assert {"keras", "tensorflow", "numpy", "python"} <= comparison.metadata.environment.keys()


def test_the_same_config_and_seed_give_the_same_numbers(tmp_path):
    experiment = tiny(tmp_path, model={"dropout": 0.3, "recurrent_dropout": 0.2})
    first, second = compare(experiment), compare(experiment)
    assert [timeless(run) for run in first.runs] == [timeless(run) for run in second.runs]
    other = compare(tiny(tmp_path, seeds=(1,), model={"dropout": 0.3, "recurrent_dropout": 0.2}))
    assert other.runs[0].validation != first.runs[0].validation


@pytest.mark.parametrize(("jit_compile", "zoneout"), [(False, 0.0), (True, 0.0), (True, 0.2)])
def test_a_stopped_run_goes_on_as_if_it_had_never_stopped(tmp_path, jit_compile, zoneout):
    experiment = tiny(
        tmp_path,
        model={"dropout": 0.3, "zoneout": zoneout},  # their random seeds are state, too
        training={"epochs": 4, "jit_compile": jit_compile},
    )
    whole = compare(experiment)
    with pytest.raises(KeyboardInterrupt):
        compare(experiment, listener=Recorder(stop_at=("simple_rnn", 2)))
    stopped = max((tmp_path / "runs" / "tiny").iterdir())
    listener = Recorder()
    resumed = compare(experiment, run_directory=RunDirectory(stopped), listener=listener)
    assert listener.starts == [("simple_rnn", 0, 2)]  # the finished one is not repeated
    assert listener.ended == ["gru", "simple_rnn"]
    assert [timeless(run) for run in resumed.runs] == [timeless(run) for run in whole.runs]
    ours, theirs = (
        networks.load_model(RunDirectory(c.path), c.runs[1]).get_weights() for c in (resumed, whole)
    )
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_run_that_was_stopped_in_a_curriculum_goes_on_in_its_stage(tmp_path):
    experiment = tiny(
        tmp_path,
        cells=("gru",),
        dataset={
            "kind": "adding",
            "length": 9,
            "train": 64,
            "validation": 32,
            "test": 32,
            "curriculum": {"shortest": 3, "stages": 2, "epochs": 2},
        },
    )
    whole = compare(experiment)
    with pytest.raises(KeyboardInterrupt):
        compare(experiment, listener=Recorder(stop_at=("gru", 1)))
    stopped = max((tmp_path / "runs" / "tiny").iterdir())
    resumed = compare(RunDirectory(stopped).experiment(), run_directory=RunDirectory(stopped))
    assert [timeless(run) for run in resumed.runs] == [timeless(run) for run in whole.runs]


def test_a_finished_comparison_is_not_trained_again(tmp_path):
    comparison = compare(tiny(tmp_path))
    listener = Recorder()
    again = compare(
        comparison.experiment, run_directory=RunDirectory(comparison.path), listener=listener
    )
    assert listener.epochs == [] and listener.ended == ["gru", "simple_rnn"]
    assert again.runs == comparison.runs


def test_a_full_disk_leaves_finished_runs_whole(tmp_path, monkeypatch):
    experiment = tiny(tmp_path)
    write = np.savez
    written = []

    def until_full(file, **arrays):
        if len(written) == experiment.training.epochs + 1:  # in the second epoch of the second run
            with open(file, "wb") as half:
                half.write(b"PK")
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(file)
        write(file, **arrays)

    monkeypatch.setattr(checkpoint.np, "savez", until_full)
    with pytest.raises(OSError, match="No space left"):
        compare(experiment)
    monkeypatch.undo()
    folder = RunDirectory(max((tmp_path / "runs" / "tiny").iterdir()))
    assert [record.cell for record in folder.records()] == ["gru"]
    listener = Recorder()
    resumed = compare(experiment, run_directory=folder, listener=listener)
    assert listener.starts == [("simple_rnn", 0, 1)]
    assert [run.status for run in resumed.runs] == ["finished", "finished"]


class Exploding(keras.layers.SimpleRNNCell):
    """Doubles its state beyond all numbers."""

    def call(self, inputs, states, training=False):
        output, states = super().call(inputs, states, training)
        return output * 1e38, [states[0] * 1e38]


def test_a_diverging_run_is_stopped_and_said_and_stops_no_other(tmp_path):
    keras_gru.register_cell("exploding", Exploding)
    comparison = compare(tiny(tmp_path, cells=("exploding", "gru"), seeds=(0, 1)))
    status = [(run.cell, run.status, run.epochs) for run in comparison.runs]
    assert status == [
        ("exploding", "diverged", 1),
        ("gru", "finished", 3),
        ("exploding", "diverged", 1),
        ("gru", "finished", 3),
    ]
    assert "NaN" in comparison.runs[0].message
    assert comparison.runs[0].test == {}
    assert not (comparison.path / "exploding-seed0" / "best.keras").exists()


class Averager(keras.layers.Layer):
    """A cell of somebody's own: the mean of the state and of a dense layer."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units
        self.dense = keras.layers.Dense(units)

    def build(self, shape):
        self.dense.build(shape)

    def call(self, inputs, states):
        h = (states[0] + self.dense(inputs)) / 2
        return h, [h]


def test_a_cell_of_ones_own_takes_part(tmp_path):
    keras_gru.register_cell("averager", Averager, label="Averager")
    comparison = compare(tiny(tmp_path, cells=("gru", "averager", "min_gru")))
    own = comparison.runs[1]
    paths = [run.path for run in comparison.runs]
    assert paths == ["graph fused", "graph scan", "graph parallel"]
    assert (own.label, own.units, own.recurrent_parameters) == ("Averager", 4, 4 * 2 + 4)
    assert np.isfinite(own.test["mse"])


@pytest.mark.parametrize("match", [None, "units", "parameters"])
def test_cells_match_in_what_the_config_says(tmp_path, match):
    experiment = tiny(tmp_path, cells=("gru", "lstm", "simple_rnn"), match=match)
    dataset = datasets.load(experiment.dataset)
    built = [build(experiment, dataset, cell, 0) for cell in experiment.cells]
    units = [models.recurrent_units(model) for model in built]
    weights = [models.recurrent_parameters(model) for model in built]
    if match == "parameters":  # 84 of the GRU: 3 · 4 · (2 + 4 + 1)
        assert units == [4, 3, 8] and weights == [84, 4 * 3 * (2 + 3 + 1), 8 * (2 + 8 + 1)]
    else:
        assert units == [4, 4, 4]


def test_all_cells_see_the_same_batches_in_the_same_order_seed_by_seed(tmp_path, monkeypatch):
    """What the pairs of runs rest on: of a seed, nothing differs between cells but the cell."""
    seen, batches = {"train": [], "validation": [], "test": []}, SequenceDataset.batches

    def spy(self, split, *args, **kwargs):
        stream = batches(self, split, *args, **kwargs)
        first = stream.take(2 * self.steps(split, 16))  # of training two epochs, else all there is
        flat = [np.asarray(part) for batch in first for part in keras.tree.flatten(batch)]
        seen[split].append(b"".join(part.tobytes() for part in flat))
        return stream

    monkeypatch.setattr(SequenceDataset, "batches", spy)
    compare(tiny(tmp_path, seeds=(0, 1)))
    gru_0, rnn_0, gru_1, rnn_1 = seen["train"]
    assert gru_0 == rnn_0 and gru_1 == rnn_1
    assert gru_0 != gru_1
    for split in ("validation", "test"):
        assert len(seen[split]) == 4 and len(set(seen[split])) == 1


def test_the_test_split_is_read_once_and_after_training(tmp_path, monkeypatch):
    reads = []
    batches = SequenceDataset.batches

    def spy(self, split, *args, **kwargs):
        reads.append(split)
        return batches(self, split, *args, **kwargs)

    monkeypatch.setattr(SequenceDataset, "batches", spy)
    compare(tiny(tmp_path, cells=("gru",)))
    assert reads == ["train", "validation", "test"]


def test_the_best_weights_on_validation_are_kept(tmp_path):
    experiment = tiny(tmp_path, cells=("gru",), training={"epochs": 6, "learning_rate": 0.5})
    comparison = compare(experiment)
    record = comparison.runs[0]
    values = [row["val_mse"] for row in record.history]
    assert record.best_epoch == 1 + int(np.argmin(values)) < 6, "choose a rate that overshoots"
    again = networks.evaluate(RunDirectory(comparison.path), record, "validation")
    assert again["mse"] == pytest.approx(min(values), rel=1e-5)
    assert record.validation["mse"] == min(values)


def test_patience_ends_a_run(tmp_path):
    experiment = tiny(
        tmp_path, cells=("gru",), training={"epochs": 50, "learning_rate": 0.5, "patience": 2}
    )
    record = compare(experiment).runs[0]
    assert record.epochs == record.best_epoch + 2 < 50


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_lower_precision_trains_and_leaves_the_policy_as_it_was(tmp_path, precision):
    experiment = tiny(tmp_path, training={"precision": precision})
    comparison = compare(experiment)
    assert all(np.isfinite(run.test["loss"]) for run in comparison.runs)
    assert keras.config.dtype_policy().name == "float32"
    model = networks.load_model(RunDirectory(comparison.path), comparison.runs[0])
    assert model.get_layer("recurrent_1").compute_dtype == precision.removeprefix("mixed_")


def test_lengths_are_not_traced_anew_and_never_compiled(tmp_path, monkeypatch):
    """XLA would compile each of the 8 lengths anew, and the batch that is not full."""
    rng, traced = np.random.default_rng(0), []
    lengths = rng.integers(1, 40, 300)
    inputs = rng.integers(1, 9, (300, 40)).astype("int32")
    path = tmp_path / "tokens.npz"
    np.savez(path, train_inputs=inputs, train_lengths=lengths, train_targets=inputs[:, 0] % 2)
    dataset = {"kind": "npz", "path": str(path), "task": "classification"}
    experiment = tiny(tmp_path, cells=("gru",)).model_dump(exclude={"model", "dataset"})
    experiment["training"]["jit_compile"] = "auto"
    model = {"kind": "classifier", "size": {"units": 4}, "embedding": 4}
    inner_loop = keras_gru.GRU.inner_loop

    def counted(layer, *arguments, training=False, **keywords):
        result = inner_loop(layer, *arguments, training=training, **keywords)
        traced.append((training, layer.path(None, training)))
        return result

    monkeypatch.setattr(keras_gru.GRU, "inner_loop", counted)
    compare(Experiment(**experiment, dataset=dataset, model=model))
    assert {path.partition(":")[0] for _, path in traced} == {"fused", "scan"}
    assert len(traced) < 8  # TensorFlow makes the graph of a training step twice


def test_wide_layers_compile_themselves(tmp_path, monkeypatch):
    monkeypatch.setattr(compiling, "_shards", 2)
    experiment = tiny(tmp_path, cells=("gru",), training={"jit_compile": "auto"})
    wide = {"model": experiment.model.model_copy(update={"size": Units(units=128)})}
    comparison = compare(experiment.model_copy(update=wide))
    assert comparison.runs[0].path == "graph fused, compiled"
    dataset = datasets.load(experiment.dataset)
    dropped = {"model": wide["model"].model_copy(update={"recurrent_dropout": 0.1})}
    assert not build(experiment.model_copy(update=dropped), dataset, "gru", 0).jit_compile
    # What finds all steps at once has no loop to compile: XLA for the whole model, then.
    assert build(experiment.model_copy(update=wide), dataset, "min_gru", 0).jit_compile


def test_xla_where_there_is_one_length_and_the_path_is_said(tmp_path):
    def path(setting):
        experiment = tiny(tmp_path, cells=("gru",), training={"jit_compile": setting})
        dataset = datasets.load(experiment.dataset)
        assert build(experiment, dataset, "gru", 0).jit_compile is (setting in ("auto", True))
        return compare(experiment).runs[0].path

    assert [path(setting) for setting in ("auto", True, False)] == [
        "XLA fused",
        "XLA fused",
        "graph fused",
    ]


def test_tensorboard_is_written_or_its_absence_said(tmp_path):
    experiment = tiny(tmp_path, cells=("gru",), training={"tensorboard": True})
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        with pytest.raises(UserError, match=r"training\.tensorboard: expected the package"):
            compare(experiment)
        return
    folder = compare(experiment).path
    assert list(folder.glob("gru-seed0/tensorboard/*/events*"))


def test_a_torn_file_is_said_in_one_sentence(tmp_path):
    comparison = compare(tiny(tmp_path, cells=("gru",)))
    (comparison.path / "results.jsonl").write_text('{"cell": "gru", \n')
    with pytest.raises(UserError, match=r"results\.jsonl, line 1: damaged"):
        RunDirectory(comparison.path).records()


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(UserError, match="expected a run directory"):
        RunDirectory(tmp_path)


def test_numbers_are_notes_of_the_data(tmp_path):
    listener = Recorder()
    comparison = compare(tiny(tmp_path, cells=("gru",)), listener=listener)
    assert "64 train, 32 validation, 32 test" in listener.notes[0]
    assert json.loads((comparison.path / "metadata.json").read_text())["sequences"]["train"] == 64
