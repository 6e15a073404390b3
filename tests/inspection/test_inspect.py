"""Inspecting the networks of a run directory: results, storage, and rejected options."""

import keras
import numpy as np
import pytest

from keras_gru import datasets, register_cell
from keras_gru.errors import UserError
from keras_gru.experiments import fitting, networks
from keras_gru.experiments.compare import compare
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.inspection import inspect as inspecting
from keras_gru.inspection.inspect import SHOWN, inspect_networks
from keras_gru.inspection.result import read_inspection, save_inspection
from tests.experiments.helpers import tiny
from tests.experiments.prediction.runs import untrained_run
from tests.layers.test_gates import Stranger

WORDS = "the long train never stops in small towns"
ADDING = {"kind": "adding", "length": 5, "train": 16, "validation": 16, "test": 16}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    experiment = tiny(
        tmp_path_factory.mktemp("adding"),
        cells=("gru", "lstm", "simple_rnn"),
        seeds=(1,),
        training={"epochs": 1},
    )
    return RunDirectory(compare(experiment).path)


@pytest.fixture(scope="module")
def inspected(folder):
    return inspect_networks(folder, sequence=3)


def test_the_best_run_of_each_cell_is_inspected(folder, inspected):
    chosen = [networks.choose_run(folder, cell) for cell in ("gru", "lstm", "simple_rnn")]
    assert [(one.cell, one.seed) for one in inspected.networks] == [
        (r.cell, r.seed) for r in chosen
    ]
    gru, lstm, simple = inspected.networks
    assert list(gru.gates) == ["update", "reset"]
    assert list(lstm.gates) == ["input", "forget", "output"]
    assert simple.gates == {} and simple.keep is None
    for one in inspected.networks:
        for picture in (*one.gates.values(), one.state):
            assert np.shape(picture) == (5, 4)
        assert len(one.gradient_decay) == 5 and one.gradient_decay[0] == 1
    assert (inspected.length, inspected.sequence, inspected.tokens, inspected.last_step) == (
        5,
        3,
        None,
        False,
    )
    dataset = datasets.load(folder.experiment().dataset)
    features = dataset.splits["validation"].inputs["features"][3]
    np.testing.assert_allclose(inspected.features, features, atol=1e-4)


def test_the_gates_are_those_of_the_chosen_sequence(folder, inspected):
    model = networks.load_model(folder, networks.choose_run(folder, "gru"))
    gates, (h,) = model.get_layer("recurrent_1").gates(np.array([inspected.features], "float32"))
    for name, gate in {**gates, "state": h}.items():
        shown = (
            inspected.networks[0].state if name == "state" else inspected.networks[0].gates[name]
        )
        np.testing.assert_allclose(shown, keras.ops.convert_to_numpy(gate)[0], atol=2e-3)


def test_ablations_are_evaluated_on_validation(folder, inspected):
    record = networks.choose_run(folder, "gru")
    trained, no_update, no_reset, neither = inspected.networks[0].ablation.values()
    assert trained == record.validation["mse"]
    experiment, dataset = folder.experiment(), datasets.load(folder.experiment().dataset)
    for value, constants in ((no_reset, (None, 1)), (neither, (0, 1))):
        model = networks.load_model(folder, record)
        cell = model.get_layer("recurrent_1").cell
        gates = zip(("update", "reset"), constants, strict=True)
        cell.constant_gates = {gate: value for gate, value in gates if value is not None}
        expected = fitting.evaluate(model, experiment, dataset, "validation")["mse"]
        assert value == pytest.approx(expected, rel=1e-4)
    assert len({trained, no_update, no_reset, neither}) == 4
    assert list(inspected.networks[2].ablation) == ["as trained"]


def test_an_inspection_is_saved_and_read_unchanged(folder, inspected):
    assert read_inspection(None) is None
    save_inspection(folder.path, inspected)
    assert read_inspection(folder.path) == inspected
    only = inspect_networks(folder, "lstm", 1)
    assert [(one.cell, one.seed) for one in only.networks] == [("lstm", 1)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cell": "mut1"}, "no finished run of cell 'mut1'"),
        ({"seed": 9}, "no finished run with seed 9"),
        ({"sequence": 32}, "sequence: expected a number from 0 to 31 .*, got 32"),
        ({"layer": 2}, "layer: expected a number from 1 to 1, got 2"),
    ],
)
def test_a_missing_run_sequence_or_layer_is_rejected(folder, options, words):
    with pytest.raises(UserError, match=words):
        inspect_networks(folder, **options)


