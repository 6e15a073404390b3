"""The plain recurrent network: its equation, one step, and its gradient."""

# Shapes: B batch, D features, U units; T time steps before B in `weight_gradients`.

from typing import Any

import keras

from keras_gru.layers.cells.cell import FORMS, Cell
from keras_gru.layers.products import product, product_gradient, weight_gradient
from keras_gru.layers.types import Activation, Residuals, StepResult, Tensor, Tensors


@keras.saving.register_keras_serializable(package="keras_gru")
class SimpleRNNCell(Cell):
    """One step of a plain recurrent network.

        h' = tanh(a), where a = x W_x + h W_h + b   new state, which is the output too

    Weights are those of `keras.layers.SimpleRNNCell`: `kernel` `(D, U)`, `recurrent_kernel`
    `(U, U)`, `bias` `(U,)`.

    The gradient. dv is the derivative of the loss with respect to v. Given dh', it computes

        da = dh' ⊗ tanh'(a), with tanh' = 1 − h'²
        dh = da W_hᵀ
        dW_h = Σ hᵀ da                      over all rows of all steps, after the backward pass

    dh is multiplied by W_hᵀ at every step, so gradients vanish or explode over long sequences.

    Args:
        units: the size U of the state and of the output.
        activation: activation function. `None` is the identity.
        use_bias: whether there is a bias.
        **kwargs: the other arguments of `keras_gru.Cell`; there are no gates.

    Call arguments and returns: those of `keras_gru.Cell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> tuple(keras_gru.RNN(keras_gru.SimpleRNNCell(4))(np.ones((2, 5, 3), "float32")).shape)
    (2, 4)

    Reference:
        - [Elman, 1990](https://doi.org/10.1207/s15516709cog1402_1)
    """

    arguments = tuple(
        name
        for name in (*Cell.arguments, *FORMS)
        if name not in ("recurrent_activation", "constant_gates")
    )

    def __init__(
        self,
        units: int,
        activation: Activation = "tanh",
        use_bias: bool = True,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, activation, "sigmoid", use_bias, *args, **kwargs)

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h,), (W,) = states, weights
        h = self.activation(self.add(x, product(h, W, masks)))
        return [h], {"h": h}

    def step_gradient(
        self,
        d_states: Tensors,
        residuals: Residuals,
        before: Tensors,
        transposed: Tensors,
        masks: Tensors,
    ) -> tuple[list[Tensor], Tensor]:
        da = d_states[0] * self.activation_derivative(residuals["h"])
        return [product_gradient(da, transposed[0], masks)], da

    def weight_gradients(
        self, da: Tensor, residuals: Residuals, before: Tensors, masks: Tensors
    ) -> list[Tensor]:
        return [weight_gradient(before[0], da, masks)]
