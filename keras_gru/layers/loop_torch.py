"""A loop over time and a gradient of one's own, in PyTorch. The contract is `loop_tensorflow`'s."""

import torch

SUMS_AHEAD = True


def scan(step, carry, steps, reverse=False):
    """A loop of Python: PyTorch has no other."""
    collected = []
    for t in reversed(range(len(steps[0]))) if reverse else range(len(steps[0])):
        carry, outputs = step(carry, [tensor[t] for tensor in steps])
        collected.append(outputs)
    if reverse:
        collected.reverse()
    return carry, [torch.stack(outputs) for outputs in zip(*collected, strict=True)]


def differentiable(forward, backward, gradient_by_input, rows, parts=None):
    """A `torch.autograd.Function`, which is differentiated once and not twice."""

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *tensors):
            outputs, kept = forward(tensors[:rows], tensors[rows:])
            ctx.count = len(tensors)
            ctx.save_for_backward(*tensors, *kept)
            return tuple(outputs)

        @staticmethod
        def backward(ctx, *gradients):
            # What was kept is not part of a graph: a second derivative would be wrong in silence.
            if torch.is_grad_enabled():
                raise RuntimeError(
                    "On PyTorch this layer has a first derivative only, and `create_graph=True` "
                    "was received: make the layer with `unroll=True` for a second one."
                )
            saved, count = list(ctx.saved_tensors), ctx.count
            weights = saved[rows:count]
            da, d_states, d_weights = backward(
                saved[:rows], weights, saved[count:], list(gradients)
            )
            d_x = gradient_by_input(da, weights[0]) if ctx.needs_input_grad[0] else None
            return (d_x, *d_states, *([None] * (rows - 1 - len(d_states))), *d_weights)

    return Function.apply
