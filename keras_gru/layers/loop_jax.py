"""A loop over time and a gradient of one's own, in JAX. The contract is `loop_tensorflow`'s."""

import jax
from jax import numpy as jnp
from jax.interpreters import ad

PRODUCT_AHEAD = True


def scan(step, carry, steps, reverse=False):
    """`jax.lax.scan` over a list of tensors, read one step ahead for the same reason."""
    length = len(steps[0])
    order = jnp.arange(length)
    following = jnp.maximum(order - 1, 0) if reverse else jnp.minimum(order + 1, length - 1)

    def ahead_and_step(state, following):
        now, carry = state
        ahead = [tensor[following] for tensor in steps]
        carry, outputs = step(carry, now)
        return (ahead, carry), outputs

    first = [tensor[length - 1 if reverse else 0] for tensor in steps]
    (_, carry), outputs = jax.lax.scan(ahead_and_step, (first, carry), following, reverse=reverse)
    return carry, outputs


def differentiable(scan, rows, shards=None):
    """`jax.custom_vjp`, which `jax.jvp` does not take: that gets the loop as it is.

    Where a `jax.jit` stands between `jax.jvp` and the layer, JAX raises a TypeError.
    """

    def plain(*tensors):
        return scan.forward(tensors[:rows], tensors[rows:])[0]

    function = jax.custom_vjp(plain)

    def forward(*tensors):
        outputs, saved = scan.forward(tensors[:rows], tensors[rows:])
        return outputs, (tensors, saved)

    def backward(residuals, d_outputs):
        tensors, saved = residuals
        weights = tensors[rows:]
        da, d_states, d_weights = scan.backward(tensors[:rows], weights, saved, d_outputs)
        none = [None] * (rows - 1 - len(d_states))
        return (scan.input_gradient(da, weights), *d_states, *none, *d_weights)

    function.defvjp(forward, backward)

    def chosen(*tensors):
        forward_mode = any(isinstance(tensor, ad.JVPTracer) for tensor in tensors)
        return (plain if forward_mode else function)(*tensors)

    return chosen
