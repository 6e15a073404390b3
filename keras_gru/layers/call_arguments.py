"""The mask and the initial states of a call, in the shapes that every time loop expects."""

# Shapes: B batch, T time.

import keras
from keras import ops


def standardize_mask(mask, sequences):
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
    mask = keras.tree.flatten(mask)[0]
    steps, shape = tuple(sequences.shape[:2]), tuple(mask.shape)
    if not (_fits(shape, steps) or _fits(shape, (*steps, 1))):
        raise ValueError(
            f"`mask`: expected the shape {steps} or {(*steps, 1)} for sequences of shape "
            f"{tuple(sequences.shape)}, got {shape}."
        )
    mask = ops.cast(mask, "bool")
    return ops.squeeze(mask, axis=-1) if len(shape) == 3 else mask


def seen_so_far(mask):
    """Return `(B, T)`: whether this step, or one before it, is not masked."""
    first = ops.argmax(mask, axis=1)[:, None]
    return (ops.arange(ops.shape(mask)[1])[None] >= first) & ops.any(mask, axis=1, keepdims=True)


def standardize_states(states, expected):
    """Return initial states with the batch for their first axis.

    Args:
        states: a list of states, each as in `expected` or with 1 for B, a state for all rows.
        expected: what the cell starts from by itself, a list of tensors `(B, ...)`.

    Returns:
        The states in the structure of `expected`.

    Raises:
        ValueError: the number of states or the shape of one is another.
    """
    flat, like = keras.tree.flatten(states), keras.tree.flatten(expected)
    if len(flat) != len(like):
        raise ValueError(
            f"`initial_state`: expected {len(like)} states, one for each of the cell's, "
            f"got {len(flat)}."
        )
    for state, one in zip(flat, like, strict=True):
        shape, wanted = tuple(state.shape), tuple(one.shape)
        if not (_fits(shape, wanted) or _fits(shape, (1, *wanted[1:]))):
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


def _fits(shape, expected):
    """Whether shapes are equal where both are known."""
    return len(shape) == len(expected) and all(
        size == other or not (isinstance(size, int) and isinstance(other, int))
        for size, other in zip(shape, expected, strict=True)
    )
