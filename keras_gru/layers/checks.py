"""Checks of the environment in which an RNN layer runs."""

import os
import sys
from typing import Any

import keras

from keras_gru.layers.types import Tensor


def check_keras() -> None:
    """Raise an error if `tf.keras` is Keras 2, whose models reject layers of Keras 3.

    Raises:
        ImportError: `TF_USE_LEGACY_KERAS` is set and `tf.keras` was used.
    """
    legacy = os.environ.get("TF_USE_LEGACY_KERAS", "").lower() in ("1", "true")
    if legacy and "tf_keras" in sys.modules:
        raise ImportError(
            "TF_USE_LEGACY_KERAS: expected Keras 3, got Keras 2 as tf.keras. Unset the variable "
            "TF_USE_LEGACY_KERAS before TensorFlow is imported."
        )


def check_export(layer: Any, sequences: Tensor) -> None:
    """Raise an error if an ONNX export on PyTorch would have one step for any length.

    Keras traces an unknown size as 1: https://github.com/keras-team/keras/pull/23058.

    Args:
        layer: the RNN layer.
        sequences: `(B, T, D)`.

    Raises:
        ValueError: T is 1 and the layer was built for another T, or for any.
    """
    if keras.backend.backend() != "torch":
        return
    import torch

    if not torch.onnx.is_in_onnx_export():
        return
    config = layer.get_build_config()
    built_for = config.get("shapes_dict", {}).get("sequences_shape") or config["input_shape"]
    if int(sequences.shape[1]) == 1 != built_for[1]:
        raise ValueError(
            "ONNX export on PyTorch: expected sequences of one known length, got the length "
            f"{built_for[1]}. Build the model with keras.Input((T, D))."
        )
