"""The implementations that benchmarks/layers.py compares, each as `{(mode, kind): function}`.

A mode is "graph", "XLA", "shards" (our layer compiles itself in a graph), a number of threads, or
"eager"; a kind is "training" (the forward pass, and the gradients of the input and all weights) or
"forward". A function returns when its result is computed.
"""

# Shapes: B batch, T time, D features, U units.

import importlib.util

from keras_gru.formatting import plural

CELLS = ("gru", "gru_reset_after", "lstm", "rnn")
# (ours, peer), whose times are compared
PAIRS = [
    ("ours gru", "keras gru"),
    ("ours gru", "keras gru_reset_after"),
    ("ours gru", "keras lstm"),
    ("ours gru", "torch gru_reset_after"),
    ("ours gru", "jax gru"),
    ("ours gru", "onnxruntime gru"),
    ("ours gru", "openvino gru"),
    ("ours gru", "products gru"),
    ("ours gru masked", "ours gru"),
    ("ours gru dropout", "keras gru dropout"),
    ("ours gru zoneout", "ours gru"),
    ("ours light_gru", "keras light_gru"),
    ("ours light_gru gradient", "ours gru"),
    ("ours gru_reset_after", "keras gru_reset_after"),
    ("ours gru_reset_after", "torch gru_reset_after"),
    ("ours lstm", "keras lstm"),
    ("ours lstm", "torch lstm"),
    ("ours rnn", "keras rnn"),
    ("ours rnn", "torch rnn"),
]


def layer_of(maker, cell, units, **options):
    import keras

    import keras_gru

    library = keras_gru if maker == "ours" else keras.layers
    if cell.startswith("light_gru"):
        return library.RNN(_light_gru(cell)(units), return_sequences=True)
    if cell.startswith("gru"):
        options["reset_after"] = cell == "gru_reset_after"
    name = {"lstm": "LSTM", "rnn": "SimpleRNN"}.get(cell, "GRU")
    return getattr(library, name)(units, return_sequences=True, **options)


def _light_gru(name):
    """Return a custom cell: a GRU without a reset gate, with or without a hand-written gradient."""
    from keras import ops

    import keras_gru

    class LightGRU(keras_gru.GRUCell):
        def candidate(self, x_g, h, r, W_hg):
            return ops.relu(x_g + ops.matmul(h, W_hg))

    class LightGRUWithGradient(LightGRU):
        def step_gradient(self, d_states, residuals, before, transposed, masks):
            (dh,), (h,), (W_zr, W_g) = d_states, before, transposed
            z, g = residuals["z"], residuals["g"]
            da_z = dh * (h - g) * z * (1 - z)
            da_g = dh * (1 - z) * ops.cast(g > 0, g.dtype)
            dh = dh * z + ops.matmul(da_z, W_zr[: self.units]) + ops.matmul(da_g, W_g)
            return [dh], ops.concatenate([da_z, ops.zeros_like(da_z), da_g], axis=-1)

        def weight_gradients(self, da, residuals, before, masks):
            h = ops.reshape(before[0], (-1, self.units))
            columns = ops.reshape(da, (-1, 3 * self.units))
            return list(self.split(ops.matmul(ops.transpose(h), columns)))

    return LightGRU if name == "light_gru" else LightGRUWithGradient


def of_tensorflow(layer, x, weigh, mask=None, kinds=("training", "forward")):
    """Return `{(mode, kind): function}` for a Keras layer."""
    import tensorflow as tf

    from keras_gru import RNN

    layer.build(x.shape)
    modes = ("graph", "XLA", "shards") if isinstance(layer, RNN) else ("graph", "XLA")

    def training():
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(layer(x, mask=mask, training=True) * weigh)
        return tape.gradient(loss, [x, *[weight.value for weight in layer.trainable_weights]])

    def forward():
        return layer(x, mask=mask, training=False)

    def in_mode(function, mode):
        def run():  # the path is chosen when the function is traced
            layer.jit_compile = mode == "shards"
            return function()

        return tf.function(run, jit_compile=mode == "XLA", autograph=False)

    return {
        (mode, kind): in_mode(function, mode)
        for mode in modes
        for kind, function in (("training", training), ("forward", forward))
        if kind in kinds
    }


