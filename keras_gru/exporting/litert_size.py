"""Shrink LiteRT files: half of a small int8 file is not weights."""

import copy
from typing import Any

import numpy as np

_LARGE = 256  # bytes
_MOST = 127  # of an int8 weight; -128 is not used, so that zero is in the middle


def shrink(content: bytes, int8: bool = False) -> bytes:
    """Return a LiteRT file that computes the same with fewer bytes.

    - Inner tensors lose their names; the signature has those of inputs and outputs.
    - An int8 weight has one scale instead of one for each of its rows (a float and a 64-bit zero
      point each, more than 10 % of a small network), and small weights of dense operators, which
      the converter leaves in float32 below 1,024 numbers, become int8, too.
    - An array of zeros, from which a loop starts, is made by an operator (`FILL`).
    - Redundant descriptions are removed: repeated shapes, empty quantizations, a buffer
      for each tensor that has no constant. Equal constants are stored once.

    Args:
        content: the output of a `tf.lite.TFLiteConverter`.
        int8: whether the weights of dense operators become int8.
    """
    from tensorflow.lite.tools import flatbuffer_utils

    model: Any = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    schema = flatbuffer_utils.schema_fb
    for graph in model.subgraphs:
        for number in _dense_weights(model, graph, schema) if int8 else ():
            _quantize(model, graph.tensors[number], schema)
        _fill_zeros(model, graph, schema)
        ends = {*graph.inputs, *graph.outputs} if graph is model.subgraphs[0] else set()
        for number, tensor in enumerate(graph.tensors):
            if number not in ends:
                tensor.name = b""
            signature = tensor.shapeSignature
            if signature is not None and (np.asarray(signature) >= 0).all():
                tensor.shapeSignature = None
            scale = tensor.quantization and tensor.quantization.scale
            if scale is None or len(scale) == 0:
                tensor.quantization = None
            elif len(scale) > 1:
                _with_one_scale(model, tensor)
            if not tensor.isVariable and _data(model, tensor) is None:
                tensor.buffer = 0  # the empty one
    _store_buffers_once(model)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _data(model, tensor) -> Any:
    """Return the constant of a tensor as an array of bytes, or `None`."""
    data = model.buffers[tensor.buffer].data
    return None if data is None or len(data) == 0 else np.asarray(data, np.uint8)


def _dense_weights(model, graph, schema):
    """Return the numbers of float32 tensors that are only weights of dense operators."""
    dense, others = set(), {*graph.outputs}
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        kind = max(code.builtinCode, code.deprecatedBuiltinCode)
        first, *rest = [int(number) for number in operator.inputs] or [-1]
        if kind == schema.BuiltinOperator.FULLY_CONNECTED:
            dense.add(rest[0])
            others.update([first, *rest[1:]])
        else:
            others.update([first, *rest])
    return [
        number
        for number in sorted(dense - others)
        if graph.tensors[number].type == schema.TensorType.FLOAT32
        and _data(model, graph.tensors[number]) is not None
    ]


def _quantize(model, tensor, schema):
    weights = _data(model, tensor).view(np.float32).reshape(tensor.shape)
    tensor.type, tensor.quantization = schema.TensorType.INT8, schema.QuantizationParametersT()
    _store(model, tensor, weights)


def _with_one_scale(model, tensor):
    shape = np.ones(len(tensor.shape), int)
    shape[tensor.quantization.quantizedDimension] = -1
    scale = np.asarray(tensor.quantization.scale, np.float32).reshape(shape)
    _store(model, tensor, _data(model, tensor).view(np.int8).reshape(tensor.shape) * scale)


def _store(model, tensor, weights):
    """Set the int8 data, in a buffer of its own, and the scale of a tensor."""
    scale = float(np.abs(weights).max()) / _MOST or 1.0
    buffer = copy.copy(model.buffers[tensor.buffer])  # other tensors may have the same one
    buffer.data = np.rint(weights / scale).astype(np.int8).view(np.uint8).ravel()
    tensor.buffer = len(model.buffers)
    model.buffers.append(buffer)
    quantization = copy.copy(tensor.quantization)
    quantization.scale, quantization.zeroPoint = [scale], [0]
    quantization.min = quantization.max = None
    quantization.quantizedDimension = 0
    tensor.quantization = quantization


def _fill_zeros(model, graph, schema):
    """Replace large constants of zeros by an operator that creates them."""
    for number, tensor in enumerate(list(graph.tensors)):
        data = _data(model, tensor)
        is_float = tensor.type == schema.TensorType.FLOAT32
        if data is None or len(data) < _LARGE or data.any() or not is_float:
            continue
        constants = []
        for kind, array in (("INT32", tensor.shape), ("FLOAT32", 0.0)):
            value = np.asarray(array, kind.lower())
            constant, buffer = schema.TensorT(), schema.BufferT()
            buffer.data = value.reshape(-1).view(np.uint8)
            constant.shape, constant.type = list(value.shape), getattr(schema.TensorType, kind)
            constant.buffer = len(model.buffers)
            model.buffers.append(buffer)
            constants.append(len(graph.tensors))
            graph.tensors.append(constant)
        code, operator = schema.OperatorCodeT(), schema.OperatorT()
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.FILL
        code.version = 1
        operator.opcodeIndex = len(model.operatorCodes)
        operator.inputs, operator.outputs = constants, [number]
        model.operatorCodes.append(code)
        graph.operators.insert(0, operator)
        tensor.buffer = 0


def _store_buffers_once(model):
    """Drop unused and duplicate buffers; the first buffer is empty."""
    users = [user for graph in model.subgraphs for user in graph.tensors] + list(
        model.metadata or []
    )
    kept, numbers = [model.buffers[0]], {b"": 0}
    for user in users:
        data = model.buffers[user.buffer].data
        key = b"" if data is None else bytes(np.asarray(data, np.uint8))
        if key not in numbers:
            numbers[key] = len(kept)
            kept.append(model.buffers[user.buffer])
        user.buffer = numbers[key]
    model.buffers = kept
