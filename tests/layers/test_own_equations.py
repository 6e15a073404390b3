"""Constant gates, and subclasses that override one equation."""

import keras
import numpy as np
import pytest

import keras_gru

from .helpers import (
    BACKEND,
    CELLS,
    DTYPE,
    LayerNormalisedCandidate,
    MinimalGatedUnit,
    array,
    assert_close,
    assert_same,
    built,
    drawn_layer,
    masks,
    tensor,
    values_and_gradients,
)
from .reference import sigmoid, time_loop


def test_an_update_gate_of_0_and_a_reset_gate_of_1_make_a_simple_rnn(rng):
    constants = {"update": 0, "reset": 1}
    layer = drawn_layer("gru", rng, constant_gates=constants, return_sequences=True)
    simple = keras.layers.SimpleRNN(4, return_sequences=True, dtype=DTYPE)
    simple.build((None, None, 3))
    simple.set_weights([weight[..., -4:] for weight in layer.get_weights()])
    x, mask = tensor(rng.normal(size=(3, 5, 3))), masks()["inner"]
    assert_close(layer(x), simple(x))
    assert_close(layer(x, mask=mask), simple(x, mask=mask))


def test_an_update_gate_of_1_keeps_the_initial_state(rng):
    layer = drawn_layer("gru", rng, constant_gates={"update": 1.0}, return_sequences=True)
    h = rng.normal(size=(3, 4))
    outputs = layer(tensor(rng.normal(size=(3, 5, 3))), initial_state=[tensor(h)])
    assert_close(outputs, np.repeat(h[:, None], 5, axis=1))


@pytest.mark.parametrize("value", [-0.1, 1.5, True, "0", [0], float("nan")])
@pytest.mark.parametrize("gate", ["update", "reset", "forget"])
def test_constant_gates_must_name_a_gate_and_a_number_from_0_to_1(gate, value):
    with pytest.raises(ValueError, match=r"gates of a GRUCell: update, reset\. Received"):
        keras_gru.GRU(4, constant_gates={gate: value})


def test_a_subclass_with_its_own_equation_rejects_reset_after():
    with pytest.raises(ValueError, match="`reset_after` must be False for MinimalGatedUnit"):
        MinimalGatedUnit(4, reset_after=True)


def minimal_gated_unit_step(x, h, weights):
    kernel, recurrent_kernel, bias = weights
    _, w_xf, w_xg = np.split(kernel, 3, axis=1)
    _, w_hf, w_hg = np.split(recurrent_kernel, 3, axis=1)
    _, b_f, b_g = np.split(bias, 3)
    f = sigmoid(x @ w_xf + h @ w_hf + b_f)
    g = np.tanh(x @ w_xg + (f * h) @ w_hg + b_g)
    h = (1 - f) * h + f * g
    return h, [h]


def layer_normalised_step(x, h, weights):
    kernel, recurrent_kernel, bias, gamma, beta = weights
    w_xz, w_xr, w_xg = np.split(kernel, 3, axis=1)
    w_hz, w_hr, w_hg = np.split(recurrent_kernel, 3, axis=1)
    b_z, b_r, b_g = np.split(bias, 3)
    z, r = sigmoid(x @ w_xz + h @ w_hz + b_z), sigmoid(x @ w_xr + h @ w_hr + b_r)
    a = x @ w_xg + (r * h) @ w_hg + b_g
    a = (a - a.mean(-1, keepdims=True)) / np.sqrt(a.var(-1, keepdims=True) + 1e-3)
    h = z * h + (1 - z) * np.tanh(gamma * a + beta)
    return h, [h]


OWN = [
    (MinimalGatedUnit, minimal_gated_unit_step),
    (LayerNormalisedCandidate, layer_normalised_step),
]


@pytest.mark.parametrize("cell_class, step", OWN)
def test_a_subclass_computes_its_own_equation(rng, cell_class, step):
    layer = keras_gru.RNN(cell_class(4, dtype=DTYPE), return_sequences=True)
    built(layer, 3, rng)
    x, mask, weights = rng.normal(size=(3, 5, 3)), masks()["inner"], layer.get_weights()
    expected, _ = time_loop(lambda x, h: step(x, *h, weights), x, [np.zeros((3, 4))], mask=mask)
    assert_close(layer(tensor(x), mask=mask), expected, loosened=10)


