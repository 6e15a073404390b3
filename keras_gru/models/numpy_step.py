"""One time step of a model in NumPy, which is faster than a backend for small steps."""

# Shapes: B batch, D features, U units, G columns of the kernel.

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from scipy.special import expit

from keras_gru.layers import Cell
from keras_gru.layers.zoneout import rates_of
from keras_gru.models.graph import Call, is_tensor, takes, to_numpy, trace_function, trace_model

_FUNCTIONS = {
    "Add": np.add,
    "Subtract": np.subtract,
    "Multiply": np.multiply,
    "TrueDivide": np.divide,
    "Divide": np.divide,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
    "Matmul": np.matmul,
    "NotEqual": np.not_equal,
    "Equal": np.equal,
    "LogicalAnd": np.logical_and,
    "Sigmoid": expit,
    "Tanh": np.tanh,
    "Exp": np.exp,
    "Negative": np.negative,
    "Softplus": lambda x: np.logaddexp(x, np.float32(0)),
    "Where": np.where,
    "GetItem": lambda x, key: x[key],
}


def _take(call: Call):
    axis = call.operation.axis
    return lambda x, indices: np.take(x, indices, axis)


def _split(call: Call):
    axis, sections = call.operation.axis, call.operation.indices_or_sections
    size = call.args[0].shape[axis]
    if isinstance(sections, int):
        sections = range(size // sections, size, size // sections)
    ends = [0, *sections, size]
    before = (slice(None),) * (axis % len(call.args[0].shape))
    parts = [(*before, slice(first, last)) for first, last in itertools.pairwise(ends)]
    return lambda x: [x[part] for part in parts]


def _layer_norm(call: Call):
    epsilon = call.operation.epsilon

    def normalize(x: Any, gamma: Any = None, beta: Any = None):
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + np.float32(epsilon))
        x = x if gamma is None else x * gamma
        return x if beta is None else x + beta

    return normalize


def _relu(call: Call):
    others = ("negative_slope", "max_value", "threshold")
    if any(getattr(call.operation, name, None) for name in others):
        raise NotImplementedError("a ReLU with a slope, a maximum or a threshold")
    return lambda x: np.maximum(x, np.float32(0))


# By the name of an operation's class: a function of the call that returns one of arrays.
_MAKERS = {
    "Take": _take,
    "Split": _split,
    "LayerNorm": _layer_norm,
    "Cast": lambda call: lambda x: np.asarray(x, call.outputs.dtype),
    "ExpandDims": lambda call: lambda x: np.expand_dims(x, call.operation.axis),
    "Concatenate": lambda call: lambda *tensors: np.concatenate(tensors, call.operation.axis),
    "Tile": lambda call: lambda x: np.tile(x, call.operation.repeats),
    "OnesLike": lambda call: lambda x: np.ones_like(x, call.outputs.dtype),
    "ReLU": _relu,
    "Relu": _relu,
}
# Operations that may read other time steps, except over the last axis or within a cell.
_MIXING = {"GetItem", "Tile", "Take", "Split", "LayerNorm", "Concatenate", "ExpandDims", "Matmul"}


