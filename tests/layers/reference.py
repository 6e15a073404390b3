"""The layers once more, in float64 NumPy, from the equations alone."""

import numpy as np

# Shapes: B batch, T time, D features, U units.


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def gru_step(x, h, weights, reset_after=False):
    """One step, from weights in columns z | r | g."""
    kernel, recurrent_kernel, bias = weights
    w_xz, w_xr, w_xg = np.split(kernel, 3, axis=1)
    w_hz, w_hr, w_hg = np.split(recurrent_kernel, 3, axis=1)
    bias, recurrent_bias = bias if reset_after else (bias, np.zeros_like(bias))
    b_z, b_r, b_g = np.split(bias, 3)
    b_hz, b_hr, b_hg = np.split(recurrent_bias, 3)

    z = sigmoid(x @ w_xz + h @ w_hz + b_z + b_hz)
    r = sigmoid(x @ w_xr + h @ w_hr + b_r + b_hr)
    if reset_after:
        g = np.tanh(x @ w_xg + b_g + r * (h @ w_hg + b_hg))
    else:
        g = np.tanh(x @ w_xg + (r * h) @ w_hg + b_g)
    h = z * h + (1 - z) * g
    return h, [h]


def lstm_step(x, h, c, weights):
    """One step, from weights in columns i | f | c | o."""
    kernel, recurrent_kernel, bias = weights
    i, f, g, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return h, [h, c]


def simple_rnn_step(x, h, weights):
    kernel, recurrent_kernel, bias = weights
    h = np.tanh(x @ kernel + h @ recurrent_kernel + bias)
    return h, [h]


STEPS = {
    "gru": lambda x, states, weights: gru_step(x, *states, weights),
    "gru_reset_after": lambda x, states, weights: gru_step(x, *states, weights, reset_after=True),
    "lstm": lambda x, states, weights: lstm_step(x, *states, weights),
    "simple_rnn": lambda x, states, weights: simple_rnn_step(x, *states, weights),
}


def walk(step, x, states, mask=None, go_backwards=False):
    """Row by row, step by step: a masked step changes no state and repeats the last output.

    Args:
        step: `(x, states) -> (output, states)`, each with a first axis of rows.
        x: `(B, T, D)`.
        states: a list of `(B, U)`.
        mask: `(B, T)` or None.
        go_backwards: whether to go from the last step to the first.

    Returns:
        `(outputs, states)`, `(B, T, U)` in the order of the walk and a list of `(B, U)`.
    """
    rows, length, _ = x.shape
    mask = np.ones((rows, length), bool) if mask is None else mask
    order = range(length)[::-1] if go_backwards else range(length)
    all_outputs, all_states = [], []
    for row in range(rows):
        row_states = [state[row : row + 1] for state in states]
        output, outputs = np.zeros_like(row_states[0]), []
        for t in order:
            if mask[row, t]:
                output, row_states = step(x[row : row + 1, t], row_states)
            outputs.append(output[0])
        all_outputs.append(outputs)
        all_states.append(row_states)
    return np.array(all_outputs), [np.concatenate(state) for state in zip(*all_states, strict=True)]