@pytest.mark.parametrize("cell_class, step", OWN)
def test_a_subclass_trains_and_is_saved(rng, tmp_path, cell_class, step):
    layer = keras_gru.RNN(cell_class(4, dropout=0.1, seed=2))
    model = keras.Sequential([keras.Input((None, 3)), keras.layers.Bidirectional(layer)])
    model.compile(
        "sgd", "mse", run_eagerly=BACKEND == "tensorflow"
    )  # eager, as tracing would take long
    x = rng.normal(size=(4, 5, 3)).astype("float32")
    model.fit(x, np.zeros((4, 8)), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.layers[-1].forward_layer.cell, cell_class)
    np.testing.assert_array_equal(
        array(loaded.predict(x, verbose=0)), array(model.predict(x, verbose=0))
    )


@pytest.mark.parametrize("override", ["gates", "candidate", "interpolate"])
def test_every_equation_can_be_overridden(rng, override):
    """Overriding an equation changes the result; overriding it with itself does not."""

    def replaced(method):
        return type("Replaced", (keras_gru.GRUCell,), {override: method})(4, dtype=DTYPE)

    original = getattr(keras_gru.GRUCell, override)
    plain = drawn_layer("gru", rng)
    x = tensor(rng.normal(size=(3, 5, 3)))
    results = []
    for method in (
        original,
        lambda self, *terms: keras.tree.map_structure(lambda t: t / 2, original(self, *terms)),
    ):
        layer = keras_gru.RNN(replaced(method))
        layer.build((None, None, 3))
        layer.set_weights(plain.get_weights())
        results.append(array(layer(x)))
    assert_close(results[0], plain(x))
    assert np.abs(results[1] - results[0]).max() > 1e-3


@pytest.mark.parametrize("cell", CELLS)
def test_calling_the_cell_step_by_step_equals_the_layer(rng, cell):
    layer = drawn_layer(cell, rng, return_sequences=True)
    x = tensor(rng.normal(size=(3, 5, 3)))
    states, outputs = layer.get_initial_state(3), []
    for t in range(5):
        output, states = layer.cell(x[:, t], states)
        outputs.append(array(output))
    assert_close(layer(x), np.stack(outputs, 1))


@pytest.mark.skipif(
    BACKEND != "tensorflow", reason="the other backends differentiate the loop itself"
)
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("cell_class, step", OWN)
def test_a_subclass_has_the_gradients_of_the_unrolled_layer(cell_class, step, jit_compile):
    def found(**options):
        rng = np.random.default_rng(3)
        cell = cell_class(4, recurrent_dropout=0.3, seed=1, dtype=DTYPE)
        options |= {"go_backwards": True, "return_sequences": True, "return_state": True}
        layer = built(keras_gru.RNN(cell, zoneout=0.2, **options), 3, rng)
        x, h = rng.normal(size=(3, 5, 3)), rng.normal(size=(3, 4))
        mask = masks()["inner"]
        return values_and_gradients(layer, x, [h], mask, True, weigh, in_graph=True)

    def weigh(outputs):
        rng = np.random.default_rng(4)
        return [rng.normal(size=output.shape) for output in outputs]

    expected = found(unroll=True)
    for one, other in zip(found(jit_compile=jit_compile), expected, strict=True):
        assert_same(one, other)


class DroppedCandidate(keras_gru.GRUCell):
    """A cell with a Dropout layer inside."""

    def build(self, input_shape):
        super().build(input_shape)
        self.drop = keras.layers.Dropout(0.5, seed=1)

    def candidate(self, x_g, h, r, W_hg):
        return self.drop(self.activation(x_g + keras.ops.matmul(r * h, W_hg)), training=True)


def test_a_dropout_layer_inside_a_cell_draws_at_every_step():
    layer = keras_gru.RNN(DroppedCandidate(16, constant_gates={"update": 0}), return_sequences=True)
    model = keras.Sequential([keras.Input((6, 3)), layer])
    model.compile("sgd", "mse")
    model.fit(np.ones((2, 6, 3)), np.ones((2, 6, 16)), verbose=0)
    dropped = array(layer(np.ones((2, 6, 3), "float32"), training=True)) == 0
    again = array(layer(np.ones((2, 6, 3), "float32"), training=True)) == 0
    assert 0.2 < dropped.mean() < 0.8
    assert (dropped[:, 1:] != dropped[:, :-1]).any() and (dropped != again).any()
