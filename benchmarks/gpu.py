"""The time of one recurrent layer on a GPU: ours, Keras', and cuDNN's if the framework has it.

    KERAS_BACKEND=torch python benchmarks/gpu.py --units 128 --batch 64 --time 200
    KERAS_BACKEND=torch python benchmarks/gpu.py --contestants gru --units 32 64 --batch 16 256
    KERAS_BACKEND=jax python benchmarks/gpu.py

A training step is the forward pass and the gradients of the input and all weights, in float32. All
layers take turns. On JAX each function is compiled. On PyTorch it is eager, or captured in a CUDA
graph and replayed, which excludes the time of Python. cuDNN's layers are `torch.nn.GRU` (the
reset-after formulation) and `torch.nn.LSTM`, with products in tf32, their default in PyTorch, or in
float32, as in all other layers. "loop" is our layer without the kernel. Without a GPU, everything
runs on the CPU, with a note.
"""

# Shapes: B batch, T time, D features, U units.

import argparse
import contextlib
import functools
import itertools
import statistics
import time
from pathlib import Path

import keras
import numpy as np
from contestants import CELLS, drawn, layer_of

from keras_gru.experiments.environment import environment
from keras_gru.files import write_text
from keras_gru.layers import kernels
from keras_gru.layers.scan import Scan

KINDS = ("forward", "training")


def of_jax(layer, x, weigh):
    """Return `{(kind, mode): function}`; a function returns when its result is computed."""
    import jax

    layer.build(x.shape)
    weights = [variable.value for variable in layer.trainable_variables]
    others = [variable.value for variable in layer.non_trainable_variables]
    x, weigh = jax.device_put(x), jax.device_put(weigh)

    def outputs(weights, x, training=False):
        return layer.stateless_call(weights, others, x, training=training)[0]

    def loss(weights, x):
        return jax.numpy.sum(outputs(weights, x, training=True) * weigh)

    forward, training = jax.jit(outputs), jax.jit(jax.grad(loss, argnums=(0, 1)))
    return {
        ("forward", "jit"): lambda: jax.block_until_ready(forward(weights, x)),
        ("training", "jit"): lambda: jax.block_until_ready(training(weights, x)),
    }


def of_torch(layer, x, weigh, modes):
    """Return the same on PyTorch, for a Keras layer or a module of `torch.nn`."""
    import torch

    on_gpu = torch.cuda.is_available()
    x, weigh = (torch.from_numpy(array).to("cuda" if on_gpu else "cpu") for array in (x, weigh))
    x.requires_grad_()
    if isinstance(layer, keras.Layer):
        layer.build(tuple(x.shape))
        weights = [variable.value for variable in layer.trainable_variables]
        outputs = lambda training: layer(x, training=training)  # noqa: E731
    else:
        weights = list(layer.to(x.device).parameters())
        outputs = lambda training: layer(x)[0]  # noqa: E731

    def forward():
        with torch.no_grad():
            return outputs(False)

    def training():
        return torch.autograd.grad((outputs(True) * weigh).sum(), [x, *weights])

    def eager(function):
        function()
        if on_gpu:
            torch.cuda.synchronize()

    functions = {}
    for kind, function in zip(KINDS, (forward, training), strict=True):
        if "eager" in modes:
            functions[kind, "eager"] = lambda function=function: eager(function)
        if "graph" in modes and on_gpu:
            try:
                graph = captured(function)
            except RuntimeError as error:
                print(f"{layer.name}, {kind}: not captured in a graph: {str(error)[:200]}")
                continue
            functions[kind, "graph"] = lambda graph=graph: eager(graph.replay)
    return functions


def captured(function):
    """Return a function that replays a CUDA graph of the given function."""
    import torch

    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            function()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        function()
    return graph


