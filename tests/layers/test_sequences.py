"""Invariance of outputs: padding, chunks, direction, batch, precision, compilation."""

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import recurrent_layer

from .helpers import (
    BACKEND,
    CELLS,
    DTYPE,
    PARALLEL,
    OutputIsNotState,
    array,
    assert_close,
    drawn_layer,
    flags,
    masks,
    state_count,
    tensor,
)


def padded(x, mask, steps, rng):
    """Append `steps` steps of noise to the sequences, which the mask hides."""
    noise = rng.normal(size=(x.shape[0], steps, x.shape[2])) * 100
    return np.concatenate([x, noise], 1), np.pad(mask, ((0, 0), (0, steps)))


def stack(cell, depth, bidirectional):
    """Return a model of (sequences, mask) that passes the mask explicitly to each layer."""
    x, mask = keras.Input((None, 3), dtype=DTYPE), keras.Input((None,), dtype="bool")
    hidden = x
    for level in range(depth):
        layer = recurrent_layer(cell, 4, return_sequences=level < depth - 1, dtype=DTYPE)
        if bidirectional:
            layer = keras.layers.Bidirectional(layer, dtype=DTYPE)
        hidden = layer(hidden, mask=mask)
    return keras.Model([x, mask], hidden)


@pytest.mark.parametrize(("depth", "bidirectional"), [(1, False), (2, True)])
@pytest.mark.parametrize("cell", CELLS)
def test_longer_padding_does_not_change_outputs(rng, cell, depth, bidirectional):
    model = stack(cell, depth, bidirectional)
    x, mask = rng.normal(size=(3, 5, 3)), masks()["right"]
    short = array(model([tensor(x), flags(mask)]))
    longer, longer_mask = padded(x, mask, 3, rng)
    assert_close(model([tensor(longer), flags(longer_mask)]), short)
    row = array(model([tensor(x[1:2, :3]), flags(np.ones((1, 3)))]))  # no padding at all
    assert_close(row, short[1:2])


@pytest.mark.parametrize("zero_output_for_mask", [False, True])
def test_zero_output_for_mask(rng, zero_output_for_mask):
    mask, x = masks()["inner"], tensor(rng.normal(size=(3, 5, 3)))
    for unroll in (False, True):
        for go_backwards in (False, True):
            options = {"unroll": unroll, "go_backwards": go_backwards, "return_sequences": True}
            plain = drawn_layer("gru", rng, **options)
            layer = keras_gru.GRU(
                4, zero_output_for_mask=zero_output_for_mask, dtype=DTYPE, **options
            )
            layer.build((None, None, 3))
            layer.set_weights(plain.get_weights())
            seen = mask[:, ::-1] if go_backwards else mask
            keep = seen[..., None] if zero_output_for_mask else 1
            assert_close(layer(x, mask=mask), array(plain(x, mask=mask)) * keep)
    last = keras_gru.GRU(
        4, zero_output_for_mask=True, dtype=DTYPE
    )  # does not apply to the last output
    last.build((None, None, 3))
    last.set_weights(plain.get_weights())
    assert np.abs(array(last(x, mask=masks()["right"]))).min() > 0


@pytest.mark.parametrize("cell", CELLS)
def test_fully_masked_rows_keep_their_state(rng, cell):
    layer = drawn_layer(cell, rng, return_state=True)
    states = [tensor(rng.normal(size=(3, 4))) for _ in range(state_count(cell))]
    x, mask = tensor(rng.normal(size=(3, 5, 3))), np.zeros((3, 5), bool)
    output, *last = layer(x, initial_state=states, mask=mask)
    np.testing.assert_array_equal(array(output), 0)
    for state, initial in zip(last, states, strict=True):
        np.testing.assert_array_equal(array(state), array(initial))


@pytest.mark.parametrize("unroll", [False, True])
def test_a_masked_step_repeats_the_output_of_a_cell_whose_output_is_not_its_state(unroll):
    layer = keras_gru.RNN(OutputIsNotState(1), return_sequences=True, unroll=unroll)
    x = np.arange(5, dtype="float32").reshape(1, 5, 1)
    mask = np.array([[False, True, False, True, False]])
    np.testing.assert_array_equal(array(layer(x, mask=mask))[0, :, 0], [0, 11, 11, 23, 23])


