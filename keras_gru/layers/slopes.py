"""Activations whose derivative is had from what they put out, which is all that is kept of them."""

import keras
from keras import activations, ops

_SLOPES = {
    activations.tanh: lambda y: 1 - y * y,
    activations.sigmoid: lambda y: y * (1 - y),
    activations.hard_sigmoid: lambda y: ops.cast((y > 0) & (y < 1), y.dtype) / 6,
    activations.relu: lambda y: ops.cast(y > 0, y.dtype),
    activations.linear: lambda y: ops.ones_like(y),
}


class Held:
    """A gate that is held at a number, whatever its weighted sum, and so has no slope."""

    def __init__(self, value):
        self.value = value

    def __call__(self, a):
        return ops.full_like(a, self.value)

    def slope(self, y):
        return ops.zeros_like(y)


class Activation:
    """y = f(a), and f'(a) from y.

    Args:
        function: one of `keras.activations` that `has_slope`.
    """

    def __init__(self, function):
        self.function = function

    def __call__(self, a):
        return self.function(a)

    def slope(self, y):
        """f'(a), where y = f(a)."""
        return _SLOPES[self.function](y)


def has_slope(function):
    """Whether `slope` is known for a function."""
    return function in _SLOPES


def name_of(function):
    """What Keras calls a function, for a message."""
    name = keras.activations.serialize(function)
    return name if isinstance(name, str) else getattr(function, "__name__", type(function).__name__)