def products(shape, cell_blocks=3):
    """Return the matrix products of a layer and nothing else, a lower bound of its time."""
    import tensorflow as tf

    batch, length, features, units = shape
    columns = cell_blocks * units
    x, w = tf.random.normal((batch * length, features)), tf.random.normal((features, columns))
    h, r = tf.random.normal((batch, units)), tf.random.normal((units, columns)) * 0.01
    rows, da = (tf.random.normal((batch * length, n)) for n in (units, columns))
    back, a = tf.transpose(r), tf.random.normal((batch, columns))

    def loop(times, left, right):
        def body(i, total):
            return i + 1, total + tf.matmul(left + total[0, 0] * 1e-30, right)

        start = (tf.constant(0), tf.zeros((left.shape[0], right.shape[1])))
        return tf.while_loop(lambda i, _: i < times, body, start, maximum_iterations=times)[1]

    def forward():
        return [tf.matmul(x, w), loop(length, h, r)]

    def training():
        gradients = [tf.matmul(left, da, transpose_a=True) for left in (x, rows)]
        return [
            *forward(), loop(length, a, back), *gradients, tf.matmul(da, w, transpose_b=True)
        ]  # fmt: skip

    return {
        (mode, kind): tf.function(f, jit_compile=mode == "XLA")
        for mode in ("graph", "XLA")
        for kind, f in (("training", training), ("forward", forward))
    }


def of_torch(cell, x, weigh, threads):
    import torch

    torch.set_num_threads(threads)

    features, units = x.shape[-1], weigh.shape[-1]
    names = {"gru_reset_after": "GRU", "lstm": "LSTM", "rnn": "RNN"}
    module = getattr(torch.nn, names[cell])(features, units, batch_first=True)
    x, weigh = (torch.from_numpy(array) for array in (x, weigh))

    def training():
        inputs = x.clone().requires_grad_()
        loss = (module(inputs)[0] * weigh).sum()
        torch.autograd.grad(loss, [inputs, *module.parameters()])

    def forward():
        with torch.no_grad():
            module(x)

    mode = plural(threads, "thread")
    return {(mode, "training"): training, (mode, "forward"): forward}


def of_jax(x, weigh):
    """Return our function as a plain `jax.lax.scan`, which JAX differentiates."""
    import jax
    from jax import numpy as jnp

    features, units = x.shape[-1], weigh.shape[-1]
    keys = jax.random.split(jax.random.key(0), 2)
    weights = [
        jax.random.normal(key, (rows, 3 * units)) * rows**-0.5
        for key, rows in zip(keys, (features, units), strict=True)
    ]
    weights.append(jnp.zeros(3 * units))

    def outputs(weights, x):
        kernel, recurrent, bias = weights

        def step(h, a):
            a_zr, a_g = a[:, : 2 * units], a[:, 2 * units :]
            zr = jax.nn.sigmoid(a_zr + h @ recurrent[:, : 2 * units])
            z, r = zr[:, :units], zr[:, units:]
            h = z * h + (1 - z) * jnp.tanh(a_g + (r * h) @ recurrent[:, 2 * units :])
            return h, h

        sums = jnp.swapaxes(x, 0, 1) @ kernel + bias
        return jnp.swapaxes(jax.lax.scan(step, jnp.zeros((x.shape[0], units)), sums)[1], 0, 1)

    x, weigh = jnp.asarray(x), jnp.asarray(weigh)
    run = jax.jit(outputs)
    step = jax.jit(jax.grad(lambda w, x: jnp.sum(outputs(w, x) * weigh), argnums=(0, 1)))
    return {
        ("XLA", "training"): lambda: jax.block_until_ready(step(weights, x)),
        ("XLA", "forward"): lambda: jax.block_until_ready(run(weights, x)),
    }


