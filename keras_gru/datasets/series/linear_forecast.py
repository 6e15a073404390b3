"""A linear forecast from a whole window, by least squares."""

# N windows, T time steps of a window, D features, H steps ahead, V variables

from collections.abc import Callable

import numpy as np

from keras_gru.datasets.split import Split

_ROWS = 8_192
_LARGEST_LINEAR_MODEL = 4_000  # inputs: the normal equations take their square


def fit_linear_model(train: Split) -> tuple[Callable[[Split], np.ndarray], int] | None:
    """Fit the linear model of the whole window with the lowest squared error on train.

    Args:
        train: windows with targets (N, H, V).

    Returns:
        A function from a split to its forecasts, and the number of parameters; None if the
        window has too many numbers for a comparison to be worth its time.
    """
    _, steps, width = train.inputs["features"].shape
    size = steps * width + 1
    if size > _LARGEST_LINEAR_MODEL:
        return None
    outputs = train.targets.shape[1:]

    def blocks(split: Split):
        for start in range(0, split.size, 4096):
            block = split.inputs["features"][start : start + 4096].astype(float)
            yield slice(start, start + 4096), block.reshape(len(block), -1)

    features, targets = train.inputs["features"], train.targets
    if features.strides[0] == features.strides[1]:
        gram, moment = _moments_of_windows(features, targets)
    else:
        gram, moment = np.zeros((size, size)), np.zeros((size, int(np.prod(outputs))))
        for rows, x in blocks(train):
            x = np.hstack([x, np.ones((len(x), 1))])
            gram += x.T @ x
            moment += x.T @ targets[rows].astype(float).reshape(len(x), -1)
    # A small ridge penalty, as redundant columns (one-hot with a constant) have no unique solution.
    weights = np.linalg.solve(gram + 1e-9 * np.trace(gram) * np.eye(size), moment)

    def forecast(split: Split) -> np.ndarray:
        parts = [x @ weights[:-1] + weights[-1] for _, x in blocks(split)]
        return np.concatenate(parts).reshape(split.size, *outputs)

    return forecast, weights.size


def _moments_of_windows(features: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return XᵀX and XᵀY of all windows of a series, X with a column of ones.

    With x_s the step s of every window, x_sᵀ x_t differs from that of the steps before,
    x_(s−1)ᵀ x_(t−1), in the first and the last row of the series alone.

    Args:
        features: (N, T, D), views of one series.
        targets: (N, H, V).
    """
    count, steps, width = features.shape
    series = np.concatenate([features[:, 0], features[-1, 1:]])
    head, last = series[: steps - 1].astype(float), series[count:].astype(float)
    # Products of step 0 and of the targets with each step, of rows that fit into the cache.
    outputs = int(np.prod(targets.shape[1:]))
    products, total = np.zeros((steps, width + outputs, width)), np.zeros(width + outputs)
    for start in range(0, count, _ROWS):
        end = min(start + _ROWS, count)
        ahead = targets[start:end].reshape(end - start, -1)
        both = np.hstack([series[start:end], ahead]).astype(float)
        total += both.sum(axis=0)
        part = series[start : end + steps - 1].astype(float)
        for step in range(steps):
            products[step] += both.T @ part[step : step + end - start]
    gram = np.empty((steps, width, steps, width))
    gram[0] = products[:, :width].transpose(1, 0, 2)
    for s in range(1, steps):
        gram[s, :, 0] = gram[0, :, s].T
        before, after = head[s - 1], last[s - 1]
        gram[s, :, 1:] = (
            gram[s - 1, :, :-1] - before[:, None, None] * head + after[:, None, None] * last
        )
    size = steps * width
    whole, moment = np.empty((size + 1, size + 1)), np.empty((size + 1, outputs))
    whole[:size, :size] = gram.reshape(size, size)
    sums = total[:width]  # of a step over all windows
    for step in range(steps):
        columns = slice(step * width, (step + 1) * width)
        whole[size, columns] = whole[columns, size] = sums
        moment[columns] = products[step, width:].T
        if step + 1 < steps:
            sums = sums - head[step] + last[step]
    whole[size, size], moment[size] = count, total[width:]
    return whole, moment
