"""Initializers of gate biases and recurrent weights: values, effects, and supported cells."""

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import recurrent_layer, register_cell
from keras_gru.errors import UserError

from .helpers import CELLS, DTYPE, PARALLEL, VARIANTS, array, state_count, tensor

UNGATED = ("simple_rnn", "irnn")
GATED = [cell for cell in (*CELLS, *VARIANTS) if cell not in UNGATED]
SQUARE = [cell for cell in (*CELLS, *VARIANTS) if cell not in PARALLEL]


def weight(layer, name):
    layer.build((None, None, 3))
    return next(array(found.value) for found in layer.weights if found.name == name)


@pytest.mark.parametrize(("options", "fraction"), [
    ({"chrono": 10**9}, 1), ({"gate_bias": 15.0}, 1), ({"gate_bias": -15.0}, 0)
])  # fmt: skip
@pytest.mark.parametrize("cell", GATED)
def test_gate_bias_sets_the_fraction_of_the_state_that_is_kept(rng, cell, options, fraction):
    """Start from two states with a difference of 1; compare the difference after a few steps."""
    keras.utils.set_random_seed(3)
    layer = recurrent_layer(cell, 4, return_state=True, dtype=DTYPE, **options)
    layer.build((None, None, 3))
    for weight in layer.weights:
        if "kernel" in weight.name:
            weight.assign(np.zeros(weight.shape))
    if cell == "min_lstm" and options == {"gate_bias": 15.0}:
        fraction = (1 / (1 + 0.5)) ** 6  # f / (f + i), and gate_bias does not change i
    x = tensor(rng.normal(size=(2, 6, 3)))
    ends = [
        array(layer(x, initial_state=[tensor(np.full((2, 4), start))] * state_count(cell))[-1])
        for start in (0.5, -0.5)
    ]
    np.testing.assert_allclose(ends[0] - ends[1], fraction, atol=1e-4)


@pytest.mark.parametrize("cell", GATED)
def test_chrono_draws_all_time_scales(cell):
    layer = recurrent_layer(cell, 1, chrono=50)
    signs = getattr(layer, "gate_signs", None) or layer.cell.gate_signs
    np.testing.assert_array_equal(
        weight(layer, "bias").reshape(-1)[: len(signs)],
        array(layer.cell.bias_initializer((len(signs),))),
    )
    bias = array(layer.cell.bias_initializer((len(signs) * 2000,)))
    blocks = list(zip(signs, bias.reshape(-1, 2000), strict=True))
    lengths = [block if sign == "+" else -block for sign, block in blocks if sign != "."]
    for one in lengths:
        np.testing.assert_array_equal(one, lengths[0])  # b_i = −b_f
        drawn = np.exp(one)
        assert 1 <= drawn.min() < 1.2 and 48.8 < drawn.max() <= 49.001
        assert abs(drawn.mean() - 25) < 1.2 and abs(drawn.std() - 48 / 12**0.5) < 0.6
    assert not any(block.any() for sign, block in blocks if sign == ".")


def test_gate_bias_changes_the_forget_gate_alone():
    plain = weight(recurrent_layer("lstm", 2), "bias")
    assert plain.tolist() == weight(recurrent_layer("lstm", 2, gate_bias=1.0), "bias").tolist()
    bias = weight(recurrent_layer("lstm", 2, gate_bias=2.5), "bias")
    assert bias.tolist() == [0, 0, 2.5, 2.5, 0, 0, 0, 0]
    bias = weight(recurrent_layer("minimal_gated_unit", 2, gate_bias=2.5), "bias")
    assert bias.tolist() == [-2.5, -2.5, 0, 0]
    bias = weight(recurrent_layer("gru_reset_after", 1, gate_bias=-1.0), "bias")
    assert bias.tolist() == [[-1, 0, 0], [0, 0, 0]]


class NoGate(keras_gru.SimpleRNN):
    pass


def test_a_cell_without_such_a_gate_ignores_gate_bias_and_chrono():
    register_cell("no_gate", NoGate)
    register_cell("made", lambda units, **options: keras_gru.GRU(units, **options))
    register_cell("cell_of_keras", keras.layers.GRUCell)
    for cell in (*UNGATED, "no_gate", "made", "cell_of_keras"):
        for options in ({"gate_bias": 2.0}, {"chrono": 9}):
            assert not weight(recurrent_layer(cell, 3, **options), "bias").any()


