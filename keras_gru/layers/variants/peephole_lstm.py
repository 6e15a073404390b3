"""An LSTM whose gates see the cell state."""

# Shapes: B batch, D features, U units.

import keras
from keras import ops

from keras_gru.layers.variants.gated_cell import LSTMVariantCell


@keras.saving.register_keras_serializable(package="keras_gru")
class PeepholeLSTMCell(LSTMVariantCell):
    """One step of an LSTM with peephole connections, in Graves' form.

        i = σ(x W_xi + h W_hi + w_ci ⊗ c + b_i)    input gate
        f = σ(x W_xf + h W_hf + w_cf ⊗ c + b_f)    forget gate
        g = tanh(x W_xg + h W_hg + b_g)            candidate
        c' = f ⊗ c + i ⊗ g                         new cell state
        o = σ(x W_xo + h W_ho + w_co ⊗ c' + b_o)   output gate, which sees the new cell state
        h' = o ⊗ tanh(c')                          new state, which is the output too

    Each gate sees its own unit's cell state alone: w_ci, w_cf and w_co are vectors (a diagonal
    matrix in the paper). They start at zero unless told otherwise, that is, from an LSTM.

    Weights in columns i | f | g | o, those of `keras.layers.LSTMCell`: `kernel` `(D, 4U)`,
    `recurrent_kernel` `(U, 4U)`, `bias` `(4U,)`; and `peephole_kernel` `(3, U)`, rows i, f, o.

    Args:
        units: the size U of each state and of the output.
        activation: of the candidate and of the output. `None` is the identity.
        recurrent_activation: of the gates. `None` is the identity.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        peephole_initializer: of the weights of c.
        **kwargs: the other arguments of `keras.layers.SimpleRNNCell`, by name: `use_bias`,
            `dropout`, `recurrent_dropout`, `seed`, initializers, …; dropout masks are constant
            over time. The recurrent regularizer and constraint are not on the weights of c.

    Call arguments:
        inputs, states: x, `(B, D)`, and a list of h and c, `(B, U)`.

    Returns:
        `(h', states)`: the output `(B, U)` and a list of the new h and c.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.Recurrence(keras_gru.PeepholeLSTMCell(4), return_state=True)
    >>> [tuple(tensor.shape) for tensor in layer(np.ones((2, 5, 3), "float32"))]
    [(2, 4), (2, 4), (2, 4)]

    Reference:
        - [Gers and Schmidhuber, 2000](https://doi.org/10.1109/IJCNN.2000.861302)
        - [Graves, 2013](https://arxiv.org/abs/1308.0850), equations 7 to 11
    """

    equations = input_equations = recurrent_equations = "ifgo"
    gate_signs = "-+.."

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        unit_forget_bias=True,
        peephole_initializer="zeros",
        **kwargs,
    ):
        super().__init__(units, activation, recurrent_activation, unit_forget_bias, **kwargs)
        self.peephole_initializer = keras.initializers.get(peephole_initializer)

    def build(self, input_shape):
        super().build(input_shape)
        self.peephole_kernel = self.add_weight(
            shape=(3, self.units), name="peephole_kernel", initializer=self.peephole_initializer
        )

    def call(self, inputs, states, training=False):
        h, c = states
        h = self.recurrent_term(self.dropped_state(h, training), "ifgo")
        x_i, x_f, x_g, x_o = self.input_terms(inputs, training)
        h_i, h_f, h_g, h_o = ops.split(h, 4, axis=-1)
        b_i, b_f, b_g, b_o = self.biases()
        w_ci, w_cf, w_co = self.peephole_kernel[0], self.peephole_kernel[1], self.peephole_kernel[2]

        i = self.recurrent_activation(x_i + h_i + w_ci * c + b_i)
        f = self.recurrent_activation(x_f + h_f + w_cf * c + b_f)
        g = self.activation(x_g + h_g + b_g)
        c = f * c + i * g
        o = self.recurrent_activation(x_o + h_o + w_co * c + b_o)
        h = o * self.activation(c)
        return h, [h, c]

    def get_config(self):
        config = super().get_config()
        config["peephole_initializer"] = keras.initializers.serialize(self.peephole_initializer)
        return config
