"""Convert weights to and from flax (linen) cells, which have a dense layer per gate."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_gru.layers.convert import RESETS_AFTER, one_bias, two_biases

_FLAX = {"gru_reset_after": "zrn", "lstm": "ifgo", "simple_rnn": ("",)}


def from_flax(cell: str, params: Mapping[str, Any]) -> list[np.ndarray]:
    """Return the weights of a flax (linen) `GRUCell`, `LSTMCell` or `SimpleCell`.

    Args:
        cell: `"gru_reset_after"`, `"lstm"` or `"simple_rnn"`.
        params: the cell's parameters, such as `variables["params"]`.

    Raises:
        ValueError: flax has no such cell.
    """
    gates = _flax_gates(cell)
    kernels = [
        np.concatenate([np.asarray(params[f"{prefix}{gate}"]["kernel"]) for gate in gates], axis=1)
        for prefix in "ih"
    ]
    zeros = np.zeros(kernels[1].shape[0], kernels[1].dtype)
    biases = [
        np.concatenate([np.asarray(params[f"{prefix}{gate}"].get("bias", zeros)) for gate in gates])
        for prefix in "ih"
    ]
    return [*kernels, one_bias(cell, biases)]


def to_flax(cell: str, weights: Sequence[np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """Return the parameters of a flax cell with the weights of a layer.

    Raises:
        ValueError: flax has no such cell, or no such bias.
    """
    gates = _flax_gates(cell)
    kernel, recurrent_kernel, *bias = weights
    blocks = [np.split(array, len(gates), axis=1) for array in (kernel, recurrent_kernel)]
    columns = kernel.shape[1]
    x_bias, h_bias = two_biases(cell, bias[0]) if bias else (np.zeros(columns), np.zeros(columns))
    params = {f"i{gate}": {"kernel": block} for gate, block in zip(gates, blocks[0], strict=True)}
    params |= {f"h{gate}": {"kernel": block} for gate, block in zip(gates, blocks[1], strict=True)}
    if cell == "lstm":  # flax has the bias at the recurrent product
        x_bias, h_bias = None, x_bias
    elif cell == "gru_reset_after":  # and of a GRU's gates at the input's
        x_bias = np.concatenate([(x_bias + h_bias)[: -columns // 3], x_bias[-columns // 3 :]])
    for prefix, both in (("i", x_bias), ("h", h_bias)):
        for gate, part in zip(
            gates, [] if both is None else np.split(both, len(gates)), strict=False
        ):
            if prefix == "i" or cell == "lstm" or gate == "n":
                params[f"{prefix}{gate}"]["bias"] = part
    return params


def _flax_gates(cell: str):
    if cell not in _FLAX:
        raise ValueError(
            f"flax has no '{cell}'. Expected one of {', '.join(_FLAX)}: {RESETS_AFTER}."
        )
    return _FLAX[cell]
