"""The independently recurrent network: each unit sees only its own state."""

# Shapes: B batch, D features, U units.

from typing import Any

import keras

from keras_gru.layers.cells.simple_rnn import SimpleRNNCell
from keras_gru.layers.registry import cell
from keras_gru.layers.types import Activation


@cell("independent_rnn", "IndRNN")
@keras.saving.register_keras_serializable(package="keras_gru")
class IndependentRNNCell(SimpleRNNCell):
    """One step of an IndRNN.

        h' = relu(x W_x + u ⊗ h + b)   new state, which is the output too

    Stack several of them, as the units of one layer do not see one another.

    Weights: `kernel` `(D, U)`, `recurrent_kernel` u `(U,)`, `bias` `(U,)`.

    Args:
        units: the size U of the state and of the output.
        activation: activation of the sum.
        recurrent_initializer: initializer of u; uniform in [0, 1] by default. A
            `recurrent_constraint` that bounds |u| by 2^(1/T) prevents exploding gradients.
        **kwargs: the other arguments of `keras_gru.Cell`; there are no gates.

    Call arguments and returns: those of `keras_gru.Cell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.IndependentRNNCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Li et al., 2018](https://arxiv.org/abs/1803.04831)
    """

    def __init__(
        self, units: int, activation: Activation = "relu", *args: Any, **kwargs: Any
    ) -> None:
        kwargs["independent_recurrence"] = True
        super().__init__(units, activation, *args, **kwargs)
