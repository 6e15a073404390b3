"""ONNX files of Keras models."""

import importlib
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import onnx
from onnx import helper, numpy_helper

from keras_gru.exporting.onnx_graph import OPSET, OnnxGraph, value_info
from keras_gru.files import replacing
from keras_gru.models.graph import in_float32, input_names, output_names, trace_model
from keras_gru.models.step import state_names

for module in ("operations", "recurrent"):  # which register their converters
    importlib.import_module(f"keras_gru.exporting.{module}")


def write_onnx(
    model: keras.Model,
    path: str | Path,
    metadata: Mapping[str, str],
    optional_states: bool = False,
) -> None:
    """Write an ONNX file whose inputs and outputs have the names and order of the model's.

    Sizes that are open in the model, such as batch and time, are also open in the file.

    Args:
        optional_states: whether missing states of a step model are zeros.

    Raises:
        UserError: if ONNX cannot express a layer.
    """
    onnx.checker.check_model(proto := onnx_model(model, metadata, optional_states), full_check=True)
    with replacing(path) as draft:
        draft.write_bytes(proto.SerializeToString())


def onnx_model(
    model: keras.Model, metadata: Mapping[str, str], optional_states: bool = False
) -> onnx.ModelProto:
    """Return the ONNX model that `write_onnx` writes."""
    graph = OnnxGraph()
    traced = trace_model(in_float32(model))
    inputs = keras.tree.flatten(traced.inputs)
    names = [graph.name(name) for name in input_names(model)]
    optional = state_names(model) if optional_states else {}
    given = [
        _with_default(graph, name, tensor.shape[-1], names) if name in optional else name
        for name, tensor in zip(names, inputs, strict=True)
    ]
    found = keras.tree.flatten(graph.run(traced, *given))
    outputs = []
    for name, tensor, wish in zip(
        found, keras.tree.flatten(traced.outputs), output_names(model), strict=True
    ):
        graph.nodes.append(helper.make_node("Identity", [name], [graph.name(wish)], name=wish))
        outputs.append(value_info(wish, tensor.dtype, _sizes(tensor.shape, wish)))
    nodes, needed = _without_unused(graph.nodes, output_names(model))
    proto = helper.make_model(
        helper.make_graph(
            nodes,
            model.name,
            [
                value_info(name, tensor.dtype, _sizes(tensor.shape, name, name in optional))
                for name, tensor in zip(names, inputs, strict=True)
            ],
            outputs,
            [one for one in graph.initializers.values() if one.name in needed],
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
        producer_name="keras_gru",
    )
    helper.set_model_props(proto, dict(metadata))
    return proto


def _without_unused(nodes, outputs):
    """Return the nodes that the outputs depend on, and the names of their inputs."""
    needed, found = set(outputs), []
    for node in reversed(nodes):
        if needed.intersection(node.output):
            found.append(node)
            bodies = [one for a in node.attribute if a.HasField("g") for one in a.g.node]
            needed.update(name for one in (node, *bodies) for name in one.input)
    return found[::-1], needed


def _with_default(graph, name, size, inputs):
    """Return a state (B, U) that is zeros if its input is missing.

    An initializer with the name of an input is the default value of that input.
    """
    zeros = numpy_helper.from_array(np.zeros((1, size), "float32"), name)
    graph.initializers[name] = zeros
    first = next(one for one in inputs if "_state_" not in one)
    shape = graph.add("Concat", [graph.shape(first, 0), graph.constant([1], "int64")], axis=0)
    return graph.add("Expand", [name, shape])


def _sizes(shape, name, is_optional=False):
    known = [
        f"{name}_batch" if is_optional else "batch",
        *(f"{name}_{axis}" for axis in range(1, len(shape))),
    ]
    if len(shape) > 1:
        known[1] = "time"
    return [symbol if size is None else size for size, symbol in zip(shape, known, strict=True)]
