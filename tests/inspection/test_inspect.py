"""A look inside the networks of a run folder: what it finds, keeps and refuses."""

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
def found(folder):
    return inspect_networks(folder, sequence=3)


def test_of_each_cell_the_best_run_is_looked_into(folder, found):
    chosen = [networks.choose_run(folder, cell) for cell in ("gru", "lstm", "simple_rnn")]
    assert [(one.cell, one.seed) for one in found.networks] == [(r.cell, r.seed) for r in chosen]
    gru, lstm, simple = found.networks
    assert list(gru.gates) == ["update", "reset"]
    assert list(lstm.gates) == ["input", "forget", "output"]
    assert simple.gates == {} and simple.keep is None
    for one in found.networks:
        for picture in (*one.gates.values(), one.state):
            assert np.shape(picture) == (5, 4)
        assert len(one.gradient_decay) == 5 and one.gradient_decay[0] == 1
    assert (found.length, found.sequence, found.tokens, found.last_step) == (5, 3, None, False)
    dataset = datasets.load(folder.experiment().dataset)
    features = dataset.splits["validation"].inputs["features"][3]
    np.testing.assert_allclose(found.features, features, atol=1e-4)


def test_the_gates_are_those_of_the_sequence_that_is_shown(folder, found):
    model = networks.load_model(folder, networks.choose_run(folder, "gru"))
    gates, (h,) = model.get_layer("recurrent_1").gates(np.array([found.features], "float32"))
    for name, gate in {**gates, "state": h}.items():
        shown = found.networks[0].state if name == "state" else found.networks[0].gates[name]
        np.testing.assert_allclose(shown, keras.ops.convert_to_numpy(gate)[0], atol=2e-3)


def test_the_ablation_is_measured_on_validation(folder, found):
    record = networks.choose_run(folder, "gru")
    trained, no_update, no_reset, neither = found.networks[0].ablation.values()
    assert trained == record.validation["mse"]
    experiment, dataset = folder.experiment(), datasets.load(folder.experiment().dataset)
    for value, held in ((no_reset, (None, 1)), (neither, (0, 1))):
        model = networks.load_model(folder, record)
        cell = model.get_layer("recurrent_1").cell
        gates = zip(("update", "reset"), held, strict=True)
        cell.constant_gates = {gate: value for gate, value in gates if value is not None}
        expected = fitting.evaluate(model, experiment, dataset, "validation")["mse"]
        assert value == pytest.approx(expected, rel=1e-4)
    assert len({trained, no_update, no_reset, neither}) == 4
    assert list(found.networks[2].ablation) == ["as trained"]


def test_what_was_found_is_kept_whole(folder, found):
    assert read_inspection(None) is None
    save_inspection(folder.path, found)
    assert read_inspection(folder.path) == found
    only = inspect_networks(folder, "lstm", 1)
    assert [(one.cell, one.seed) for one in only.networks] == [("lstm", 1)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cell": "mut1"}, "no finished run of cell 'mut1'"),
        ({"seed": 9}, "no finished run with seed 9"),
        ({"sequence": 32}, "The sequences of validation have the numbers 0 to 31: received 32"),
        ({"layer": 2}, "The recurrent layers have the numbers 1 to 1: received 2"),
    ],
)
def test_missing_things_are_rejected(folder, options, words):
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


def test_words_stand_under_the_gates_of_any_layer(tmp_path):
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
    found = inspect_networks(folder, sequence=number, layer=2)
    assert found.tokens == words[:length] and found.features is None
    assert np.shape(found.networks[0].gates["forget"]) == (length, 3)
    assert not found.last_step


def test_of_a_long_sequence_the_first_steps_are_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(inspecting, "SHOWN", 4)
    (tmp_path / "own.txt").write_text(WORDS * 40)
    dataset = {"kind": "text_file", "path": str(tmp_path / "own.txt"), "window": 12}
    model = {"kind": "language_model", "size": {"units": 3}}
    found = inspect_networks(untrained_run(tmp_path, dataset, model, (0,)))
    assert (found.length, len(found.tokens), found.last_step) == (12, 4, True)
    assert (
        np.shape(found.networks[0].state) == (4, 3) and len(found.networks[0].gradient_decay) == 12
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
def test_of_a_translation_each_side_has_its_own_words(layer, words):
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
    found = inspecting._input_of(dataset, 0, read, keras.layers.Identity(name=layer))
    assert found == (words, None)
