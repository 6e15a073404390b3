"""Load weights of RNN layers from `.h5` files of Keras 2."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_gru.layers.convert import RESETS_AFTER, converted_kind


def load_keras_h5(layer: keras.layers.RNN, path: str | Path, name: str) -> None:
    """Set the weights of a layer from an `.h5` file saved by Keras 2.

    Args:
        layer: a built `GRU`, `LSTM` or `SimpleRNN`.
        path: path of a whole model, including its configuration.
        name: name of the layer in it: a GRU, an LSTM, a SimpleRNN, a CuDNNGRU or a CuDNNLSTM.

    Raises:
        ValueError: there is no such layer, or it computes another function.
    """
    import h5py

    with h5py.File(path) as file:
        model = json.loads(file.attrs["model_config"])["config"]
        layers = model["layers"] if isinstance(model, dict) else model
        configs = {one["config"]["name"]: one for one in layers}
        if name not in configs:
            raise ValueError(f"{path}: expected a layer '{name}', got {', '.join(configs)}.")
        kind, config = configs[name]["class_name"], configs[name]["config"]
        group = file["model_weights"][name]
        weights = [np.asarray(group[path]) for path in group.attrs["weight_names"]]
    if kind.startswith("CuDNN"):
        weights, config = _from_cudnn(kind, weights), {**config, "reset_after": True}
    found = {"GRU": "gru", "LSTM": "lstm", "SimpleRNN": "simple_rnn"}.get(
        kind.removeprefix("CuDNN")
    )
    found = "gru_reset_after" if found == "gru" and config.get("reset_after") else found
    expected = converted_kind(layer)
    if found != expected:
        hint = f" ({RESETS_AFTER})" if found == "gru_reset_after" else ""
        raise ValueError(f"{path}, layer '{name}': expected a {expected}, got a {found}{hint}.")
    for setting in ("activation", "recurrent_activation"):
        ours = keras.activations.serialize(getattr(layer.cell, setting, None))
        default = {"activation": "tanh", "recurrent_activation": "sigmoid"}[setting]
        if found != "simple_rnn" or setting == "activation":
            theirs = config.get(setting, default)
            if theirs == "hard_sigmoid":
                raise ValueError(
                    f"{path}: expected {setting}={ours}, got Keras 2's hard_sigmoid, "
                    "clip(0.2 a + 0.5, 0, 1), which Keras 3 does not have."
                )
            if ours != theirs:
                raise ValueError(f"{path}: expected {setting}={ours}, got {theirs}.")
    layer.set_weights(weights)


def _from_cudnn(kind: str, weights: Any):
    """Return the weights of a CuDNNGRU or CuDNNLSTM of Keras 2, whose matrices are transposed."""
    gates = 3 if kind == "CuDNNGRU" else 4
    kernel, recurrent_kernel, bias = weights
    kernel = [k.T.reshape(k.shape, order="F") for k in np.split(kernel, gates, axis=1)]
    recurrent_kernel = [k.T for k in np.split(recurrent_kernel, gates, axis=1)]
    both = bias.reshape(2, -1)
    bias = both if kind == "CuDNNGRU" else both.sum(axis=0)
    return [np.concatenate(kernel, axis=1), np.concatenate(recurrent_kernel, axis=1), bias]