def onnx_model(steps, units):
    """Return the bytes of ONNX' GRU with `linear_before_reset=0`, the same function as ours."""
    import numpy as np
    from onnx import TensorProto, helper

    features = steps.shape[-1]
    rng = np.random.default_rng(1)
    weights = {
        "W": rng.normal(size=(1, 3 * units, features)) * features**-0.5,
        "R": rng.normal(size=(1, 3 * units, units)) * units**-0.5,
        "B": np.zeros((1, 6 * units)),
    }
    gru = helper.make_node("GRU", ["X", *weights], ["Y"], hidden_size=units, linear_before_reset=0)
    graph = helper.make_graph(
        [gru],
        "gru",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, steps.shape)],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, None)],
        [
            helper.make_tensor(name, TensorProto.FLOAT, value.shape, value.astype("float32"))
            for name, value in weights.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


def of_onnxruntime(model, steps):
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return {("eager", "forward"): lambda: session.run(None, {"X": steps})}


def of_openvino(model, steps):
    import openvino

    core = openvino.Core()
    settings = {"INFERENCE_PRECISION_HINT": "f32"}  # as in the other implementations
    compiled = core.compile_model(core.read_model(model), "CPU", settings)
    request = compiled.create_infer_request()
    return {("eager", "forward"): lambda: request.infer([steps])}


def drawn(shape, rng):
    """Return an input `(B, T, D)` and the weights of the outputs in the loss, `(B, T, U)`."""
    batch, length, features, units = shape
    return [rng.normal(size=(batch, length, n)).astype("float32") for n in (features, units)]


def contestants(framework, shape):
    """Return `{name: {(mode, kind): function}}` for one shape and one framework."""
    import numpy as np

    batch, length, _, units = shape
    rng = np.random.default_rng(0)
    x, weigh = drawn(shape, rng)
    if framework.startswith("torch"):  # each number of threads has its own process
        cells, threads = ("gru_reset_after", "lstm", "rnn"), int(framework.removeprefix("torch"))
        return {f"torch {cell}": of_torch(cell, x, weigh, threads) for cell in cells}
    if framework in ("onnxruntime", "openvino"):
        steps = np.ascontiguousarray(np.swapaxes(x, 0, 1))  # ONNX has the time first
        make = of_onnxruntime if framework == "onnxruntime" else of_openvino
        return {f"{framework} gru": make(onnx_model(steps, units), steps)}
    if framework == "jax":
        return {"jax gru": of_jax(x, weigh)}
    import tensorflow as tf

    lengths = rng.integers(length // 2, length + 1, batch)
    x, weigh, mask = tf.constant(x), tf.constant(weigh), tf.sequence_mask(lengths, length)
    found = {
        f"{maker} {cell}": of_tensorflow(layer_of(maker, cell, units), x, weigh)
        for maker in ("ours", "keras")
        for cell in CELLS
    }
    settings = {
        "light_gru": ("light_gru", {}),
        "light_gru gradient": ("light_gru gradient", {}),
        "gru dropout": ("gru", {"recurrent_dropout": 0.25}),
        "gru zoneout": ("gru", {"zoneout": 0.1}),
    }
    for name, (cell, options) in settings.items():
        peers = () if name in ("light_gru gradient", "gru zoneout") else ("keras",)
        for maker in ("ours", *peers):
            layer = layer_of(maker, cell, units, **options)
            found[f"{maker} {name}"] = of_tensorflow(layer, x, weigh, kinds=("training",))
    found["ours gru masked"] = of_tensorflow(layer_of("ours", "gru", units), x, weigh, mask)
    found["products gru"] = products(shape)
    return found


def installed(name):
    return importlib.util.find_spec(name) is not None
