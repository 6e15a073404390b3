"""Helpers that run on every backend: layers, arrays, masks and gradients."""

import contextlib

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import recurrent_layer

BACKEND = keras.backend.backend()
# On JAX and PyTorch, keras.ops compute float64 in float32; on TensorFlow in float64.
DTYPE = "float64" if BACKEND == "tensorflow" else "float32"
TOLERANCE = 1e-11 if BACKEND == "tensorflow" else 3e-6
only_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="tests TensorFlow only")
CELLS = ("gru", "gru_reset_after", "lstm", "simple_rnn")  # cells that Keras has, too
PARALLEL = ("min_gru", "min_lstm")
VARIANTS = ("minimal_gated_unit", "coupled_lstm", "peephole_lstm", "mut1", "mut2", "mut3")
VARIANTS += (*PARALLEL, "irnn")
MASKS = {
    "right": [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0]],
    "left": [[1, 1, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 0, 0, 1]],
    "inner": [[1, 0, 1, 1, 0], [0, 1, 0, 0, 1], [1, 1, 0, 1, 1]],
    "all of a row": [[1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [1, 1, 0, 0, 0]],
}


# One row for each distinct mask in MASKS.
EVERY_MASK = np.array(sorted({tuple(row) for rows in MASKS.values() for row in rows}), bool)


def masks():
    return {name: np.array(rows, bool) for name, rows in MASKS.items()}


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def tensor(values):
    return keras.ops.convert_to_tensor(values, dtype=DTYPE)


def flags(mask):
    return keras.ops.convert_to_tensor(mask, dtype="bool")


def assert_close(actual, expected, loosened=1):
    np.testing.assert_allclose(
        array(actual), array(expected), rtol=TOLERANCE * loosened, atol=TOLERANCE * loosened
    )


def built(layer, features, rng):
    """Build a layer and draw random weights, including biases, so that no term is zero."""
    layer.build((None, None, features))
    layer.set_weights([rng.normal(0, 0.5, weight.shape) for weight in layer.weights])
    return layer


def drawn_layer(cell, rng, units=4, features=3, **options):
    return built(recurrent_layer(cell, units, dtype=DTYPE, **options), features, rng)


def keras_layer(cell, **options):
    """Return Keras' layer with the same equations."""
    if cell.startswith("gru"):
        options["reset_after"] = cell == "gru_reset_after"
    layers = {"lstm": keras.layers.LSTM, "simple_rnn": keras.layers.SimpleRNN}
    return layers.get(cell, keras.layers.GRU)(4, dtype=DTYPE, **options)


def state_count(cell):
    return 2 if cell in ("lstm", "coupled_lstm", "peephole_lstm") else 1


def gradients(loss, variables, in_graph=False):
    """Return the gradients of `loss()` with respect to each variable, as arrays.

    Args:
        loss: a function without arguments that returns a scalar tensor.
        variables: a list of `keras.Variable`.
        in_graph: whether TensorFlow compiles it with `tf.function`.
    """
    if BACKEND == "tensorflow":
        import tensorflow as tf

        def differentiate():
            with tf.GradientTape() as tape:
                value = loss()
            return tape.gradient(value, [variable.value for variable in variables])

        found = tf.function(differentiate)() if in_graph else differentiate()
        return [array(gradient) for gradient in found]
    if BACKEND == "jax":
        import jax

        def differentiate(values):
            with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                return loss()

        return [
            array(g) for g in jax.grad(differentiate)([variable.value for variable in variables])
        ]
    import torch

    found = torch.autograd.grad(loss(), [variable.value for variable in variables])
    return [array(gradient) for gradient in found]


@keras.saving.register_keras_serializable(package="tests")
class MinimalGatedUnit(keras_gru.GRUCell):
    """The minimal gated unit of Zhou et al. 2016, which has a single gate."""

    def gates(self, a_z, a_r):
        f = self.recurrent_activation(a_r)
        return 1 - f, f


@keras.saving.register_keras_serializable(package="tests")
class LayerNormalisedCandidate(keras_gru.GRUCell):
    """A GRU whose candidate is normalised before the tanh."""

    def build(self, input_shape):
        super().build(input_shape)
        self.norm = keras.layers.LayerNormalization(dtype=self.dtype_policy, name="norm")
        self.norm.build((None, self.units))

    def candidate(self, x_g, h, r, W_hg):
        return self.activation(self.norm(x_g + keras.ops.matmul(r * h, W_hg)))


@keras.saving.register_keras_serializable(package="tests")
class OutputIsNotState(keras.Layer):
    """A cell whose state is a step count and whose output is the input plus the count."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = self.output_size = units

    def call(self, inputs, states):
        count = states[0] + 1
        return count * 10 + inputs, [count]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def values_and_gradients(layer, x, states, mask, training, weigh, in_graph=False):
    """Return a layer's outputs and its gradients w.r.t. inputs, initial states and weights.

    Args:
        layer: a recurrent layer.
        x: array `(B, T, D)`.
        states: arrays `(B, U)`, the initial states.
        mask: array `(B, T)` or `None`.
        training: whether the layer is in training mode.
        weigh: `(outputs) -> arrays`; the loss is the sum of the outputs times these.
        in_graph: whether TensorFlow compiles it with `tf.function`.

    Returns:
        `(outputs, gradients)`, lists of arrays.
    """
    inputs = [keras.Variable(value, dtype=layer.compute_dtype) for value in (x, *states)]
    seen = None if mask is None else flags(mask)

    def outputs():
        values, *first = (variable.value for variable in inputs)
        called = layer(values, initial_state=first, mask=seen, training=training)
        return keras.tree.flatten(called)

    def loss():
        found = outputs()
        pairs = zip(found, weigh(found), strict=True)
        return sum(keras.ops.sum(o * keras.ops.cast(w, o.dtype)) for o, w in pairs)

    found = gradients(loss, [*inputs, *layer.trainable_variables], in_graph)
    if in_graph:
        import tensorflow as tf

        outputs = tf.function(outputs)
    return [array(output) for output in outputs()], found


def assert_same(found, expected):
    """Check equality up to 1e-10 of the largest value in float64, 1e-5 in float32."""
    tolerance = 1e-10 if DTYPE == "float64" else 1e-5
    for one, other in zip(found, expected, strict=True):
        scale = max(np.abs(other).max(initial=0), 1)
        np.testing.assert_allclose(one / scale, other / scale, rtol=0, atol=tolerance)


@contextlib.contextmanager
def fast_path_off(off=True):
    with pytest.MonkeyPatch.context() as patch:
        if off:
            patch.setattr("keras_gru.layers.gradients.obstacle", lambda *_: "switched off")
        yield
