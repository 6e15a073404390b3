"""A loop over time and a gradient of one's own, in TensorFlow."""

# Shapes: T time.

import tensorflow as tf


def scan(step, carry, steps, reverse=False):
    """Walks over the first axis and stacks what each step puts out.

    Args:
        step: `(carry, tensors of one step) -> (carry, outputs)`, all of them lists.
        carry: a list of tensors.
        steps: a list of tensors `(T, ...)`. They are read in place, not copied step by step.
        reverse: whether to walk from T - 1 to 0. The outputs are in the order of the input.

    Returns:
        `(carry, outputs)`, the last carry and a list of tensors `(T, ...)`.
    """
    if tf.executing_eagerly():
        return _loop_of_python(step, carry, steps, reverse)
    length = steps[0].shape[0] or tf.shape(steps[0])[0]
    # Never run: XLA must know the shapes of what is to be stacked, and the graph drops the step.
    _, example = step(carry, [tensor[0] for tensor in steps])
    stacks = [
        tf.TensorArray(output.dtype, length, element_shape=output.shape) for output in example
    ]

    def read(i):
        i = tf.minimum(i, length - 1)  # what the last step reads ahead is not used
        return [tensor[length - 1 - i if reverse else i] for tensor in steps]

    def body(i, now, carry, stacks):
        # Read one step ahead: XLA would put the reading into the arithmetic, which then takes
        # twice the time, being neither vectorised nor split among the cores.
        ahead = read(i + 1)
        carry, outputs = step(carry, now)
        t = length - 1 - i if reverse else i
        stacks = [s.write(t, output) for s, output in zip(stacks, outputs, strict=True)]
        return i + 1, ahead, carry, stacks

    _, _, carry, stacks = tf.while_loop(
        lambda i, *_: i < length,
        body,
        (tf.constant(0), read(0), carry, stacks),
        maximum_iterations=length,  # without which XLA has no gradient of the gradient
    )
    return carry, [stack.stack() for stack in stacks]


def _loop_of_python(step, carry, steps, reverse):
    length = steps[0].shape[0]
    collected = []
    for t in reversed(range(length)) if reverse else range(length):
        carry, outputs = step(carry, [tensor[t] for tensor in steps])
        collected.append(outputs)
    if reverse:
        collected.reverse()
    return carry, [tf.stack(outputs) for outputs in zip(*collected, strict=True)]


def differentiable(forward, backward):
    """A function whose gradient is written by hand.

    Args:
        forward: `(*tensors) -> (outputs, kept)`, two lists of tensors.
        backward: `(kept, gradients of the outputs) -> gradients of the tensors`, `None` for those
            that have none.

    Returns:
        A function `(*tensors) -> outputs`.
    """

    @tf.custom_gradient
    def function(*tensors):
        outputs, kept = forward(*tensors)
        return outputs, lambda *gradients: backward(kept, gradients)

    return function
