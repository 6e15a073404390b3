"""The multiplicative LSTM: recurrent weights that depend on the input."""

# Shapes: B batch, D features, U units.

import keras
from keras import ops

from keras_gru.layers.cells.cell import Cell
from keras_gru.layers.cells.lstm import LSTMCell
from keras_gru.layers.products import product, split_at
from keras_gru.layers.registry import cell
from keras_gru.layers.types import StepResult, Tensor, Tensors


@cell("multiplicative_lstm", "mLSTM")
@keras.saving.register_keras_serializable(package="keras_gru")
class MultiplicativeLSTMCell(LSTMCell):
    """One step of a multiplicative LSTM (mLSTM): an LSTM that sees m instead of h.

        m = (x W_xm) ⊗ (h W_hm)             the state as the input reads it
        i, f, o = σ(x W_x + m W_m + b)      input, forget and output gate
        g  = tanh(x W_xg + m W_mg + b_g)    candidate
        c' = f ⊗ c + i ⊗ g                  new cell state
        h' = o ⊗ tanh(c')                   new state, which is the output too

    Weights in columns i | f | g | o | m: `kernel` `(D, 5U)`, `recurrent_kernel` `(U, 5U)`; in
    columns i | f | g | o: `bias` `(4U,)`.

    Arguments, call arguments and returns: those of `keras_gru.LSTMCell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.MultiplicativeLSTMCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Krause et al., 2017](https://arxiv.org/abs/1609.07959)
    """

    input_equations = recurrent_equations = "ifgom"
    masks_by_equation = False
    arguments = (*Cell.arguments, "independent_recurrence", "unit_forget_bias")

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h, c), (W, W_m) = states, weights
        x, x_m = split_at(x, 4 * self.units)
        m = x_m * product(h, W_m, masks)
        new, gates = super().step(x, [m, c], [W], ())
        return new, {letter: gates[letter] for letter in "ifo"}

    def step_weights(self) -> list[Tensor]:
        return [*split_at(ops.convert_to_tensor(self.recurrent_kernel), 4 * self.units)]

    def input_bias(self) -> Tensor | None:
        if self.bias is None:
            return None
        bias = ops.convert_to_tensor(self.bias)
        return ops.concatenate([bias, ops.zeros_like(bias[: self.units])])
