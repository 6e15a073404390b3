"""The GPU kernels of the GRU, run on a GPU or in Triton's interpreter on a CPU:

KERAS_BACKEND=torch TRITON_INTERPRET=1 python -m pytest tests/layers/test_kernels.py
"""

import contextlib
import os

import numpy as np
import pytest

import keras_gru
from keras_gru.layers import kernels
from keras_gru.layers.scan import Scan

from .helpers import BACKEND, array, built, tensor, values_and_gradients
from .reference import gru_step

if BACKEND != "torch":
    pytest.skip("the kernels are called from PyTorch", allow_module_level=True)
import torch

if not torch.cuda.is_available() and os.environ.get("TRITON_INTERPRET") != "1":
    pytest.skip("neither a GPU nor TRITON_INTERPRET=1", allow_module_level=True)
pytest.importorskip("triton", reason="the kernels are written in Triton")

# B, T, D, U: with one row, one step, and U at and near powers of 2.
SHAPES = [(3, 4, 2, 16), (1, 3, 3, 20), (5, 1, 3, 33)]
KERNEL, LOOP = "fused, GPU kernel", "fused"
if torch.cuda.is_available():
    SHAPES += [(2, 3, 4, 100), (67, 50, 16, 128), (300, 20, 8, 64), (16, 200, 128, 32)]


@contextlib.contextmanager
def run_path(path):
    with pytest.MonkeyPatch.context() as patch:
        if path == LOOP:
            patch.setattr(kernels, "scan_class", lambda *_: Scan)
        yield


def gru(units, features=3, **options):
    return built(keras_gru.GRU(units, **options), features, np.random.default_rng(1))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_kernel_equals_the_loop(rng, shape, masked):
    """Outputs, states and gradients, with and without `return_sequences`."""
    batch, time, features, units = shape
    x, h = rng.normal(size=(batch, time, features)), rng.normal(size=(batch, units))
    mask = rng.random((batch, time)) < 0.7 if masked else None
    for options in ({"return_sequences": True, "go_backwards": True}, {"use_bias": False}):
        layer = gru(units, features, return_state=True, **options)
        layer.set_weights([w * (10 / units) ** 0.5 for w in layer.get_weights()])
        found = []
        for path in (KERNEL, LOOP):
            for training in (False, True):
                weigh = np.random.default_rng(3)
                with run_path(path):
                    assert layer.path(time, training) == path
                    outputs, gradients = values_and_gradients(
                        layer, x, [h], mask, training,
                        lambda outputs, rng=weigh: [rng.normal(size=o.shape) for o in outputs],
                    )  # fmt: skip
                found.append([*outputs, *gradients])
        for each in zip(*found, strict=True):
            for one in each[:3]:
                scale = np.abs(each[3]).max(initial=1)
                np.testing.assert_allclose(one / scale, each[3] / scale, rtol=0, atol=3e-6)


def test_the_kernel_equals_the_equations_in_float64(rng):
    layer = gru(24, return_sequences=True)
    weights = [np.float64(w) * 0.3 for w in layer.get_weights()]
    layer.set_weights(weights)
    x, h = rng.normal(size=(2, 6, 3)), np.zeros((2, 24))
    for t, found in enumerate(np.moveaxis(array(layer(tensor(x))), 1, 0)):
        h, _ = gru_step(x[:, t], h, weights)
        np.testing.assert_allclose(found, h, rtol=0, atol=1e-6)


@pytest.mark.parametrize("a", [0.0, 1e-30, 1e-4, 0.5, 0.56, 3.0, 40.0, 1e30])
def test_the_candidate_is_tanh_for_small_and_large_values(a):
    """With weights of zero for h, and z nearly 0, the state is tanh of the pre-activation."""
    layer = gru(16, 1)
    bias = np.repeat([-100.0, 0, 0], 16)
    layer.set_weights([np.repeat([0.0, 0, 1], 16)[None], np.zeros((16, 48)), bias])
    for sign in (1, -1):
        found = array(layer(tensor([[[sign * a]]])))
        np.testing.assert_allclose(found, sign * np.tanh(np.float32(a)), rtol=4e-7)


