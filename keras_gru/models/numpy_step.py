"""A step model as NumPy calls: for one small step, starting a backend's graph takes longer."""

# Shapes: B batch, D features, U units, G columns of the kernel.

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from scipy.special import expit

from keras_gru.layers import Cell
from keras_gru.layers.zoneout import rates_of
from keras_gru.models.graph import Call, Graph, is_tensor, takes, trace_function, trace_model

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
    "Copy": lambda x: x,
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


# By the name of an operation's class: a function of the call that returns one of arrays.
_MAKERS = {
    "Take": _take,
    "Split": _split,
    "LayerNorm": _layer_norm,
    "Cast": lambda call: lambda x: np.asarray(x, call.outputs.dtype),
    "ExpandDims": lambda call: lambda x: np.expand_dims(x, call.operation.axis),
    "Concatenate": lambda call: lambda tensors: np.concatenate(tensors, call.operation.axis),
    "Tile": lambda call: lambda x: np.tile(x, call.operation.repeats),
    "Reshape": lambda call: lambda x: x.reshape(len(x), *call.operation.target_shape),
    "OnesLike": lambda call: lambda x: np.ones_like(x, call.outputs.dtype),
    "ReLU": lambda call: lambda x: np.maximum(x, np.float32(0)),
    "Relu": lambda call: lambda x: np.maximum(x, np.float32(0)),
    "Dropout": lambda call: lambda x: x,
}


class NumpyStep:
    """A step model of `keras_gru.step_model` in NumPy.

    Args:
        model: with one time step.

    Raises:
        NotImplementedError: if the model has an operation that is not among those of the built-in
            cells and builders.
    """

    def __init__(self, model: keras.Model) -> None:
        self._calls: list[
            tuple[Callable[..., Any], list[Any], list[int]]
        ] = []  # (function, arguments, the numbers of its outputs)
        self._numbers: dict[int, int] = {}  # by the id of a tensor, its number among the values
        self._alive: list[Any] = []  # so that no id is given twice
        graph = trace_model(model)
        self._inputs = {name: self._number(tensor) for name, tensor in graph.inputs.items()}
        self._add(graph)
        self._outputs = {name: self._number(tensor) for name, tensor in graph.outputs.items()}

    def __call__(self, x: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the outputs and the new states of a step."""
        values: list[Any] = [None] * len(self._numbers)
        for name, number in self._inputs.items():
            values[number] = x[name]
        for function, arguments, outputs in self._calls:
            found = function(*[_fill(argument, values) for argument in arguments])
            if len(outputs) == 1:
                values[outputs[0]] = found
            else:
                for number, value in zip(outputs, found, strict=True):
                    values[number] = value
        return {name: values[number] for name, number in self._outputs.items()}

    def _number(self, tensor: keras.KerasTensor) -> int:
        if id(tensor) not in self._numbers:
            self._alive.append(tensor)
        return self._numbers.setdefault(id(tensor), len(self._numbers))

    def _add(self, graph: Graph) -> None:
        for call in graph.calls:
            operation, name = call.operation, type(call.operation).__name__
            outputs = keras.tree.flatten(call.outputs)
            if isinstance(operation, keras.layers.RNN):
                self._add_rnn(call)
            elif name in _FUNCTIONS:
                self._append(_FUNCTIONS[name], call.args, outputs)
            elif name in _MAKERS:
                self._append(_MAKERS[name](call), call.args, outputs)
            elif isinstance(operation, keras.Layer):
                kwargs = {"training": False} if takes(operation, "training") else {}

                def run(*args: Any, layer: Any = operation, kwargs: Any = kwargs):
                    return layer.call(*args[:-1], **kwargs)

                self._inline(run, call.args, outputs, [])
            else:
                raise NotImplementedError(name)

    def _inline(
        self, function: Callable[..., Any], arguments: Any, outputs: list[Any], weights: list[Any]
    ) -> None:
        """Add what a function of `keras.ops` does, with arrays in the place of `weights`."""
        symbols = [keras.KerasTensor(weight.shape, "float32") for weight in weights]
        graph = trace_function(function, *arguments, symbols)
        given = [value for value in keras.tree.flatten(arguments) if is_tensor(value)]
        for tensor, value in zip(graph.inputs, [*given, *weights], strict=True):
            self._append(lambda x: x, [value], [tensor])
        self._add(graph)
        for tensor, output in zip(keras.tree.flatten(graph.outputs), outputs, strict=True):
            self._append(lambda x: x, [tensor], [output])

    def _add_rnn(self, call: Call) -> None:
        """Add the product with the kernel, the cell's step, zoneout and the mask."""
        layer, cell, x = call.operation, call.operation.cell, call.args[0]
        if not isinstance(cell, Cell):
            raise NotImplementedError(type(cell).__name__)
        states = keras.tree.flatten(call.kwargs["initial_state"])
        y, *after = keras.tree.flatten(call.outputs)
        mask, rates = call.kwargs.get("mask"), rates_of(getattr(layer, "zoneout", 0.0), cell)

        def step(x: Any, states: Any, weights: Any):
            bias = cell.input_bias()
            rows = cell.input_product(x[:, 0], cell.kernel)
            rows = rows if bias is None else rows + bias
            return cell.step(rows, states, weights, [])[0]

        def leave(seen: Any, *pairs: Any):
            kept = [
                new if not rate else np.float32(rate) * old + np.float32(1 - rate) * new
                for new, old, rate in zip(pairs[::2], pairs[1::2], rates, strict=True)
            ]
            if seen is not None:
                kept = [
                    np.where(seen, new, old) for new, old in zip(kept, pairs[1::2], strict=True)
                ]
            shown = kept[0] if seen is None else np.where(seen, kept[0], np.float32(0))
            return [shown[:, None] if layer.return_sequences else shown, *kept]

        new = [keras.KerasTensor(state.shape, state.dtype) for state in states]
        weights = [keras.ops.convert_to_numpy(weight) for weight in cell.step_weights()]
        self._inline(step, [x, states], new, weights)
        pairs = [tensor for pair in zip(new, states, strict=True) for tensor in pair]
        self._append(leave, [mask, *pairs], [y, *after])

    def _append(self, function: Callable[..., Any], arguments: Any, outputs: list[Any]) -> None:
        arguments = [self._argument(value) for value in arguments]
        self._calls.append((function, arguments, [self._number(tensor) for tensor in outputs]))

    def _argument(self, value: Any) -> Any:
        """Return an argument with a `_Slot` for each tensor and an array for each weight."""
        if is_tensor(value):
            return _Slot(self._number(value))
        if isinstance(value, list) and any(is_tensor(one) for one in value):
            return [self._argument(one) for one in value]
        if value is None or isinstance(value, int | tuple | list | slice | np.ndarray):
            return value
        if isinstance(value, float):
            return np.float32(value)
        return keras.ops.convert_to_numpy(value)


class _Slot(int):
    """The number of a value."""


def _fill(argument: Any, values: list[Any]) -> Any:
    if type(argument) is _Slot:
        return values[argument]
    return [_fill(one, values) for one in argument] if type(argument) is list else argument