class NumpyStep:
    """One time step of a model in NumPy: (x_t, states) → (y_t, new states).

    Args:
        model: a functional model that computes in float32, whose output at each time step depends
            only on the steps so far.

    Raises:
        NotImplementedError: if its operations do not show that, or include an operation that the
            built-in cells and builders do not use.
    """

    def __init__(self, model: keras.Model):
        self._values: list[Any] = []  # constants, and `None` where a step computes a value
        self._numbers: dict[int, int] = {}  # by the id of a tensor, its number among the values
        self._alive: list[Any] = []  # so that no id is reused
        # (function, numbers of its arguments, numbers of its outputs)
        self._calls: list[tuple[Callable[..., Any], list[int], list[int]]] = []
        self._states: list[int] = []
        self._new_states: list[int] = []
        self.sizes: list[int] = []  # of the states
        graph = trace_model(model)
        self._inputs = {t.name: self._number(t) for t in keras.tree.flatten(graph.inputs)}
        for call in graph.calls:
            self._add(call, in_step=False)
        self._output = self._number(graph.outputs)
        if len(graph.outputs.shape) < 3:
            raise NotImplementedError("one output for a whole sequence")

    def __call__(
        self, x: Mapping[str, np.ndarray], states: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return the output `(B, 1, …)` and the new states `(B, U)` of a step `(B, 1, …)`."""
        values = self._values.copy()
        for name, number in self._inputs.items():
            values[number] = x[name]
        for number, state in zip(self._states, states, strict=True):
            values[number] = state
        for function, arguments, outputs in self._calls:
            found = function(*[values[number] for number in arguments])
            if len(outputs) == 1:
                values[outputs[0]] = found
            else:
                for number, value in zip(outputs, found, strict=True):
                    values[number] = value
        return values[self._output], [values[number] for number in self._new_states]

    def _add(self, call: Call, in_step: bool = True) -> None:
        operation, name = call.operation, type(call.operation).__name__
        outputs = keras.tree.flatten(call.outputs)
        if isinstance(operation, keras.layers.RNN):
            self._add_rnn(call)
        elif isinstance(operation, keras.Layer):
            self._add_layer(call, outputs, in_step)
        elif name in ("Copy", "Identity"):
            self._alias(call.args[0], outputs[0])
        elif not in_step and name in _MIXING and not _is_of_last_axis(call):
            raise NotImplementedError(f"{name} of other axes than the last one")
        elif name in _FUNCTIONS or name in _MAKERS:
            function = _FUNCTIONS[name] if name in _FUNCTIONS else _MAKERS[name](call)
            arguments = call.args[0] if name == "Concatenate" else call.args
            self._append(function, arguments, outputs)
        else:
            raise NotImplementedError(name)

    def _add_layer(self, call: Call, outputs: list[Any], in_step: bool) -> None:
        layer, x = call.operation, call.args[0]
        if type(layer) is keras.layers.Dropout:
            self._alias(x, outputs[0])
        elif type(layer) is keras.layers.Embedding:
            self._append(lambda tokens, table: table[tokens], [x, layer.embeddings], outputs)
        elif type(layer) is keras.layers.Dense and layer.activation is keras.activations.linear:
            bias = layer.bias if layer.use_bias else 0.0
            self._append(lambda x, w, b: x @ w + b, [x, layer.kernel, bias], outputs)
        else:
            options = {"training": False} if takes(layer, "training") else {}

            def run(*args: Any):
                return layer.call(*args[:-1], **options)

            self._inline(run, call.args, outputs, [], in_step)

    def _inline(
        self,
        function: Callable[..., Any],
        arguments: Any,
        outputs: list[Any],
        weights: list[Any],
        in_step: bool = True,
    ) -> None:
        """Add the operations of a function of `keras.ops`, with arrays instead of `weights`."""
        symbols = [keras.KerasTensor(weight.shape, "float32") for weight in weights]
        graph = trace_function(function, *arguments, symbols)
        given = [value for value in keras.tree.flatten(arguments) if is_tensor(value)]
        for tensor, value in zip(graph.inputs, [*given, *weights], strict=True):
            self._alias(value, tensor)
        for call in graph.calls:
            self._add(call, in_step)
        for tensor, output in zip(keras.tree.flatten(graph.outputs), outputs, strict=True):
            self._alias(tensor, output)

    def _add_rnn(self, call: Call) -> None:
        """Add the product with the kernel, the cell's step, zoneout and the mask."""
        layer, cell, x = call.operation, call.operation.cell, call.args[0]
        if not isinstance(cell, Cell) or not layer.return_sequences or layer.zero_output_for_mask:
            raise NotImplementedError(type(cell).__name__)
        if layer.go_backwards or len(call.args) > 1 or call.kwargs.get("initial_state") is not None:
            raise NotImplementedError("other first states than zeros")
        sizes = keras.tree.flatten(cell.state_size)
        states = [keras.KerasTensor((None, size), "float32") for size in sizes]
        mask, rates = call.kwargs.get("mask"), rates_of(getattr(layer, "zoneout", 0.0), cell)

        def step(x: Any, states: Any, weights: Any):
            bias: list[Any] = [] if cell.input_bias() is None else [cell.input_bias()]
            rows = sum(bias, cell.input_product(x, cell.kernel))
            return cell.step(rows, states, weights, [])[0]

        row = keras.KerasTensor((None, x.shape[-1]), "float32")
        self._append(lambda x: x[:, 0], [x], [row])
        new = [keras.KerasTensor(state.shape, state.dtype) for state in states]
        weights = [to_numpy(weight) for weight in cell.step_weights()]
        self._inline(step, [row, states], new, weights)
        for number, (state, rate) in enumerate(zip(states, rates, strict=True)):
            if rate:
                mixed = keras.KerasTensor(state.shape, state.dtype)
                self._append(_mix, [rate, state, new[number]], [mixed])
                new[number] = mixed
            if mask is not None:
                held = keras.KerasTensor(state.shape, state.dtype)
                self._append(np.where, [mask, new[number], state], [held])
                new[number] = held
        y, *after = keras.tree.flatten(call.outputs)
        self._append(lambda h: h[:, None], [new[0]], [y])  # our cells output their first state
        for tensor, state in zip(after, new, strict=bool(after)):
            self._alias(state, tensor)
        self.sizes += sizes
        self._states += map(self._number, states)
        self._new_states += map(self._number, new)

    def _append(self, function: Callable[..., Any], arguments: Any, outputs: list[Any]) -> None:
        numbers = [self._number(value) for value in arguments]
        self._calls.append((function, numbers, [self._number(tensor) for tensor in outputs]))

    def _alias(self, value: Any, tensor: keras.KerasTensor) -> None:
        """Define a tensor as an alias of another one, or of a weight."""
        self._alive.append(tensor)
        self._numbers[id(tensor)] = self._number(value)

    def _number(self, value: Any) -> int:
        """Return the number of a tensor among the values; constants are added."""
        if is_tensor(value):
            if id(value) not in self._numbers:
                self._alive.append(value)
                self._numbers[id(value)] = len(self._values)
                self._values.append(None)
            return self._numbers[id(value)]
        if isinstance(value, float):
            value = np.float32(value)
        elif value is not None and not isinstance(value, int | tuple | list | slice | np.ndarray):
            value = to_numpy(value)
        self._values.append(value)
        return len(self._values) - 1


def _mix(rate: np.float32, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    return rate * old + (np.float32(1) - rate) * new


def _is_of_last_axis(call: Call) -> bool:
    """Return whether an operation treats each time step of `(B, T, …)` separately."""
    first = keras.tree.flatten(call.args)[0]
    axis = getattr(call.operation, "axis", -1)
    rank = len(first.shape) + (type(call.operation).__name__ == "ExpandDims")
    is_tensor_alone = not any(map(is_tensor, call.args[1:])) or isinstance(call.args[0], list)
    known = type(call.operation).__name__ not in ("GetItem", "Tile")
    return known and rank > 2 and axis in (-1, rank - 1, [-1], (-1,)) and is_tensor_alone
