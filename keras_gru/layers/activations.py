"""Derivatives of activations, computed from their output, so that the input need not be saved."""

from collections.abc import Callable
from typing import Any

from keras import activations, ops

from keras_gru.layers.types import Tensor


def _step(y: Tensor):
    return ops.cast(y > 0, y.dtype)


_DERIVATIVES = {
    activations.tanh: lambda y: 1 - y * y,
    activations.sigmoid: lambda y: y * (1 - y),
    activations.hard_sigmoid: lambda y: ops.cast((y > 0) & (y < 1), y.dtype) / 6,
    activations.relu: _step,
    activations.linear: ops.ones_like,
    activations.elu: lambda y: ops.where(y > 0, 1, y + 1),
    activations.leaky_relu: lambda y: ops.where(y > 0, 1, ops.cast(0.2, y.dtype)),
    activations.softplus: lambda y: 1 - ops.exp(-y),
    activations.softsign: lambda y: ops.square(1 - ops.abs(y)),
    activations.exponential: lambda y: y,
}


def has_derivative(function: Callable[..., Any]) -> bool:
    """Return whether `derivative` is defined for an activation."""
    return function in _DERIVATIVES


def derivative(function: Callable[..., Any], y: Tensor) -> Tensor:
    """Return f'(a) from y = f(a).

    Args:
        function: one of `keras.activations` for which `has_derivative`.
        y: its output, of any shape.
    """
    return _DERIVATIVES[function](y)
