"""MUT1, MUT2 and MUT3: what a search through ten thousand cells found."""

# Shapes: B batch, D features, U units.

import keras

from keras_gru.layers.variants.gated_cell import GatedCell


class _Mutation(GatedCell):
    """One step, of which a subclass says what z, r and the candidate see."""

    gate_signs = "-.."

    def call(self, inputs, states, training=False):
        h_before = states[0]
        h = self.dropped_state(h_before, training)
        b_z, b_r, b_g = self.biases()

        x_z, x_r, x_g = self.seen_of_input(inputs, training)
        z = self.recurrent_activation(self.update_sum(x_z, h) + b_z)
        r = self.recurrent_activation(x_r + self.recurrent_term(h, "r") + b_r)
        g = self.activation(x_g + self.recurrent_term(r * h, "g") + b_g)
        h = (1 - z) * h_before + z * g
        return h, [h]

    def seen_of_input(self, x, training):
        """What z, r and the candidate add of the input."""
        return self.input_terms(x, training)

    def update_sum(self, x_z, h):
        """The weighted sum of z, without its bias."""
        return x_z + self.recurrent_term(h, "z")


@keras.saving.register_keras_serializable(package="keras_gru")
class MUT1Cell(_Mutation):
    """One step of MUT1.

        z = σ(x W_xz + b_z)                                 update gate: it sees the input alone
        r = σ(x W_xr + h W_hr + b_r)                        reset gate
        g = tanh((r ⊗ h) W_hg + tanh(x W_xg) + b_g)         candidate
        h' = (1 − z) ⊗ h + z ⊗ g                            new state, which is the output too

    The paper has tanh(x), which needs as many features as units, in the place of tanh(x W_xg):
    with W_xg the identity that is what it is.

    Weights in columns z | r | g: `kernel` `(D, 3U)`, `bias` `(3U,)`; r | g: `recurrent_kernel`
    `(U, 2U)`.

    Args:
        units: the size U of the state and of the output.
        activation: of the candidate, and of the input in it. `None` is the identity.
        recurrent_activation: of the gates. `None` is the identity.
        **kwargs: the other arguments of `keras.layers.SimpleRNNCell`, by name: `use_bias`,
            `dropout`, `recurrent_dropout`, `seed`, initializers, …; dropout masks are constant
            over time.

    Call arguments:
        inputs, states: x, `(B, D)`, and a list holding h, `(B, U)`.

    Returns:
        `(h', states)`: the output `(B, U)` and a list of the new state.

    Example:

    >>> import numpy as np, keras_gru
    >>> tuple(keras_gru.Recurrence(keras_gru.MUT1Cell(4))(np.ones((2, 5, 3), "float32")).shape)
    (2, 4)

    Reference:
        - [Jozefowicz et al., 2015](https://proceedings.mlr.press/v37/jozefowicz15.html), MUT1
    """

    recurrent_equations = "rg"

    def seen_of_input(self, x, training):
        x_z, x_r, x_g = self.input_terms(x, training)
        return x_z, x_r, self.activation(x_g)

    def update_sum(self, x_z, h):
        return x_z


@keras.saving.register_keras_serializable(package="keras_gru")
class MUT2Cell(_Mutation):
    """One step of MUT2.

        z = σ(x W_xz + h W_hz + b_z)            update gate
        r = σ(x + h W_hr + b_r)                 reset gate: it has no weights of the input
        g = tanh(x W_xg + (r ⊗ h) W_hg + b_g)   candidate
        h' = (1 − z) ⊗ h + z ⊗ g                new state, which is the output too

    Where D and U differ, x cannot be added to r's sum; x W_xg then stands for it, which adds no
    weights. (With weights of its own MUT2 would be a GRU.)

    Weights in columns z | g: `kernel` `(D, 2U)`; z | r | g: `recurrent_kernel` `(U, 3U)`, `bias`
    `(3U,)`.

    Args:
        units: the size U of the state and of the output.
        activation: of the candidate. `None` is the identity.
        recurrent_activation: of the gates. `None` is the identity.
        **kwargs: the other arguments of `keras.layers.SimpleRNNCell`, by name: `use_bias`,
            `dropout`, `recurrent_dropout`, `seed`, initializers, …; dropout masks are constant
            over time.

    Call arguments:
        inputs, states: x, `(B, D)`, and a list holding h, `(B, U)`.

    Returns:
        `(h', states)`: the output `(B, U)` and a list of the new state.

    Example:

    >>> import numpy as np, keras_gru
    >>> tuple(keras_gru.Recurrence(keras_gru.MUT2Cell(4))(np.ones((2, 5, 3), "float32")).shape)
    (2, 4)

    Reference:
        - [Jozefowicz et al., 2015](https://proceedings.mlr.press/v37/jozefowicz15.html), MUT2
    """

    input_equations = "zg"

    def seen_of_input(self, x, training):
        x_z, x_g = self.input_terms(x, training)
        return x_z, self.dropped_input(x, training) if x.shape[-1] == self.units else x_g, x_g


@keras.saving.register_keras_serializable(package="keras_gru")
class MUT3Cell(_Mutation):
    """One step of MUT3.

        z = σ(x W_xz + tanh(h) W_hz + b_z)      update gate
        r = σ(x W_xr + h W_hr + b_r)            reset gate
        g = tanh(x W_xg + (r ⊗ h) W_hg + b_g)   candidate
        h' = (1 − z) ⊗ h + z ⊗ g                new state, which is the output too

    Weights in columns z | r | g: `kernel` `(D, 3U)`, `recurrent_kernel` `(U, 3U)`, `bias` `(3U,)`.

    Args:
        units: the size U of the state and of the output.
        activation: of the candidate, and of the state in z. `None` is the identity.
        recurrent_activation: of the gates. `None` is the identity.
        **kwargs: the other arguments of `keras.layers.SimpleRNNCell`, by name: `use_bias`,
            `dropout`, `recurrent_dropout`, `seed`, initializers, …; dropout masks are constant
            over time.

    Call arguments:
        inputs, states: x, `(B, D)`, and a list holding h, `(B, U)`.

    Returns:
        `(h', states)`: the output `(B, U)` and a list of the new state.

    Example:

    >>> import numpy as np, keras_gru
    >>> tuple(keras_gru.Recurrence(keras_gru.MUT3Cell(4))(np.ones((2, 5, 3), "float32")).shape)
    (2, 4)

    Reference:
        - [Jozefowicz et al., 2015](https://proceedings.mlr.press/v37/jozefowicz15.html), MUT3
    """

    def update_sum(self, x_z, h):
        return x_z + self.recurrent_term(self.activation(h), "z")
