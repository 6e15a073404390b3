"""One recurrent layer on a GPU: ours, Keras', and cuDNN's where the framework has it.

    KERAS_BACKEND=jax python benchmarks/gpu.py
    KERAS_BACKEND=torch python benchmarks/gpu.py --units 256 --batch 256 --rounds 50

A training step is the forward pass and the gradients of the input and all weights, in float32. All
contestants take turns. On JAX the step is compiled as a whole; on PyTorch it is eager, and
`torch.nn.GRU` (the reset-after formulation) and `torch.nn.LSTM` are cuDNN's. Without a GPU it runs
on the CPU and says so.
"""

# Shapes: B batch, T time, D features, U units.

import argparse
import statistics
import time
from pathlib import Path

import keras
import numpy as np
from contestants import CELLS, drawn, layer_of

from keras_gru.experiments.environment import environment
from keras_gru.files import write_text


def of_jax(layer, x, weigh):
    """A training step as a function that returns when its result is there."""
    import jax

    layer.build(x.shape)
    weights = [variable.value for variable in layer.trainable_variables]
    others = [variable.value for variable in layer.non_trainable_variables]
    x, weigh = jax.device_put(x), jax.device_put(weigh)

    def loss(weights, x):
        outputs, _ = layer.stateless_call(weights, others, x, training=True)
        return jax.numpy.sum(outputs * weigh)

    step = jax.jit(jax.grad(loss, argnums=(0, 1)))
    return lambda: jax.block_until_ready(step(weights, x))


def of_torch(layer, x, weigh):
    """The same on PyTorch, for a Keras layer or a module of `torch.nn`."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    x, weigh = (torch.from_numpy(array).to(device) for array in (x, weigh))
    if isinstance(layer, keras.Layer):
        layer.build(tuple(x.shape))
        weights = [variable.value for variable in layer.trainable_variables]
        outputs = lambda x: layer(x, training=True)  # noqa: E731
    else:
        weights = list(layer.to(device).parameters())
        outputs = lambda x: layer(x)[0]  # noqa: E731

    def step():
        inputs = x.clone().requires_grad_()
        torch.autograd.grad((outputs(inputs) * weigh).sum(), [inputs, *weights])
        if device == "cuda":
            torch.cuda.synchronize()

    return step


def contestants(shape):
    """`{name: step}` for one shape."""
    features, units = shape[2:]
    x, weigh = drawn(shape, np.random.default_rng(0))
    layers = {
        f"{maker} {cell}": layer_of(maker, cell, units)
        for maker in ("ours", "keras")
        for cell in CELLS
    }
    if keras.backend.backend() == "jax":
        return {name: of_jax(layer, x, weigh) for name, layer in layers.items()}
    import torch

    maker = "cuDNN" if torch.cuda.is_available() else "torch.nn"
    for cell, module in (("gru_reset_after", torch.nn.GRU), ("lstm", torch.nn.LSTM)):
        layers[f"{maker} {cell}"] = module(features, units, batch_first=True)
    return {name: of_torch(layer, x, weigh) for name, layer in layers.items()}


def measured(shape, rounds):
    """Milliseconds of every round: `{name: [..]}`."""
    steps = contestants(shape)
    times = {name: [] for name in steps}
    for step in steps.values():
        step()
        step()
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            times[name].append((time.perf_counter() - start) * 1e3)
    return times


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--units", type=int, nargs="+", default=[64, 256, 1024])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--time", type=int, default=200)
    parser.add_argument("--features", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=20, help="2 or more")
    parser.add_argument("--output", type=Path, help="a Markdown file for the table")
    arguments = parser.parse_args()
    if keras.backend.backend() not in ("jax", "torch"):
        parser.error(f"KERAS_BACKEND is {keras.backend.backend()}; it must be jax or torch")
    facts = environment()
    lines = [", ".join(f"{name} {value}" for name, value in facts.items()), ""]
    lines += ["| B, T, D, U | layer | ms, median (quartiles) | of ours |", "|---|---|---|---|"]
    for units in arguments.units:
        shape = (arguments.batch, arguments.time, arguments.features, units)
        times = measured(shape, arguments.rounds)
        for name, taken in times.items():
            low, middle, high = statistics.quantiles(taken, n=4)
            ours = statistics.median(times["ours " + name.split()[1]])
            lines.append(
                f"| {', '.join(map(str, shape))} | {name} "
                f"| {middle:.2f} ({low:.2f} to {high:.2f}) | {middle / ours:.2f} |"
            )
    table = "\n".join(lines) + "\n"
    print(table)
    if arguments.output:
        write_text(arguments.output, table)


if __name__ == "__main__":
    main()
