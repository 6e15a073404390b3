"""SimpleRNN, GRU and LSTM with layer normalisation of their weighted sums.

    LN(a) = (a − mean(a)) / √(var(a) + 1e-5)

is over the columns of one row at one step, so neither the batch nor the padding has a part in it.
Where the paper adds up the biases of two normalisations, and that of the sum, here is one.
"""

# Shapes: B batch, D features, U units.

import keras
from keras import ops

from keras_gru.layers.variants.gated_cell import GatedCell, LSTMVariantCell


def _normalized(a, gain, bias=None):
    return ops.layer_normalization(a, gamma=gain, beta=bias, epsilon=1e-5)


def _add_gain(cell, name):
    """A factor for each weighted sum, which is 1 to begin with."""
    return cell.add_weight(shape=(len(cell.equations) * cell.units,), name=name, initializer="ones")


@keras.saving.register_keras_serializable(package="keras_gru")
class LayerNormSimpleRNNCell(GatedCell):
    """One step of a SimpleRNN with layer normalisation.

        h' = tanh(γ ⊗ LN(x W_x + h W_h) + b)    new state, which is the output too

    Weights: `kernel` `(D, U)`, `recurrent_kernel` `(U, U)`, `bias` `(U,)` and `gain` γ `(U,)`.

    Args:
        units: the size U of the state and of the output.
        activation: of the sum. `None` is the identity.
        **kwargs: the other arguments of `keras.layers.SimpleRNNCell`, by name: `use_bias`,
            `dropout`, `recurrent_dropout`, `seed`, initializers, …; dropout masks are constant
            over time.

    Call arguments:
        inputs, states: x, `(B, D)`, and a list holding h, `(B, U)`.

    Returns:
        `(h', states)`: the output `(B, U)` and a list of the new state.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.Recurrence(keras_gru.LayerNormSimpleRNNCell(4))
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 4)

    Reference:
        - [Ba et al., 2016](https://arxiv.org/abs/1607.06450), section 3.1
    """

    equations = input_equations = recurrent_equations = "h"
    gate_signs = "."

    def build(self, input_shape):
        super().build(input_shape)
        self.gain = _add_gain(self, "gain")

    def call(self, inputs, states, training=False):
        (x,) = self.input_terms(inputs, training)
        h = self.recurrent_term(self.dropped_state(states[0], training), "h")
        (b,) = self.biases()
        h = self.activation(_normalized(x + h, self.gain) + b)
        return h, [h]


@keras.saving.register_keras_serializable(package="keras_gru")
class LayerNormGRUCell(GatedCell):
    """One step of a GRU with layer normalisation.

        [a_z a_r] = γ_x ⊗ LN(x W_x(zr)) + γ_h ⊗ LN(h W_h(zr)) + b_zr
        z, r = σ(a_z), σ(a_r)                                           gates
        g = tanh(γ_x ⊗ LN(x W_xg) + γ_h ⊗ LN((r ⊗ h) W_hg) + b_g)       candidate
        h' = z ⊗ h + (1 − z) ⊗ g                                        new state and output

    The gates' sums are normalised together. With `reset_after=True` the candidate is the paper's,
    g = tanh(γ_x ⊗ LN(x W_xg) + r ⊗ γ_h ⊗ LN(h W_hg) + b_g), where the reset gate is applied last;
    the paper swaps the roles of z and 1 − z.

    Weights in columns z | r | g: `kernel` `(D, 3U)`, `recurrent_kernel` `(U, 3U)`, and `bias`,
    `input_gain` γ_x and `recurrent_gain` γ_h, all `(3U,)`.

    Args:
        units: the size U of the state and of the output.
        activation: of the candidate. `None` is the identity.
        recurrent_activation: of the gates. `None` is the identity.
        reset_after: whether the reset gate applies after the product with the weights of h.
        **kwargs: the other arguments of `keras.layers.SimpleRNNCell`, by name: `use_bias`,
            `dropout`, `recurrent_dropout`, `seed`, initializers, …; dropout masks are constant
            over time.

    Call arguments:
        inputs, states: x, `(B, D)`, and a list holding h, `(B, U)`.

    Returns:
        `(h', states)`: the output `(B, U)` and a list of the new state.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.Recurrence(keras_gru.LayerNormGRUCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Ba et al., 2016](https://arxiv.org/abs/1607.06450), supplementary material
    """

    equations = input_equations = recurrent_equations = "zrg"
    gate_signs = "+.."

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        reset_after=False,
        **kwargs,
    ):
        super().__init__(units, activation, recurrent_activation, **kwargs)
        self.reset_after = reset_after

    def build(self, input_shape):
        super().build(input_shape)
        self.input_gain = _add_gain(self, "input_gain")
        self.recurrent_gain = _add_gain(self, "recurrent_gain")

    def call(self, inputs, states, training=False):
        h_before = states[0]
        h = self.dropped_state(h_before, training)
        x_z, x_r, x_g = self.input_terms(inputs, training)
        b_z, b_r, b_g = self.biases()
        gain_x, gain_x_g = ops.split(self.input_gain, [2 * self.units])
        gain_h, gain_h_g = ops.split(self.recurrent_gain, [2 * self.units])

        x_zr = _normalized(ops.concatenate([x_z, x_r], axis=-1), gain_x)
        h_zr = _normalized(self.recurrent_term(h, "zr"), gain_h)
        a_z, a_r = ops.split(x_zr + h_zr, 2, axis=-1)
        z, r = self.recurrent_activation(a_z + b_z), self.recurrent_activation(a_r + b_r)
        if self.reset_after:
            h_g = r * _normalized(self.recurrent_term(h, "g"), gain_h_g)
        else:
            h_g = _normalized(self.recurrent_term(r * h, "g"), gain_h_g)
        g = self.activation(_normalized(x_g, gain_x_g) + h_g + b_g)
        h = z * h_before + (1 - z) * g
        return h, [h]

    def get_config(self):
        return {**super().get_config(), "reset_after": self.reset_after}


