"""Weights to and from PyTorch: the only room that knows another framework's order of gates.

`keras.layers.GRU(reset_after=False)`, `keras.layers.LSTM` and `keras.layers.SimpleRNN` need none of
it: their `get_weights` is ours.
"""

# Shapes: D features, U units.

import numpy as np

# What PyTorch's rows hold, one block of U rows per equation, in the order of our columns.
_BLOCKS = {
    "gru_reset_after": (1, 0, 2),  # r | z | n there, z | r | g here
    "lstm": (0, 1, 2, 3),  # i | f | g | o there, i | f | c | o here: the same
    "simple_rnn": (0,),
}


def from_torch(cell, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    """The weights of one layer and direction of `torch.nn.GRU`, `LSTM` or `RNN`, for `set_weights`.

    Args:
        cell: `"gru_reset_after"` for `keras_gru.GRU(reset_after=True)`, `"lstm"` or
            `"simple_rnn"`. It is asked for because the shapes do not tell.
        weight_ih: array `(blocks * U, D)`, PyTorch's `weight_ih_l0`.
        weight_hh: array `(blocks * U, U)`.
        bias_ih: array `(blocks * U,)`, or `None` where PyTorch has `bias=False`.
        bias_hh: the same.

    Returns:
        A list of arrays: kernel, recurrent kernel and, unless the biases are `None`, bias.

    Raises:
        ValueError: PyTorch has no such cell.

    Example:

    >>> import numpy as np
    >>> weights = from_torch("lstm", np.ones((8, 3)), np.ones((8, 2)))
    >>> [array.shape for array in weights]
    [(3, 8), (2, 8)]
    """
    order = _order(cell)
    weights = [_reordered(weight, order).T for weight in (weight_ih, weight_hh)]
    if bias_ih is None or bias_hh is None:
        return weights
    biases = np.stack([_reordered(bias, order) for bias in (bias_ih, bias_hh)])
    # Only with the reset gate after the product do the two biases do different things.
    return [*weights, biases if cell == "gru_reset_after" else biases.sum(axis=0)]


def to_torch(cell, weights):
    """`from_torch` the other way.

    Args:
        cell: as in `from_torch`.
        weights: what `get_weights` of the layer returned: two arrays with `use_bias=False`, or
            three.

    Returns:
        A dictionary of arrays, `weight_ih`, `weight_hh` and, if there are three weights,
        `bias_ih` and `bias_hh`. Where there is one bias here, `bias_hh` is zero.

    Raises:
        ValueError: PyTorch has no such cell.
    """
    back = np.argsort(_order(cell))
    kernel, recurrent_kernel, *bias = weights
    arrays = {
        "weight_ih": _reordered(kernel.T, back),
        "weight_hh": _reordered(recurrent_kernel.T, back),
    }
    if bias:
        two = bias[0] if cell == "gru_reset_after" else (bias[0], np.zeros_like(bias[0]))
        arrays["bias_ih"], arrays["bias_hh"] = (_reordered(one, back) for one in two)
    return arrays


def _order(cell):
    if cell in _BLOCKS:
        return _BLOCKS[cell]
    reason = " (its GRU resets after the product: gru_reset_after)" if cell == "gru" else ""
    raise ValueError(f"PyTorch has no '{cell}'{reason}. Expected one of {', '.join(_BLOCKS)}.")


def _reordered(rows, order):
    blocks = np.split(np.asarray(rows), len(order))
    return np.concatenate([blocks[i] for i in order])
