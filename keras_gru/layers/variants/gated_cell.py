"""What the variants of the GRU and of the LSTM have in common: weights, dropout, configuration."""

# Shapes: B batch, D features, U units.

import keras
from keras import ops


class GatedCell(keras.layers.SimpleRNNCell):
    """The weights of several equations side by side, for cells that are written as their equations.

    A subclass names its equations by a letter each, those among them that keep the state or write
    to it by the signs of `keras_gru.GateBias`, and writes `call`. The rest is that of
    `keras.layers.SimpleRNNCell`: its arguments, and dropout masks that are constant over time.
    One mask is shared by all equations.

    Args:
        units: the size U of the state and of the output.
        activation: of the candidate. `None` is the identity.
        recurrent_activation: of the gates. `None` is the identity.
        **kwargs: the other arguments of `keras.layers.SimpleRNNCell`, by name: `use_bias`,
            `dropout`, `recurrent_dropout`, `seed`, initializers, regularizers, constraints.

    Call arguments:
        inputs, states: x, `(B, D)`, and a list of states `(B, U)`.

    Returns:
        `(output, states)`: `(B, U)` and a list of the new states.
    """

    # The columns of the bias `(3U,)`, the kernel `(D, 3U)` and the recurrent kernel `(U, 3U)`.
    equations = input_equations = recurrent_equations = "zrg"
    gate_signs = "..."
    state_names = "h"

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", **kwargs):
        super().__init__(units, activation, **kwargs)
        self.recurrent_activation = keras.activations.get(recurrent_activation)
        if len(self.state_names) > 1:
            self.state_size = [units] * len(self.state_names)

    def build(self, input_shape):
        self.kernel = self.add_weight(
            shape=(input_shape[-1], len(self.input_equations) * self.units),
            name="kernel",
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.recurrent_equations:
            self.recurrent_kernel = self.add_weight(
                shape=(self.units, len(self.recurrent_equations) * self.units),
                name="recurrent_kernel",
                initializer=self.recurrent_initializer,
                regularizer=self.recurrent_regularizer,
                constraint=self.recurrent_constraint,
            )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(len(self.equations) * self.units,),
                name="bias",
                initializer=self.first_bias,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def first_bias(self, shape, dtype=None):
        """What the bias starts from."""
        return self.bias_initializer(shape, dtype=dtype)

    def input_terms(self, x, training):
        """x W_x for each equation that has weights of x."""
        product = ops.matmul(self.dropped_input(x, training), self.kernel)
        return ops.split(product, len(self.input_equations), axis=-1)

    def biases(self):
        """b for each equation, 0 without biases."""
        if self.bias is None:
            return [0] * len(self.equations)
        return ops.split(self.bias, len(self.equations))

    def dropped_input(self, x, training):
        """x as the equations see it: itself, or under its dropout mask."""
        if training and 0 < self.dropout < 1:
            return x * self.get_dropout_mask(x)
        return x

    def dropped_state(self, h, training):
        """The same of h."""
        if training and 0 < self.recurrent_dropout < 1:
            return h * self.get_recurrent_dropout_mask(h)
        return h

    def recurrent_term(self, h, equations):
        """h W_h for one equation, or for several that are neighbours, side by side."""
        first = self.recurrent_equations.index(equations) * self.units
        columns = slice(first, first + len(equations) * self.units)
        return ops.matmul(h, self.recurrent_kernel[:, columns])

    def get_initial_state(self, batch_size=None):
        return [
            ops.zeros((batch_size, self.units), dtype=self.compute_dtype) for _ in self.state_names
        ]

    def get_config(self):
        config = super().get_config()
        config["recurrent_activation"] = keras.activations.serialize(self.recurrent_activation)
        return config


class LSTMVariantCell(GatedCell):
    """A `GatedCell` with the states h and c, and the forget gate's bias at 1 to begin with.

    Args:
        units: the size U of each state and of the output.
        activation: of the candidate and of the output. `None` is the identity.
        recurrent_activation: of the gates. `None` is the identity.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        **kwargs: as of `GatedCell`.
    """

    state_names = "hc"

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        unit_forget_bias=True,
        **kwargs,
    ):
        super().__init__(units, activation, recurrent_activation, **kwargs)
        self.unit_forget_bias = unit_forget_bias

    def first_bias(self, shape, dtype=None):
        if not self.unit_forget_bias:
            return super().first_bias(shape, dtype=dtype)
        parts = [
            ops.ones((self.units,), dtype=dtype)
            if equation == "f"
            else self.bias_initializer((self.units,), dtype=dtype)
            for equation in self.equations
        ]
        return ops.concatenate(parts)

    def get_config(self):
        return {**super().get_config(), "unit_forget_bias": self.unit_forget_bias}