@pytest.mark.parametrize("cell", CELLS)
def test_chunks_with_carried_states_equal_the_full_sequence(rng, cell):
    layer = drawn_layer(cell, rng, return_sequences=True, return_state=True)
    x = rng.normal(size=(3, 6, 3))
    mask = np.arange(6) < np.array([[6], [4], [3]])
    for whole_mask in (None, mask):
        whole, *last = layer(tensor(x), mask=whole_mask)
        states, chunks = None, []
        for start, stop in ((0, 2), (2, 3), (3, 6)):
            chunk_mask = None if whole_mask is None else whole_mask[:, start:stop]
            chunk, *states = layer(tensor(x[:, start:stop]), initial_state=states, mask=chunk_mask)
            chunks.append(array(chunk))
        seen = np.ones((3, 6, 1)) if whole_mask is None else whole_mask[..., None]
        assert_close(np.concatenate(chunks, 1) * seen, array(whole) * seen)
        for state, expected in zip(states, last, strict=True):
            assert_close(state, expected)


@pytest.mark.parametrize(
    ("cell", "zoneout"),
    [*((cell, 0.0) for cell in (*CELLS, *PARALLEL)), ("gru", 0.4), ("min_lstm", 0.4)],
)
def test_stateful_chunks_equal_the_full_sequence(rng, cell, zoneout):
    options = {"return_sequences": True, "zoneout": zoneout}
    whole = drawn_layer(cell, rng, **options)
    layer = recurrent_layer(cell, 4, stateful=True, dtype=DTYPE, **options)
    layer.build((3, 2, 3))
    layer.set_weights([*whole.get_weights(), *layer.get_weights()[len(whole.weights) :]])
    x = rng.normal(size=(3, 4, 3))
    chunks = [array(layer(tensor(x[:, start : start + 2]))) for start in (0, 2)]
    assert_close(np.concatenate(chunks, 1), whole(tensor(x)))
    layer.reset_state()
    assert_close(layer(tensor(x[:, :2])), chunks[0])


def test_a_stateful_layer_trains(rng):
    model = keras.Sequential([keras.Input(batch_shape=(4, 5, 3)), keras_gru.GRU(4, stateful=True)])
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(8, 5, 3)), rng.normal(size=(8, 4))
    before = model.get_weights()[0]
    model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    assert np.isfinite(model.get_weights()[0]).all()
    assert np.abs(model.get_weights()[0] - before).max() > 0


@pytest.mark.parametrize("cell", CELLS)
def test_go_backwards_equals_the_reversed_sequence(rng, cell):
    forwards = drawn_layer(cell, rng, return_sequences=True)
    backwards = recurrent_layer(cell, 4, return_sequences=True, go_backwards=True, dtype=DTYPE)
    backwards.build((None, None, 3))
    backwards.set_weights(forwards.get_weights())
    x, mask = rng.normal(size=(3, 5, 3)), masks()["left"]
    assert_close(
        backwards(tensor(x), mask=mask),
        forwards(tensor(x[:, ::-1].copy()), mask=mask[:, ::-1].copy()),
    )


def test_one_layer_accepts_any_length_and_any_batch_size(rng):
    model = keras.Sequential([keras.Input((None, 3)), keras_gru.GRU(4, name="gru")])
    x = rng.normal(size=(4, 7, 3)).astype("float32")
    whole = array(model(x))
    for rows, steps in ((4, 7), (1, 7), (3, 7), (4, 1), (2, 5)):
        assert model.predict(x[:rows, :steps], verbose=0).shape == (rows, 4)
    np.testing.assert_allclose(model.predict(x[1:2], verbose=0), whole[1:2], atol=1e-6)


def test_symbolic_outputs_have_the_right_shapes():
    batch_and_time_open = keras.Input((None, 3))
    outputs, state = keras_gru.GRU(4, return_sequences=True, return_state=True)(batch_and_time_open)
    assert outputs.shape == (None, None, 4)
    assert state.shape == (None, 4)
    assert keras_gru.LSTM(4)(batch_and_time_open).shape == (None, 4)


def test_initial_state_through_the_functional_api(rng):
    sequences, state, mask = (
        keras.Input((None, 3)),
        keras.Input((4,)),
        keras.Input((None,), dtype="bool"),
    )
    layer = keras_gru.GRU(4)
    model = keras.Model(
        [sequences, state, mask], layer(sequences, initial_state=[state], mask=mask)
    )
    x, h = rng.normal(size=(3, 5, 3)).astype("float32"), rng.normal(size=(3, 4)).astype("float32")
    seen = masks()["right"]
    expected = array(layer(x, initial_state=[h], mask=seen))
    np.testing.assert_allclose(
        array(model([tensor(x), tensor(h), flags(seen)])), expected, atol=1e-6
    )
    assert np.abs(expected - array(layer(x, mask=seen))).max() > 1e-3