@pytest.mark.parametrize(
    "settings",
    [
        {"units": 129},
        {"reset_after": True},
        {"activation": "relu"},
        {"recurrent_activation": "hard_sigmoid"},
        {"constant_gates": {"reset": 1.0}},
        {"zoneout": 0.1},
        {"recurrent_dropout": 0.1},
        {"dtype": "float64"},
    ],
)
def test_unsupported_settings_use_the_loop(settings):
    assert gru(**{"units": 4, **settings}).path(5) == LOOP


def test_a_cell_with_another_equation_uses_the_loop():
    class Inverted(keras_gru.GRUCell):
        def interpolate(self, z, h, g):
            return (1 - z) * h + z * g

    class WithGradient(Inverted):
        step_gradient = keras_gru.GRUCell.step_gradient
        weight_gradients = keras_gru.GRUCell.weight_gradients

    class AtOnce(keras_gru.GRUCell):
        interpolate = Inverted.interpolate
        step_gradient = keras_gru.GRUCell.step_gradient
        weight_gradients = keras_gru.GRUCell.weight_gradients

    class Renamed(keras_gru.GRUCell):
        pass

    assert "kernel" not in keras_gru.RNN(Inverted(4)).path(5)
    for cell in (WithGradient, AtOnce):
        assert keras_gru.RNN(cell(4)).path(5) == LOOP
    assert keras_gru.RNN(Renamed(4)).path(5) == KERNEL


def test_without_triton_the_loop_is_used(monkeypatch):
    monkeypatch.setattr(kernels.importlib.util, "find_spec", lambda name: None)
    layer = gru(4)
    assert layer.path(5) == LOOP
    assert layer(tensor(np.ones((2, 3, 3)))).shape == (2, 4)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_loops_in_float32(rng, policy):
    x, h, weigh = (rng.normal(size=shape) for shape in ((2, 5, 3), (2, 8), (2, 5, 8)))
    layer, found = gru(8, return_sequences=True, dtype=policy), []
    for path in (KERNEL, LOOP):
        with run_path(path):
            assert layer.path(5) == path
            outputs, gradients = values_and_gradients(layer, x, [h], None, True, lambda _: [weigh])
        found.append([*outputs, *gradients])
    for one, other in zip(*found, strict=True):
        one, other = np.float32(one), np.float32(other)
        np.testing.assert_allclose(one, other, rtol=0, atol=0.02 * np.abs(other).max())


def test_higher_order_derivatives_and_vmap(rng):
    """`create_graph` uses the loop; `vmap` calls the kernels once per row."""
    layers = [gru(4, return_sequences=True, unroll=unroll) for unroll in (False, True)]
    x = tensor(rng.normal(size=(3, 4, 3)))

    def second(call):
        inputs = x.clone().requires_grad_()
        (first,) = torch.autograd.grad(call(inputs).sin().sum(), inputs, create_graph=True)
        return torch.autograd.grad(first.square().sum(), inputs)[0]

    def by_row(call):
        return torch.func.vmap(torch.func.grad(lambda row: call(row[None]).sin().sum()))(x)

    for derivative in (second, by_row):
        found, expected = (
            array(derivative(lambda x, layer=layer: layer(x, training=True))) for layer in layers
        )
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5 * np.abs(expected).max())


def test_a_compiled_training_step_calls_the_kernels(rng):
    if not torch.cuda.is_available():
        pytest.skip("would compile C++ code on a CPU")
    layer, x = gru(8, return_sequences=True), tensor(rng.normal(size=(3, 4, 3)))
    weights = [variable.value for variable in layer.trainable_variables]

    def step(x):
        return torch.autograd.grad(layer(x, training=True).sin().sum(), weights)

    for one, other in zip(torch.compile(step)(x), step(x), strict=True):
        np.testing.assert_allclose(array(one), array(other), rtol=1e-4, atol=1e-5)