@keras.saving.register_keras_serializable(package="keras_gru")
class LayerNormLSTMCell(LSTMVariantCell):
    """One step of an LSTM with layer normalisation.

        [a_i a_f a_g a_o] = γ_x ⊗ LN(x W_x) + γ_h ⊗ LN(h W_h) + b
        i, f, o = σ(a_i), σ(a_f), σ(a_o)        input, forget and output gate
        g = tanh(a_g)                           candidate
        c' = f ⊗ c + i ⊗ g                      new cell state
        h' = o ⊗ tanh(γ_c ⊗ LN(c') + b_c)       new state, which is the output too

    All four weighted sums are normalised together.

    Weights in columns i | f | g | o, those of `keras.layers.LSTMCell`: `kernel` `(D, 4U)`,
    `recurrent_kernel` `(U, 4U)`, and `bias`, `input_gain` γ_x and `recurrent_gain` γ_h, all
    `(4U,)`; `state_gain` γ_c and `state_bias` b_c, `(U,)`.

    Args:
        units: the size U of each state and of the output.
        activation: of the candidate and of the output. `None` is the identity.
        recurrent_activation: of the gates. `None` is the identity.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        **kwargs: the other arguments of `keras.layers.SimpleRNNCell`, by name: `use_bias`,
            `dropout`, `recurrent_dropout`, `seed`, initializers, …; dropout masks are constant
            over time. Without biases there is no b_c either.

    Call arguments:
        inputs, states: x, `(B, D)`, and a list of h and c, `(B, U)`.

    Returns:
        `(h', states)`: the output `(B, U)` and a list of the new h and c.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.Recurrence(keras_gru.LayerNormLSTMCell(4), return_state=True)
    >>> [tuple(tensor.shape) for tensor in layer(np.ones((2, 5, 3), "float32"))]
    [(2, 4), (2, 4), (2, 4)]

    Reference:
        - [Ba et al., 2016](https://arxiv.org/abs/1607.06450), supplementary material
    """

    equations = input_equations = recurrent_equations = "ifgo"
    gate_signs = "-+.."

    def build(self, input_shape):
        super().build(input_shape)
        self.input_gain = _add_gain(self, "input_gain")
        self.recurrent_gain = _add_gain(self, "recurrent_gain")
        self.state_gain = self.add_weight(
            shape=(self.units,), name="state_gain", initializer="ones"
        )
        self.state_bias = None
        if self.use_bias:
            self.state_bias = self.add_weight(
                shape=(self.units,), name="state_bias", initializer="zeros"
            )

    def call(self, inputs, states, training=False):
        h, c = states
        h = self.recurrent_term(self.dropped_state(h, training), "ifgo")
        x = ops.concatenate(self.input_terms(inputs, training), axis=-1)
        sums = _normalized(x, self.input_gain) + _normalized(h, self.recurrent_gain)
        a_i, a_f, a_g, a_o = ops.split(sums, 4, axis=-1)
        b_i, b_f, b_g, b_o = self.biases()

        i = self.recurrent_activation(a_i + b_i)
        f = self.recurrent_activation(a_f + b_f)
        g = self.activation(a_g + b_g)
        c = f * c + i * g
        o = self.recurrent_activation(a_o + b_o)
        h = o * self.activation(_normalized(c, self.state_gain, self.state_bias))
        return h, [h, c]
