"""The time loop and the custom gradient in PyTorch, with the interface of `loop_tensorflow`."""

from collections.abc import Callable
from typing import Any

import torch

from keras_gru.layers.scan import Scan
from keras_gru.layers.types import Step, Tensor, Tensors

PRODUCT_AHEAD = True


def scan(
    step: Step, carry: Tensors, steps: Tensors, reverse: bool = False
) -> tuple[Tensors, list[Tensor]]:
    """Run a Python loop.

    An ONNX export contains the steps of the T that it traced. After `unbind` the exported network
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


def differentiable(scan: Scan, rows: int, shards: int | None = None) -> Callable[..., Any]:
    """Return the loop as a `torch.autograd.Function`.

    `torch.func.grad` and `create_graph=True` require a gradient that can be differentiated: then
    the loop runs again, differentiated by PyTorch.
    """

    class Function(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(*tensors: Tensor) -> Any:
            outputs, saved = scan.forward(tensors[:rows], tensors[rows:])
            return (*outputs, *saved)

        @staticmethod
        def setup_context(ctx: Any, inputs: Tensors, output: Tensors) -> None:
            ctx.count, ctx.outputs = len(inputs), len(output) - scan.saved
            saved = output[ctx.outputs :]
            ctx.mark_non_differentiable(*saved)
            ctx.save_for_backward(*inputs, *saved)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
            every = ctx.saved_tensors  # read once: checkpointing recomputes them
            tensors, saved = every[: ctx.count], every[ctx.count :]
            gradients = list(grad_outputs[: ctx.outputs])
            if torch.is_grad_enabled():
                return _differentiable_gradient(scan, rows, tensors, gradients)
            da, d_states, d_weights = scan.backward(
                tensors[:rows], tensors[rows:], saved, gradients
            )
            d_x = scan.input_gradient(da, tensors[rows:]) if ctx.needs_input_grad[0] else None
            return (d_x, *d_states, *([None] * (rows - 1 - len(d_states))), *d_weights)

        @staticmethod
        def jvp(ctx: Any, *tangents: Tensor) -> Any:
            tensors = ctx.saved_tensors[: ctx.count]
            plain, values = _plain_loop(scan, rows, tensors)
            given = [t for t, one in zip(tangents, tensors, strict=True) if one.is_floating_point()]
            given = [
                torch.zeros_like(value) if t is None else t
                for t, value in zip(given, values, strict=True)
            ]
            return (*torch.func.jvp(plain, values, tuple(given))[1], *[None] * scan.saved)

    def function(*tensors: Tensor):
        if torch.onnx.is_in_onnx_export():  # reverses the order of a `Function`'s outputs
            return tuple(Scan.forward(scan, tensors[:rows], tensors[rows:])[0])
        results = Function.apply(*tensors)
        return results[: len(results) - scan.saved]

    return function


def _plain_loop(scan: Scan, rows: int, tensors: Tensors):
    """Return the loop as a function of the tensors that are not flags, and these; no kernel."""
    floating = [i for i, tensor in enumerate(tensors) if tensor.is_floating_point()]

    def outputs_of(*values: Tensor):
        given = list(tensors)
        for i, value in zip(floating, values, strict=True):
            given[i] = value
        return tuple(Scan.forward(scan, given[:rows], given[rows:])[0])

    return outputs_of, tuple(tensors[i] for i in floating)


def _differentiable_gradient(scan: Scan, rows: int, tensors: Tensors, gradients: Tensors):
    """Return the gradients of the plain loop; `None` for flags."""
    plain, values = _plain_loop(scan, rows, tensors)
    pull_back = torch.func.vjp(plain, *values)[1]
    found = iter(pull_back(tuple(gradients)))
    return tuple(next(found) if tensor.is_floating_point() else None for tensor in tensors)
