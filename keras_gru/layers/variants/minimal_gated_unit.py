"""The minimal gated unit: a GRU with one gate."""

# Shapes: B batch, D features, U units.

import keras

from keras_gru.layers.variants.gated_cell import GatedCell


@keras.saving.register_keras_serializable(package="keras_gru")
class MinimalGatedUnitCell(GatedCell):
    """One step of a minimal gated unit: the forget gate is update and reset gate in one.

        f = σ(x W_xf + h W_hf + b_f)            forget gate
        g = tanh(x W_xg + (f ⊗ h) W_hg + b_g)   candidate
        h' = (1 − f) ⊗ h + f ⊗ g                new state, which is the output too

    Weights in columns f | g: `kernel` `(D, 2U)`, `recurrent_kernel` `(U, 2U)`, `bias` `(2U,)`.

    Args:
        units: the size U of the state and of the output.
        activation: of the candidate. `None` is the identity.
        recurrent_activation: of the gate. `None` is the identity.
        **kwargs: the other arguments of `keras.layers.SimpleRNNCell`, by name: `use_bias`,
            `dropout`, `recurrent_dropout`, `seed`, initializers, …; dropout masks are constant
            over time.

    Call arguments:
        inputs, states: x, `(B, D)`, and a list holding h, `(B, U)`.

    Returns:
        `(h', states)`: the output `(B, U)` and a list of the new state.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.Recurrence(keras_gru.MinimalGatedUnitCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Zhou et al., 2016](https://arxiv.org/abs/1603.09420), equations 6
    """

    equations = input_equations = recurrent_equations = "fg"
    gate_signs = "-."  # a forget gate by name, it says how much is written

    def call(self, inputs, states, training=False):
        h_before = states[0]
        x_f, x_g = self.input_terms(inputs, training)
        b_f, b_g = self.biases()
        h = self.dropped_state(h_before, training)

        f = self.recurrent_activation(x_f + self.recurrent_term(h, "f") + b_f)
        g = self.activation(x_g + self.recurrent_term(f * h, "g") + b_g)
        h = (1 - f) * h_before + f * g
        return h, [h]
