"""RNN layers as ONNX: a GRU, LSTM or RNN node for each direction, or a Scan over the cell's step.

The operators have an input for lengths, `sequence_lens`, which OpenVINO (2026.4, CPU) ignores and
tract (0.23) does not accept unless it is constant. So it is not used: the operator runs over the
padding, too, and what it finds there is left out after it. That requires padding on the right, as
everywhere in this package: the outputs of other sequences are NaN. A Scan takes any mask.
"""

# Shapes: B batch, T time, D features, U units, G columns of the kernel.

import keras
import numpy as np

from keras_gru.exporting.onnx_graph import LAYERS, OnnxGraph, converts
from keras_gru.exporting.operators import ACTIVATIONS, activations, operator
from keras_gru.exporting.scan import write_scan
from keras_gru.layers.convert import to_onnx

_SATURATED = 1e4  # a pre-activation for which a sigmoid is 1, and -1e4 0


@converts("RNN", registry=LAYERS)
def _rnn(graph, call):
    states = keras.tree.flatten(call.outputs)[1:]
    used = any(map(graph.is_used, states))
    return convert_rnn(graph, call.operation, *_arguments(graph, call), with_states=used)


@converts("Bidirectional", registry=LAYERS)
def _bidirectional(graph, call):
    layer = call.operation
    x, mask, initial = _arguments(graph, call)
    half = len(initial) // 2
    ways = [(layer.forward_layer, initial[:half]), (layer.backward_layer, initial[half:])]
    used = layer.return_state and any(map(graph.is_used, keras.tree.flatten(call.outputs)[1:]))
    found = [convert_rnn(graph, way, x, mask, states, True, used) for way, states in ways]
    found = [names if isinstance(names, list) else [names] for names in found]
    outputs, states = [names[0] for names in found], [n for names in found for n in names[1:]]
    if layer.merge_mode == "concat":
        merged = [graph.add("Concat", outputs, axis=-1)]
    elif layer.merge_mode is None:
        merged = outputs
    else:
        kind = {"sum": "Add", "ave": "Mean", "mul": "Mul"}[layer.merge_mode]
        merged = [graph.add(kind, outputs)]
    return [*merged, *states]


def convert_rnn(
    graph: OnnxGraph,
    layer: keras.layers.RNN,
    x: keras.KerasTensor,
    mask: str | None,
    initial: list[str],
    by_time: bool = False,
    with_states: bool = True,
) -> list[str]:
    """Write an RNN layer and return the names of its output and, if it returns them, its states.

    Args:
        x: `(B, T, D)`.
        mask: the name of `(B, T)`, or `None`.
        initial: the names of the initial states `(B, U)`, or none.
        by_time: whether the outputs of a layer that goes backwards are in the order of its inputs.
        with_states: whether the states that it returns are used.
    """
    write = write_scan if operator(layer) is None else _node
    if mask is not None and with_states and not _holds(layer):
        write = write_scan
    every, last, states = write(graph, layer, x, mask, initial, by_time, with_states)
    return [every() if layer.return_sequences else last, *(states if layer.return_state else [])]


def _holds(layer):
    """Return whether the states after the last step can be had of an operator over the padding."""
    gate = getattr(layer.cell, "recurrent_activation", None)
    saturates = keras.activations.serialize(gate) in ("sigmoid", "hard_sigmoid") if gate else False
    return operator(layer) != "LSTM" or saturates


def _arguments(graph, call):
    """Return x, the name of the mask and those of the initial states."""
    x, *others = call.args
    initial = call.kwargs.get("initial_state")
    mask = call.kwargs.get("mask", None)
    if others:
        initial, mask = others[0], others[1] if len(others) > 1 else mask
    mask = keras.tree.flatten(mask)[0]
    if mask is not None:
        rank, mask = len(mask.shape), graph.value(mask, "bool")
        mask = graph.squeeze(mask, 2) if rank == 3 else mask
    states = [
        graph.value(state, "float32") for state in keras.tree.flatten(initial) if state is not None
    ]
    return x, mask, states


