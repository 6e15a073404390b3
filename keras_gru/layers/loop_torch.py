"""A loop over time and a gradient of one's own, in PyTorch. The contract is `loop_tensorflow`'s."""

import torch

SUMS_AHEAD = True


def scan(step, carry, steps, reverse=False):
    """A loop of Python: PyTorch has no other.

    An ONNX export writes out the steps of the T that it traced. After `unbind` the exported network
    fails for every other T; after `tensor[t]` it would return wrong numbers.
    """
    collected = []
    each = list(zip(*(tensor.unbind(0) for tensor in steps), strict=True))
    for now in reversed(each) if reverse else each:
        carry, outputs = step(carry, now)
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

    def function(*tensors):
        if torch.onnx.is_in_onnx_export():  # reverses the order of a `Function`'s outputs
            return tuple(forward(tensors[:rows], tensors[rows:])[0])
        return Function.apply(*tensors)

    return function
