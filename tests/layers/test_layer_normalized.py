"""Layer normalisation compared with float64 NumPy, and combined with the layers' other options."""

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import recurrent_layer, register_cell
from keras_gru.errors import UserError

from .helpers import (
    BACKEND,
    CELLS,
    DTYPE,
    VARIANTS,
    array,
    assert_close,
    drawn_layer,
    gradients,
    masks,
    only_tensorflow,
    state_count,
    tensor,
)
from .reference import sigmoid, time_loop

NORMALIZED = (*CELLS, "irnn")


def norm(a, gain, bias=0):
    centred = a - a.mean(axis=1, keepdims=True)
    return gain * centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5) + bias


def rnn_step(x, h, weights, activation=np.tanh):
    kernel, recurrent_kernel, bias, gain = weights
    h = activation(norm(x @ kernel + h @ recurrent_kernel, gain, bias))
    return h, [h]


def gru_step(x, h, weights, reset_after=False):
    kernel, recurrent_kernel, bias, gain_x, gain_h = weights
    units = h.shape[1]
    gates, rest = slice(0, 2 * units), slice(2 * units, None)
    zr = sigmoid(
        norm(x @ kernel[:, gates], gain_x[gates])
        + norm(h @ recurrent_kernel[:, gates], gain_h[gates])
        + bias[gates]
    )
    z, r = zr[:, :units], zr[:, units:]
    if reset_after:
        h_g = r * norm(h @ recurrent_kernel[:, rest], gain_h[rest])
    else:
        h_g = norm((r * h) @ recurrent_kernel[:, rest], gain_h[rest])
    h = z * h + (1 - z) * np.tanh(norm(x @ kernel[:, rest], gain_x[rest]) + h_g + bias[rest])
    return h, [h]


