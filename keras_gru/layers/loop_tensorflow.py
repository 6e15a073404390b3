"""A loop over time and a gradient of one's own, in TensorFlow."""

# Shapes: T time.

import tensorflow as tf

from keras_gru.layers.scan import unrolled

# A batch known to be small is split into fewer shards: each has at least so many rows.
FEWEST_ROWS = 16


# A tall product ahead of the loop was not faster here: what it writes to memory is read again.
# XLA would put that reading into the arithmetic of the step, which then takes up to twice the time.
PRODUCT_AHEAD = False


def scan(step, carry, steps, reverse=False):
    """Loop over the first axis and stack what each step returns.

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
    # Never run: XLA must know the shapes of what is to be stacked, and the graph drops the step.
    _, example = step(carry, [tensor[0] for tensor in steps])
    stacks = [
        tf.TensorArray(output.dtype, length, element_shape=output.shape) for output in example
    ]

    def body(i, carry, stacks):
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


def differentiable(scan, rows, shards=None):
    """Return a function whose gradient is written by hand, or compiled as the function is.

    Args:
        scan: a `keras_gru.layers.scan.Scan`.
        rows: how many of the tensors are rows: those, and the outputs, have the batch first.
        shards: into how many shards the rows are split, each compiled by itself and run side by
            side; `None`: one loop, not compiled. A loop is a chain of products that are too small
            to be split among cores; two halves of a batch are not.

    Returns:
        A function `(*rows, *weights) -> outputs`.
    """
    forward, backward = scan.forward, scan.backward
    if not scan.has_gradient:
        return _sharded(_compiled_with_gradient(forward), rows, shards)
    if shards is not None:
        forward, backward = _compiled(forward), _compiled(backward)

    @tf.custom_gradient
    def function(*tensors):
        weights = tensors[rows:]
        sizes = _sizes(tensors[0], shards or 1)
        split = _split(tensors[:rows], sizes)
        done = [forward(shard, weights) for shard in split]
        outputs = _joined([outputs for outputs, _ in done])

        def gradient(*d_outputs):
            found = [
                backward(shard, weights, saved, d_shard)
                for shard, (_, saved), d_shard in zip(
                    split, done, _split(d_outputs, sizes), strict=True
                )
            ]
            # The derivative by x stays outside what is compiled, so that the graph drops it where
            # nobody asks for it.
            d_rows = _joined(
                [[scan.input_gradient(da, weights), *d_states] for da, d_states, _ in found]
            )
            each = zip(*(d_weights for _, _, d_weights in found), strict=True)
            none = [None] * (rows - len(d_rows))
            return [*d_rows, *none, *(tf.add_n(of_shards) for of_shards in each)]

        return outputs, gradient

    return function if shards is None else _in_own_graph(function)


def _sharded(forward, rows, shards):
    def function(*tensors):
        weights = tensors[rows:]
        split = _split(tensors[:rows], _sizes(tensors[0], shards))
        return _joined([forward(shard, weights) for shard in split])

    return _in_own_graph(function)


def _in_own_graph(function):
    """Return a function whose custom gradients no caller can drop.

    `tf.vectorized_map` and `batch_jacobian` drop them. In a graph of its own the call is
    differentiated as any other function is: no tape watches what is inside.
    """
    in_own_graph = tf.function(function, autograph=False)

    def guarded(*tensors):
        # They are used by nothing, and fail as soon as they are made where a `ForwardAccumulator`
        # watches: in a graph it takes the derivative of a call of a function for zero.
        for tensor in tensors:
            if tensor.dtype.is_floating:
                tf.raw_ops.PreventGradient(input=tensor, message=_FORWARD_MODE)
        return in_own_graph(*tensors)

    return guarded


_FORWARD_MODE = (
    "forward-mode differentiation in a graph of a layer that compiles itself: make the layer with "
    "`unroll=True`, or run eagerly."
)


def _compiled_with_gradient(forward):
    """Return a forward loop that XLA compiles, with a gradient that it compiles, too.

    What a compiled loop saves for its gradient cannot pass to another compiled function: the
    gradient runs the loop again.
    """
    run = tf.function(lambda *given: forward(*given)[0], jit_compile=True, autograph=False)

    def backward(rows, weights, d_outputs):
        flat = [*rows, *weights]
        gradients = tf.gradients(forward(rows, weights)[0], flat, d_outputs)
        pairs = zip(flat, gradients, strict=True)
        return [tf.zeros_like(tensor) if d is None else d for tensor, d in pairs]

    run_backward = _compiled(backward)

    def with_gradient(rows, weights):
        @tf.custom_gradient
        def of_flat(*flat):
            rows_, weights_ = list(flat[: len(rows)]), list(flat[len(rows) :])
            outputs = run(rows_, weights_)
            return outputs, lambda *d: run_backward(rows_, weights_, list(d))

        return of_flat(*(tf.identity(tensor) for tensor in (*rows, *weights)))

    return with_gradient


def _compiled(function):
    """A function of nested tensors, compiled by XLA; its gradient is the function's as it stands.

    The gradient of a compiled loop would be another compiled function, and what a loop stacks up
    for its gradient cannot pass from one to the other.
    """
    run = tf.function(function, jit_compile=True, autograph=False)

    def with_gradient(*arguments):
        @tf.custom_gradient
        def of_flat(*flat):
            results = run(*tf.nest.pack_sequence_as(arguments, flat))

            def gradient(*d_results):
                inside = [tf.identity(tensor) for tensor in flat]
                again = function(*tf.nest.pack_sequence_as(arguments, inside))
                # No tape: it records nothing where an outer `ForwardAccumulator` does.
                return tf.gradients(tf.nest.flatten(again), inside, list(d_results))

            return results, gradient

        return of_flat(*(tf.identity(tensor) for tensor in tf.nest.flatten(arguments)))

    return with_gradient


def _sizes(rows, shards):
    """Return the number of rows of each shard, as equal as can be."""
    size = rows.shape[0]
    if size is None:
        size = tf.shape(rows)[0]
    else:
        shards = min(shards, max(1, size // FEWEST_ROWS))
    return [(size + i) // shards for i in range(shards)]


def _split(tensors, sizes):
    """Return the rows of some tensors by shard."""
    if len(sizes) == 1:
        return [list(tensors)]
    return [list(shard) for shard in zip(*(tf.split(t, sizes) for t in tensors), strict=True)]


def _joined(shards):
    """Return the lists of all shards as one."""
    return [
        tensors[0] if len(tensors) == 1 else tf.concat(tensors, 0)
        for tensors in zip(*shards, strict=True)
    ]
