"""The fused path, compared with automatic differentiation and a backward loop in NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_gru.cells import recurrent_layer
from keras_gru.layers import compiling

from .helpers import (
    BACKEND,
    CELLS,
    assert_same,
    drawn_layer,
    fast_path_off,
    only_tensorflow,
    state_count,
    values_and_gradients,
)
from .reference import backward_loop

EXAMPLES = {"tensorflow": 40, "torch": 12, "jax": 5}  # JAX compiles each example
ACTIVATIONS = ["tanh", "sigmoid", "hard_sigmoid", "relu", None]
DRAWN = st.fixed_dictionaries(
    {
        "cell": st.sampled_from(CELLS),
        "sizes": st.tuples(*[st.integers(1, 4)] * 4),
        "padding": st.sampled_from([None, "right", "left", "random", "all"]),
        "training": st.booleans(),
        "activation": st.sampled_from(ACTIVATIONS),
        "recurrent_activation": st.sampled_from(ACTIVATIONS),
        "options": st.fixed_dictionaries(
            {
                "use_bias": st.booleans(),
                "go_backwards": st.booleans(),
                "return_sequences": st.booleans(),
                "return_state": st.booleans(),
                "zero_output_for_mask": st.booleans(),
                "dropout": st.sampled_from([0.0, 0.4]),
            }
        ),
        "constants": st.tuples(*[st.sampled_from([None, 0, 0.25, 1])] * 2),
        "seed": st.integers(0, 9999),
    }
)


def drawn_mask(padding, batch, time, rng):
    lengths = rng.integers(0, time + 1, (batch, 1))
    return {
        None: None,
        "right": np.arange(time) < lengths,
        "left": np.arange(time) >= lengths,
        "random": rng.random((batch, time)) < 0.5,
        "all": np.zeros((batch, time), bool),
    }[padding]


@settings(max_examples=EXAMPLES[BACKEND], deadline=None)
@given(DRAWN)
def test_fused_and_generic_outputs_and_gradients_are_equal(drawn):
    check_against_generic(drawn, compiled=False)


@only_tensorflow
@settings(max_examples=5, deadline=None)
@given(DRAWN)
def test_fused_and_generic_are_equal_if_compiled_and_in_shards(drawn):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop_tensorflow(), "FEWEST_ROWS", 1)
        patch.setattr(compiling, "_shards", 3)
        check_against_generic(drawn, compiled=True)


def loop_tensorflow():
    from keras_gru.layers import loop_tensorflow

    return loop_tensorflow


def check_against_generic(drawn, compiled):
    rng = np.random.default_rng(drawn["seed"])
    cell, (batch, time, features, units) = drawn["cell"], drawn["sizes"]
    options = {**drawn["options"], "activation": drawn["activation"], "seed": 3}
    if cell != "simple_rnn":
        options["recurrent_activation"] = drawn["recurrent_activation"]
    if cell.startswith("gru"):
        gates = zip(("update", "reset"), drawn["constants"], strict=True)
        options["constant_gates"] = {gate: value for gate, value in gates if value is not None}
    x = rng.normal(size=(batch, time, features))
    states = rng.normal(size=(state_count(cell), batch, units))
    mask = drawn_mask(drawn["padding"], batch, time, rng)
    training = drawn["training"] or BACKEND != "torch"
    found = []
    for switched_off in (False, True):
        layer = drawn_layer(cell, np.random.default_rng(1), units, features, **options)
        layer.jit_compile, path = compiled, "fused, compiled" if compiled else "fused"
        with fast_path_off(switched_off):
            weights = np.random.default_rng(2)
            found.append(
                values_and_gradients(
                    layer, x, states, mask, training,
                    lambda outputs, rng=weights: [rng.normal(size=o.shape) for o in outputs],
                    in_graph=compiled and not switched_off,
                )
            )  # fmt: skip
            assert layer.path(time, training).startswith("scan" if switched_off else path)
    for one, other in zip(*found, strict=True):
        assert_same(one, other)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_are_those_of_a_backward_loop_step_by_step(rng, cell, training):
    layer = drawn_layer(cell, rng, return_sequences=True)
    x, states = rng.normal(size=(3, 5, 3)), list(rng.normal(size=(state_count(cell), 3, 4)))
    weigh, weights = rng.normal(size=(3, 5, 4)), layer.get_weights()
    _, found = values_and_gradients(layer, x, states, None, training, lambda _: [weigh])
    expected = backward_loop(cell, x, states, [np.asarray(w, "float64") for w in weights], weigh)
    assert_same(found, expected)


@pytest.mark.parametrize("cell", CELLS)
def test_float32_gradients_are_close(rng, cell):
    found = []
    x, mask = rng.normal(size=(4, 20, 3)), rng.random((4, 20)) < 0.8
    weigh, states = rng.normal(size=(4, 20, 8)), rng.normal(size=(state_count(cell), 4, 8))
    for switched_off in (False, True):
        layer = recurrent_layer(cell, 8, return_sequences=True, dtype="float32")
        layer.build((None, None, 3))
        drawn = np.random.default_rng(2)
        layer.set_weights([drawn.normal(0, 0.5, weight.shape) for weight in layer.weights])
        with fast_path_off(switched_off):
            found.append(
                values_and_gradients(layer, x, list(states), mask, True, lambda _: [weigh])[1]
            )
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * np.abs(other).max())


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("cell", CELLS)
def test_half_precision_loops_in_float32(rng, cell, policy):
    """Over 200 steps, gradients deviate only by the rounding of inputs and weights."""
    x, found = rng.normal(size=(4, 200, 3)), []
    weigh = rng.normal(size=(4, 200, 4))
    weights = [rng.normal(0, 0.4, w.shape) for w in drawn_layer(cell, rng).weights]
    states = [np.zeros((4, 4))] * state_count(cell)
    for dtype in ("float32", policy):
        layer = recurrent_layer(cell, 4, return_sequences=True, dtype=dtype)
        layer.build((None, None, 3))
        layer.set_weights(weights)
        found.append(values_and_gradients(layer, x, states, None, True, lambda _: [weigh])[1])
        assert layer.path(200).startswith("fused")
    for one, other in zip(*found, strict=True):
        error = np.abs(np.asarray(other, "float32") - one).max() / np.abs(one).max()
        assert 0 < error < (0.02 if policy == "mixed_float16" else 0.15)