@pytest.mark.parametrize("policy, tolerance", [("mixed_float16", 5e-3), ("mixed_bfloat16", 5e-2)])
@pytest.mark.parametrize("cell", CELLS)
def test_mixed_precision(rng, cell, policy, tolerance):
    exact = recurrent_layer(cell, 4, return_sequences=True)
    x, mask = rng.normal(size=(3, 5, 3)).astype("float32"), masks()["right"]
    expected = array(exact(x, mask=mask))
    layer = recurrent_layer(cell, 4, return_sequences=True, return_state=True, dtype=policy)
    layer.build((None, None, 3))
    layer.set_weights(exact.get_weights())
    outputs, *states = layer(x, mask=mask)
    for found in (outputs, *states):
        assert keras.backend.standardize_dtype(found.dtype) == policy.removeprefix("mixed_")
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    difference = np.abs(array(outputs).astype("float32") - expected).max()
    assert 0 < difference < tolerance
    dropping = recurrent_layer(cell, 4, dropout=0.2, recurrent_dropout=0.2, seed=1, dtype=policy)
    assert np.isfinite(array(dropping(x, training=True)).astype("float32")).all()


def test_layer_and_cell_have_one_dtype_policy(rng):
    wrapped = keras_gru.RNN(keras_gru.GRUCell(4), dtype="mixed_bfloat16")
    stacked = keras_gru.RNN([keras.layers.LSTMCell(4)] * 1, dtype="mixed_bfloat16")
    adopting = keras_gru.RNN(keras_gru.GRUCell(4, dtype="mixed_bfloat16"))
    x = rng.normal(size=(2, 3, 3)).astype("float32")
    for layer in (wrapped, stacked, adopting):
        assert keras.backend.standardize_dtype(layer(x).dtype) == "bfloat16"
        cell = layer.cell.cells[0] if layer is stacked else layer.cell
        assert cell.compute_dtype == layer.compute_dtype == "bfloat16"


@pytest.mark.skipif(BACKEND != "tensorflow", reason="jit_compile=True is XLA on TensorFlow")
@pytest.mark.parametrize("cell", CELLS)
def test_xla_equals_eager_in_outputs_and_gradients(rng, cell):
    import tensorflow as tf

    layer = recurrent_layer(cell, 4, return_sequences=True, dropout=0.0)
    x = rng.normal(size=(3, 5, 3)).astype("float32")
    layer(x)
    assert layer.supports_jit

    def step():
        with tf.GradientTape() as tape:
            outputs = layer(x)
            loss = tf.reduce_sum(outputs**2)
        return [outputs, *tape.gradient(loss, [weight.value for weight in layer.weights])]

    for eager, compiled in zip(step(), tf.function(step, jit_compile=True)(), strict=True):
        np.testing.assert_allclose(eager, compiled, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 3, 3)])
def test_inputs_of_the_wrong_rank_are_rejected(shape):
    with pytest.raises(ValueError, match=r"expected ndim=3"):
        keras_gru.GRU(4)(np.zeros(shape, "float32"))


@pytest.mark.parametrize("options", [{}, {"unroll": True}, {"zoneout": 0.1, "dropout": 0.1}])
@pytest.mark.parametrize("cell", ["gru", "lstm", "min_gru", "janet"])
def test_an_empty_sequence_returns_no_outputs_and_the_initial_states(rng, cell, options):
    for return_sequences in (True, False):
        options = {**options, "return_state": True, "return_sequences": return_sequences}
        layer = drawn_layer(cell, rng, **options)
        x = tensor(np.ones((2, 0, 3)))
        states = [rng.normal(size=(2, 4)) for _ in layer.cell.state_names]
        output, *last = layer(x, initial_state=[tensor(s) for s in states], training=True)
        assert output.shape == ((2, 0, 4) if return_sequences else (2, 4))
        assert not array(output).any()
        for one, other in zip(last, states, strict=True):
            assert_close(one, other)


@pytest.mark.parametrize("policy", ["bfloat16", "float16"])
@pytest.mark.parametrize("cell", ["gru", "lstm", "janet"])
def test_half_precision_weights(rng, cell, policy):
    layer = recurrent_layer(cell, 4, dtype=policy)
    x = rng.normal(size=(2, 5, 3))
    found = layer(x, mask=np.ones((2, 5), bool), training=True)
    assert {weight.dtype for weight in layer.weights} == {policy}
    assert keras.backend.standardize_dtype(found.dtype) == policy
    exact = recurrent_layer(cell, 4)
    exact.build((None, None, 3))
    exact.set_weights([array(weight.value).astype("float32") for weight in layer.weights])
    np.testing.assert_allclose(array(found).astype("float32"), array(exact(x)), atol=0.05)
