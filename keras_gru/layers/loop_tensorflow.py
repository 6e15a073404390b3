"""The time loop and the custom gradient in TensorFlow."""

# Shapes: T time.

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from keras_gru.layers.loop_unrolled import scan as unrolled
from keras_gru.layers.types import Step, Tensor, Tensors

if TYPE_CHECKING:
    from keras_gru.layers.scan import Scan

# The minimum number of rows of a shard, if the size of the batch is known.
FEWEST_ROWS = 16


# A single product before the loop was not faster: XLA fuses the reading of its result into the
# arithmetic of the step, which then takes up to twice the time.
PRODUCT_AHEAD = False


def scan(
    step: Step, carry: Tensors, steps: Tensors, reverse: bool = False
) -> tuple[Tensors, list[Tensor]]:
    """Loop over the first axis and stack the outputs of the steps.

    Args:
        step: `(carry, tensors of one step) -> (carry, outputs)`, all of them lists.
        carry: a list of tensors.
        steps: a list of tensors `(T, ...)`. They are read in place, not copied step by step.
        reverse: whether to go from T - 1 to 0. The outputs are in the order of the input.

    Returns:
        `(carry, outputs)`, the last carry and a list of tensors `(T, ...)`.
    """
    if tf.executing_eagerly():
        return unrolled(step, carry, steps, reverse)
    length = steps[0].shape[0]
    if length is None:
        length = tf.shape(steps[0])[0]
    # Never run: XLA must know the shapes of the stacked tensors, and the graph drops the step.
    _, example = step(carry, [tensor[0] for tensor in steps])
    stacks = [
        tf.TensorArray(output.dtype, length, element_shape=output.shape) for output in example
    ]

    def body(i: Tensor, carry: Tensors, stacks: Tensors):
        t = length - 1 - i if reverse else i
        carry, outputs = step(carry, [tensor[t] for tensor in steps])
        stacks = [s.write(t, output) for s, output in zip(stacks, outputs, strict=True)]
        return i + 1, carry, stacks

    _, carry, stacks = tf.while_loop(
        lambda i, *_: i < length,
        body,
        (tf.constant(0), carry, stacks),
        maximum_iterations=length,  # without which XLA has no gradient of the gradient
    )
    return carry, [stack.stack() for stack in stacks]


def differentiable(scan: "Scan", rows: int, shards: int | None = None) -> Callable[..., Any]:
    """Return a function with the gradient of a `Scan`, compiled or not.

    Args:
        scan: a `keras_gru.layers.scan.Scan`.
        rows: how many of the tensors are rows: those, and the outputs, have the batch first.
        shards: number of shards of the rows, compiled separately and run in parallel; `None`: one
            loop, not compiled. A loop is a chain of products that are too small to be split among
            cores; two halves of a batch are not.

    Returns:
        A function `(*rows, *weights) -> outputs`.
    """
    forward: Callable[..., Any] = scan.forward
    backward: Callable[..., Any] = scan.backward
    if shards is not None:
        forward, backward = _compile(forward), _compile(backward)

    @tf.custom_gradient
    def function(*tensors: Tensor):
        weights = tensors[rows:]
        count = _shard_count(tensors[0], shards or 1)
        split = _split(tensors[:rows], count)
        done = [forward(shard, weights) for shard in split]
        outputs = _join_shards([outputs for outputs, _ in done])

        def gradient(*d_outputs: Tensor):
            # Not from the forward pass' sizes: in a loop they are not constants for XLA.
            d_split = _split(d_outputs, count)
            found = [
                backward(shard, weights, saved, d_shard)
                for shard, (_, saved), d_shard in zip(split, done, d_split, strict=True)
            ]
            # The derivative of x is not compiled with the rest, so that the graph can drop it if it
            # is not used.
            d_rows = _join_shards(
                [[scan.input_gradient(da, weights), *d_states] for da, d_states, _ in found]
            )
            each = zip(*(d_weights for _, _, d_weights in found), strict=True)
            none = [None] * (rows - len(d_rows))
            return [*d_rows, *none, *(tf.add_n(of_shards) for of_shards in each)]

        return outputs, gradient

    return function if shards is None else _in_own_graph(function)


def _in_own_graph(function: Callable[..., Any]):
    """Return a function whose custom gradients no caller can drop.

    `tf.vectorized_map` and `batch_jacobian` drop them. In a graph of its own the call is
    differentiated like any other function: no tape watches its operations.
    """
    in_own_graph = tf.function(function, autograph=False)

    def guarded(*tensors: Tensor):
        # These ops have no consumers. They raise under a `ForwardAccumulator`, which in a graph
        # would return zero for the derivative of a call of a function.
        for tensor in tensors:
            if tensor.dtype.is_floating:
                tf.raw_ops.PreventGradient(input=tensor, message=_FORWARD_MODE)
        return in_own_graph(*tensors)

    return guarded


_FORWARD_MODE = (
    "forward-mode differentiation in a graph of a layer that compiles itself: make the layer with "
    "`unroll=True`, or run eagerly."
)


def _compile(function: Callable[..., Any]):
    """Return a function of nested tensors, compiled by XLA.

    Stacked tensors of a compiled loop cannot be passed to another compiled function. So the
    gradient runs the function again, not compiled.
    """
    run = tf.function(function, jit_compile=True, autograph=False)

    def with_gradient(*arguments: Any):
        def of_nested(*flat: Tensor):
            return tf.nest.flatten(function(*tf.nest.pack_sequence_as(list(arguments), flat)))

        @tf.custom_gradient
        def of_flat(*flat: Tensor):
            def gradient(*d_results: Tensor):
                found = zip(flat, step_gradient(of_nested, flat, d_results), strict=True)
                return [tf.zeros_like(tensor) if d is None else d for tensor, d in found]

            return run(*tf.nest.pack_sequence_as(list(arguments), flat)), gradient

        return of_flat(*(tf.identity(tensor) for tensor in tf.nest.flatten(arguments)))

    return with_gradient


def step_gradient(
    function: Callable[..., Any], arguments: Tensors, d_results: Tensors
) -> list[Tensor | None]:
    """Return the derivatives of a function, in a graph.

    Args:
        function: a function of tensors that returns a list of tensors.
        arguments: tensors.
        d_results: the derivatives of the results.

    Returns:
        A list of the derivatives of the arguments, `None` if no result depends on one.
    """
    inside = [tf.identity(tensor) for tensor in arguments]
    # No tape: it records nothing if an outer `ForwardAccumulator` does.
    return tf.gradients(function(*inside), inside, list(d_results))


def _shard_count(rows: Tensor, shards: int) -> int:
    """Return the number of shards, fewer for a small batch."""
    size = rows.shape[0]
    return shards if size is None else min(shards, max(1, size // FEWEST_ROWS))


def _split(tensors: Tensors, count: int) -> list[list[Tensor]]:
    """Split the rows of tensors into shards of nearly equal sizes."""
    if count == 1:
        return [list(tensors)]
    size = tensors[0].shape[0]
    if size is None:
        size = tf.shape(tensors[0])[0]
    sizes = [(size + i) // count for i in range(count)]
    return [list(shard) for shard in zip(*(tf.split(t, sizes) for t in tensors), strict=True)]


def _join_shards(shards: Sequence[Tensors]) -> list[Tensor]:
    """Concatenate the lists of all shards."""
    return [
        tensors[0] if len(tensors) == 1 else tf.concat(tensors, 0)
        for tensors in zip(*shards, strict=True)
    ]
