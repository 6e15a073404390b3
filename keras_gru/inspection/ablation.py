"""Ablation: replace gates of a trained network by constants."""

from collections.abc import Mapping

import keras

from keras_gru.layers import RNN, GRUCell
from keras_gru.layers.cells.gates import GATES


def ablations(cell: keras.Layer) -> dict[str, dict[str, float]]:
    """Return the gates of a cell to replace, with their constants.

    A gate that both keeps the state and writes to it, such as a GRU's update gate, is set so that
    every step replaces the state. Other gates are set to 1, which is open. For several gates, the
    last ablation replaces all of them, which turns a GRU into a SimpleRNN.

    Returns:
        Display name -> `constant_gates`. Empty for a cell without gates.
    """
    # Whether one gate keeps the state and another one writes to it, as in an LSTM.
    apart = "+" in cell.gate_signs and "-" in cell.gate_signs
    constants, ablated = {}, {}
    for letter, sign in zip(cell.equations, cell.gate_signs, strict=True):
        if letter in GATES:
            value = 0.0 if sign == "+" and not apart else 1.0
            constants[GATES[letter]] = value
            new = ", all new" * (sign != "." and not apart)
            ablated[f"{GATES[letter]} gate constant {value:g}{new}"] = {GATES[letter]: value}
    if len(constants) > 1:
        what_is_left = ": a SimpleRNN" * (type(cell) is GRUCell)
        ablated[f"{'both' if len(constants) == 2 else 'all'} constant{what_is_left}"] = constants
    return ablated


def with_constant_gates(model: keras.Model, gates: Mapping[str, float]) -> keras.Model:
    """Return a copy of a model with constants for gates, in all its recurrent layers."""

    def copied(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if isinstance(layer, RNN):
            _set(config, gates)
        elif isinstance(layer, keras.layers.Bidirectional):
            for direction in ("layer", "backward_layer"):
                _set(config[direction]["config"], gates)
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=copied)
    copy.set_weights(model.get_weights())
    if model.compiled:
        copy.compile_from_config(model.get_compile_config())
    return copy


def _set(config: dict, gates: Mapping[str, float]) -> None:
    of_cell = config["cell"]["config"] if "cell" in config else config
    of_cell["constant_gates"] = dict(gates)
