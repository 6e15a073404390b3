"""An LSTM whose input gate is 1 minus the forget gate."""

# Shapes: B batch, D features, U units.

import keras
from keras import ops

from keras_gru.layers.cells.lstm import LSTMCell
from keras_gru.layers.products import product
from keras_gru.layers.registry import cell
from keras_gru.layers.types import StepResult, Tensor, Tensors


@cell("coupled_lstm", "LSTM (coupled gates)")
@keras.saving.register_keras_serializable(package="keras_gru")
class CoupledLSTMCell(LSTMCell):
    """One step of an LSTM with coupled input and forget gates, i = 1 − f.

        f = σ(x W_xf + h W_hf + b_f)      forget gate: how much of the cell state is kept
        g = tanh(x W_xg + h W_hg + b_g)   candidate
        o = σ(x W_xo + h W_ho + b_o)      output gate
        c' = f ⊗ c + (1 − f) ⊗ g          new cell state
        h' = o ⊗ tanh(c')                 new state, which is the output too

    Greff et al. (2017), who call it CIFG, write f = 1 − i, the same function with the other gate's
    weights negated; their LSTM has peepholes, too, which this one has not.

    Weights in columns f | g | o: `kernel` `(D, 3U)`, `recurrent_kernel` `(U, 3U)`, `bias` `(3U,)`.

    Arguments, call arguments and returns: those of `keras_gru.LSTMCell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.CoupledLSTMCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Greff et al., 2017](https://arxiv.org/abs/1503.04069), section 3, CIFG
    """

    equations = input_equations = recurrent_equations = "fgo"
    gate_signs = "+.."
    masks_by_equation = False
    arguments = LSTMCell.arguments

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h, c), (W,) = states, weights
        a_f, a_g, a_o = ops.split(self.add(x, product(h, W, masks)), 3, axis=-1)
        f, o = self.gate("f", a_f), self.gate("o", a_o)
        c = f * c + (1 - f) * self.activation(a_g)
        return [o * self.activation(c), c], {"f": f, "o": o}
