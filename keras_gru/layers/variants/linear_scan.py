"""All states of h_t = k_t ⊗ h_(t−1) + a_t at once."""

# Shapes: B batch, T time, U units.

from keras import ops


def linear_scan(keep, add, h):
    """All states of a recurrence that is linear in its state.

    Two neighbouring steps are one step of the same form, so half of the states come of a walk that
    is half as long, and the others follow from them: 2 log T operations, on about 2 T steps in all
    (Blelloch 1990, https://www.cs.cmu.edu/~guyb/papers/Ble93.pdf). `keras.ops.associative_scan` in
    Keras 3.15 finds the products of k as well, takes several times as long to trace on TensorFlow,
    and on PyTorch puts its results together in float32 tensors on the CPU.

    Args:
        keep: k, `(B, T, U)`, with T known.
        add: a, `(B, T, U)`.
        h: the state before the first step, `(B, U)`.

    Returns:
        The states after each step, `(B, T, U)`.
    """
    length = keep.shape[1]
    if length == 1:
        return keep * h[:, None] + add
    even = length - length % 2
    first_keep, second_keep = keep[:, 0:even:2], keep[:, 1:even:2]
    first_add, second_add = add[:, 0:even:2], add[:, 1:even:2]

    after_second = linear_scan(second_keep * first_keep, second_keep * first_add + second_add, h)
    before_first = ops.concatenate([h[:, None], after_second[:, :-1]], axis=1)
    after_first = first_keep * before_first + first_add
    pairs = ops.stack([after_first, after_second], axis=2)
    states = ops.reshape(pairs, (-1, even, keep.shape[2]))
    if even == length:
        return states
    last = keep[:, -1:] * states[:, -1:] + add[:, -1:]
    return ops.concatenate([states, last], axis=1)
