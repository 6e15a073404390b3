"""A comparison: reproducible, resumable, and unaffected by a single bad run."""

import errno
import json

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru import datasets, models
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.split import SPLITS
from keras_gru.errors import UserError
from keras_gru.experiments import checkpoint, networks
from keras_gru.experiments.compare import compare
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.fitting import build
from keras_gru.experiments.json_files import write_json_lines
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.layers import compiling
from keras_gru.models.config import Units
from tests.experiments.helpers import Recorder, timeless, tiny


class Reader(Recorder):
    """Records which split is read, and the bytes of its first batches."""

    def __init__(self):
        super().__init__()
        self.read, batches = [], SequenceDataset.batches

        def read(dataset, split, *args, **kwargs):
            stream = batches(dataset, split, *args, **kwargs)
            # Two epochs of training; one pass of the other splits.
            first = stream.take(2 * dataset.steps(split, 16))
            flat = [np.asarray(part) for batch in first for part in keras.tree.flatten(batch)]
            self.read.append((split, b"".join(part.tobytes() for part in flat)))
            return stream

        self.batches = read


@pytest.fixture(scope="module")
def reader():
    return Reader()


@pytest.fixture(scope="module")
def comparison(tmp_path_factory, reader):
    """A comparison of two cells with two seeds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SequenceDataset, "batches", reader.batches)
        experiment = tiny(tmp_path_factory.mktemp("compare"), seeds=(0, 1))
        return compare(experiment, listener=reader)


def test_a_comparison_writes_all_files(comparison):
    experiment = comparison.experiment
    names = {str(path.relative_to(comparison.path)) for path in comparison.path.rglob("*.*")}
    runs = {f"{cell}-seed{seed}" for cell in experiment.cells for seed in experiment.seeds}
    files = {f"{run}/{file}" for run in runs for file in ("best.keras", "history.jsonl")}
    files |= {"experiment.yaml", "preprocessing.json", "metadata.json", "results.jsonl"}
    assert files | {"ensembles.jsonl"} == names
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
    # The error of an ensemble is that of the mean forecast of its seeds.
    data = datasets.load(experiment.dataset)
    x, y, *_ = data.batch_of("test", np.arange(data.size("test")))
    for cell in experiment.cells:
        members = [
            networks.load_model(RunDirectory(comparison.path), run)
            for run in comparison.runs_of(cell)
        ]
        mean = np.mean([network.predict_on_batch(x) for network in members], axis=0)
        found = comparison.ensemble_of(cell)
        assert found["mse"] == pytest.approx(np.square(mean.ravel() - y.ravel()).mean(), rel=1e-4)
        assert found["mse"] < np.mean([run.test["mse"] for run in comparison.runs_of(cell)])


def test_with_equal_seeds_all_cells_get_the_same_batches_in_the_same_order(comparison, reader):
    """Paired intervals require it: with the same seed, runs differ only in their cell."""
    # Test is read once after each training, and at the end for the ensemble of each cell.
    runs, ensembles = reader.read[:12], reader.read[12:]
    assert [split for split, _ in runs] == ["train", "validation", "test"] * 4
    assert [split for split, _ in ensembles] == ["test"] * 2
    seen = {name: [read for split, read in runs if split == name] for name in SPLITS}
    gru_0, rnn_0, gru_1, rnn_1 = seen["train"]
    assert gru_0 == rnn_0 and gru_1 == rnn_1
    assert gru_0 != gru_1
    assert comparison.runs[0].validation != comparison.runs[2].validation
    for split in ("validation", "test"):
        assert len(set(seen[split])) == 1


def test_the_numbers_of_sequences_are_reported_and_stored(comparison, reader):
    assert "64 train, 32 validation, 32 test" in reader.notes[0]
    assert json.loads((comparison.path / "metadata.json").read_text())["sequences"]["train"] == 64


def test_a_finished_comparison_is_not_trained_again(comparison):
    listener, folder = Recorder(), RunDirectory(comparison.path)
    again = compare(comparison.experiment, run_directory=folder, listener=listener)
    assert listener.epochs == [] and listener.ended == ["gru", "simple_rnn"] * 2
    assert again.runs == comparison.runs


def test_a_stopped_run_resumes_with_equal_results(tmp_path):
    experiment = tiny(
        tmp_path,
        cells=("simple_rnn",),
        # The state of their random generators is saved, too.
        model={"dropout": 0.3, "recurrent_dropout": 0.2, "zoneout": 0.2},
        training={"jit_compile": True},
    )
    whole = compare(experiment)
    with pytest.raises(KeyboardInterrupt):
        compare(experiment, listener=Recorder(stop_at=("simple_rnn", 2)))
    stopped = max((tmp_path / "runs" / "tiny").iterdir())
    listener = Recorder()
    resumed = compare(experiment, run_directory=RunDirectory(stopped), listener=listener)
    assert listener.starts == [("simple_rnn", 0, 2)]
    assert [timeless(run) for run in resumed.runs] == [timeless(run) for run in whole.runs]
    ours, theirs = (
        networks.load_model(RunDirectory(c.path), c.runs[-1]).get_weights()
        for c in (resumed, whole)
    )
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_kill_while_the_last_epoch_is_saved_damages_nothing(comparison, tmp_path, monkeypatch):
    experiment = tiny(tmp_path, cells=("simple_rnn",))
    (whole,) = (run for run in comparison.runs if (run.cell, run.seed) == ("simple_rnn", 0))

    def stop(path, rows):
        if len(rows) == 3:
            raise KeyboardInterrupt
        write_json_lines(path, rows)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(checkpoint, "write_json_lines", stop)
        compare(experiment)
    stopped = max((tmp_path / "runs" / "tiny").iterdir())
    resumed = compare(experiment, run_directory=RunDirectory(stopped))
    assert [timeless(run) for run in resumed.runs] == [timeless(whole)]


def test_a_run_stopped_during_a_curriculum_resumes_in_its_stage(tmp_path):
    experiment = tiny(
        tmp_path,
        cells=("simple_rnn",),
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
        compare(experiment, listener=Recorder(stop_at=("simple_rnn", 1)))
    stopped = max((tmp_path / "runs" / "tiny").iterdir())
    resumed = compare(RunDirectory(stopped).experiment(), run_directory=RunDirectory(stopped))
    assert [timeless(run) for run in resumed.runs] == [timeless(run) for run in whole.runs]


def test_a_full_disk_does_not_damage_finished_runs(tmp_path, monkeypatch):
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
    """Multiplies its state until it overflows."""

    def call(self, inputs, states, training=False):
        output, states = super().call(inputs, states, training)
        return output * 1e38, [states[0] * 1e38]


def test_a_diverging_run_is_stopped_and_does_not_affect_the_others(tmp_path):
    keras_gru.register_cell("exploding", Exploding)
    comparison = compare(tiny(tmp_path, cells=("exploding", "simple_rnn")))
    status = [(run.cell, run.status, run.epochs) for run in comparison.runs]
    assert status == [("exploding", "diverged", 1), ("simple_rnn", "finished", 3)]
    assert "NaN" in comparison.runs[0].message
    assert comparison.runs[0].test == {}
    assert not (comparison.path / "exploding-seed0" / "best.keras").exists()


class Averager(keras.layers.Layer):
    """A custom cell: the mean of the state and of a dense layer."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units
        self.dense = keras.layers.Dense(units)

    def build(self, shape):
        self.dense.build(shape)

    def call(self, inputs, states):
        h = (states[0] + self.dense(inputs)) / 2
        return h, [h]


