"""Any Keras cell in the place of a `keras_gru.Cell`."""

import inspect

import keras


class ForeignCell:
    """Gives a Keras cell, or a stack of them, the `step` of a `keras_gru.Cell`.

    Its output need not be a state, so it takes the place of one, which no step reads.

    Args:
        cell: a Keras layer with `call(inputs, states)`.
        states: the structure of its states.
        training: whether dropout is on.
    """

    trainable_variables = ()

    def __init__(self, cell, states, training):
        self.cell, self.states = cell, states
        takes_training = "training" in inspect.signature(cell.call).parameters
        self.arguments = {"training": training} if takes_training else {}

    def step(self, x, states, weights, masks):
        before = keras.tree.pack_sequence_as(self.states, list(states[1:]))
        output, new = self.cell(x, before, **self.arguments)
        return [output, *keras.tree.flatten(new)], {}
