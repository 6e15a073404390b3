"""RNN layers of cells without an ONNX operator: a Scan whose body is the step of the cell."""

# Shapes: B batch, T time, D features, U units, G columns of the kernel.

import keras
from onnx import helper

from keras_gru.exporting.onnx_graph import OnnxGraph, value_info
from keras_gru.layers import Cell
from keras_gru.layers.zoneout import rates_of
from keras_gru.models.graph import trace_function


def write_scan(graph, layer, x, mask, initial, by_time, with_states):
    """Return a function that writes all outputs, the last one and the states."""
    product, step, weights = _trace(layer.cell, x)
    sizes = [state.shape[-1] for state in step.inputs[1 : len(step.inputs) - len(weights)]]
    rows = graph.run(product, graph.value(x))
    rates = rates_of(getattr(layer, "zoneout", 0.0), layer.cell)
    carry = [_zeros(graph, rows, size) for size in sizes[: len(sizes) - len(initial)]] + initial

    body = OnnxGraph(graph)
    before = [body.name(f"{layer.name}_state") for _ in sizes]
    row, seen = body.name(f"{layer.name}_row"), body.name(f"{layer.name}_seen")
    after = body.run(step, row, *before, *(body.value(weight) for weight in weights))
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        rate = ([0.0] * (len(sizes) - len(rates)) + list(rates))[number]
        if rate:
            previous = body.add("Mul", [old, body.constant(rate, "float32")])
            new = body.add("Mul", [new, body.constant(1 - rate, "float32")])
            new = body.add("Add", [previous, new])
        if mask is not None:
            new = body.add("Where", [body.unsqueeze(seen, 1), new, old])
        after[number] = body.add("Identity", [new])
    shown = body.add("Identity", [after[0]])
    described = [
        value_info(name, "float32", ("batch", size))
        for names in (before, after)
        for name, size in zip(names, sizes, strict=True)
    ]
    inputs = [
        *described[: len(sizes)],
        value_info(row, "float32", ("batch", product.outputs.shape[-1])),
    ]
    scanned = [rows]
    if mask is not None:
        inputs.append(value_info(seen, "bool", ("batch",)))
        scanned.append(mask)
    outputs = [*described[len(sizes) :], value_info(shown, "float32", ("batch", sizes[0]))]
    backwards = int(layer.go_backwards)
    *last, every = graph.add(
        "Scan",
        [*carry, *scanned],
        outputs=len(sizes) + 1,
        wish=layer.name,
        body=helper.make_graph(body.nodes, layer.name, inputs, outputs),
        num_scan_inputs=len(scanned),
        scan_input_axes=[1] * len(scanned),
        scan_input_directions=[backwards] * len(scanned),
        scan_output_axes=[1],
        scan_output_directions=[int(backwards and by_time)],
    )
    if mask is not None and layer.zero_output_for_mask:
        zero = graph.constant(0, "float32")
        every = graph.add("Where", [graph.unsqueeze(mask, 2), every, zero])
    return lambda: every, last[0], last if isinstance(layer.cell, Cell) else last[1:]


def _trace(cell, x):
    """Return the graphs of the input's product with its kernel, and of a step with flat states.

    The output of a cell that is none of ours takes the place of its first state, which no step
    reads: a masked step repeats it.
    """

    def tensor(size):
        return keras.KerasTensor((None, size), "float32")

    states = [tensor(size) for size in keras.tree.flatten(cell.state_size)]
    if not isinstance(cell, Cell):

        def call_cell(x, _, *states):
            states = keras.tree.pack_sequence_as(cell.state_size, list(states))
            output, new = cell.call(x, states, training=False)
            return [output, *keras.tree.flatten(new)]

        output = tensor(getattr(cell, "output_size", None) or states[0].shape[-1])
        product = trace_function(keras.ops.copy, x)
        return product, trace_function(call_cell, tensor(x.shape[-1]), output, *states), []

    def multiply(x):
        y, bias = cell.input_product(x, cell.kernel), cell.input_bias()
        return y if bias is None else keras.ops.add(y, bias)

    product = trace_function(multiply, x)
    weights = cell.step_weights()
    symbols = [keras.KerasTensor(weight.shape, weight.dtype) for weight in weights]
    step = trace_function(
        lambda x, states, weights: cell.step(x, states, weights, [])[0],
        tensor(product.outputs.shape[-1]),
        states,
        symbols,
    )
    return product, step, weights


def _zeros(graph, rows, size):
    shape = graph.add("Concat", [graph.shape(rows, 0), graph.constant([size], "int64")], axis=0)
    return graph.add("Expand", [graph.constant(0, "float32"), shape])
