"""A trained network with its gates held: what each gate was good for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import keras
import numpy as np
from keras import ops

from keras_gru.errors import UserError
from keras_gru.inspection.taps import walking_layers
from keras_gru.layers import GRUCell
from keras_gru.layers.gates import GATES, anatomy

_BEYOND = 1e4  # no weighted sum comes near it


def ablations(cell: keras.Layer) -> dict[str, dict[str, int]]:
    """Which gates of a cell to hold, and at what.

    A gate that both keeps the state and writes to it, such as a GRU's update gate, is held so that
    every step's state is all new. Any other is held open, at 1. Where there are several gates, all
    of them are held at last: of a GRU, that leaves the SimpleRNN that is in it.

    Args:
        cell: a recurrent cell.

    Returns:
        What to call it -> the letter of a gate -> 0 or 1. Empty for a cell without gates.
    """
    equations, signs = anatomy(cell)
    apart = "+" in signs and "-" in signs  # as in an LSTM: one gate keeps, another one writes
    held, found = {}, {}
    for letter, sign in zip(equations, signs, strict=True):
        if letter in GATES:
            held[letter] = 0 if sign == "+" and not apart else 1
            new = ", all new" * (sign != "." and not apart)
            found[f"{GATES[letter]} gate held at {held[letter]}{new}"] = {letter: held[letter]}
    if len(held) > 1:
        what_is_left = ": a SimpleRNN" * (type(cell) in (GRUCell, keras.layers.GRUCell))
        found[f"{'both' if len(held) == 2 else 'all'} held{what_is_left}"] = held
    return found


@contextmanager
def holding(model: keras.Model, gates: Mapping[str, int]) -> Iterator[None]:
    """A model whose gates are held within the block, in all its recurrent layers.

    A bias does it that no weighted sum makes up for, so that the walk over time is the one that is
    always taken. (`keras_gru.GRU(hold_update_gate=0)` makes a layer that is trained so.)

    Args:
        model: a model with biases in its recurrent layers.
        gates: the letter of an equation -> 0 or 1.

    Raises:
        UserError: there are no biases, or the gates never come to 0 and 1.
    """
    cells = [layer.cell for layer in walking_layers(model)]
    for cell in cells:
        _check(cell)
    before = [ops.convert_to_numpy(cell.bias).copy() for cell in cells]
    try:
        for cell, bias in zip(cells, before, strict=True):
            cell.bias.assign(_with_gates_held(cell, bias, gates))
        yield
    finally:
        for cell, bias in zip(cells, before, strict=True):
            cell.bias.assign(bias)


def _with_gates_held(cell, bias: np.ndarray, gates: Mapping[str, int]) -> np.ndarray:
    equations = anatomy(cell).equations
    held = bias.copy()
    rows = held.reshape(-1, held.shape[-1])  # a GRU with its reset after has two, which are added
    width = rows.shape[-1] // len(equations)
    for letter, value in gates.items():
        first = equations.index(letter) * width
        rows[0, first : first + width] = _BEYOND if value else -_BEYOND
    return held


def _check(cell) -> None:
    if getattr(cell, "bias", None) is None:
        raise UserError(
            f"The gates of a {type(cell).__name__} without biases cannot be held: "
            "received use_bias=False, use True."
        )
    gate = getattr(cell, "recurrent_activation", ops.sigmoid)
    ends = ops.convert_to_numpy(gate(ops.convert_to_tensor([-_BEYOND, _BEYOND], "float32")))
    if not np.allclose(ends, [0, 1]):
        raise UserError(
            f"The gates of a {type(cell).__name__} cannot be held at 0 and 1: received a "
            "recurrent_activation without these limits, use sigmoid."
        )
