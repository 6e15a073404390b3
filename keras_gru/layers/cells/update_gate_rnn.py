"""One gate and no reset: the update gate RNN and the light GRU."""

# Shapes: B batch, D features, U units.

from typing import Any

import keras
from keras import ops

from keras_gru.layers.cells.cell import FORMS, Cell
from keras_gru.layers.products import product
from keras_gru.layers.registry import cell
from keras_gru.layers.types import Activation, StepResult, Tensor, Tensors


@cell("update_gate_rnn", "UGRNN")
@keras.saving.register_keras_serializable(package="keras_gru")
class UpdateGateRNNCell(Cell):
    """One step of an update gate RNN (UGRNN).

        z = σ(x W_xz + h W_hz + b_z)      update gate: how much of the state is kept
        g = tanh(x W_xg + h W_hg + b_g)   candidate
        h' = z ⊗ h + (1 − z) ⊗ g          new state, which is the output too

    Weights in columns z | g: `kernel` `(D, 2U)`, `recurrent_kernel` `(U, 2U)`, `bias` `(2U,)`.

    Arguments, call arguments and returns: those of `keras_gru.Cell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.UpdateGateRNNCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Collins et al., 2017](https://arxiv.org/abs/1611.09913)
    """

    equations = input_equations = recurrent_equations = "zg"
    gate_signs = "+."
    arguments = (*Cell.arguments, *FORMS)

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h,), (W,) = states, weights
        a_z, a_g = ops.split(self.add(x, product(h, W, masks)), 2, axis=-1)
        z, g = self.gate("z", a_z), self.activation(a_g)
        return [z * h + (1 - z) * g], {"z": z}


@cell("light_gru", "Li-GRU")
@keras.saving.register_keras_serializable(package="keras_gru")
class LightGRUCell(UpdateGateRNNCell):
    """One step of a light GRU (Li-GRU): a GRU without a reset gate, and with a ReLU.

        z = σ(x W_xz + h W_hz + b_z)      update gate
        g = relu(x W_xg + h W_hg + b_g)   candidate
        h' = z ⊗ h + (1 − z) ⊗ g          new state, which is the output too

    The paper normalises x W_x over the batch, which is omitted here, so that a step depends only on
    its own row.

    Weights in columns z | g: `kernel` `(D, 2U)`, `recurrent_kernel` `(U, 2U)`, `bias` `(2U,)`.

    Args:
        units: the size U of the state and of the output.
        activation: activation of the candidate.
        **kwargs: the other arguments of `keras_gru.Cell`.

    Call arguments and returns: those of `keras_gru.Cell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.LightGRUCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Ravanelli et al., 2018](https://arxiv.org/abs/1803.10225)
    """

    def __init__(
        self, units: int, activation: Activation = "relu", *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(units, activation, *args, **kwargs)
