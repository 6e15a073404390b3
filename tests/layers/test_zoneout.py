"""Zoneout: its equations, its random draws, and its combination with the layers' other options."""

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import recurrent_layer, register_cell
from keras_gru.errors import UserError
from keras_gru.layers import zoneout

from .helpers import (
    BACKEND,
    CELLS,
    DTYPE,
    PARALLEL,
    VARIANTS,
    OutputIsNotState,
    array,
    assert_close,
    assert_same,
    drawn_layer,
    gradients,
    masks,
    only_tensorflow,
    state_count,
    tensor,
)
from .reference import STEPS, time_loop

RATES = (0.3, 0.6)


def steps_with_zoneout(cell, weights, rates, kept=None):
    """Return a reference step with zoneout: with the masks `kept` per step, or the expectation."""
    step_numbers = iter(range(10**6))

    def step(x, states):
        _, new = STEPS[cell](x, states, weights)
        if kept is None:
            mixed = [p * h + (1 - p) * n for p, h, n in zip(rates, states, new, strict=True)]
        else:
            t = next(step_numbers)
            mixed = [np.where(k[t], h, n) for k, h, n in zip(kept, states, new, strict=True)]
        return mixed[0], mixed

    return step


def fix_draws(monkeypatch, count, rng):
    """Replace the random draws by fixed masks for five steps of three rows; return the masks."""
    kept = [rng.random((5, 3, 4)) < 0.5 for _ in range(count)]
    monkeypatch.setattr(
        zoneout,
        "draw",
        lambda *_: [keras.ops.convert_to_tensor(k.swapaxes(0, 1), dtype="bool") for k in kept],
    )
    return kept


@pytest.mark.parametrize("cell", [*CELLS, *VARIANTS])
def test_without_training_each_state_is_the_expectation(rng, cell):
    rates, mask = RATES[: state_count(cell)], masks()["inner"]
    layer = drawn_layer(
        cell, rng, return_sequences=True, return_state=True, zoneout=RATES, go_backwards=True
    )
    x = rng.normal(size=(3, 5, 3))
    states = [rng.normal(size=(3, 4)) for _ in rates]
    outputs, *last = layer(tensor(x), initial_state=[tensor(s) for s in states], mask=mask)
    step = steps_with_zoneout(cell, layer.get_weights(), rates)
    expected, expected_last = time_loop(step, x, states, mask, go_backwards=True)
    assert_close(outputs, expected)
    for state, expected_state in zip(last, expected_last, strict=True):
        assert_close(state, expected_state)


@pytest.mark.parametrize(
    ("cell", "unroll"), [*((cell, False) for cell in (*CELLS, *VARIANTS)), ("lstm", True)]
)
def test_in_training_a_unit_keeps_its_state_or_gets_the_new_one(rng, monkeypatch, cell, unroll):
    layer = drawn_layer(cell, rng, return_sequences=True, zoneout=0.5, unroll=unroll)
    x, states = rng.normal(size=(3, 5, 3)), rng.normal(size=(state_count(cell), 3, 4))
    kept = fix_draws(monkeypatch, state_count(cell), rng)
    initial, mask = [tensor(state) for state in states], masks()["left"]
    found = array(layer(tensor(x), initial_state=initial, mask=mask, training=True))
    for row in range(3):
        rows = slice(row, row + 1)
        step = steps_with_zoneout(
            cell, layer.get_weights(), None, [k[mask[row]][:, rows] for k in kept]
        )
        expected, _ = time_loop(step, x[rows], [s[rows] for s in states], mask[rows])
        assert_close(found[rows], expected)


def test_draws_have_the_rate_and_differ_by_step_row_and_unit(rng):
    generator = keras.random.SeedGenerator(3)
    states = [tensor(np.zeros((20, 30)))] * 2
    first, second = (
        [array(kept) for kept in zoneout.draw(states, 40, (0.1, 0.5), generator)] for _ in "ab"
    )
    for kept, rate in zip(first, (0.1, 0.5), strict=True):
        assert kept.shape == (20, 40, 30)
        assert abs(kept.mean() - rate) < 5 * (rate * (1 - rate) / kept.size) ** 0.5
        for axis in range(3):  # steps, rows and units differ
            assert not (np.diff(kept, axis=axis) == 0).all()
    assert not np.array_equal(first[0], second[0]), "each call draws its own masks"


@only_tensorflow
def test_draws_use_a_fast_algorithm():
    """TensorFlow's default under XLA on CPUs is many times slower."""
    import tensorflow as tf

    generator = keras.random.SeedGenerator(3)
    draw = tf.function(lambda state: zoneout.draw([state], 4, (0.5,), generator), autograph=False)
    graph = draw.get_concrete_function(tensor(np.zeros((2, 3)))).graph
    assert "StatelessRandomGetAlg" not in {op.type for op in graph.get_operations()}


