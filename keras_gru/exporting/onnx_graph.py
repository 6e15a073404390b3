"""Write ONNX nodes for the calls of a Keras graph."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import onnx
from onnx import helper, numpy_helper

from keras_gru.errors import UserError
from keras_gru.models.graph import Graph, is_tensor, takes, trace_function

# The newest one in which a reduction's axes are attributes, which older runtimes read too.
OPSET = 17

Converter = Callable[["OnnxGraph", Any], Any]
# What writes the nodes of an operation and of a layer, by the name of its class.
OPERATIONS: dict[str, Converter] = {}
LAYERS: dict[str, Converter] = {}


def converts(
    *names: str, registry: dict[str, Converter] = OPERATIONS
) -> Callable[[Converter], Converter]:
    """Register a function of an `OnnxGraph` and a `Call` for classes of operations or layers.

    It returns the name of the output, or a structure of names like that of the outputs.
    """

    def register(function: Converter) -> Converter:
        registry.update(dict.fromkeys(names, function))
        return function

    return register


class OnnxGraph:
    """ONNX nodes and initializers, and the ONNX name of each Keras tensor.

    Args:
        parent: the graph of which this one is the body of a `Scan`: its names are seen here.
    """

    def __init__(self, parent: "OnnxGraph | None" = None):
        self.nodes = []
        self.parent = parent
        self.names: dict[int, str] = {}
        self.alive = []  # so that no id is reused
        self.read: set[int] = set()  # ids of the tensors that a call reads or a graph returns
        self.initializers = parent.initializers if parent else {}
        self.used = parent.used if parent else set()

    def name(self, wish: str) -> str:
        """Return a name that no other tensor has."""
        number, name = 1, wish
        while name in self.used:
            number += 1
            name = f"{wish}_{number}"
        self.used.add(name)
        return name

    def add(
        self, kind: str, inputs: Sequence[str], outputs: int = 1, wish: str = "", **attributes
    ) -> Any:
        """Add a node and return the name of its output, or a list of several names."""
        names = [self.name(wish or kind.lower()) for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, array: Any, dtype: str | None = None, wish: str = "constant") -> str:
        """Return the name of an initializer; small equal initializers are shared."""
        array = np.asarray(array, dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.initializers:
            name = self.name(wish)
            self.initializers[key] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return self.initializers[key].name

    def bind(self, tensor: keras.KerasTensor, name: str) -> None:
        """Set the name of a tensor."""
        self.names[id(tensor)] = name
        self.alive.append(tensor)

    def bound(self, like: keras.KerasTensor, name: str) -> keras.KerasTensor:
        """Return a new tensor like another one, with a name."""
        tensor = keras.KerasTensor(like.shape, like.dtype)
        self.bind(tensor, name)
        return tensor

    def value(self, value: Any, dtype: str | None = None) -> str:
        """Return the name of a tensor, a weight or a number, cast to `dtype` if it is another."""
        if is_tensor(value):
            name = self.names[id(value)]
            return self.cast(name, dtype) if dtype and value.dtype != dtype else name
        wish = getattr(value, "path", "constant").replace("/", ".")
        if not isinstance(value, int | float | bool | np.ndarray | tuple | list):
            value = keras.ops.convert_to_numpy(value)
        return self.constant(value, dtype, wish)

    def cast(self, name: str, dtype: str) -> str:
        """Return the name of the same tensor with another dtype."""
        return self.add("Cast", [name], to=element_type(dtype))

    def unsqueeze(self, name: str, *axes: int) -> str:
        """Return the name of a tensor with additional axes of size 1."""
        return self.add("Unsqueeze", [name, self.constant(axes, "int64")])

    def squeeze(self, name: str, *axes: int) -> str:
        """Return the name of a tensor without axes of size 1."""
        return self.add("Squeeze", [name, self.constant(axes, "int64")])

    def shape(self, name: str, axis: int) -> str:
        """Return the name of the size of an axis, `(1,)`."""
        size = self.add("Shape", [name])
        return self.add("Gather", [size, self.constant([axis], "int64")], axis=0)

    def is_used(self, tensor: keras.KerasTensor) -> bool:
        """Return whether a call reads a tensor, or a graph returns it."""
        return id(tensor) in self.read

    def run(self, graph: Graph, *inputs: str) -> Any:
        """Write the nodes of a traced graph and return the names of its outputs."""
        read = [graph.outputs, *((call.args, call.kwargs) for call in graph.calls)]
        self.read |= {id(value) for value in keras.tree.flatten(read) if is_tensor(value)}
        for tensor, name in zip(keras.tree.flatten(graph.inputs), inputs, strict=True):
            self.bind(tensor, name)
        for call in graph.calls:
            names = keras.tree.flatten(self._converted(call))
            for tensor, name in zip(keras.tree.flatten(call.outputs), names, strict=True):
                self.bind(tensor, name)
        return keras.tree.map_structure(self.value, graph.outputs)

    def inline(self, function: Callable, *arguments: Any) -> Any:
        """Write the nodes of a function of `keras.ops` of named tensors."""
        tensors = [value for value in keras.tree.flatten(arguments) if is_tensor(value)]
        graph = trace_function(function, *arguments)
        return self.run(graph, *(self.value(tensor) for tensor in tensors))

    def _converted(self, call: Any) -> Any:
        operation, cls = call.operation, type(call.operation)
        known = LAYERS if isinstance(operation, keras.Layer) else OPERATIONS
        for base in cls.__mro__:
            if base.__name__ in known:
                return known[base.__name__](self, call)
        if known is OPERATIONS:
            raise UserError(
                f"operation '{operation.name}' ({cls.__name__}): expected one that ONNX can "
                f"express, got another. Known: {', '.join(sorted(OPERATIONS))}."
            )
        kwargs = {**call.kwargs, **({"training": False} if takes(operation, "training") else {})}
        try:
            return self.inline(
                lambda args, kwargs: operation.call(*args, **kwargs), call.args, kwargs
            )
        except UserError:
            raise
        except Exception as error:  # anything that the layer raises for symbolic tensors
            reason = str(error).split(". ")[0].splitlines()[0]
            raise UserError(
                f"layer '{operation.name}' ({cls.__name__}): expected a `call` made of keras.ops, "
                f"got one that cannot be traced ({reason})."
            ) from error


def element_type(dtype: str) -> int:
    """Return ONNX' number of a Keras dtype."""
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


def value_info(name: str, dtype: str, shape: Sequence[int | str | None]) -> onnx.ValueInfoProto:
    """Return the description of an input or an output."""
    return helper.make_tensor_value_info(name, element_type(dtype), list(shape))
