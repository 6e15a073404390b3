"""The time loop and the custom gradient in JAX, with the interface of `loop_tensorflow`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
from jax import numpy as jnp
from jax.interpreters import ad

from keras_gru.layers.types import Residuals, Step, Tensor, Tensors

if TYPE_CHECKING:
    from keras_gru.layers.scan import Scan

PRODUCT_AHEAD = True


def scan(
    step: Step, carry: Tensors, steps: Tensors, reverse: bool = False
) -> tuple[Tensors, list[Tensor]]:
    """Run `jax.lax.scan` over a list of tensors.

    They are read one step ahead: XLA would fuse the reading into the arithmetic of the step.
    """
    length = steps[0].shape[0]  # symbolic in an export
    order = jnp.arange(length)
    following = jnp.maximum(order - 1, 0) if reverse else jnp.minimum(order + 1, length - 1)

    def ahead_and_step(state: Any, following: Tensor):
        now, carry = state
        ahead = [tensor[following] for tensor in steps]
        carry, outputs = step(carry, now)
        return (ahead, carry), outputs

    first = [tensor[-1 if reverse else 0] for tensor in steps]
    (_, carry), outputs = jax.lax.scan(ahead_and_step, (first, carry), following, reverse=reverse)
    return carry, outputs


def differentiable(scan: "Scan", rows: int, shards: int | None = None) -> Callable[..., Any]:
    """Return the loop with a `jax.custom_vjp`; under `jax.jvp`, which lacks it, the plain loop.

    Where a `jax.jit` stands between `jax.jvp` and the layer, JAX raises a TypeError.
    """

    def plain(*tensors: Tensor):
        return scan.forward(tensors[:rows], tensors[rows:])[0]

    function = jax.custom_vjp(plain)

    def forward(*tensors: Tensor):
        outputs, saved = scan.forward(tensors[:rows], tensors[rows:])
        return outputs, (tensors, saved)

    def backward(residuals: Residuals, d_outputs: Tensors):
        tensors, saved = residuals
        weights = tensors[rows:]
        da, d_states, d_weights = scan.backward(tensors[:rows], weights, saved, d_outputs)
        none = [None] * (rows - 1 - len(d_states))
        return (scan.input_gradient(da, weights), *d_states, *none, *d_weights)

    function.defvjp(forward, backward)

    def chosen(*tensors: Tensor):
        forward_mode = any(isinstance(tensor, ad.JVPTracer) for tensor in tensors)
        return (plain if forward_mode else function)(*tensors)

    return chosen
