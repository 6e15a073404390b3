"""One step of a gated recurrent unit, as the equations are written."""

# Shapes: B batch, D features, U units.

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gru")
class GRUCell(keras.layers.GRUCell):
    """One step of a GRU: four equations, each of which a subclass can change.

        z = σ(x W_xz + h W_hz + b_z)            update gate: how much of the state is kept
        r = σ(x W_xr + h W_hr + b_r)            reset gate: how much of it the candidate sees
        g = tanh(x W_xg + (r ⊗ h) W_hg + b_g)   candidate, the "main layer"
        h' = z ⊗ h + (1 − z) ⊗ g                new state, which is the output too

    `h` is the previous state h_(t−1); where a printed source has x_(t−1) in the recurrent terms
    of z and r, that is a misprint. Cho et al. (2014) and Géron reset before the product, as here.
    `reset_after=True` is the other function, g = tanh(x W_xg + b_g + r ⊗ (h W_hg + b_hg)), the
    default of Keras, PyTorch and cuDNN; weights do not carry over between the two. Chung et al.
    (2014) swap the roles of z and 1 − z.

    Weights are those of `keras.layers.GRUCell`, columns z | r | g: `kernel` `(D, 3U)`,
    `recurrent_kernel` `(U, 3U)`, `bias` `(3U,)`, or `(2, 3U)` (input, recurrent) when
    `reset_after=True`. `get_weights` and `set_weights` move them both ways untouched.

    A subclass overrides `gates`, `candidate` or `interpolate` (a layer of its own goes in `build`):

    ```python
    @keras.saving.register_keras_serializable(package="my_cells")
    class LightGRU(GRUCell):  # Ravanelli et al. 2018: no reset gate, and a ReLU
        def candidate(self, x_g, h, r):
            return ops.relu(x_g + self.recurrent_term(h, "g"))
    ```

    Args:
        units: the size U of the state and of the output.
        activation: of the candidate. `None` is the identity.
        recurrent_activation: of the two gates. `None` is the identity.
        reset_after: whether the reset gate applies after the product with W_hg.
        hold_update_gate: a number in [0, 1] that holds z constant, `None` to compute it.
        hold_reset_gate: the same for r. With z held at 0 and r at 1 the cell is
            `keras.layers.SimpleRNNCell` with the weights' last U columns. Held gates keep their
            columns, so that weights can still be moved.
        **kwargs: the other arguments of `keras.layers.GRUCell`, by name: `use_bias`, `dropout`,
            `recurrent_dropout`, `seed`, initializers, …; dropout masks are constant over time.

    Call arguments:
        inputs, states: x, `(B, D)`, and h, `(B, U)`, or a list holding it.

    Returns:
        `(h', states)`: the output `(B, U)` and the new states, in the structure they came in.

    Example:

    >>> import numpy as np, keras, keras_gru
    >>> cell = keras_gru.GRUCell(4)
    >>> output, state = cell(np.ones((2, 3), "float32"), np.zeros((2, 4), "float32"))
    >>> tuple(keras.layers.RNN(cell, return_sequences=True)(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Cho et al., 2014](https://arxiv.org/abs/1406.1078)
        - [Chung et al., 2014](https://arxiv.org/abs/1412.3555)
        - A. Géron, Hands-On Machine Learning, the chapter on processing sequences
    """

    gate_signs = "+.."  # z keeps the state: see `keras_gru.GateBias`

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        *,
        reset_after=False,
        hold_update_gate=None,
        hold_reset_gate=None,
        **kwargs,
    ):
        super().__init__(units, activation, recurrent_activation, reset_after=reset_after, **kwargs)
        self.hold_update_gate = _held("hold_update_gate", hold_update_gate)
        self.hold_reset_gate = _held("hold_reset_gate", hold_reset_gate)

    def call(self, inputs, states, training=False):
        h = keras.tree.flatten(states)[0]
        x_z, x_r, x_g = self.input_terms(inputs, training)
        h_z, h_r, h_g = self.dropped_states(h, training)
        a_z = x_z + self.recurrent_term(h_z, "z")
        a_r = x_r + self.recurrent_term(h_r, "r")

        z, r = self.gates(a_z, a_r)
        z = z if self.hold_update_gate is None else self.hold_update_gate
        r = r if self.hold_reset_gate is None else self.hold_reset_gate
        g = self.candidate(x_g, h_g, r)
        h = self.interpolate(z, h, g)
        return h, [h] if keras.tree.is_nested(states) else h

    def gates(self, a_z, a_r):
        """z and r from their weighted sums, a = x W_x + h W_h + b."""
        return self.recurrent_activation(a_z), self.recurrent_activation(a_r)

    def candidate(self, x_g, h, r):
        """g from the input's term x_g = x W_xg + b_g, the previous state and the reset gate."""
        if self.reset_after:
            return self.activation(x_g + r * self.recurrent_term(h, "g"))
        return self.activation(x_g + self.recurrent_term(r * h, "g"))

    def interpolate(self, z, h, g):
        """h' from the update gate, the previous state and the candidate."""
        return z * h + (1 - z) * g

    def input_terms(self, x, training):
        """x W_x + b for z, r and g: all that does not wait for the previous step."""
        masks = self.get_dropout_mask(x) if training and 0 < self.dropout < 1 else 1
        if isinstance(masks, list):  # one mask per equation: so Keras does with recurrent dropout
            kernels = ops.split(self.kernel, 3, axis=-1)
            terms = [ops.matmul(x * m, k) for m, k in zip(masks, kernels, strict=True)]
            product = ops.concatenate(terms, axis=-1)
        else:
            product = ops.matmul(x * masks, self.kernel)
        if self.use_bias:
            product = product + (self.bias[0] if self.reset_after else self.bias)
        return ops.split(product, 3, axis=-1)

    def dropped_states(self, h, training):
        """The previous state as z, r and g see it: h itself, or h under their dropout masks."""
        if not (training and 0 < self.recurrent_dropout < 1):
            return h, h, h
        return [h * mask for mask in self.get_recurrent_dropout_mask(h)]

    def recurrent_term(self, h, equation):
        """h W_h for one equation, "z", "r" or "g"; plus its recurrent bias if `reset_after`."""
        first = "zrg".index(equation) * self.units
        columns = slice(first, first + self.units)
        product = ops.matmul(h, self.recurrent_kernel[:, columns])
        return product + self.bias[1, columns] if self.reset_after and self.use_bias else product

    def get_config(self):
        held = {"hold_update_gate": self.hold_update_gate, "hold_reset_gate": self.hold_reset_gate}
        return {**super().get_config(), **held}


def _held(argument, value):
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is None or (number and 0 <= value <= 1):
        return value
    raise ValueError(f"`{argument}` must be None or a number in [0, 1]. Received: {value!r}.")
