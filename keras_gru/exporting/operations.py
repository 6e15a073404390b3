"""ONNX nodes for the operations of Keras, and for the layers that are not made of them."""

# Shapes: B batch, T time, D features, U units.

import keras
import numpy as np

from keras_gru.errors import UserError
from keras_gru.exporting.onnx_graph import LAYERS, converts
from keras_gru.models.graph import is_tensor, to_numpy

_BINARY = {
    "Add": "Add",
    "Subtract": "Sub",
    "Multiply": "Mul",
    "TrueDivide": "Div",
    "Divide": "Div",
    "Maximum": "Max",
    "Minimum": "Min",
    "Power": "Pow",
    "Matmul": "MatMul",
    "LogicalAnd": "And",
    "LogicalOr": "Or",
}
_COMPARISONS = {
    "Equal": "Equal",
    "NotEqual": "Equal",
    "Greater": "Greater",
    "GreaterEqual": "GreaterOrEqual",
    "Less": "Less",
    "LessEqual": "LessOrEqual",
}
_SAME_NAME = ("Sigmoid", "Tanh", "Exp", "Log", "Sqrt", "Abs", "Softplus", "Softsign", "Identity")
_UNARY = {name: name for name in _SAME_NAME}
_UNARY |= {"Absolute": "Abs", "Negative": "Neg", "LogicalNot": "Not", "Copy": "Identity"}


@converts(*_BINARY)
def _binary(graph, call):
    dtype = call.outputs.dtype
    inputs = [graph.value(value, dtype) for value in call.args]
    return graph.add(_BINARY[type(call.operation).__name__], inputs)


@converts(*_COMPARISONS)
def _comparison(graph, call):
    kinds = [getattr(value, "dtype", type(value)) for value in call.args]
    dtype = keras.backend.result_type(*kinds)
    name = type(call.operation).__name__
    found = graph.add(_COMPARISONS[name], [graph.value(value, dtype) for value in call.args])
    return graph.add("Not", [found]) if name == "NotEqual" else found


@converts(*_UNARY)
def _unary(graph, call):
    return graph.add(_UNARY[type(call.operation).__name__], [graph.value(call.args[0])])


@converts("ReLU", "Relu")
def _relu(graph, call):
    operation = call.operation
    slope = getattr(operation, "negative_slope", 0.0)
    if getattr(operation, "threshold", 0.0):
        raise UserError(f"layer '{operation.name}': expected a threshold of 0, got another.")
    x = graph.value(call.args[0])
    x = graph.add("LeakyRelu", [x], alpha=float(slope)) if slope else graph.add("Relu", [x])
    highest = getattr(operation, "max_value", None)
    return x if highest is None else graph.add("Min", [x, graph.constant(highest, "float32")])


@converts("Softmax")
def _softmax(graph, call):
    return graph.add("Softmax", [graph.value(call.args[0])], axis=call.operation.axis)


@converts("Cast")
def _cast(graph, call):
    return graph.value(call.args[0], call.outputs.dtype)


@converts("ExpandDims")
def _expand_dims(graph, call):
    return graph.unsqueeze(graph.value(call.args[0]), *np.atleast_1d(call.operation.axis))


@converts("Squeeze")
def _squeeze(graph, call):
    return graph.squeeze(graph.value(call.args[0]), *np.atleast_1d(call.operation.axis))


@converts("Sum", "Mean", "Max", "Min", "Any", "All")
def _reduction(graph, call):
    operation = call.operation
    name, x = type(operation).__name__, call.args[0]
    axes = operation.axis
    axes = range(len(x.shape)) if axes is None else np.atleast_1d(axes)
    axes, keepdims = [int(axis) for axis in axes], int(operation.keepdims)
    flags = name in ("Any", "All")
    x = graph.value(x, "float32" if flags else None)
    if name == "Sum":
        return graph.add("ReduceSum", [x, graph.constant(axes, "int64")], keepdims=keepdims)
    kind = {"Any": "Max", "All": "Min"}.get(name, name)
    x = graph.add(f"Reduce{kind}", [x], axes=axes, keepdims=keepdims)
    return graph.cast(x, "bool") if flags else x


@converts("Cumsum")
def _cumsum(graph, call):
    inputs = [graph.value(call.args[0]), graph.constant(call.operation.axis, "int64")]
    return graph.add("CumSum", inputs)


@converts("Where")
def _where(graph, call):
    condition, *values = call.args
    dtype = call.outputs.dtype
    values = [graph.value(value, dtype) for value in values]
    return graph.add("Where", [graph.value(condition, "bool"), *values])


@converts("OnesLike", "ZerosLike", "FullLike")
def _full_like(graph, call):
    shape = graph.add("Shape", [graph.value(call.args[0])])
    name = type(call.operation).__name__
    value = {"OnesLike": 1, "ZerosLike": 0}.get(name)
    value = call.args[1] if value is None else value
    return graph.add("Expand", [graph.constant(value, call.outputs.dtype), shape])


@converts("Concatenate")
def _concatenate(graph, call):
    tensors = call.args[0]
    names = [graph.value(tensor, keras.tree.flatten(call.outputs)[0].dtype) for tensor in tensors]
    return graph.add("Concat", names, axis=call.operation.axis)


@converts("Stack")
def _stack(graph, call):
    axis = call.operation.axis
    names = [graph.unsqueeze(graph.value(tensor), axis) for tensor in call.args[0]]
    return graph.add("Concat", names, axis=axis)


@converts("Split")
def _split(graph, call):
    operation, x = call.operation, call.args[0]
    sizes = [tensor.shape[operation.axis] for tensor in call.outputs]
    inputs = [graph.value(x), graph.constant(sizes, "int64")]
    names = graph.add("Split", inputs, outputs=len(sizes), axis=operation.axis)
    return names if isinstance(names, list) else [names]


