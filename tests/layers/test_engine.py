"""The path that a call takes (fused, scan, compiled), and where the fused path works."""

import subprocess
import sys

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import recurrent_layer
from keras_gru.layers import compiling

from .helpers import (
    BACKEND,
    CELLS,
    DTYPE,
    array,
    assert_same,
    built,
    drawn_layer,
    fast_path_off,
    only_tensorflow,
    tensor,
    values_and_gradients,
)


class Documented(keras_gru.GRUCell):
    """Overrides no equation, so the hand-written gradient is still correct."""

    def __init__(self, *args, note="", **kwargs):
        super().__init__(*args, **kwargs)
        self.note = note

    def get_config(self):
        return {**super().get_config(), "note": self.note}


class Halved(keras_gru.GRUCell):
    def interpolate(self, z, h, g):
        return super().interpolate(z, h, g) / 2


class HalvedOnce(Halved):
    """Inherits an overridden equation, for which the hand-written gradient is wrong."""


class Mixin:
    def gates(self, a_z, a_r):
        return super().gates(a_r, a_z)


class Mixed(Mixin, keras_gru.GRUCell):
    """Overrides an equation through a mixin."""


class WithGradient(Halved):
    """Overrides an equation and its gradient."""

    def step_gradient(self, d_states, *others):
        return keras_gru.GRUCell.step_gradient(self, [d / 2 for d in d_states], *others)

    weight_gradients = keras_gru.GRUCell.weight_gradients


@pytest.mark.parametrize(
    "layer, path",
    [
        (lambda: keras_gru.GRU(4), "fused"),
        (lambda: keras_gru.GRU(4, recurrent_dropout=0.5, zoneout=0.1), "fused"),
        (lambda: keras_gru.GRU(4, activation="elu"), "fused"),
        (lambda: keras_gru.RNN(keras_gru.LSTMCell(4)), "fused"),
        (lambda: keras_gru.RNN(Documented(4)), "fused"),
        (lambda: keras_gru.RNN(WithGradient(4)), "fused"),
        (lambda: keras_gru.GRU(4, unroll=True), "unrolled"),
        (
            lambda: keras_gru.LSTM(4, recurrent_activation="softmax"),
            "scan: recurrent_activation softmax has no derivative from its output",
        ),
        (lambda: keras_gru.RNN(Halved(4)), "scan: Halved has no step_gradient"),
        (lambda: keras_gru.RNN(HalvedOnce(4)), "scan: HalvedOnce has no step_gradient"),
        (lambda: keras_gru.RNN(Mixed(4)), "scan: Mixed has no step_gradient"),
        (
            lambda: keras_gru.RNN(keras.layers.GRUCell(4)),
            "scan: GRUCell of keras is not a keras_gru.Cell",
        ),
        (
            lambda: keras_gru.RNN([keras_gru.GRUCell(4)] * 1),
            "scan: StackedRNNCells of keras is not a keras_gru.Cell",
        ),
    ],
)
def test_the_path_follows_from_the_settings(layer, path):
    found, forward = (
        layer().path(None, training).replace(", GPU kernel", "") for training in (True, False)
    )
    assert found == path
    assert forward == path or (BACKEND != "torch" and "without training" in forward)


@pytest.mark.parametrize(
    "make",
    [
        lambda **o: keras_gru.GRU(64, **o),
        lambda **o: keras_gru.LSTM(64, **o),
        lambda **o: keras_gru.RNN(keras.layers.LSTMCell(64, **o)),
        lambda **o: keras_gru.RNN(keras_gru.GRUCell(64, **o)),
    ],
)
def test_implementation_1_draws_a_dropout_mask_per_equation(make):
    x = np.ones((3, 2, 8), "float32")
    masks = []
    for implementation in (1, 2):
        layer = make(dropout=0.5, implementation=implementation, seed=1)
        assert np.isfinite(array(layer(x, training=True))).all()
        masks.append(layer.cell.get_dropout_mask(x[:, 0]))
    assert len(masks[0]) == layer.cell.kernel.shape[1] // 64
    assert not isinstance(masks[1], list)


@pytest.mark.parametrize("cell", [Documented, Halved, HalvedOnce, Mixed, WithGradient])
def test_a_subclass_is_differentiated_by_its_own_equations(rng, cell):
    x, weigh = rng.normal(size=(3, 5, 3)), rng.normal(size=(3, 4))
    found = []
    for unroll in (False, True):
        layer = built(
            keras_gru.RNN(cell(4, dtype=DTYPE), unroll=unroll), 3, np.random.default_rng(1)
        )
        found.append(
            values_and_gradients(layer, x, [np.zeros((3, 4))], None, True, lambda _: [weigh])[1]
        )
    assert_same(*found)


