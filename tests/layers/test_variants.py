"""Properties of the cells from the literature, beyond the equations of one step."""

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import recurrent_layer
from keras_gru.errors import UserError

from .helpers import (
    BACKEND,
    DTYPE,
    PARALLEL,
    VARIANTS,
    MinimalGatedUnit,
    array,
    assert_close,
    built,
    drawn_layer,
    masks,
    tensor,
)
from .reference import STEPS, time_loop


def numbered(weights, columns, units=4):
    """Return blocks of columns of a kernel or bias, by number; zeros for `None`."""
    parts = [
        np.zeros_like(weights[..., :units])
        if number is None
        else weights[..., number * units : (number + 1) * units]
        for number in columns
    ]
    return np.concatenate(parts, axis=-1)


def test_a_minimal_gated_unit_is_a_gru_with_tied_gates(rng):
    layer = drawn_layer("minimal_gated_unit", rng, return_sequences=True)
    gru = keras_gru.RNN(MinimalGatedUnit(4, dtype=DTYPE), return_sequences=True)
    gru.build((None, None, 3))
    gru.set_weights([numbered(weight, (None, 0, 1)) for weight in layer.get_weights()])
    x, mask = tensor(rng.normal(size=(3, 5, 3))), masks()["inner"]
    assert_close(layer(x, mask=mask), gru(x, mask=mask))


def test_an_lstm_with_peepholes_of_zero_is_an_lstm(rng):
    layer = recurrent_layer("peephole_lstm", 4, return_sequences=True, dtype=DTYPE)
    layer.build((None, None, 3))
    lstm = keras.layers.LSTM(4, return_sequences=True, dtype=DTYPE)
    lstm.build((None, None, 3))
    *weights, peepholes = layer.get_weights()
    assert not peepholes.any()  # their initial values
    np.testing.assert_array_equal(
        weights[2], lstm.get_weights()[2]
    )  # the forget gate has a bias of 1
    lstm.set_weights(weights)
    x = tensor(rng.normal(size=(3, 5, 3)))
    assert_close(layer(x), lstm(x))


def test_coupled_gates_add_up_to_one(rng):
    """It equals an LSTM whose input gate has the negated weights of the forget gate."""
    layer = drawn_layer("coupled_lstm", rng, return_sequences=True)
    lstm = keras.layers.LSTM(4, return_sequences=True, dtype=DTYPE)
    lstm.build((None, None, 3))
    weights = [numbered(weight, (0, 0, 1, 2)) for weight in layer.get_weights()]
    for weight in weights:
        weight[..., :4] *= -1
    lstm.set_weights(weights)
    x = tensor(rng.normal(size=(3, 5, 3)))
    assert_close(layer(x), lstm(x))


def test_mut2_adds_the_input_if_the_sizes_are_equal(rng):
    layer = drawn_layer("mut2", rng, features=4, return_sequences=True)
    x, weights = rng.normal(size=(3, 5, 4)), layer.get_weights()
    expected, _ = time_loop(lambda x, h: STEPS["mut2"](x, h, weights), x, [np.zeros((3, 4))])
    assert_close(layer(tensor(x)), expected)


def test_mut1_with_the_identity_is_as_printed(rng):
    layer = drawn_layer("mut1", rng, features=4)
    kernel, *others = layer.get_weights()
    kernel[:, 8:] = np.eye(4)
    layer.set_weights([kernel, *others])
    x = rng.normal(size=(2, 1, 4))
    z = 1 / (1 + np.exp(-(x[:, 0] @ kernel[:, :4] + others[1][:4])))
    # With a state of zeros, the equation is tanh(tanh(x) + b_g) ⊗ z.
    assert_close(layer(tensor(x)), np.tanh(np.tanh(x[:, 0]) + others[1][8:]) * z)


@pytest.mark.parametrize("cell", VARIANTS)
def test_without_biases_equals_biases_of_zero(rng, cell):
    plain = recurrent_layer(cell, 4, use_bias=False, dtype=DTYPE)
    built(plain, 3, rng)
    layer = recurrent_layer(cell, 4, bias_initializer="zeros", dtype=DTYPE)
    layer.build((None, None, 3))
    weights, bias = plain.get_weights(), [w.name for w in layer.weights].index("bias")
    layer.set_weights([*weights[:bias], 0 * layer.get_weights()[bias], *weights[bias:]])
    x = tensor(rng.normal(size=(3, 5, 3)))
    assert_close(plain(x), layer(x))


@pytest.mark.parametrize("cell", VARIANTS)
def test_dropout_is_constant_over_time_and_only_in_training(rng, cell):
    x = tensor(np.repeat(rng.normal(size=(3, 1, 8)), 4, axis=1))
    for rate in ("dropout", "recurrent_dropout")[: 1 if cell in PARALLEL else 2]:
        layer = drawn_layer(cell, rng, features=8, return_sequences=True, **{rate: 0.5}, seed=3)
        plain = recurrent_layer(cell, 4, return_sequences=True, dtype=DTYPE)
        plain.build((None, None, 8))
        plain.set_weights(layer.get_weights()[: len(plain.weights)])
        assert_close(layer(x), plain(x))
        first, second = array(layer(x, training=True)), array(layer(x, training=True))
        assert np.abs(first - array(plain(x))).max() > 1e-3
        assert np.abs(first - second).max() > 1e-3, "each call draws its own mask"
    # A dropped feature has the same effect as a feature of zeros.
    layer = drawn_layer(cell, rng, features=8, return_sequences=True, dropout=0.5, seed=3)
    twin = recurrent_layer(cell, 4, dtype=DTYPE, dropout=0.5, seed=3)  # draws the same mask
    mask = twin.cell.get_dropout_mask(x[:, 0])
    dropped = layer(x, training=True)
    assert_close(dropped, layer(x * mask[:, None]))