def test_a_subclass_of_the_gru_supports_gate_bias():
    class Other(keras_gru.GRUCell):
        pass

    register_cell("other_gru", Other)
    assert weight(recurrent_layer("other_gru", 2, gate_bias=2.0), "bias").sum() == 4


@pytest.mark.parametrize("cell", SQUARE)
def test_identity_initializes_the_block_of_every_equation(cell):
    kernel = weight(recurrent_layer(cell, 3, recurrent_initializer="identity"), "recurrent_kernel")
    for block in np.split(kernel, kernel.shape[1] // 3, axis=1):
        np.testing.assert_array_equal(block, np.eye(3))
    assert array(keras_gru.BlockIdentity(0.5)((2, 2))).tolist() == [[0.5, 0], [0, 0.5]]


@pytest.mark.parametrize("cell", PARALLEL)
def test_identity_is_rejected_by_cells_without_recurrent_weights(cell):
    with pytest.raises(
        UserError,
        match=f"Cell '{cell}' has no recurrent_initializer: expected null, got identity",
    ):
        recurrent_layer(cell, 4, recurrent_initializer="identity")


def test_an_irnn_adds_up_its_inputs_and_is_fused(rng):
    layer = recurrent_layer("irnn", 4, return_sequences=True, dtype=DTYPE)
    x = np.abs(rng.normal(size=(2, 50, 3)))
    kernel = np.abs(weight(layer, "kernel"))
    assert 0.0002 < kernel.std() < 0.002
    np.testing.assert_array_equal(weight(layer, "recurrent_kernel"), np.eye(4))
    layer.set_weights([kernel, *layer.get_weights()[1:]])
    expected = np.cumsum(x @ kernel, axis=1)  # positive inputs add up
    np.testing.assert_allclose(array(layer(tensor(x), training=True)), expected, rtol=1e-4)
    assert layer.path() == "fused"
    plain = recurrent_layer("irnn", 4, recurrent_initializer="glorot_uniform")
    assert np.abs(weight(plain, "recurrent_kernel") - np.eye(4)).max() > 0.1


def test_a_seed_reproduces_biases_and_directions_differ():
    signs = keras_gru.GRU.gate_signs
    first, again, other = (
        array(keras_gru.Chrono(20, signs, seed=seed)((30,))) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    layer = keras.layers.Bidirectional(recurrent_layer("gru", 4, chrono=20))
    layer.build((None, None, 3))
    one, two = (array(w.value) for w in layer.weights if w.name == "bias")
    assert (one[:4] != two[:4]).all()


@pytest.mark.parametrize("cell", ["gru", "lstm", "coupled_lstm", "min_gru"])
def test_initializers_are_saved_and_loaded(rng, tmp_path, cell):
    options = {"recurrent_initializer": "identity"} if cell not in PARALLEL else {}
    layer = recurrent_layer(cell, 4, chrono=20, **options)
    model = keras.Sequential([keras.Input((None, 3)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    x = rng.normal(size=(2, 5, 3)).astype("float32")
    np.testing.assert_array_equal(array(loaded(x)), array(model(x)))
    first = [found.cell.bias_initializer.get_config() for found in (layer, loaded.layers[-1])]
    assert first[0] == first[1]
    for initializer in (keras_gru.GateBias(1.5, "-+.."), keras_gru.BlockIdentity(2.0)):
        config = keras.saving.serialize_keras_object(initializer)
        again = keras.saving.deserialize_keras_object(config)
        assert again.get_config() == initializer.get_config()


@pytest.mark.parametrize("gates", ["", "...", "+x.", 3, None])
def test_invalid_gates_are_rejected(gates):
    with pytest.raises(ValueError, match=r"`gates` must be one sign .*Received: "):
        keras_gru.GateBias(1.0, gates)


def test_invalid_combinations_are_rejected():
    with pytest.raises(ValueError, match=r"`longest` must be at least 3 steps. Received: 2."):
        keras_gru.Chrono(2, "+..")
    with pytest.raises(ValueError, match=r"gates -\+.. must have a shape .*Received: \(6,\)"):
        keras_gru.GateBias(1.0, "-+..")((6,))
    with pytest.raises(ValueError, match=r"a shape \(U, G\).*Received: \(4, 6\)"):
        keras_gru.BlockIdentity()((4, 6))
