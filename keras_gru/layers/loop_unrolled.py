"""The time loop in Python, on every backend."""

from keras import ops

from keras_gru.layers.types import Step, Tensor, Tensors


def scan(
    step: Step, carry: Tensors, steps: Tensors, reverse: bool = False
) -> tuple[Tensors, list[Tensor]]:
    """Loop like the `scan` of the backend."""
    order = range(steps[0].shape[0])
    collected = []
    for t in reversed(order) if reverse else order:
        carry, outputs = step(carry, [tensor[t] for tensor in steps])
        collected.append(outputs)
    if reverse:
        collected.reverse()
    return carry, [ops.stack(outputs) for outputs in zip(*collected, strict=True)]