@only_tensorflow
@pytest.mark.parametrize(
    ("cell", "mode"),
    [*((cell, "parts") for cell in CELLS), ("gru", "graph"), ("lstm", "graph"), ("lstm", "XLA")],
)
def test_unknown_shapes_are_traced_once_and_have_gradients(rng, cell, mode):
    import tensorflow as tf

    layer, traced = drawn_layer(cell, rng, return_sequences=True), []
    layer.jit_compile = mode == "parts"

    def step(x, mask):
        traced.append(mode)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x, mask=mask, training=True) ** 2)
        return tape.gradient(loss, [weight.value for weight in layer.weights])

    signature = [tf.TensorSpec((None, None, 3), DTYPE), tf.TensorSpec((None, None), "bool")]
    compiled = tf.function(step, jit_compile=mode == "XLA", input_signature=signature)
    for shape in ((2, 5), (3, 7), (1, 1)):
        x, mask = tensor(rng.normal(size=(*shape, 3))), rng.random(shape) < 0.7
        found = compiled(x, mask)
        count = len(traced)
        assert_same([array(g) for g in found], [array(g) for g in step(x, mask)])
        del traced[count:]
    assert len(traced) == 1


@only_tensorflow
def test_a_gradient_may_have_a_known_batch_where_the_input_has_not(rng):
    import tensorflow as tf

    layer, x = drawn_layer("lstm", rng), tensor(rng.normal(size=(5, 4, 3)))

    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.ensure_shape(layer(x, training=True), (5, 4)) ** 2)
        return tape.gradient(loss, x)

    compiled = tf.function(step, input_signature=[tf.TensorSpec((None, 4, 3), DTYPE)])
    assert_same([array(compiled(x))], [array(step(x))])


@only_tensorflow
@pytest.mark.parametrize("jit_compile", [None, False, True])
def test_second_derivatives_equal_finite_differences(rng, jit_compile):
    import tensorflow as tf

    layer, x = drawn_layer("gru", rng), tensor(rng.normal(size=(2, 4, 3)))

    def twice(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(layer(x, training=True) ** 2)
            squared = tf.reduce_sum(inner.gradient(loss, x) ** 2)
        return outer.gradient(squared, x)

    run = twice if jit_compile is None else tf.function(twice, jit_compile=jit_compile)
    found = array(run(x))
    with fast_path_off():
        assert_same([found], [array(twice(x))])


def test_jit_compile_survives_the_configuration():
    layer = keras_gru.GRU(4, jit_compile=False)
    assert keras_gru.GRU.from_config(layer.get_config()).jit_compile is False
    assert keras_gru.GRU.from_config(keras_gru.GRU(4).get_config()).jit_compile == "auto"
    with pytest.raises(ValueError, match="jit_compile"):
        keras_gru.LSTM(4, jit_compile="off")


@only_tensorflow
def test_a_gradient_with_an_unknown_batch_is_compiled(rng):
    import tensorflow as tf

    layer = drawn_layer("gru", rng)
    layer.jit_compile = True

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.map_fn(lambda x: layer(x, training=True), x) ** 2)
        return tape.gradient(loss, x)

    signature = [tf.TensorSpec((2, None, 4, 3), DTYPE)]
    compiled = tf.function(gradient, jit_compile=True, input_signature=signature)
    x = tensor(rng.normal(size=(2, 5, 4, 3)))
    assert_same([array(compiled(x))], [array(gradient(x))])


@only_tensorflow
def test_a_layer_does_not_compile_itself_under_check_numerics():
    import tensorflow as tf

    layer = keras_gru.GRU(4)
    assert layer.compiles_itself(5, training=True)
    tf.debugging.enable_check_numerics()
    try:
        assert not layer.compiles_itself(5, training=True)
        model = keras.Sequential([keras.Input((5, 3)), layer])
        model.compile("sgd", "mse")
        model.fit(np.ones((2, 5, 3)), np.ones((2, 4)), verbose=0)
    finally:
        tf.debugging.disable_check_numerics()


@only_tensorflow
@pytest.mark.parametrize("custom_gradients", [True, False])
def test_a_saved_model_has_gradients(rng, tmp_path, custom_gradients):
    import tensorflow as tf

    layers = [recurrent_layer(cell, 4, return_sequences=True) for cell in CELLS]
    model = keras.Sequential([keras.Input((5, 3)), *layers])
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=custom_gradients)
    tf.saved_model.save(model, str(tmp_path / "saved"), options=options)
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    saved = loaded.signatures["serving_default"]
    library = saved.graph.as_graph_def().library.function
    assert not any(function.attr["_XlaMustCompile"].b for function in library)
    x = tf.constant(rng.normal(size=(2, 5, 3)), "float32")
    found = []
    for function in (lambda x: next(iter(saved(x).values())), model):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(function(x) ** 2)
        found.append(array(tape.gradient(loss, x)))
    np.testing.assert_allclose(*found, rtol=1e-5, atol=1e-7)


