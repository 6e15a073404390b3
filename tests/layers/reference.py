"""Reference implementation in float64 NumPy, written from the equations."""

import numpy as np

# Shapes: B batch, T time, D features, U units.


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def gru_step(x, h, weights, reset_after=False):
    """Compute one step from weights with columns z | r | g."""
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
    """Compute one step from weights with columns i | f | c | o."""
    kernel, recurrent_kernel, bias = weights
    i, f, g, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return h, [h, c]


def simple_rnn_step(x, h, weights):
    kernel, recurrent_kernel, bias = weights
    h = np.tanh(x @ kernel + h @ recurrent_kernel + bias)
    return h, [h]


def irnn_step(x, h, weights):
    kernel, recurrent_kernel, bias = weights
    h = np.maximum(x @ kernel + h @ recurrent_kernel + bias, 0)
    return h, [h]


def minimal_gated_unit_step(x, h, weights):
    """Compute one step from weights with columns f | g."""
    kernel, recurrent_kernel, bias = weights
    w_xf, w_xg = np.split(kernel, 2, axis=1)
    w_hf, w_hg = np.split(recurrent_kernel, 2, axis=1)
    b_f, b_g = np.split(bias, 2)
    f = sigmoid(x @ w_xf + h @ w_hf + b_f)
    h = (1 - f) * h + f * np.tanh(x @ w_xg + (f * h) @ w_hg + b_g)
    return h, [h]


def coupled_lstm_step(x, h, c, weights):
    """Compute one step from weights with columns f | g | o: an LSTM with i = 1 − f."""
    kernel, recurrent_kernel, bias = weights
    f, g, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 3, axis=1)
    i = 1 - sigmoid(f)
    c = sigmoid(f) * c + i * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return h, [h, c]


def peephole_lstm_step(x, h, c, weights):
    """Compute one step from weights with columns i | f | g | o, and peepholes."""
    kernel, recurrent_kernel, bias, peepholes = weights
    w_ci, w_cf, w_co = (np.diag(peephole) for peephole in peepholes)
    i, f, g, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4, axis=1)
    c = sigmoid(f + c @ w_cf) * c + sigmoid(i + c @ w_ci) * np.tanh(g)
    h = sigmoid(o + c @ w_co) * np.tanh(c)
    return h, [h, c]


def mut1_step(x, h, weights):
    """Compute one step from weights with columns z | r | g, and r | g for the state."""
    kernel, recurrent_kernel, bias = weights
    w_xz, w_xr, w_xg = np.split(kernel, 3, axis=1)
    w_hr, w_hg = np.split(recurrent_kernel, 2, axis=1)
    b_z, b_r, b_g = np.split(bias, 3)
    z = sigmoid(x @ w_xz + b_z)
    r = sigmoid(x @ w_xr + h @ w_hr + b_r)
    h = np.tanh((r * h) @ w_hg + np.tanh(x @ w_xg) + b_g) * z + h * (1 - z)
    return h, [h]


def mut2_step(x, h, weights):
    """Compute one step from weights with columns z | g for the input, and z | r | g."""
    kernel, recurrent_kernel, bias = weights
    w_xz, w_xg = np.split(kernel, 2, axis=1)
    w_hz, w_hr, w_hg = np.split(recurrent_kernel, 3, axis=1)
    b_z, b_r, b_g = np.split(bias, 3)
    z = sigmoid(x @ w_xz + h @ w_hz + b_z)
    r = sigmoid((x if x.shape == h.shape else x @ w_xg) + h @ w_hr + b_r)
    h = np.tanh((r * h) @ w_hg + x @ w_xg + b_g) * z + h * (1 - z)
    return h, [h]


def mut3_step(x, h, weights):
    """Compute one step from weights with columns z | r | g."""
    kernel, recurrent_kernel, bias = weights
    w_xz, w_xr, w_xg = np.split(kernel, 3, axis=1)
    w_hz, w_hr, w_hg = np.split(recurrent_kernel, 3, axis=1)
    b_z, b_r, b_g = np.split(bias, 3)
    z = sigmoid(x @ w_xz + np.tanh(h) @ w_hz + b_z)
    r = sigmoid(x @ w_xr + h @ w_hr + b_r)
    h = np.tanh((r * h) @ w_hg + x @ w_xg + b_g) * z + h * (1 - z)
    return h, [h]


def min_gru_step(x, h, weights):
    """Compute one step from weights with columns z | g."""
    kernel, bias = weights
    z, g = np.split(x @ kernel + bias, 2, axis=1)
    h = (1 - sigmoid(z)) * h + sigmoid(z) * g
    return h, [h]


def min_lstm_step(x, h, weights):
    """Compute one step from weights with columns f | i | g."""
    kernel, bias = weights
    f, i, g = np.split(x @ kernel + bias, 3, axis=1)
    f, i = sigmoid(f), sigmoid(i)
    h = f / (f + i) * h + i / (f + i) * g
    return h, [h]