def test_a_custom_cell_is_compared(tmp_path):
    keras_gru.register_cell("averager", Averager, label="Averager")
    comparison = compare(tiny(tmp_path, cells=("averager", "min_gru"), training={"epochs": 1}))
    own = comparison.runs[0]
    assert [run.path for run in comparison.runs] == ["graph scan", "graph parallel"]
    assert (own.label, own.units, own.recurrent_parameters) == ("Averager", 4, 4 * 2 + 4)
    assert np.isfinite(own.test["mse"])


@pytest.mark.parametrize("match", [None, "units", "parameters"])
def test_cells_match_in_units_or_in_parameters(tmp_path, match):
    experiment = tiny(tmp_path, cells=("gru", "lstm", "simple_rnn"), match=match)
    dataset = datasets.load(experiment.dataset)
    built = [build(experiment, dataset, cell, 0) for cell in experiment.cells]
    units = [models.recurrent_units(model) for model in built]
    weights = [models.recurrent_parameters(model) for model in built]
    if match == "parameters":  # the GRU has 84: 3 · 4 · (2 + 4 + 1)
        assert units == [4, 3, 8] and weights == [84, 4 * 3 * (2 + 3 + 1), 8 * (2 + 8 + 1)]
    else:
        assert units == [4, 4, 4]