def _node(graph, layer, x, mask, initial, by_time, with_states):
    """Return a function that writes all outputs, the last one and the states."""
    cell, kind = layer.cell, operator(layer)
    assert kind is not None  # other layers are written as a scan
    masked_backwards = mask is not None and layer.go_backwards
    W, R, B = to_onnx(kind, cell.get_weights(), getattr(cell, "reset_after", False))
    rows = graph.value(x, "float32")
    if masked_backwards:  # the steps that are not padding, from the last one to the first
        rows = _reverse_steps(graph, rows, mask)
    if mask is not None and kind == "LSTM" and with_states:
        rows, W = _holding(graph, rows, mask, W)
    rows = graph.add("Transpose", [rows], perm=[1, 0, 2])
    names = [
        graph.constant(array, "float32", f"{layer.name}.{name}") if array is not None else ""
        for name, array in (("W", W), ("R", R), ("B", B))
    ]
    given = [graph.unsqueeze(state, 0) for state in initial]
    known = [ACTIVATIONS[name] for name in activations(cell, kind)]
    attributes = {
        "hidden_size": cell.units,
        "direction": "reverse" if layer.go_backwards and mask is None else "forward",
        "activations": [name for name, _, _ in known],
    }
    # onnxruntime reads these lists in order, for the functions alone that have such values.
    if with_values := [values for name, *values in known if name in ("HardSigmoid", "Affine")]:
        attributes["activation_alpha"] = [alpha for alpha, _ in with_values]
        attributes["activation_beta"] = [beta for _, beta in with_values]
    if kind == "GRU":
        attributes["linear_before_reset"] = int(cell.reset_after)
    inputs = [rows, *names, *(["", *given] if given else [])]
    found = graph.add(
        kind, inputs, outputs=3 if kind == "LSTM" else 2, wish=layer.name, **attributes
    )
    y = graph.add("Transpose", [graph.squeeze(found[0], 1)], perm=[1, 0, 2])
    states = [graph.squeeze(state, 0) for state in found[1:]]
    if mask is not None:
        states[0] = _last(graph, y, mask, initial)
        # Not the inputs: onnxruntime's GRU spreads NaN to other sequences.
        other = _nan_with_other_padding(graph, mask)
        states = [graph.add("Add", [state, other]) for state in states]
        y = graph.add("Add", [y, graph.unsqueeze(other, 2)])

    def every():
        if mask is None:
            return y if by_time or not layer.go_backwards else _flip(graph, y)
        seen = graph.unsqueeze(mask, 2)
        if layer.go_backwards:  # before the first step that is not padding, the output is zero
            back = _reverse_steps(graph, y, mask)
            back = graph.add("Where", [seen, back, graph.constant(0, "float32")])
            return back if by_time else _flip(graph, back)
        is_zero = layer.zero_output_for_mask
        after = graph.constant(0, "float32") if is_zero else graph.unsqueeze(states[0], 1)
        return graph.add("Where", [seen, y, after])

    return every, states[0], states


def _nan_with_other_padding(graph, mask):
    """Return `(B, 1)`, NaN for sequences whose padding is not on the right, else 0."""
    one, two, axis = (graph.constant(number, "int64") for number in (1, 2, [1]))
    steps = graph.squeeze(graph.shape(mask, 1), 0)
    numbers = graph.add("Range", [one, graph.add("Add", [steps, one]), one])
    seen = graph.add("Where", [mask, numbers, graph.constant(0, "int64")])
    total = graph.add("Mul", [graph.add("ReduceSum", [seen, axis], keepdims=1), two])
    # Of all sets of L numbers, only the first ones have the sum L (L + 1) / 2.
    length = graph.unsqueeze(graph.cast(_lengths(graph, mask), "int64"), 1)
    least = graph.add("Mul", [length, graph.add("Add", [length, one])])
    zero, nan = (graph.constant(number, "float32") for number in (0, np.nan))
    return graph.add("Where", [graph.add("Equal", [total, least]), zero, nan])


def _reverse_steps(graph, rows, mask):
    """Return the steps that are not padding in the opposite order, and the padding after them."""
    lengths = graph.cast(_lengths(graph, mask), "int64")
    return graph.add("ReverseSequence", [rows, lengths], batch_axis=0, time_axis=1)


def _last(graph, y, mask, initial):
    """Return the output after the last step that is not padding, `(B, U)`."""
    lengths = _lengths(graph, mask)
    index = graph.add("Sub", [graph.cast(lengths, "int64"), graph.constant(1, "int64")])
    some = graph.unsqueeze(graph.add("Greater", [lengths, graph.constant(0, "int32")]), 1)
    index = graph.add("Max", [graph.unsqueeze(index, 1), graph.constant(0, "int64")])
    last = graph.add("GatherND", [y, index], batch_dims=1)
    return graph.add("Where", [some, last, initial[0] if initial else graph.constant(0, "float32")])


def _holding(graph, rows, mask, W):
    """Return rows and weights with which an LSTM keeps c unchanged in the padding.

    One more input is 1 there, and its weights make the forget gate 1 and the input gate 0. (What
    the layer returns of h there is not used.)
    """
    numbers = graph.cast(mask, "float32")
    padding = graph.unsqueeze(graph.add("Sub", [graph.constant(1, "float32"), numbers]), 2)
    gates = np.repeat([-_SATURATED, 0, _SATURATED, 0], W.shape[1] // 4)  # i o f c
    return (
        graph.add("Concat", [rows, padding], axis=2),
        np.concatenate([W, gates[None, :, None]], axis=2),
    )


def _lengths(graph, mask):
    """Return the name of the number of steps that are not padding, `(B,)`."""
    numbers = graph.cast(mask, "int32")
    return graph.add("ReduceSum", [numbers, graph.constant([1], "int64")], keepdims=0)


def _flip(graph, x):
    ends = [graph.constant([number], "int64") for number in (-1, -(2**31), 1, -1)]
    return graph.add("Slice", [x, *ends])
