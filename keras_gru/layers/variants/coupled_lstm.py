"""An LSTM whose input gate is what the forget gate leaves over."""

# Shapes: B batch, D features, U units.

import keras
from keras import ops

from keras_gru.layers.variants.gated_cell import LSTMVariantCell


@keras.saving.register_keras_serializable(package="keras_gru")
class CoupledLSTMCell(LSTMVariantCell):
    """One step of an LSTM with coupled input and forget gates, i = 1 − f.

        f = σ(x W_xf + h W_hf + b_f)      forget gate: how much of the cell state is kept
        g = tanh(x W_xg + h W_hg + b_g)   candidate
        o = σ(x W_xo + h W_ho + b_o)      output gate
        c' = f ⊗ c + (1 − f) ⊗ g          new cell state
        h' = o ⊗ tanh(c')                 new state, which is the output too

    Greff et al. (2017), who call it CIFG, write f = 1 − i, the same function with the other gate's
    weights negated; their LSTM has peepholes, too, which this one has not.

    Weights in columns f | g | o: `kernel` `(D, 3U)`, `recurrent_kernel` `(U, 3U)`, `bias` `(3U,)`.

    Args:
        units: the size U of each state and of the output.
        activation: of the candidate and of the output. `None` is the identity.
        recurrent_activation: of the gates. `None` is the identity.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        **kwargs: the other arguments of `keras.layers.SimpleRNNCell`, by name: `use_bias`,
            `dropout`, `recurrent_dropout`, `seed`, initializers, …; dropout masks are constant
            over time.

    Call arguments:
        inputs, states: x, `(B, D)`, and a list of h and c, `(B, U)`.

    Returns:
        `(h', states)`: the output `(B, U)` and a list of the new h and c.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.Recurrence(keras_gru.CoupledLSTMCell(4), return_state=True)
    >>> [tuple(tensor.shape) for tensor in layer(np.ones((2, 5, 3), "float32"))]
    [(2, 4), (2, 4), (2, 4)]

    Reference:
        - [Greff et al., 2017](https://arxiv.org/abs/1503.04069), section 3, CIFG
    """

    equations = input_equations = recurrent_equations = "fgo"
    gate_signs = "+.."

    def call(self, inputs, states, training=False):
        h, c = states
        h = self.recurrent_term(self.dropped_state(h, training), "fgo")
        x_f, x_g, x_o = self.input_terms(inputs, training)
        h_f, h_g, h_o = ops.split(h, 3, axis=-1)
        b_f, b_g, b_o = self.biases()

        f = self.recurrent_activation(x_f + h_f + b_f)
        g = self.activation(x_g + h_g + b_g)
        o = self.recurrent_activation(x_o + h_o + b_o)
        c = f * c + (1 - f) * g
        h = o * self.activation(c)
        return h, [h, c]