MIRRORED = """
import numpy as np, tensorflow as tf, keras, keras_gru
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
x, y = np.random.default_rng(0).normal(size=(8, 5, 3)), np.zeros((8, 3))

def losses(strategy):
    keras.utils.set_random_seed(1)
    with strategy.scope():
        layer = keras_gru.GRU(3)
        model = keras.Sequential([keras.Input((None, 3)), layer])
        model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=False)
    fitted = model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    assert layer.path(5) == "fused, compiled"
    return fitted.history["loss"]

two = losses(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
np.testing.assert_allclose(two, losses(tf.distribute.get_strategy()), rtol=1e-4)
assert two[-1] < two[0]
"""


@only_tensorflow
def test_two_replicas_train_like_one():
    done = subprocess.run([sys.executable, "-c", MIRRORED], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.skipif(BACKEND != "jax", reason="tests JAX only")
def test_jax_transformations(rng):
    import jax

    layer = drawn_layer("gru", rng)
    values = [weight.value for weight in layer.trainable_variables]
    others = [weight.value for weight in layer.non_trainable_variables]
    x = jax.numpy.asarray(rng.normal(size=(2, 3, 5, 3)), "float32")

    def loss(values, x):
        return jax.numpy.sum(layer.stateless_call(values, others, x, training=True)[0] ** 2)

    of_each = jax.jit(jax.vmap(jax.grad(loss), in_axes=(None, 0)))(values, x)
    for index in range(2):
        for one, other in zip(of_each, jax.grad(loss)(values, x[index]), strict=True):
            np.testing.assert_allclose(one[index], other, rtol=1e-4, atol=1e-5)
    twice = jax.grad(lambda x: jax.numpy.sum(jax.grad(loss, argnums=1)(values, x) ** 2))
    found = twice(x[0])
    with fast_path_off():
        np.testing.assert_allclose(found, twice(x[0]), rtol=1e-3, atol=1e-4)


@pytest.mark.skipif(BACKEND != "jax", reason="tests JAX only")
@pytest.mark.parametrize("cell", ["gru", "min_lstm"])
def test_a_gradient_is_exported_with_symbolic_shapes(rng, cell):
    import jax
    from jax import export

    layer = drawn_layer(cell, rng)
    others = [variable.value for variable in layer.non_trainable_variables]
    values = [variable.value for variable in layer.trainable_variables]

    def gradient(x, mask):
        def loss(x):
            return (layer.stateless_call(values, others, x, mask=mask, training=True)[0] ** 2).sum()

        return jax.grad(loss)(x)

    # As in Keras' exports, the inputs have different symbols for the same length.
    batch, length, other_length = export.symbolic_shape("b, t, u")
    exported = export.export(jax.jit(gradient))(
        jax.ShapeDtypeStruct((batch, length, 3), "float32"),
        jax.ShapeDtypeStruct((batch, other_length), "bool"),
    )
    x, mask = rng.normal(size=(2, 5, 3)).astype("float32"), rng.random((2, 5)) < 0.7
    np.testing.assert_allclose(exported.call(x, mask), gradient(x, mask), rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(BACKEND != "torch", reason="tests PyTorch only")
@pytest.mark.parametrize(
    "cell", ["gru", "gru_reset_after", "mut1", "closed_form", "multiplicative_lstm"]
)
def test_torch_export(rng, cell):
    import torch

    model = keras.Sequential([keras.Input((3, 3)), recurrent_layer(cell, 4)])
    x = torch.tensor(rng.normal(size=(2, 3, 3)), dtype=torch.float32)
    exported = torch.export.export(model, (x,)).module()
    np.testing.assert_allclose(array(exported(x)), array(model(x)), atol=1e-6)


@pytest.mark.skipif(BACKEND != "torch", reason="tests PyTorch only")
def test_pytorch_saves_nothing_under_no_grad(rng):
    import torch

    layer, x = drawn_layer("gru", rng), tensor(rng.normal(size=(2, 4, 3))).requires_grad_()
    with torch.no_grad():
        assert not layer(x).requires_grad


@only_tensorflow
def test_results_depend_on_the_number_of_shards_not_on_the_cores(monkeypatch):
    def trained(cores, shards):
        monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)), raising=False)
        compiling.set_shards(shards)
        keras.utils.set_random_seed(1)
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(64, 3, 3)), rng.normal(size=(64, 32))
        model = keras.Sequential([keras.Input((3, 3)), keras_gru.GRU(32)])
        model.compile("sgd", "mse", jit_compile=False)
        model.fit(x, y, batch_size=64, epochs=3, verbose=0, shuffle=False)
        return b"".join(weight.tobytes() for weight in model.get_weights())

    try:
        one_shard = trained(cores=4, shards=1)
        assert one_shard == trained(cores=1, shards=None)
        two_shards = trained(cores=4, shards=2)
        assert two_shards == trained(cores=2, shards=None)
        assert one_shard != two_shards
    finally:
        compiling.set_shards(None)


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "2"])
def test_a_number_of_shards_is_a_positive_integer(count):
    with pytest.raises(ValueError, match="must be a positive integer or None"):
        compiling.set_shards(count)