STEPS = {
    "gru": lambda x, states, weights: gru_step(x, *states, weights),
    "gru_reset_after": lambda x, states, weights: gru_step(x, *states, weights, reset_after=True),
    "lstm": lambda x, states, weights: lstm_step(x, *states, weights),
    "simple_rnn": lambda x, states, weights: simple_rnn_step(x, *states, weights),
    "minimal_gated_unit": lambda x, states, weights: minimal_gated_unit_step(x, *states, weights),
    "coupled_lstm": lambda x, states, weights: coupled_lstm_step(x, *states, weights),
    "peephole_lstm": lambda x, states, weights: peephole_lstm_step(x, *states, weights),
    "mut1": lambda x, states, weights: mut1_step(x, *states, weights),
    "mut2": lambda x, states, weights: mut2_step(x, *states, weights),
    "mut3": lambda x, states, weights: mut3_step(x, *states, weights),
    "min_gru": lambda x, states, weights: min_gru_step(x, *states, weights),
    "min_lstm": lambda x, states, weights: min_lstm_step(x, *states, weights),
    "irnn": lambda x, states, weights: irnn_step(x, *states, weights),
}


def time_loop(step, x, states, mask=None, go_backwards=False):
    """Run a step over each row; a masked step keeps the states and repeats the last output.

    Args:
        step: `(x, states) -> (output, states)`, each with rows as the first axis.
        x: `(B, T, D)`.
        states: a list of `(B, U)`.
        mask: `(B, T)` or None.
        go_backwards: whether to process the steps from last to first.

    Returns:
        `(outputs, states)`, `(B, T, U)` in the order of computation and a list of `(B, U)`.
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


def gru_step_back(x, h, weights, dh, reset_after=False):
    """Return the gradients w.r.t. x, the state and the weights of one step, from dh."""
    kernel, recurrent_kernel, bias = weights
    units = h.shape[1]
    input_bias, recurrent_bias = bias if reset_after else (bias, np.zeros_like(bias))
    a_x = x @ kernel + input_bias
    a_h = h @ recurrent_kernel + recurrent_bias
    z, r = (sigmoid(a_x[:, i : i + units] + a_h[:, i : i + units]) for i in (0, units))
    w_zr, w_g = np.split(recurrent_kernel, [2 * units], axis=1)
    n = a_h[:, 2 * units :] if reset_after else (r * h) @ w_g
    g = np.tanh(a_x[:, 2 * units :] + (r * n if reset_after else n))

    d_z, d_g, d_h = dh * (h - g), dh * (1 - z), dh * z
    da_g = d_g * (1 - g**2)
    if reset_after:
        d_n, d_r = da_g * r, da_g * n
        d_h = d_h + d_n @ w_g.T
        d_w_g = h.T @ d_n
    else:
        d_rh = da_g @ w_g.T
        d_r, d_h = d_rh * h, d_h + d_rh * r
        d_w_g = (r * h).T @ da_g
    da_zr = np.concatenate([d_z * z * (1 - z), d_r * r * (1 - r)], axis=1)
    d_h = d_h + da_zr @ w_zr.T
    da = np.concatenate([da_zr, da_g], axis=1)
    d_bias = da.sum(0)
    if reset_after:
        d_bias = np.stack([d_bias, np.concatenate([da_zr, d_n], axis=1).sum(0)])
    d_recurrent_kernel = np.concatenate([h.T @ da_zr, d_w_g], axis=1)
    return da @ kernel.T, [d_h], [x.T @ da, d_recurrent_kernel, d_bias]


def lstm_step_back(x, h, c, weights, dh, dc):
    kernel, recurrent_kernel, bias = weights
    i, f, g, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4, axis=1)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    m = np.tanh(f * c + i * g)
    dc = dc + dh * o * (1 - m**2)
    by_gate = [
        dc * g * i * (1 - i),
        dc * c * f * (1 - f),
        dc * i * (1 - g**2),
        dh * m * o * (1 - o),
    ]
    da = np.concatenate(by_gate, axis=1)
    return da @ kernel.T, [da @ recurrent_kernel.T, dc * f], [x.T @ da, h.T @ da, da.sum(0)]


def simple_rnn_step_back(x, h, weights, dh):
    kernel, recurrent_kernel, bias = weights
    da = dh * (1 - np.tanh(x @ kernel + h @ recurrent_kernel + bias) ** 2)
    return da @ kernel.T, [da @ recurrent_kernel.T], [x.T @ da, h.T @ da, da.sum(0)]


STEPS_BACK = {
    "gru": lambda x, states, weights, d: gru_step_back(x, *states, weights, *d),
    "gru_reset_after": lambda x, states, weights, d: gru_step_back(x, *states, weights, *d, True),
    "lstm": lambda x, states, weights, d: lstm_step_back(x, *states, weights, *d),
    "simple_rnn": lambda x, states, weights, d: simple_rnn_step_back(x, *states, weights, *d),
}


def backward_loop(cell, x, states, weights, d_outputs):
    """Return the gradients of sum(outputs * d_outputs), step by step with the chain rule.

    Returns:
        A list of gradients w.r.t. x, each initial state and each weight.
    """
    length = x.shape[1]
    states_before = [states]
    for t in range(length):
        states_before.append(STEPS[cell](x[:, t], states_before[-1], weights)[1])
    d_x, d_states = np.zeros_like(x), [np.zeros_like(state) for state in states]
    d_weights = [np.zeros_like(weight) for weight in weights]
    for t in reversed(range(length)):
        d_states = [d_states[0] + d_outputs[:, t], *d_states[1:]]
        d_x[:, t], d_states, step = STEPS_BACK[cell](x[:, t], states_before[t], weights, d_states)
        d_weights = [total + one for total, one in zip(d_weights, step, strict=True)]
    return [d_x, *d_states, *d_weights]
