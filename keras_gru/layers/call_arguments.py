"""The mask and the initial states of a call, in the shapes that every time loop expects."""

# Shapes: B batch, T time.

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_gru.layers.types import Mask, Shape, Tensor


def standardize_mask(mask: Mask, sequences: Tensor) -> Tensor | None:
    """Return a mask as booleans `(B, T)`.

    Args:
        mask: `(B, T)`, `(B, T, 1)` or `None`; or a list that holds one.
        sequences: `(B, T, D)`.

    Returns:
        `(B, T)`, or `None`.

    Raises:
        ValueError: the mask has another shape, which would broadcast by accident or not at all.
    """
    if mask is None:
        return None
    flags = keras.tree.flatten(mask)[0]
    steps, shape = tuple(sequences.shape[:2]), tuple(flags.shape)
    if not (shapes_fit(shape, steps) or shapes_fit(shape, (*steps, 1))):
        raise ValueError(
            f"`mask`: expected the shape {steps} or {(*steps, 1)} for sequences of shape "
            f"{tuple(sequences.shape)}, got {shape}."
        )
    flags = ops.cast(flags, "bool")
    flags = ops.squeeze(flags, axis=-1) if len(shape) == 3 else flags
    if None not in (shape[1], steps[1]) and shape[1] != steps[1]:
        # In an export from JAX the two lengths are different symbols.
        flags = ops.take(flags, ops.arange(steps[1]), axis=1)
    return flags


def seen_so_far(mask: Mask) -> Tensor:
    """Return `(B, T)`: whether this step, or one before it, is not masked."""
    first = ops.argmax(mask, axis=1)[:, None]
    return (ops.arange(ops.shape(mask)[1])[None] >= first) & ops.any(mask, axis=1, keepdims=True)


def standardize_states(states: Any, expected: Any) -> Any:
    """Return initial states with the batch as their first axis.

    Args:
        states: a list of states, each as in `expected` or with 1 for B, a state for all rows.
        expected: the default initial states of the cell, a list of tensors `(B, ...)`.

    Returns:
        The states in the structure of `expected`.

    Raises:
        ValueError: the number or the shape of the states differs.
    """
    flat, like = keras.tree.flatten(states), keras.tree.flatten(expected)
    if len(flat) != len(like):
        raise ValueError(
            f"`initial_state`: expected {len(like)} states, one for each of the cell's, "
            f"got {len(flat)}."
        )
    for state, one in zip(flat, like, strict=True):
        shape, wanted = tuple(state.shape), tuple(one.shape)
        if not (shapes_fit(shape, wanted) or shapes_fit(shape, (1, *wanted[1:]))):
            raise ValueError(
                f"`initial_state`: expected the shape {wanted} or {(1, *wanted[1:])}, got {shape}."
            )
    return keras.tree.pack_sequence_as(
        expected,
        [
            ops.broadcast_to(state, ops.shape(one)) if state.shape[0] == 1 else state
            for state, one in zip(flat, like, strict=True)
        ],
    )


def without_steps(layer: Any, sequences: Tensor, states: Any) -> Any:
    """Return the results of a layer for T = 0: no outputs, or zeros, and the states."""
    batch = ops.shape(sequences)[0]
    if states is None:
        states = layer.states if layer.stateful else layer.get_initial_state(batch)
    size = getattr(layer.cell, "output_size", keras.tree.flatten(layer.cell.state_size)[0])
    shape = (batch, 0, size) if layer.return_sequences else (batch, size)
    output = ops.zeros(shape, dtype=layer.compute_dtype)
    return (output, *states) if layer.return_state else output


def shapes_fit(found: Shape, expected: Shape, unknown: Sequence[int] = ()) -> bool:
    """Return whether two shapes are equal where both are known.

    Args:
        found, expected: the shapes; sizes that are not integers are unknown.
        unknown: sizes of `found` that fit any other.
    """
    return len(found) == len(expected) and all(
        one == other or one in unknown or not (isinstance(one, int) and isinstance(other, int))
        for one, other in zip(found, expected, strict=True)
    )
