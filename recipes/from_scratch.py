"""A GRU in pure NumPy, forward and backward, trained on the adding problem.

    python recipes/from_scratch.py            # about a minute on one core
    python recipes/from_scratch.py --check    # its last state against keras_gru.GRU

Each sequence has random numbers, two of which are marked; the target is their sum. Always
predicting the mean, 1, has an MSE of 1/6. Copy the file and change an equation.
"""

# Shapes: B batch, T time, D features, U units; columns z | r | g of the weights, as in Keras.

import argparse
import time

import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def forward(x, W, R, b):
    """Return the states h_0 … h_T, a list of `(B, U)`, and what each step saves for `backward`."""
    units = R.shape[0]
    h, saved = [np.zeros((len(x), units), x.dtype)], []
    for t in range(x.shape[1]):
        a = x[:, t] @ W + b  # (B, 3U)
        zr = sigmoid(a[:, : 2 * units] + h[t] @ R[:, : 2 * units])
        z, r = zr[:, :units], zr[:, units:]  # update gate, reset gate
        g = np.tanh(a[:, 2 * units :] + (r * h[t]) @ R[:, 2 * units :])  # candidate
        h.append(z * h[t] + (1 - z) * g)
        saved.append((z, r, g))
    return h, saved


def backward(x, W, R, h, saved, dh):
    """Return dW, dR and db from dh, the derivative of the loss with respect to the last state."""
    units = R.shape[0]
    R_zr, R_g = R[:, : 2 * units], R[:, 2 * units :]
    dW, dR, db = np.zeros_like(W), np.zeros_like(R), np.zeros(3 * units, W.dtype)
    for t in reversed(range(x.shape[1])):
        z, r, g = saved[t]
        da_g = dh * (1 - z) * (1 - g**2)  # through tanh
        ds = da_g @ R_g.T  # with respect to r ⊗ h
        da_z = dh * (h[t] - g) * z * (1 - z)  # through σ
        da_r = ds * h[t] * r * (1 - r)
        da_zr = np.concatenate([da_z, da_r], axis=1)
        da = np.concatenate([da_zr, da_g], axis=1)
        dW += x[:, t].T @ da
        db += da.sum(axis=0)
        dR[:, : 2 * units] += h[t].T @ da_zr
        dR[:, 2 * units :] += (r * h[t]).T @ da_g
        dh = dh * z + ds * r + da_zr @ R_zr.T
    return dW, dR, db


def adding_problem(rng, count, length):
    """Return `(x, y)`, `(B, T, 2)` and `(B, 1)`: numbers with two marks, and the sum of the two."""
    x = np.zeros((count, length, 2), "float32")
    x[:, :, 0] = rng.random((count, length))
    rows = np.arange(count)
    first, second = rng.integers(0, length // 2, count), rng.integers(length // 2, length, count)
    x[rows, first, 1] = x[rows, second, 1] = 1
    return x, (x[rows, first, 0] + x[rows, second, 0])[:, None]


def loss_and_gradients(weights, x, y):
    """Return the mean squared error of a linear layer on the last state, and its gradients."""
    W, R, b, V, c = weights
    h, saved = forward(x, W, R, b)
    error = h[-1] @ V + c - y  # (B, 1)
    d = 2 * error / len(x)
    return np.mean(error**2), [*backward(x, W, R, h, saved, d @ V.T), h[-1].T @ d, d.sum(axis=0)]


def train(updates=1500, units=32, length=30, batch=64, rate=0.01, seed=0):
    rng, start = np.random.default_rng(seed), time.perf_counter()
    shapes = [(2, 3 * units), (units, 3 * units), (3 * units,), (units, 1), (1,)]
    weights = [rng.normal(0, 0.2, shape).astype("float32") for shape in shapes]
    means, squares = ([np.zeros_like(w) for w in weights] for _ in range(2))
    for step in range(1, updates + 1):
        loss, gradients = loss_and_gradients(weights, *adding_problem(rng, batch, length))
        norm = np.sqrt(sum((g**2).sum() for g in gradients))
        for i, gradient in enumerate(gradients):  # Adam, with the gradient's norm at most 1
            gradient = gradient / max(norm, 1)
            means[i] = 0.9 * means[i] + 0.1 * gradient
            squares[i] = 0.999 * squares[i] + 0.001 * gradient**2
            m, v = means[i] / (1 - 0.9**step), squares[i] / (1 - 0.999**step)
            weights[i] -= rate * m / (np.sqrt(v) + 1e-8)
        if step % 250 == 0:
            print(f"{step} updates, {time.perf_counter() - start:.0f} s: training MSE {loss:.5f}")
    test, _ = loss_and_gradients(weights, *adding_problem(rng, 1000, length))
    print(f"Test MSE {test:.5f} (the mean as an answer: 0.16667)")
    return test


def check():
    """Print and return the largest difference to the last state of `keras_gru.GRU`."""
    import keras

    import keras_gru

    rng = np.random.default_rng(0)
    layer = keras_gru.GRU(5)
    x = rng.normal(size=(4, 7, 3)).astype("float32")
    layer.build(x.shape)
    layer.set_weights([rng.normal(0, 0.5, w.shape) for w in layer.get_weights()])
    h, _ = forward(x, *layer.get_weights())
    difference = np.abs(h[-1] - keras.ops.convert_to_numpy(layer(x))).max()
    print(f"largest difference of the last state: {difference:.1e}")
    return difference


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare with keras_gru.GRU and stop")
    check() if parser.parse_args().check else train()