@pytest.mark.parametrize("cell", ["gru", "lstm", "min_gru"])
def test_gradients_are_those_of_the_unrolled_equations(rng, monkeypatch, cell):
    layer = drawn_layer(cell, rng, return_sequences=True, zoneout=0.5)
    unrolled = recurrent_layer(
        cell, 4, return_sequences=True, zoneout=0.5, unroll=True, dtype=DTYPE
    )
    unrolled.build((None, None, 3))
    unrolled.set_weights(layer.get_weights())
    fix_draws(monkeypatch, state_count(cell), rng)
    x, weigh = tensor(rng.normal(size=(3, 5, 3))), tensor(rng.normal(size=(3, 5, 4)))

    def gradients_of(one):
        def loss():
            return keras.ops.sum(one(x, mask=masks()["inner"], training=True) * weigh)

        return gradients(loss, one.trainable_variables)

    assert_same(gradients_of(layer), gradients_of(unrolled))


@only_tensorflow
@pytest.mark.parametrize("cell", ["lstm", "min_gru"])
def test_xla_and_a_graph_with_unknown_shapes_equal_eager(rng, monkeypatch, cell):
    import tensorflow as tf

    layer, mask = drawn_layer(cell, rng, return_sequences=True, zoneout=0.5), masks()["inner"]
    x = tensor(rng.normal(size=(3, 5, 3)))

    def step(x, mask):
        with tf.GradientTape() as tape:
            outputs = layer(x, mask=mask, training=True)
            loss = tf.reduce_sum(outputs**2)
        return [outputs, *tape.gradient(loss, [weight.value for weight in layer.weights])]

    open_shapes = [tf.TensorSpec((None, None, 3), DTYPE), tf.TensorSpec((None, None), "bool")]
    functions = [
        tf.function(step, jit_compile=True),
        tf.function(step, input_signature=open_shapes),
    ]
    one, two = (functions[0](x, mask)[0].numpy() for _ in "ab")
    assert np.abs(one - two).max() > 1e-3, "each call has its own draws"
    fix_draws(monkeypatch, state_count(cell), rng)
    expected = step(x, mask)
    functions[0] = tf.function(step, jit_compile=True)
    functions[1] = tf.function(step, input_signature=open_shapes)
    for function in functions:
        for eager, compiled in zip(expected, function(x, mask), strict=True):
            assert_close(compiled, eager, loosened=10)


@pytest.mark.parametrize("cell", ["lstm", "min_gru"])
def test_a_bidirectional_model_with_dropout_trains_and_is_saved(rng, tmp_path, cell):
    options = {} if cell in PARALLEL else {"recurrent_dropout": 0.1}
    forwards = recurrent_layer(cell, 4, dropout=0.1, zoneout=[0.1, 0.3], seed=2, **options)
    model = keras.Sequential([keras.Input((None, 3)), keras.layers.Bidirectional(forwards)])
    model.compile(
        "sgd", "mse", run_eagerly=BACKEND == "tensorflow"
    )  # eager, as tracing would take long
    x = rng.normal(size=(4, 5, 3)).astype("float32")
    model.fit(x, np.ones((4, 8)), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    first, second = (array(model(x, training=True)) for _ in range(2))
    assert np.abs(first - second).max() > 1e-3


def test_a_seed_reproduces_the_draws(rng):
    x = tensor(rng.normal(size=(3, 5, 3)))
    layers = [drawn_layer("gru", np.random.default_rng(0), zoneout=0.5, seed=s) for s in (1, 1, 2)]
    one, same, other = (array(layer(x, training=True)) for layer in layers)
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-3


def test_mixed_precision(rng):
    exact = drawn_layer("lstm", rng, return_sequences=True, zoneout=0.3)
    layer = recurrent_layer("lstm", 4, return_sequences=True, zoneout=0.3, dtype="mixed_bfloat16")
    layer.build((None, None, 3))
    layer.set_weights(exact.get_weights())
    x = rng.normal(size=(3, 5, 3)).astype("float32")
    found = layer(x, mask=masks()["right"])
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    difference = array(found).astype("float32") - array(exact(tensor(x), mask=masks()["right"]))
    assert 0 < np.abs(difference).max() < 0.1
    assert np.isfinite(array(layer(x, training=True)).astype("float32")).all()


def test_an_output_that_is_not_a_state_is_not_zoned_out():
    layer = keras_gru.RNN(OutputIsNotState(2), return_sequences=True, zoneout=0.5)
    outputs = array(layer(np.zeros((1, 3, 2), "float32")))
    # The count rises by 1 in each step, and zoneout then halves the rise: 1 -> 0.5, 1.5 -> 1, 2.
    np.testing.assert_allclose(outputs[0, :, 0], [10, 15, 20])


@pytest.mark.parametrize("wrong", [1.0, -0.1, "much", None, [0.1], [0.1, 1]])
def test_an_invalid_rate_is_rejected(wrong):
    with pytest.raises(ValueError, match=r"`zoneout` must be .* 2 states. Received: "):
        keras_gru.LSTM(4, zoneout=wrong)


def test_layers_without_zoneout_reject_it():
    with pytest.raises(ValueError, match=r"`zoneout` is that of one cell"):
        keras_gru.RNN([keras_gru.GRUCell(4), keras_gru.GRUCell(4)], zoneout=0.2)
    register_cell("lstm_of_keras", keras.layers.LSTM)
    assert recurrent_layer("lstm_of_keras", 4, zoneout=0.0).units == 4
    with pytest.raises(UserError, match=r"'lstm_of_keras' has no zoneout: expected 0, got 0.2"):
        recurrent_layer("lstm_of_keras", 4, zoneout=0.2)
