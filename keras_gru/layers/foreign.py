"""Adapter for any Keras cell."""

import inspect
from typing import Any

import keras

from keras_gru.layers.cells.cell import Cell
from keras_gru.layers.types import StepResult, Tensor, Tensors


class ForeignCell:
    """An adapter of a Keras cell, or a stack of cells, with the `step` of a `keras_gru.Cell`.

    As the output of such a cell need not be a state, it is added as the first state.

    Args:
        cell: a Keras layer with `call(inputs, states)`.
        states: the structure of its states.
        training: whether dropout is on.
    """

    def __init__(self, cell: Any, states: Any, training: bool) -> None:
        self.cell, self.states = cell, states
        self.trainable_variables = getattr(cell, "trainable_variables", [])
        takes_training = "training" in inspect.signature(cell.call).parameters
        self.arguments = {"training": training} if takes_training else {}

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        before = keras.tree.pack_sequence_as(self.states, list(states[1:]))
        output, new = self.cell(x, before, **self.arguments)
        return [output, *keras.tree.flatten(new)], {}


def as_cell(cell: Any, states: Any, training: bool) -> Any:
    """Return a `keras_gru.Cell` as it is, and any other in a `ForeignCell`."""
    return cell if isinstance(cell, Cell) else ForeignCell(cell, states, training)
