"""The long short-term memory: its equations, one step, and its gradient."""

# Shapes: B batch, D features, U units, G = 4U columns i | f | g | o; T time steps before B in
# `weight_gradients`.

from typing import Any

import keras
from keras import ops

from keras_gru.layers.cells.cell import FORMS, Cell
from keras_gru.layers.products import product, product_gradient, weight_gradient
from keras_gru.layers.types import Residuals, Shape, StepResult, Tensor, Tensors


@keras.saving.register_keras_serializable(package="keras_gru")
class LSTMCell(Cell):
    """One step of an LSTM, with one matrix product for all four pre-activations.

        i, f, o = σ(x W_x + h W_h + b)      input, forget and output gate
        g  = tanh(x W_xg + h W_hg + b_g)    candidate
        c' = f ⊗ c + i ⊗ g                  new cell state
        h' = o ⊗ m, where m = tanh(c')      new state, which is the output too

    Weights are those of `keras.layers.LSTMCell`, columns i | f | g | o (Keras calls g c): `kernel`
    `(D, 4U)`, `recurrent_kernel` `(U, 4U)`, `bias` `(4U,)`.

    The gradient. dv is the derivative of the loss with respect to v, and a_i, a_f, a_g, a_o are the
    pre-activations. Given dh' and dc', which come from the next step, the backward pass computes:

        dc'' = dc' + dh' ⊗ o ⊗ tanh'(c')    c' acts on the next step and on h'
        da_o = dh' ⊗ m ⊗ σ'(a_o)
        da_i = dc'' ⊗ g ⊗ σ'(a_i)
        da_f = dc'' ⊗ c ⊗ σ'(a_f)
        da_g = dc'' ⊗ i ⊗ tanh'(a_g)
        dc = dc'' ⊗ f                       no matrix product: gradients last over many steps
        dh = [da_i da_f da_g da_o] W_hᵀ
        dW_h = Σ hᵀ [da_i da_f da_g da_o]   over all rows of all steps, after the backward pass

    with σ'(a_i) = i (1 − i), likewise for f and o, tanh'(a_g) = 1 − g² and tanh'(c') = 1 − m².

    Args:
        units: the size U of each state and of the output.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        **kwargs: the other arguments of `keras_gru.Cell`.

    Call arguments:
        inputs, states: x, `(B, D)`, and a list of h and c, `(B, U)`.

    Returns:
        `(h', states)`: the output `(B, U)` and a list of the new h and c.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.LSTMCell(4), return_state=True)
    >>> [tuple(tensor.shape) for tensor in layer(np.ones((2, 5, 3), "float32"))]
    [(2, 4), (2, 4), (2, 4)]

    Reference:
        - [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735)
        - [Gers et al., 2000](https://doi.org/10.1162/089976600300015015), the forget gate
    """

    equations = input_equations = recurrent_equations = "ifgo"
    gate_signs = "-+.."
    state_names = "hc"
    masks_by_equation = True
    arguments = (*Cell.arguments, *FORMS, "unit_forget_bias")

    def __init__(
        self, units: int, *args: Any, unit_forget_bias: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(units, *args, **kwargs)
        self.unit_forget_bias = unit_forget_bias

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h, c), (W,) = states, weights
        a_i, a_f, a_g, a_o = ops.split(self.add(x, product(h, W, masks)), 4, axis=-1)
        i, f, o = self.gate("i", a_i), self.gate("f", a_f), self.gate("o", a_o)
        g = self.activation(a_g)
        c = f * c + i * g
        m = self.activation(c)
        return [o * m, c], {"i": i, "f": f, "g": g, "o": o, "m": m}

    def step_gradient(
        self,
        d_states: Tensors,
        residuals: Residuals,
        before: Tensors,
        transposed: Tensors,
        masks: Tensors,
    ) -> tuple[list[Tensor], Tensor]:
        (dh, dc), (_, c) = d_states, before
        i, f, g, o, m = (residuals[letter] for letter in "ifgom")
        dc = dc + dh * o * self.activation_derivative(m)
        da = ops.concatenate(
            [
                dc * g * self.gate_derivative("i", i),
                dc * c * self.gate_derivative("f", f),
                dc * i * self.activation_derivative(g),
                dh * m * self.gate_derivative("o", o),
            ],
            axis=-1,
        )
        return [product_gradient(da, transposed[0], masks), dc * f], da

    def weight_gradients(
        self, da: Tensor, residuals: Residuals, before: Tensors, masks: Tensors
    ) -> list[Tensor]:
        return [weight_gradient(before[0], da, masks)]

    def initial_bias(self, shape: Shape, dtype: str | None = None) -> Tensor:
        if not self.unit_forget_bias:
            return super().initial_bias(shape, dtype=dtype)
        blocks = [
            ops.ones((self.units,), dtype=dtype)
            if letter == "f"
            else self.bias_initializer((self.units,), dtype=dtype)
            for letter in self.equations
        ]
        return ops.concatenate(blocks)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "unit_forget_bias": self.unit_forget_bias}
