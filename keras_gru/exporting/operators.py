"""RNN layers that the ONNX operators GRU, LSTM and RNN compute. Does not import onnx."""

from typing import cast

import keras

from keras_gru.layers import GRUCell, LSTMCell, SimpleRNNCell
from keras_gru.layers.convert import OWN_OPTIONS
from keras_gru.layers.zoneout import rates_of

# The exact class of a cell: the operator. A subclass may have another equation.
_OPERATORS = {
    GRUCell: "GRU",
    keras.layers.GRUCell: "GRU",
    LSTMCell: "LSTM",
    keras.layers.LSTMCell: "LSTM",
    SimpleRNNCell: "RNN",
    keras.layers.SimpleRNNCell: "RNN",
}
# By Keras' name: ONNX' name, and its alpha and beta.
ACTIVATIONS = {
    "tanh": ("Tanh", 0.0, 0.0),
    "sigmoid": ("Sigmoid", 0.0, 0.0),
    "relu": ("Relu", 0.0, 0.0),
    "hard_sigmoid": ("HardSigmoid", 1 / 6, 0.5),
    "softsign": ("Softsign", 0.0, 0.0),
    "linear": ("Affine", 1.0, 0.0),
}


def operator(layer: keras.layers.RNN) -> str | None:
    """Return the ONNX operator that computes what a layer does, or `None`."""
    cell = layer.cell
    kind = _OPERATORS.get(type(cell))
    if (
        kind is None
        or any(rates_of(getattr(layer, "zoneout", 0.0), cell))
        or any(getattr(cell, option, None) for option in OWN_OPTIONS)
    ):
        return None
    return kind if all(name in ACTIVATIONS for name in activations(cell, kind)) else None


def activations(cell: keras.Layer, kind: str) -> list[str]:
    """Return the names of the activations in the order of an operator."""
    names = [cell.activation] if kind == "RNN" else [cell.recurrent_activation, cell.activation]
    names += names[1:] if kind == "LSTM" else []
    return [cast(str, keras.activations.serialize(function)) for function in names]
