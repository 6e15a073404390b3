"""JANET: an LSTM with only a forget gate."""

# Shapes: B batch, D features, U units.

from typing import Any

import keras
from keras import ops

from keras_gru.layers.cells.cell import FORMS, Cell
from keras_gru.layers.products import product
from keras_gru.layers.registry import cell
from keras_gru.layers.types import StepResult, Tensor, Tensors


@cell("janet", "JANET")
@keras.saving.register_keras_serializable(package="keras_gru")
class JANETCell(Cell):
    """One step of a JANET ("just another network").

        s = x W_xf + h W_hf + b_f
        g = tanh(x W_xg + h W_hg + b_g)           candidate
        h' = σ(s) ⊗ h + (1 − σ(s − β)) ⊗ g        new state, which is the output too

    With β > 0 more is written than the forget gate f = σ(s) removes.

    Weights in columns f | g: `kernel` `(D, 2U)`, `recurrent_kernel` `(U, 2U)`, `bias` `(2U,)`.

    Args:
        units: the size U of the state and of the output.
        beta: β; 0 is equivalent to an update gate RNN.
        **kwargs: the other arguments of `keras_gru.Cell`. The paper starts the bias by
            `keras_gru.Chrono`.

    Call arguments and returns: those of `keras_gru.Cell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.JANETCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [van der Westhuizen and Lasenby, 2018](https://arxiv.org/abs/1804.04849)
    """

    equations = input_equations = recurrent_equations = "fg"
    gate_signs = "+."
    arguments = (*Cell.arguments, *FORMS, "beta")

    def __init__(self, units: int, *args: Any, beta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(units, *args, **kwargs)
        self.beta = beta

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h,), (W,) = states, weights
        s, a_g = ops.split(self.add(x, product(h, W, masks)), 2, axis=-1)
        f, written = self.gate("f", s), 1 - self.gate("f", s - self.beta)
        return [f * h + written * self.activation(a_g)], {"f": f}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta": self.beta}