def test_a_damaged_file_is_rejected(tmp_path):
    (tmp_path / "inspection").mkdir()
    file = tmp_path / "inspection" / "inspection.json"
    for text in ("{", "{}", "[]", '{"networks": [{"cell": "gru"}]}'):
        file.write_text(text)
        with pytest.raises(UserError, match=r"inspection.json: damaged, or not written by"):
            read_inspection(tmp_path)


def test_a_cell_without_gates_is_rejected(tmp_path):
    register_cell("a_layer", lambda units, **options: keras.layers.RNN(Stranger(), **options))
    folder = untrained_run(tmp_path, ADDING, {"kind": "forecaster"}, (0,), ("a_layer",))
    with pytest.raises(UserError, match="A RNN cannot be inspected: register a cell, which"):
        inspect_networks(folder)
    register_cell("strange", Stranger)
    folder = untrained_run(tmp_path, ADDING, {"kind": "forecaster"}, (0,), ("strange",))
    with pytest.raises(UserError, match=r"^Cell 'strange' cannot be inspected .*: The gates of"):
        inspect_networks(folder)


def test_tokens_are_shown_for_the_gates_of_any_layer(tmp_path):
    words = WORDS.split()
    rows = [f"{' '.join(words[: 2 + i % 7])},{i % 2}" for i in range(60)]
    (tmp_path / "own.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    dataset = {"kind": "texts", "path": str(tmp_path / "own.csv")}
    model = {
        "kind": "classifier",
        "size": {"units": 3},
        "layers": 2,
        "bidirectional": True,
        "embedding": 2,
    }
    folder = untrained_run(tmp_path, dataset, model, (0,), ("coupled_lstm",))
    split = datasets.load(folder.experiment().dataset).splits["validation"]
    number = int(np.argmin(split.lengths["tokens"]))
    length = int(split.lengths["tokens"][number])
    inspected = inspect_networks(folder, sequence=number, layer=2)
    assert inspected.tokens == words[:length] and inspected.features is None
    assert np.shape(inspected.networks[0].gates["forget"]) == (length, 3)
    assert not inspected.last_step


def test_a_long_sequence_is_cut_to_its_first_steps(tmp_path, monkeypatch):
    monkeypatch.setattr(inspecting, "SHOWN", 4)
    (tmp_path / "own.txt").write_text(WORDS * 40)
    dataset = {"kind": "text_file", "path": str(tmp_path / "own.txt"), "window": 12}
    model = {"kind": "language_model", "size": {"units": 3}}
    inspected = inspect_networks(untrained_run(tmp_path, dataset, model, (0,)))
    assert (inspected.length, len(inspected.tokens), inspected.last_step) == (12, 4, True)
    assert (
        np.shape(inspected.networks[0].state) == (4, 3)
        and len(inspected.networks[0].gradient_decay) == 12
    )
    assert SHOWN > 12


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("encoder_1", ["good", "day"]),
        ("forward_encoder_1", ["good", "day"]),
        ("decoder_1", ["<s>"]),
    ],
)
def test_encoder_and_decoder_of_a_translation_show_their_own_tokens(layer, words):
    split = datasets.Split(
        {"source": np.array([[2, 3, 0]]), "target": np.array([[1, 0]])},
        np.array([[2, 0]]),
        {"source": np.array([2]), "target": np.array([1])},
        stepwise="target",
    )
    dataset = datasets.SequenceDataset(
        name="pairs",
        spec=datasets.TaskSpec(task="translation", outputs=3, vocabulary=4),
        metric=datasets.Metric("accuracy", "max", "accuracy"),
        splits=dict.fromkeys(("train", "validation", "test"), split),
        vocabulary=("", "[UNK]", "good", "day"),
        target_vocabulary=("", "<s>", "hola"),
    )
    read = np.zeros((1, len(words), 2))
    inspected = inspecting._input_of(dataset, 0, read, keras.layers.Identity(name=layer))
    assert inspected == (words, None)
