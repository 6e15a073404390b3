"""Every kind of derivative of a backend: on the fused path it equals that of an unrolled layer."""

import functools

import numpy as np
import pytest

from .helpers import BACKEND, DTYPE, array, drawn_layer, flags, tensor

LAYERS = {  # name: (cell, whether a step is masked)
    "gru": ("gru", False),
    "gru masked": ("gru", True),
    "lstm": ("lstm", False),
    "simple_rnn": ("simple_rnn", False),
    "own masked": ("light_gru", True),  # no hand-written gradient
}
X = np.random.default_rng(1).normal(size=(2, 3, 2))
MASK = np.array([[1, 1, 1], [0, 1, 0]], bool)


def call_of(kind, **options):
    """Return a layer and the function `x -> outputs (B, T, U)` that calls it with its mask."""
    cell, masked = LAYERS[kind]
    rng = np.random.default_rng(2)
    layer = drawn_layer(cell, rng, units=2, features=2, return_sequences=True, **options)

    mask_of_batch = flags(MASK) if masked else None

    def call(x, mask=mask_of_batch):
        return layer(x, mask=mask, training=True)

    return layer, call


def rows_of(call, kind):
    """Return the function `(x, index) -> outputs` for one row `(T, D)` and its mask."""
    masked = LAYERS[kind][1]
    return lambda row, index: call(row[None], flags(MASK)[index][None] if masked else None)[0]


@functools.cache
def reference(kind, name):
    """Return the derivative of the unrolled layer, which uses no loop and no custom gradient."""
    _, call = call_of(kind, unroll=True)
    return array(DERIVATIVES[name](call, rows_of(call, kind))(tensor(X)))


def assert_derivative(found, kind, name):
    expected = reference(kind, name)
    scale = np.abs(expected).max()
    assert scale > 1e-3  # comparing zeros would prove nothing
    atol = 1e-12 if DTYPE == "float64" else 2e-5
    np.testing.assert_allclose(array(found) / scale, expected / scale, rtol=0, atol=atol)


if BACKEND == "tensorflow":
    import tensorflow as tf

    def total(y):
        return tf.reduce_sum(tf.math.sin(3 * y))  # has non-zero derivatives of every order

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

    COMPILED = ("gradient", "gradient of a gradient", "jacobian by row", "map_fn", "forward mode")
    BY_ROW = [name for name in DERIVATIVES if "jacobian" in name or "vectorized" in name]
    CASES = [("gru masked", name, False) for name in DERIVATIVES]
    CASES += [("gru masked", name, None) for name in DERIVATIVES if name not in BY_ROW]
    CASES += [("gru masked", name, True) for name in COMPILED]
    CASES += [(kind, "gradient of vectorized_map", False) for kind in ("lstm", "own masked")]
    CASES += [("own masked", "gradient of a gradient", jit) for jit in (False, None)]

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
        if jit_compile and name in BY_ROW:
            # pfor turns a loop into a TensorList of unknown size, which XLA does not support.
            with pytest.raises(tf.errors.InvalidArgumentError, match="unsupported operations"):
                derivative(tensor(X))
            return
        assert_derivative(derivative(tensor(X)), kind, name)

    def test_forward_mode_through_a_compiled_function():
        _, call = call_of("gru")
        derivative = DERIVATIVES["forward mode"](tf.function(call, autograph=False), None)
        assert_derivative(derivative(tensor(X)), "gru", "forward mode")

    def test_a_time_distributed_layer_trains_with_an_unknown_outer_length():
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