def test_early_stopping_ends_a_run_and_saves_the_best_weights_on_validation(tmp_path):
    training = {"epochs": 50, "learning_rate": 0.5, "patience": 2}
    experiment = tiny(tmp_path, cells=("gru",), training=training)
    comparison = compare(experiment)
    record = comparison.runs[0]
    values = [row["val_mse"] for row in record.history]
    assert record.best_epoch == 1 + int(np.argmin(values))
    assert record.epochs == record.best_epoch + 2 < 50
    again = networks.evaluate(RunDirectory(comparison.path), record, "validation")
    assert again["mse"] == pytest.approx(min(values), rel=1e-5)
    assert record.validation["mse"] == min(values)


def test_mixed_precision_trains_and_restores_the_global_policy(tmp_path):
    """`test_optimizer` has a run of mixed_float16."""
    training = {"precision": "mixed_bfloat16", "epochs": 1}
    comparison = compare(tiny(tmp_path, cells=("gru",), training=training))
    assert np.isfinite(comparison.runs[0].test["loss"])
    assert keras.config.dtype_policy().name == "float32"
    model = networks.load_model(RunDirectory(comparison.path), comparison.runs[0])
    assert model.get_layer("recurrent_1").compute_dtype == "bfloat16"


def test_length_buckets_are_neither_retraced_nor_compiled_by_xla(tmp_path, monkeypatch):
    """XLA would compile each of the 8 lengths and the partial batch separately."""
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
    assert len(traced) < 8  # TensorFlow traces a training step twice


def test_wide_layers_compile_themselves(tmp_path, monkeypatch):
    monkeypatch.setattr(compiling, "_shards", None)  # which the run sets, restored
    training = {"jit_compile": "auto", "shards": 2, "epochs": 1}
    experiment = tiny(tmp_path, cells=("gru",), training=training)
    wide = {"model": experiment.model.model_copy(update={"size": Units(units=128)})}
    comparison = compare(experiment.model_copy(update=wide))
    assert comparison.runs[0].path == "graph fused, compiled"
    dataset = datasets.load(experiment.dataset)
    dropped = {"model": wide["model"].model_copy(update={"recurrent_dropout": 0.1})}
    assert not build(experiment.model_copy(update=dropped), dataset, "gru", 0).jit_compile
    # A parallel cell has no time loop to compile, so XLA compiles the whole model.
    assert build(experiment.model_copy(update=wide), dataset, "min_gru", 0).jit_compile


def test_a_single_length_is_compiled_by_xla_and_the_path_is_reported(tmp_path):
    def experiment(setting):
        return tiny(tmp_path, cells=("gru",), training={"jit_compile": setting, "epochs": 1})

    dataset = datasets.load(experiment("auto").dataset)
    for setting, expected in (("auto", True), (True, True), (False, False)):
        assert build(experiment(setting), dataset, "gru", 0).jit_compile is expected
    assert compare(experiment("auto")).runs[0].path == "XLA fused"


def test_tensorboard_files_are_written_or_the_missing_package_is_reported(tmp_path):
    experiment = tiny(tmp_path, cells=("gru",), training={"tensorboard": True, "epochs": 1})
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        with pytest.raises(UserError, match=r"training\.tensorboard: expected the package"):
            compare(experiment)
        return
    folder = compare(experiment).path
    assert list(folder.glob("gru-seed0/tensorboard/*/events*"))


def test_a_damaged_line_of_results_is_reported(tmp_path):
    folder = RunDirectory.create(tiny(tmp_path))
    (folder.path / "results.jsonl").write_text('{"cell": "gru", \n')
    with pytest.raises(UserError, match=r"results\.jsonl, line 1: damaged"):
        folder.records()


def test_a_folder_that_is_no_run_directory_is_rejected(tmp_path):
    with pytest.raises(UserError, match="expected a run directory"):
        RunDirectory(tmp_path)