@converts("Take")
def _take(graph, call):
    x, indices = call.args
    inputs = [graph.value(x), graph.value(indices, None if is_tensor(indices) else "int64")]
    return graph.add("Gather", inputs, axis=call.operation.axis)


@converts("Tile")
def _tile(graph, call):
    repeats = graph.constant(call.operation.repeats, "int64")
    return graph.add("Tile", [graph.value(call.args[0]), repeats])


@converts("Transpose")
def _transpose(graph, call):
    x = call.args[0]
    axes = call.operation.axes or range(len(x.shape))[::-1]
    return graph.add("Transpose", [graph.value(x)], perm=[int(axis) for axis in axes])


@converts("LayerNorm")
def _layer_norm(graph, call):
    x, *scales = call.args
    gamma, beta = (*scales, None, None)[:2]
    operation = call.operation
    if operation.rms_scaling or np.atleast_1d(operation.axis).tolist() not in ([-1],):
        raise UserError(
            f"operation '{operation.name}': expected a normalisation over the last axis without "
            "rms_scaling, got another."
        )
    ones = np.ones(x.shape[-1], "float32")
    inputs = [graph.value(x), graph.value(ones if gamma is None else gamma)]
    inputs += [] if beta is None else [graph.value(beta)]
    return graph.add("LayerNormalization", inputs, epsilon=float(operation.epsilon or 1e-3))


@converts("GetItem")
def _get_item(graph, call):
    x, key = call.args
    key = tuple(key) if isinstance(key, tuple | list) else (key,)  # a loaded model has lists
    rank = len(x.shape)
    if Ellipsis in key:
        index = key.index(Ellipsis)
        key = (*key[:index], *[slice(None)] * (rank - len(key) + 1), *key[index + 1 :])
    name, dropped = graph.value(x), []
    for axis, part in enumerate(key):
        if isinstance(part, int):
            dropped.append(axis)
            part = slice(part, part + 1 or None)
        if part == slice(None):
            continue
        step = part.step or 1
        first, last = (0, 2**31 - 1) if step > 0 else (-1, -(2**31))
        ends = [
            first if part.start is None else part.start,
            last if part.stop is None else part.stop,
        ]
        given = [graph.constant([number], "int64") for number in (*ends, axis, step)]
        name = graph.add("Slice", [name, *given])
    return graph.squeeze(name, *dropped) if dropped else name


@converts("Reshape")
def _reshape(graph, call):
    shape = graph.constant(call.operation.newshape, "int64")
    return graph.add("Reshape", [graph.value(call.args[0]), shape])


@converts("Reshape", registry=LAYERS)
def _reshape_layer(graph, call):
    shape = graph.constant([0, *call.operation.target_shape], "int64")
    return graph.add("Reshape", [graph.value(call.args[0]), shape])


@converts("Flatten", registry=LAYERS)
def _flatten(graph, call):
    return graph.add("Flatten", [graph.value(call.args[0])])


@converts("Conv1D", registry=LAYERS)
def _convolution(graph, call):
    layer, x = call.operation, graph.value(call.args[0])
    if layer.padding == "same" or layer.data_format != "channels_last":
        raise UserError(
            f"layer '{layer.name}': expected padding 'causal' or 'valid' and channels last, got "
            f"'{layer.padding}' and '{layer.data_format}'."
        )
    before = layer.dilation_rate[0] * (layer.kernel_size[0] - 1)
    kernel = np.transpose(to_numpy(layer.kernel), (2, 1, 0))
    inputs = [graph.add("Transpose", [x], perm=[0, 2, 1]), graph.constant(kernel, "float32")]
    inputs += [graph.value(layer.bias)] if layer.use_bias else []
    y = graph.add(
        "Conv",
        inputs,
        strides=list(layer.strides),
        dilations=list(layer.dilation_rate),
        group=layer.groups,
        pads=[before if layer.padding == "causal" else 0, 0],
    )
    y = graph.bound(call.outputs, graph.add("Transpose", [y], perm=[0, 2, 1]))
    return graph.inline(layer.activation, y)


@converts("Dropout", "SpatialDropout1D", "GaussianNoise", "ActivityRegularization", registry=LAYERS)
def _identity(graph, call):
    return graph.value(call.args[0])


@converts("AdditiveAttention", registry=LAYERS)
def _additive_attention(graph, call):
    """softmax over the values' steps of `scale · tanh(q + k)`, (Bahdanau et al., 2015)."""
    layer, inputs = call.operation, [graph.value(tensor) for tensor in call.args[0]]
    query, values = inputs[:2]
    keys = inputs[2] if len(inputs) > 2 else values
    mask = (call.kwargs.get("mask") or [None, None])[1]
    if call.kwargs.get("return_attention_scores") or call.kwargs.get("use_causal_mask"):
        raise UserError(f"layer '{layer.name}': expected attention without scores and causal mask.")
    pairs = [graph.unsqueeze(query, 2), graph.unsqueeze(keys, 1)]
    scores = graph.add("Tanh", [graph.add("Add", pairs)])
    if layer.use_scale:
        scores = graph.add("Mul", [scores, graph.value(layer.scale)])
    last = graph.constant([-1], "int64")
    scores = graph.add("ReduceSum", [scores, last], keepdims=0)
    if mask is not None:
        seen = graph.unsqueeze(graph.value(mask, "bool"), 1)
        scores = graph.add("Where", [seen, scores, graph.constant(-1e9, "float32")])
    return graph.add("MatMul", [graph.add("Softmax", [scores], axis=-1), values])
