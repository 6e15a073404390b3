"""Trace a Keras model as a list of calls of layers and operations, in execution order."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import keras
import numpy as np
from keras import ops

from keras_gru.errors import UserError
from keras_gru.layers.types import Tensor


class Call(NamedTuple):
    """One call of a layer or an operation.

    Args:
        operation: the layer, or another `keras.Operation`.
        args, kwargs: its arguments; tensors are `KerasTensor`s.
        outputs: the structure of `KerasTensor`s that it returned.
    """

    operation: keras.Operation
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: Any


class Graph(NamedTuple):
    """The calls that lead from `inputs` to `outputs`, both structures of `KerasTensor`s."""

    inputs: Any
    calls: list[Call]
    outputs: Any


def as_functional(model: keras.Model) -> keras.Model:
    """Return a functional model with one output, of the layers of a functional or Sequential one.

    Raises:
        UserError: the model is another one, has several outputs, or a stateful layer.
    """
    is_sequential = isinstance(model, keras.Sequential)
    if not model.built or not (is_sequential or hasattr(model, "output")):
        raise UserError(
            "'model': expected a functional model, or a Sequential one that begins with "
            f"keras.Input, got '{model.name}'."
        )
    if len(model.outputs) != 1:
        raise UserError(
            f"'model': expected one output, got {len(model.outputs)} of '{model.name}'. Make a "
            "model of each."
        )
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            raise UserError(
                f"layer '{layer.name}': expected a layer that is not stateful, got a stateful one. "
                "Make the model with stateful=False and set the same weights; a step model of it "
                "has the states as inputs and outputs."
            )
    if not is_sequential and is_tensor(model.output):
        return model
    inputs = model.inputs[0] if is_sequential else model.input
    return keras.Model(inputs, model.outputs[0], name=model.name)


def trace_model(model: keras.Model) -> Graph:
    """Return the calls of a functional model.

    A mask that Keras passes on implicitly, such as that of `Embedding(mask_zero=True)`, becomes an
    argument of the layers that take one.
    """
    calls, masks = [], {}

    def call(operation: Any, *args: Any, **kwargs: Any):
        is_layer = isinstance(operation, keras.Layer)
        first = keras.tree.flatten(args)[0]
        if is_layer and takes(operation, "mask") and kwargs.get("mask") is None:
            found = [masks.get(id(tensor)) for tensor in keras.tree.flatten(args[0])]
            if any(mask is not None for mask in found):
                kwargs["mask"] = found if keras.tree.is_nested(args[0]) else found[0]
        outputs = operation(*args, **kwargs)
        calls.append(Call(operation, args, kwargs, outputs))
        after = keras.tree.flatten(outputs)[0]
        if getattr(operation, "mask_zero", False) or isinstance(operation, keras.layers.Masking):
            layer = _Seen(getattr(operation, "mask_value", None))
            masks[id(after)] = layer(first)
            calls.append(Call(layer, (first,), {}, masks[id(after)]))
        elif is_layer and operation.supports_masking and len(after.shape) > 2:
            masks[id(after)] = kwargs.get("mask", masks.get(id(first)))
        return outputs

    plain = keras.Model(model.input, model.output)  # a clone would be compiled like the model
    clone = keras.models.clone_model(plain, clone_function=lambda layer: layer, call_function=call)
    return Graph(clone.input, calls, clone.output)


def trace_function(function: Callable[..., Any], *arguments: Any) -> Graph:
    """Return the calls of a function of `keras.ops`.

    Args:
        function: takes structures of `KerasTensor`s.
        *arguments: structures of `KerasTensor`s like those that it takes; what is none is passed
            to the function as it is.
    """
    arguments = keras.tree.map_structure(
        lambda value: (
            keras.Input(batch_shape=value.shape, dtype=value.dtype) if is_tensor(value) else value
        ),
        arguments,
    )
    inputs = [value for value in keras.tree.flatten(arguments) if is_tensor(value)]
    outputs = function(*arguments)
    graph = trace_model(keras.Model(inputs, keras.tree.flatten(outputs)))
    return Graph(graph.inputs, graph.calls, keras.tree.pack_sequence_as(outputs, graph.outputs))


def is_tensor(value: Any) -> bool:
    """Return whether a value is symbolic."""
    return isinstance(value, keras.KerasTensor)


class _Seen(keras.Layer):
    """The mask of `Embedding(mask_zero=True)` or `Masking(value)`."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def call(self, x: Tensor) -> Tensor:
        if self.value is None:
            return ops.not_equal(x, 0)
        return ops.any(ops.not_equal(x, self.value), axis=-1)


def is_padding_mask(operation: keras.Operation) -> bool:
    """Return whether an operation of a trace is the mask of `Embedding(mask_zero=True)`."""
    return isinstance(operation, _Seen) and operation.value is None


def to_numpy(tensor: Any) -> np.ndarray:
    """Return a tensor as an array, which `keras.ops.convert_to_numpy` does not declare."""
    return cast(np.ndarray, ops.convert_to_numpy(tensor))


def check_finite(outputs: np.ndarray) -> None:
    """Raise a `UserError` if an output of a model is NaN or Inf."""
    if not np.isfinite(outputs).all():
        raise UserError(
            "'model': expected finite outputs, got NaN or Inf. Its input has them, or its training "
            "diverged: train it again with a lower learning rate."
        )


def takes(layer: keras.Layer, argument: str) -> bool:
    """Return whether the `call` of a layer has an argument."""
    return argument in inspect.signature(layer.call).parameters


def in_float32(model: keras.Model) -> keras.Model:
    """Return the model, or a float32 copy if it has another dtype."""
    if all(layer.compute_dtype == "float32" for layer in model.layers):
        return model

    def copy(layer: Any):
        config = keras.saving.serialize_keras_object(layer)
        return keras.saving.deserialize_keras_object(_with_dtype(config))

    clone = keras.models.clone_model(keras.Model(model.input, model.output), clone_function=copy)
    clone.set_weights(model.get_weights())
    return clone


def _with_dtype(config: Any):
    if isinstance(config, dict):
        return {
            key: "float32" if key == "dtype" else _with_dtype(value)
            for key, value in config.items()
        }
    return [_with_dtype(value) for value in config] if isinstance(config, list) else config


def input_names(model: keras.Model) -> list[str]:
    """Return the names of a model's inputs in order."""
    return [tensor.name for tensor in model.inputs]


def output_names(model: keras.Model) -> list[str]:
    """Return the names of a model's outputs as Keras flattens them.

    They are its keys, which Keras sorts, or `output`, `output_1`, …
    """
    if isinstance(model.output, dict):
        return sorted(model.output)
    return ["output" if i == 0 else f"output_{i}" for i in range(len(model.outputs))]
