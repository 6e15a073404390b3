"""Settings of the recurrent layers reach each layer of every kind of model."""

import keras
import numpy as np
import pytest

from keras_gru import models
from keras_gru.datasets.sequence_dataset import TaskSpec
from keras_gru.errors import UserError
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.models.budget import layers_by_direction
from keras_gru.models.config import EncoderDecoder, Polyphony

KINDS = {  # kind: (dataset, spec, number of RNN layers with `layers: 2`)
    "classifier": ("temporal_order", {"outputs": 4, "vocabulary": 9}, 4),
    "tagger": ("copy_memory", {"outputs": 10, "vocabulary": 11}, 4),
    "language_model": ("xml", {"outputs": 30, "vocabulary": 30}, 2),
    "forecaster": ("adding", {"outputs": 1, "features": 2, "length": 5}, 2),
    "polyphony": ("jsb_chorales", {"outputs": 88, "features": 88}, 2),
    "encoder_decoder": ("spa_eng", {"outputs": 20, "vocabulary": 30}, 6),
}


def built(tmp_path, kind, cell, settings):
    dataset, sizes, count = KINDS[kind]
    both = kind in ("classifier", "tagger", "encoder_decoder")
    settings = f"kind: {kind}, size: {{units: 4}}, layers: 2, {settings}"
    settings += ", bidirectional: true" * both
    path = tmp_path / "a.yaml"
    path.write_text(f"name: a\ndataset: {{kind: {dataset}}}\nmodel: {{{settings}}}\n")
    config = load_experiment(path).model
    layers = layers_by_direction(models.build(config, TaskSpec(task=config.task, **sizes), cell, 0))
    assert len(layers) == count
    return layers


def weight(layer, name):
    return next(keras.ops.convert_to_numpy(w.value) for w in layer.weights if w.name == name)


@pytest.mark.parametrize("kind", KINDS)
def test_initializers_reach_every_layer(tmp_path, kind):
    settings = "chrono: 30, recurrent_initializer: identity"
    drawn = [weight(layer, "bias") for layer in built(tmp_path, kind, "lstm", settings)]
    for bias in drawn:
        np.testing.assert_array_equal(bias[:4], -bias[4:8])
        assert (bias[4:8] > 0).all() and (bias[4:8] < np.log(29)).all()
    assert len({bias.tobytes() for bias in drawn}) == len(drawn)
    again = [weight(layer, "bias") for layer in built(tmp_path, kind, "lstm", settings)]
    np.testing.assert_array_equal(again, drawn)
    for layer in built(tmp_path, kind, "gru", "gate_bias: 2, recurrent_initializer: identity"):
        assert weight(layer, "bias").tolist() == [2] * 4 + [0] * 8
        np.testing.assert_array_equal(weight(layer, "recurrent_kernel"), np.tile(np.eye(4), 3))
    # A cell without gates ignores the setting.
    for layer in built(tmp_path, kind, "simple_rnn", "gate_bias: 2"):
        assert not weight(layer, "bias").any()


@pytest.mark.parametrize("kind", KINDS)
def test_zoneout_reaches_every_layer(tmp_path, kind):
    for cell, zoneout in (("gru", 0.1), ("lstm", (0.1, 0.4)), ("min_gru", (0.1, 0.4))):
        yaml = f"zoneout: {list(zoneout) if isinstance(zoneout, tuple) else zoneout}"
        layers = built(tmp_path, kind, cell, yaml)
        assert {layer.zoneout for layer in layers} == {zoneout}
        x = np.random.default_rng(0).normal(size=(2, 5, layers[0].cell.kernel.shape[0]))
        first, second = (
            keras.ops.convert_to_numpy(keras.tree.flatten(layers[0](x, training=True))[0])
            for _ in range(2)
        )
        assert np.abs(first - second).max() > 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_layer_normalization_reaches_every_layer(tmp_path, kind):
    for cell, made_of in (
        ("gru", "LayerNormGRUCell"),
        ("lstm", "LayerNormLSTMCell"),
        ("simple_rnn", "LayerNormSimpleRNNCell"),
    ):
        layers = built(tmp_path, kind, cell, "layer_normalization: true")
        assert {type(layer.cell).__name__ for layer in layers} == {made_of}
    with pytest.raises(UserError, match="Cell 'mut1' has no layer_normalization"):
        built(tmp_path, kind, "mut1", "layer_normalization: true")


@pytest.mark.parametrize(
    "settings",
    [
        {"chrono": 9, "zoneout": 0.1},
        {"layer_normalization": True},
        {"independent_recurrence": True, "multiplicative_integration": True},
    ],
)
@pytest.mark.parametrize("cell", ["gru", "lstm", "simple_rnn", "irnn"])
def test_a_number_of_parameters_is_matched_with_every_option(cell, settings):
    music = TaskSpec(task="polyphony", outputs=88, features=88)
    model = models.build(
        Polyphony(kind="polyphony", size={"parameters": 5_000}, **settings), music, cell, 0
    )
    units = models.recurrent_units(model)

    def distance(units):
        config = Polyphony(kind="polyphony", size={"units": units}, **settings)
        return abs(models.recurrent_parameters(models.build(config, music, cell, 0)) - 5_000)

    assert min((units - 1, units, units + 1), key=distance) == units


def test_default_options_change_nothing():
    spec = TaskSpec(task="translation", outputs=20, vocabulary=30, start=1, end=2)
    config = EncoderDecoder(kind="encoder_decoder", size={"units": 4}, bidirectional=True)
    sizes = {"source_vocabulary": 30, "target_vocabulary": 20}
    plain = models.encoder_decoder(units=4, bidirectional=True, cell="lstm", seed=0, **sizes)
    for one, two in zip(
        models.build(config, spec, "lstm", 0).get_weights(), plain.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, two)