if BACKEND == "jax":
    import jax
    from jax import numpy as jnp

    def total(y):
        return jnp.sum(jnp.sin(3 * y))

    def grad(call):
        return jax.grad(lambda x: total(call(x)))

    def pushed(function):
        return lambda x: jax.jvp(function, (x,), (jnp.cos(x),))[1]

    DERIVATIVES = {
        "gradient": lambda call, row: grad(call),
        "gradient of a gradient": lambda call, row: jax.grad(lambda x: total(grad(call)(x))),
        "jacrev": lambda call, row: jax.jacrev(call),
        "jacfwd": lambda call, row: jax.jacfwd(call),
        "hessian": lambda call, row: jax.hessian(lambda x: total(call(x))),
        "forward mode": lambda call, row: pushed(call),
        "forward over reverse": lambda call, row: pushed(grad(call)),
        "vmap of a gradient": lambda call, row: (
            lambda x: jax.vmap(lambda one, i: jax.grad(lambda x: total(row(x, i)))(one))(
                x, jnp.arange(len(x))
            )
        ),
        "gradient of vmap": lambda call, row: jax.grad(
            lambda x: total(jax.vmap(row)(x, jnp.arange(len(x))))
        ),
        "checkpoint": lambda call, row: grad(jax.checkpoint(call)),
        "scan": lambda call, row: jax.grad(
            lambda x: jax.lax.scan(lambda sum, x: (sum + total(call(x)), 0), 0.0, x[None])[0]
        ),
    }

    @pytest.mark.parametrize("name", DERIVATIVES)
    @pytest.mark.parametrize("kind, jit", [("gru masked", False), ("lstm", True)])
    def test_derivative(kind, name, jit):
        _, call = call_of(kind)
        derivative = DERIVATIVES[name](call, rows_of(call, kind))
        assert_derivative((jax.jit(derivative) if jit else derivative)(tensor(X)), kind, name)

    def test_forward_mode_through_jit_raises_an_error():
        _, call = call_of("gru")
        with pytest.raises(TypeError, match="custom_vjp"):
            pushed(jax.jit(call))(tensor(X))


if BACKEND == "torch":
    import torch

    def total(y):
        return torch.sin(3 * y).sum()

    def grad(call):
        return torch.func.grad(lambda x: total(call(x)))

    def created(call):
        """Return the gradient of a gradient, as a gradient penalty computes it."""

        def differentiate(x):
            x = x.clone().requires_grad_()
            (first,) = torch.autograd.grad(total(call(x)), x, create_graph=True)
            return torch.autograd.grad(total(first), x)[0]

        return differentiate

    def backward(call):
        def differentiate(x):
            x = x.clone().requires_grad_()
            total(call(x)).backward()
            return x.grad

        return differentiate

    def pushed(function):
        return lambda x: torch.func.jvp(function, (x,), (torch.cos(x),))[1]

    DERIVATIVES = {
        "backward": lambda call, row: backward(call),
        "create_graph": lambda call, row: created(call),
        "grad": lambda call, row: grad(call),
        "grad of grad": lambda call, row: torch.func.grad(lambda x: total(grad(call)(x))),
        "jacrev": lambda call, row: torch.func.jacrev(call),
        "jacfwd": lambda call, row: torch.func.jacfwd(call),
        "hessian": lambda call, row: torch.func.hessian(lambda x: total(call(x))),
        "forward mode": lambda call, row: pushed(call),
        "forward over reverse": lambda call, row: pushed(grad(call)),
        "checkpoint": lambda call, row: backward(
            lambda x: torch.utils.checkpoint.checkpoint(call, x, use_reentrant=False)
        ),
    }

    @pytest.mark.parametrize("name", DERIVATIVES)
    @pytest.mark.parametrize("kind", LAYERS)
    def test_derivative(kind, name):
        _, call = call_of(kind)
        assert_derivative(DERIVATIVES[name](call, None)(tensor(X)), kind, name)

    def test_vmap_of_a_gradient_gives_the_gradient_of_each_row():
        _, call = call_of("lstm")
        by_row = torch.func.vmap(torch.func.grad(lambda row: total(call(row[None]))))(tensor(X))
        np.testing.assert_allclose(array(by_row), array(grad(call)(tensor(X))), atol=1e-5)