@pytest.mark.parametrize("cell", VARIANTS)
def test_a_bidirectional_model_trains_and_is_saved(rng, tmp_path, cell):
    forwards = recurrent_layer(cell, 4, return_sequences=True, dropout=0.1, seed=2)
    model = keras.Sequential(
        [
            keras.Input((None, 3)),
            keras.layers.Bidirectional(forwards),
            recurrent_layer(cell, 4, activation="softsign", kernel_regularizer="l2"),
        ]
    )
    model.compile(
        "sgd", "mse", run_eagerly=BACKEND == "tensorflow"
    )  # eager, as tracing would take long
    x = rng.normal(size=(4, 5, 3)).astype("float32")
    before = [array(weight).copy() for weight in model.trainable_weights]
    model.fit(x, np.ones((4, 4)), verbose=0)
    after = [array(weight) for weight in model.trainable_weights]
    changed = [np.abs(a - b).max() for a, b in zip(before, after, strict=True)]
    assert all(0 < change < 10 for change in changed)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    configs = [{**m.layers[-1].cell.get_config(), "name": ""} for m in (loaded, model)]
    assert configs[0] == configs[1]
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("cell", VARIANTS)
def test_mixed_precision(rng, cell):
    exact = drawn_layer(cell, rng, return_sequences=True)
    layer = recurrent_layer(cell, 4, return_sequences=True, dtype="mixed_bfloat16")
    layer.build((None, None, 3))
    layer.set_weights(exact.get_weights())
    x = rng.normal(size=(3, 5, 3)).astype("float32")
    found = layer(x, mask=masks()["right"])
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    difference = array(found).astype("float32") - array(exact(tensor(x), mask=masks()["right"]))
    assert 0 < np.abs(difference).max() < 0.1


@pytest.mark.skipif(BACKEND != "tensorflow", reason="jit_compile=True is XLA on TensorFlow")
@pytest.mark.parametrize("cell", VARIANTS)
def test_xla_and_a_graph_with_unknown_shapes_equal_eager(rng, cell):
    import tensorflow as tf

    layer, mask = drawn_layer(cell, rng, return_sequences=True), masks()["inner"]
    x = tensor(rng.normal(size=(3, 5, 3)))

    def step(x, mask):
        with tf.GradientTape() as tape:
            outputs = layer(x, mask=mask)
            loss = tf.reduce_sum(outputs**2)
        return [outputs, *tape.gradient(loss, [weight.value for weight in layer.weights])]

    expected = step(x, mask)
    open_shapes = [tf.TensorSpec((None, None, 3), DTYPE), tf.TensorSpec((None, None), "bool")]
    for function in (
        tf.function(step, jit_compile=True),
        tf.function(step, input_signature=open_shapes),
    ):
        for eager, compiled in zip(expected, function(x, mask), strict=True):
            assert_close(compiled, eager, loosened=10)


@pytest.mark.parametrize("length", [1, 2, 3, 6, 7, 13, 64])
@pytest.mark.parametrize("cell", PARALLEL)
def test_the_parallel_scan_equals_the_time_loop(rng, cell, length):
    options = {"return_sequences": True, "return_state": True, "zero_output_for_mask": length == 7}
    layer = drawn_layer(cell, rng, go_backwards=length % 2 == 0, **options)
    steps = keras_gru.RNN(layer.cell, go_backwards=length % 2 == 0, **options)
    x, h = tensor(rng.normal(size=(3, length, 3))), tensor(rng.normal(size=(3, 4)))
    mask = rng.random((3, length)) < 0.6
    for seen in (None, mask):
        found = layer(x, initial_state=[h], mask=seen)
        assert layer.path(length) == "parallel"
        for one, other in zip(found, steps(x, initial_state=[h], mask=seen), strict=True):
            assert_close(one, other)
    assert steps.path(length).startswith("scan")


@pytest.mark.parametrize("cell", PARALLEL)
def test_the_parallel_scan_neither_underflows_nor_overflows(rng, cell):
    layer = drawn_layer(cell, rng, return_sequences=True)
    for size in (1e4, -1e4):
        outputs = array(layer(tensor(np.full((1, 300, 3), size))))
        assert np.isfinite(outputs).all()


def test_the_gates_of_a_min_lstm_are_not_both_0():
    with pytest.raises(ValueError, match="expected a gate above 0"):
        keras_gru.MinLSTM(4, constant_gates={"forget": 0, "input": 0})


@pytest.mark.parametrize("cell", PARALLEL)
def test_recurrent_dropout_is_rejected_by_cells_without_recurrent_weights(cell):
    with pytest.raises(UserError, match=f"Cell '{cell}' has no recurrent_dropout"):
        recurrent_layer(cell, 4, recurrent_dropout=0.2)
    with pytest.raises(ValueError, match=r"no weights of the state.*Received: recurrent_dropout"):
        type(recurrent_layer(cell, 4).cell)(4, recurrent_dropout=0.2)