def lstm_step(x, h, c, weights):
    kernel, recurrent_kernel, bias, gain_x, gain_h, gain_c, bias_c = weights
    sums = norm(x @ kernel, gain_x) + norm(h @ recurrent_kernel, gain_h) + bias
    i, f, g, o = np.split(sums, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(norm(c, gain_c, bias_c))
    return h, [h, c]


STEPS = {
    "gru": lambda x, states, weights: gru_step(x, *states, weights),
    "gru_reset_after": lambda x, states, weights: gru_step(x, *states, weights, reset_after=True),
    "lstm": lambda x, states, weights: lstm_step(x, *states, weights),
    "simple_rnn": lambda x, states, weights: rnn_step(x, *states, weights),
    "irnn": lambda x, states, weights: rnn_step(x, *states, weights, lambda a: np.maximum(a, 0)),
}


def drawn(cell, rng, **options):
    return drawn_layer(cell, rng, layer_normalization=True, return_sequences=True, **options)


@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("cell", NORMALIZED)
def test_a_sequence_is_the_equations_step_by_step(rng, cell, go_backwards):
    layer = drawn(cell, rng, return_state=True, go_backwards=go_backwards)
    x = rng.normal(size=(3, 5, 3))
    states = [rng.normal(size=(3, 4)) for _ in range(state_count(cell))]
    weights = layer.get_weights()
    for mask in (None, masks()["inner"], masks()["all of a row"]):
        found, *last = layer(tensor(x), initial_state=[tensor(s) for s in states], mask=mask)
        expected, expected_last = time_loop(
            lambda x, s: STEPS[cell](x, s, weights), x, states, mask, go_backwards
        )
        assert_close(found, expected, loosened=3)
        for state, expected_state in zip(last, expected_last, strict=True):
            assert_close(state, expected_state, loosened=3)
    assert layer.path() == f"scan: {type(layer.cell).__name__} has no step_gradient"


@pytest.mark.parametrize("cell", NORMALIZED)
def test_gradients_are_finite_differences_of_the_equations(rng, cell):
    layer, mask = drawn(cell, rng), masks()["inner"]
    x, weigh, weights = rng.normal(size=(3, 5, 3)), rng.normal(size=(3, 5, 4)), layer.get_weights()
    weights = [np.asarray(weight, "float64") for weight in weights]
    states = [rng.normal(size=(3, 4)) for _ in range(state_count(cell))]

    def loss_of_equations(weights):
        return np.sum(
            weigh * time_loop(lambda x, s: STEPS[cell](x, s, weights), x, states, mask)[0]
        )

    def loss_of_layer():
        states_0 = [tensor(state) for state in states]
        found = layer(tensor(x), initial_state=states_0, mask=mask, training=True)
        return keras.ops.sum(found * tensor(weigh))

    in_graph = BACKEND == "tensorflow"  # as a layer trains
    found = gradients(loss_of_layer, layer.trainable_variables, in_graph)
    for index, gradient in enumerate(found):
        direction = rng.normal(size=weights[index].shape)
        moved = [
            [*weights[:index], weights[index] + step * direction, *weights[index + 1 :]]
            for step in (1e-5, -1e-5)
        ]
        numeric = (loss_of_equations(moved[0]) - loss_of_equations(moved[1])) / 2e-5
        tolerance = {"rtol": 1e-6} if DTYPE == "float64" else {"rtol": 1e-3, "atol": 1e-4}
        np.testing.assert_allclose(np.sum(gradient * direction), numeric, **tolerance)


@pytest.mark.parametrize("cell", NORMALIZED)
def test_scaling_the_weights_does_not_change_the_outputs(rng, cell):
    """The invariance of layer normalisation, exact up to the epsilon below the root."""
    layer = drawn(cell, rng)
    weights, x = layer.get_weights(), tensor(rng.normal(size=(3, 5, 3)))
    layer.set_weights([100 * w if w.ndim == 2 else w for w in weights])
    first = array(layer(x))
    layer.set_weights([1000 * w if w.ndim == 2 else w for w in weights])
    np.testing.assert_allclose(array(layer(x)), first, atol=1e-3)


@pytest.mark.parametrize("cell", NORMALIZED)
def test_initializers_dropout_and_zoneout_can_be_combined(rng, cell):
    layer = recurrent_layer(
        cell, 4, layer_normalization=True, gate_bias=2.0, recurrent_initializer="identity",
        dropout=0.1, recurrent_dropout=0.2, zoneout=0.3, seed=1, return_sequences=True,
    )  # fmt: skip
    layer.build((None, None, 3))
    weights = {weight.name: array(weight.value) for weight in layer.weights}
    assert (weights["bias"] == 2).sum() == (0 if cell in ("simple_rnn", "irnn") else 4)
    np.testing.assert_array_equal(weights["recurrent_kernel"][:, :4], np.eye(4))
    gains = [weight for name, weight in weights.items() if "gain" in name]
    assert gains and all((gain == 1).all() for gain in gains)
    x = rng.normal(size=(3, 5, 3)).astype("float32")
    plain, first, second = (array(layer(x, training=t)) for t in (False, True, True))
    assert np.abs(first - plain).max() > 1e-3 and np.abs(first - second).max() > 1e-3


@pytest.mark.parametrize("cell", ["gru", "lstm", "simple_rnn"])
def test_without_biases_equals_biases_of_zero(rng, cell):
    plain = drawn(cell, rng, use_bias=False)
    layer = recurrent_layer(
        cell, 4, layer_normalization=True, return_sequences=True, dtype=DTYPE,
        **({"unit_forget_bias": False} if cell == "lstm" else {}),
    )  # fmt: skip
    layer.build((None, None, 3))
    values = {weight.name: array(weight.value) for weight in plain.weights}
    for weight in layer.weights:
        if "bias" not in weight.name:
            weight.assign(values.pop(weight.name))
    assert not values
    x = tensor(rng.normal(size=(3, 5, 3)))
    assert_close(plain(x), layer(x))


def test_a_bidirectional_model_trains_and_is_saved(rng, tmp_path):
    model = keras.Sequential([keras.Input((None, 3))])
    for cell in ("gru_reset_after", "lstm"):
        layer = recurrent_layer(cell, 4, layer_normalization=True, return_sequences=True)
        model.add(keras.layers.Bidirectional(layer))
    model.compile(
        "sgd", "mse", run_eagerly=BACKEND == "tensorflow"
    )  # eager, as tracing would take long
    x = rng.normal(size=(4, 5, 3)).astype("float32")
    before = model.get_weights()
    model.fit(x, np.ones((4, 5, 8)), verbose=0)
    changed = [np.abs(a - b).max() for a, b in zip(before, model.get_weights(), strict=True)]
    assert all(0 < change < 10 for change in changed)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("cell", ["gru", "lstm", "simple_rnn"])
def test_mixed_precision(rng, cell):
    exact = drawn(cell, rng)
    layer = recurrent_layer(
        cell, 4, layer_normalization=True, return_sequences=True, dtype="mixed_bfloat16"
    )
    layer.build((None, None, 3))
    layer.set_weights(exact.get_weights())
    x = rng.normal(size=(3, 5, 3)).astype("float32")
    found = layer(x, mask=masks()["right"])
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    difference = array(found).astype("float32") - array(exact(tensor(x), mask=masks()["right"]))
    assert 0 < np.abs(difference).max() < 0.15


@only_tensorflow
def test_xla_equals_eager(rng):
    import tensorflow as tf

    layer, mask = drawn("lstm", rng), masks()["inner"]
    x = tensor(rng.normal(size=(3, 5, 3)))

    def step(x, mask):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x, mask=mask) ** 2)
        return tape.gradient(loss, [weight.value for weight in layer.weights])

    compiled = tf.function(step, jit_compile=True)(x, mask)
    for one, other in zip(compiled, step(x, mask), strict=True):
        assert_close(one, other, loosened=100)


def test_other_cells_reject_it():
    register_cell("my_gru", type("MyGRU", (keras_gru.GRUCell,), {}))
    for cell in (*(cell for cell in VARIANTS if cell != "irnn"), "my_gru"):
        with pytest.raises(
            UserError,
            match=f"Cell '{cell}' has no layer_normalization: expected false, got true. Use one "
            "of the cells gru, gru_reset_after, lstm, simple_rnn, irnn.",
        ):
            recurrent_layer(cell, 4, layer_normalization=True)
        recurrent_layer(cell, 4, layer_normalization=False)