def contestants(shape, chosen, modes):
    """Return `{name: {(kind, mode): function}}` for one shape."""
    features, units = shape[2:]
    x, weigh = drawn(shape, np.random.default_rng(0))
    wanted = lambda name: not chosen or name in chosen  # noqa: E731
    made = {
        f"{maker} {cell}": layer_of(maker, cell, units)
        for maker, cell in itertools.product(("ours", "keras"), CELLS)
        if wanted(f"{maker} {cell}")
    }
    if keras.backend.backend() == "jax":
        return {name: of_jax(layer, x, weigh) for name, layer in made.items()}
    import torch

    found = {name: of_torch(layer, x, weigh, modes) for name, layer in made.items()}
    loop = layer_of("ours", "gru", units)
    if wanted("loop gru") and "kernel" in loop.path(shape[1]):
        found["loop gru"] = within(without_kernel, lambda: of_torch(loop, x, weigh, modes))
    maker = "cuDNN" if torch.cuda.is_available() else "torch.nn"
    for cell, module in (("gru_reset_after", torch.nn.GRU), ("lstm", torch.nn.LSTM)):
        for context, name in (
            (with_tf32, f"{maker} {cell} tf32"),
            (without_tf32, f"{maker} {cell}"),
        ):
            if wanted(name):
                make = lambda module=module: of_torch(  # noqa: E731
                    module(features, units, batch_first=True), x, weigh, modes
                )
                found[name] = within(context, make)
    return found


@contextlib.contextmanager
def without_kernel():
    choose, kernels.scan_class = kernels.scan_class, lambda layer, training: Scan
    try:
        yield
    finally:
        kernels.scan_class = choose


@contextlib.contextmanager
def with_tf32(allowed=True):
    """Allow cuDNN to multiply in tf32, PyTorch's default, or not."""
    import torch

    before, torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.allow_tf32, allowed
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def without_tf32():
    return with_tf32(False)


def within(context, make):
    """Return the functions that `make` returns, each wrapped to run within the context."""
    with context():
        functions = make()

    def in_context(function):
        with context():
            return function()

    return {key: functools.partial(in_context, function) for key, function in functions.items()}


def measured(functions, rounds):
    """Return the milliseconds of every round: `{name: {(kind, mode): [..]}}`."""
    times = {name: {key: [] for key in by_library} for name, by_library in functions.items()}
    for by_library in functions.values():
        for function in by_library.values():
            function()
            function()
    for _ in range(rounds):
        for name, by_library in functions.items():
            for key, function in by_library.items():
                start = time.perf_counter()
                function()
                times[name][key].append((time.perf_counter() - start) * 1e3)
    return times


def rows_of(shape, times):
    """Return the rows of the table for one shape."""
    for key in sorted({key for by_library in times.values() for key in by_library}):
        for name, by_library in times.items():
            if key not in by_library:
                continue
            low, middle, high = statistics.quantiles(by_library[key], n=4)
            yield (
                f"| {', '.join(map(str, shape))} | {key[0]} | {key[1]} | {name} "
                f"| {middle:.3f} ({low:.3f} to {high:.3f}) |"
            )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--units", type=int, nargs="+", default=[64, 256, 1024])
    parser.add_argument("--batch", type=int, nargs="+", default=[64])
    parser.add_argument("--time", type=int, nargs="+", default=[200])
    parser.add_argument("--features", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=20, help="2 or more")
    parser.add_argument("--contestants", nargs="+", help="such as 'ours gru'; all by default")
    parser.add_argument("--modes", nargs="+", default=["eager", "graph"], help="on PyTorch")
    parser.add_argument("--output", type=Path, help="a Markdown file for the table")
    arguments = parser.parse_args()
    if keras.backend.backend() not in ("jax", "torch"):
        parser.error(f"KERAS_BACKEND is {keras.backend.backend()}; it must be jax or torch")
    facts = environment()
    lines = [", ".join(f"{name} {value}" for name, value in facts.items()), ""]
    lines += [
        "| B, T, D, U | pass | mode | layer | ms, median (quartiles) |",
        "|---|---|---|---|---|",
    ]
    print("\n".join(lines))
    for batch, length, units in itertools.product(arguments.batch, arguments.time, arguments.units):
        shape = (batch, length, arguments.features, units)
        functions = contestants(shape, arguments.contestants, arguments.modes)
        rows = list(rows_of(shape, measured(functions, arguments.rounds)))
        print("\n".join(rows), flush=True)
        lines += rows
    if arguments.output:
        write_text(arguments.output, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
