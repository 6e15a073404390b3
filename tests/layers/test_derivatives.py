"""Every derivative that a backend offers, of the fused path, is that of the unrolled layer."""

import functools

import numpy as np
import pytest

from .helpers import BACKEND, DTYPE, array, drawn_layer, flags, tensor

LAYERS = {  # a cell, and whether a step is masked
    "gru": ("gru", False),
    "gru masked": ("gru", True),
    "lstm": ("lstm", False),
    "simple_rnn": ("simple_rnn", False),
}
X = np.random.default_rng(1).normal(size=(2, 3, 2))
MASK = np.array([[1, 1, 1], [0, 1, 0]], bool)


def call_of(kind, **options):
    """A layer, and `x -> outputs (B, T, U)` of it; a mask has the batch for its first axis."""
    cell, masked = LAYERS[kind]
    rng = np.random.default_rng(2)
    layer = drawn_layer(cell, rng, units=2, features=2, return_sequences=True, **options)

    mask_of_batch = flags(MASK) if masked else None

    def call(x, mask=mask_of_batch):
        return layer(x, mask=mask, training=True)

    return layer, call


def rows_of(call, kind):
    """`(x, index) -> outputs` for one row `(T, D)`, with the row's own mask."""
    masked = LAYERS[kind][1]
    return lambda row, index: call(row[None], flags(MASK)[index][None] if masked else None)[0]


@functools.cache
def reference(kind, name):
    """The same derivative of the unrolled layer, which has no loop and no gradient of its own."""
    _, call = call_of(kind, unroll=True)
    return array(DERIVATIVES[name](call, rows_of(call, kind))(tensor(X)))


def assert_derivative(found, kind, name):
    expected = reference(kind, name)
    scale = np.abs(expected).max()
    assert scale > 1e-3  # a derivative that is zero would show nothing
    atol = 1e-12 if DTYPE == "float64" else 2e-5
    np.testing.assert_allclose(array(found) / scale, expected / scale, rtol=0, atol=atol)


if BACKEND == "tensorflow":
    import tensorflow as tf

    def total(y):
        return tf.reduce_sum(tf.math.sin(3 * y))  # with derivatives of every order

    def gradient(function):
        def differentiate(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = function(x)
            return tape.gradient(value, x)

        return differentiate

    def by_row(function):
        return lambda x: tf.vectorized_map(lambda i: function(x[i], i), tf.range(X.shape[0]))

    def batch_jacobian(call):
        def differentiate(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = call(x)[:, -1]
            return tape.batch_jacobian(y, x)

        return differentiate

    def persistent(call):
        def differentiate(x):
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(x)
                y = call(x)
                value = total(y)
            return tape.gradient(value, x)

        return differentiate

    def forward_mode(function):
        def differentiate(x):
            with tf.autodiff.ForwardAccumulator(x, tf.cos(x)) as accumulator:
                y = function(x)
            return accumulator.jvp(y)

        return differentiate

    DERIVATIVES = {
        "gradient": lambda call, row: gradient(lambda x: total(call(x))),
        "persistent tape": lambda call, row: persistent(call),
        "gradient of a gradient": lambda call, row: gradient(
            lambda x: total(gradient(lambda x: total(call(x)))(x))
        ),
        "jacobian by row": lambda call, row: batch_jacobian(call),
        "gradient of a jacobian by row": lambda call, row: gradient(
            lambda x: total(batch_jacobian(call)(x))
        ),
        "gradient of vectorized_map": lambda call, row: gradient(lambda x: total(by_row(row)(x))),
        "vectorized_map of a gradient": lambda call, row: by_row(
            lambda x, i: gradient(lambda x: total(row(x, i)))(x)
        ),
        "vectorized_map of a function": lambda call, row: gradient(
            lambda x: total(by_row(tf.function(row, autograph=False))(x))
        ),
        "map_fn": lambda call, row: gradient(
            lambda x: total(
                tf.map_fn(lambda i: row(x[i], i), tf.range(X.shape[0]), fn_output_signature=x.dtype)
            )
        ),
        "recompute_grad": lambda call, row: gradient(lambda x: total(tf.recompute_grad(call)(x))),
        "forward mode": lambda call, row: forward_mode(call),
        "forward over reverse": lambda call, row: forward_mode(gradient(lambda x: total(call(x)))),
    }
    FORWARD = ("forward mode", "forward over reverse")

    CASES = [("gru masked", name, mode) for name in DERIVATIVES for mode in (None, False, True)]
    CASES += [
        (kind, name, False)
        for kind in ("lstm", "simple_rnn")
        for name in ("gradient of a jacobian by row", "gradient of vectorized_map")
    ]

    @pytest.mark.parametrize("kind, name, jit_compile", CASES)
    def test_derivative(kind, name, jit_compile):
        _, call = call_of(kind)
        derivative = DERIVATIVES[name](call, rows_of(call, kind))
        if jit_compile is not None:
            derivative = tf.function(derivative, autograph=False, jit_compile=jit_compile)
        if jit_compile is not None and name in FORWARD:
            with pytest.raises(Exception, match="forward-mode differentiation in a graph"):
                derivative(tensor(X))
            return
        if jit_compile and ("jacobian" in name or "vectorized" in name):
            # XLA has no TensorList of an unknown number of elements, which pfor makes of a loop.
            with pytest.raises(tf.errors.InvalidArgumentError, match="unsupported operations"):
                derivative(tensor(X))
            return
        assert_derivative(derivative(tensor(X)), kind, name)

    def test_forward_mode_through_a_compiled_function():
        _, call = call_of("gru")
        derivative = DERIVATIVES["forward mode"](tf.function(call, autograph=False), None)
        assert_derivative(derivative(tensor(X)), "gru", "forward mode")

    def test_a_distributed_layer_learns_where_the_outer_time_is_unknown():
        import keras

        import keras_gru

        keras.utils.set_random_seed(1)
        model = keras.Sequential(
            [keras.Input((None, 3, 2)), keras.layers.TimeDistributed(keras_gru.GRU(2))]
        )
        model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=False)
        before = [array(weight) for weight in model.weights]
        model.fit(np.ones((2, 4, 3, 2)), np.ones((2, 4, 2)), verbose=0)
        for one, other in zip(before, model.weights, strict=True):
            assert np.abs(one - array(other)).max() > 1e-4
