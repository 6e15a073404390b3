"""A loop over time and a gradient of one's own, in JAX. The contract is `loop_tensorflow`'s."""

import jax
from jax import numpy as jnp

SUMS_AHEAD = True


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


def differentiable(forward, backward, gradient_by_input, rows, parts=None):
    """`jax.custom_vjp`: twice `jax.grad` is fine, forward mode (`jax.jvp`) there is none."""

    @jax.custom_vjp
    def function(*tensors):
        return forward(tensors[:rows], tensors[rows:])[0]

    def walk(*tensors):
        outputs, kept = forward(tensors[:rows], tensors[rows:])
        return outputs, (tensors, kept)

    def walk_back(everything_kept, gradients):
        tensors, kept = everything_kept
        weights = tensors[rows:]
        da, d_states, d_weights = backward(tensors[:rows], weights, kept, gradients)
        none = [None] * (rows - 1 - len(d_states))
        return (gradient_by_input(da, weights[0]), *d_states, *none, *d_weights)

    function.defvjp(walk, walk_back)
    return function
