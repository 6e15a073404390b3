"""Kernels that run the whole time loop of a cell on a GPU."""

import importlib
import importlib.util
import os
from typing import Any

import keras

from keras_gru.layers.scan import Scan


def scan_class(layer: Any, training: bool) -> type[Scan]:
    """Return `Scan`, or the subclass of it that runs a layer's loop in a kernel.

    A cell names the module of its kernels in `kernel_module`, which a subclass that changes an
    equation does not inherit. `supports` of that module says which settings the kernels compute.

    Args:
        layer: a `keras_gru.RNN` with a `keras_gru.Cell`, whose hand-written gradient is used.
        training: whether dropout is on.
    """
    cell = layer.cell
    zoneout, dropout = any(layer._rates), training and cell.recurrent_dropout
    if cell.kernel_module is None or zoneout or dropout or not _has_triton(cell):
        return Scan
    module = importlib.import_module(f"keras_gru.layers.kernels.{cell.kernel_module}")
    return module.KernelScan if module.supports(cell) else Scan


def _has_triton(cell: Any):
    """Return whether Triton can run on the device of a cell; on CPUs only its interpreter can."""
    if keras.backend.backend() != "torch":
        return False
    import torch

    interpreted = os.environ.get("TRITON_INTERPRET") == "1"
    on_gpu = cell.weights[0].value.is_cuda if cell.built else torch.cuda.is_available()
    # Checked last, as otherwise each call on a CPU without Triton would search for it.
    return (interpreted or on_gpu) and importlib.util.find_spec("triton") is not None
