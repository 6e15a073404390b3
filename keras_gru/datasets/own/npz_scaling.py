"""Scale a user's arrays by what their training sequences are like."""

# N sequences, T time steps, D features, H steps ahead, V variables

import numpy as np

from keras_gru.datasets.own.npz_checks import real_steps
from keras_gru.datasets.preprocessing import Scaling


def fit_scalings(train: dict[str, np.ndarray], task: str) -> tuple[Scaling | None, Scaling | None]:
    """Return the scalings of channels and of forecast targets; None for zeros and ones.

    Args:
        train: `inputs` (N, T, D), `lengths` (N,) and, to forecast, `targets` (..., V).
        task: only forecasts have targets to scale.
    """
    inputs, targets = train["inputs"], train["targets"]
    channels = None
    if not np.isin(inputs, (0, 1)).all():
        channels = _fit(inputs[real_steps(inputs, train["lengths"])])
    return channels, _fit(targets.reshape(-1, targets.shape[-1])) if task == "forecasting" else None


def scaled(
    arrays: dict[str, np.ndarray], channels: Scaling | None, targets: Scaling | None
) -> dict[str, np.ndarray]:
    """Return the arrays of a split, scaled; padding is zero."""
    found = dict(arrays)
    if channels is not None:
        inputs = channels.apply(arrays["inputs"])
        real = real_steps(inputs, arrays["lengths"])
        found["inputs"] = np.where(real[..., None], inputs, np.float32(0))
    if targets is not None:
        found["targets"] = targets.apply(arrays["targets"])
    return found


def _fit(rows: np.ndarray) -> Scaling:
    return Scaling.fit(list(map(str, range(rows.shape[1]))), rows.astype(float))
