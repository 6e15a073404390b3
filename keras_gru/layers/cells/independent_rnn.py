"""The independently recurrent network: each unit sees its own state alone."""

# Shapes: B batch, D features, U units.

import keras

from keras_gru.layers.cells.cell import Cell
from keras_gru.layers.products import masked
from keras_gru.layers.registry import cell


@cell("independent_rnn", "IndRNN")
@keras.saving.register_keras_serializable(package="keras_gru")
class IndependentRNNCell(Cell):
    """One step of an IndRNN.

        h' = relu(x W_x + u ⊗ h + b)   new state, which is the output too

    Stack several of them, as the units of one layer do not see one another.

    Weights: `kernel` `(D, U)`, `recurrent_kernel` u `(U,)`, `bias` `(U,)`.

    Args:
        units: the size U of the state and of the output.
        activation: of the sum.
        recurrent_initializer: of u; in [0, 1] unless told otherwise, that is, from units that
            remember for all lengths. Keep |u| ≤ 2^(1/T) by `recurrent_constraint` where a gradient
            over T steps explodes.
        **kwargs: the other arguments of `keras_gru.Cell`; there are no gates.

    Call arguments:
        inputs, states: x, `(B, D)`, and h, `(B, U)`, or a list holding it.

    Returns:
        `(h', states)`: the output `(B, U)` and the new states, in the structure they came in.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.IndependentRNNCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Li et al., 2018](https://arxiv.org/abs/1803.04831)
    """

    def __init__(self, units: int, activation="relu", *args, recurrent_initializer=None, **kwargs):
        if recurrent_initializer is None:
            recurrent_initializer = keras.initializers.RandomUniform(0.0, 1.0)
        kwargs["recurrent_initializer"] = recurrent_initializer
        super().__init__(units, activation, *args, **kwargs)

    def recurrent_shape(self):
        return (self.units,)

    def step(self, x, states, weights, masks):
        (h,), (u,) = states, weights
        h = self.activation(x + u * masked(h, masks))
        return [h], {}
