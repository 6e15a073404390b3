"""The gated recurrent unit: its equations, one step, and its gradient."""

# Shapes: T time, B batch, D features, U units, G = 3U columns z | r | g.

from typing import Any

import keras
from keras import ops

from keras_gru.layers.cells.cell import FORMS, Cell
from keras_gru.layers.products import (
    apply_masks,
    bias_gradient,
    product,
    product_gradient,
    split_at,
    weight_gradient,
)
from keras_gru.layers.types import Residuals, StepResult, Tensor, Tensors


@keras.saving.register_keras_serializable(package="keras_gru")
class GRUCell(Cell):
    """One step of a GRU. Subclasses can override its equations.

        z = σ(x W_xz + h W_hz + b_z)            update gate: how much of the state is kept
        r = σ(x W_xr + h W_hr + b_r)            reset gate: how much of it the candidate sees
        g = tanh(x W_xg + (r ⊗ h) W_hg + b_g)   candidate, the "main layer"
        h' = z ⊗ h + (1 − z) ⊗ g                new state, which is the output too

    `h` is the previous state h_(t−1); where a printed source has x_(t−1) in the recurrent terms
    of z and r, that is a misprint. Cho et al. (2014) and Géron reset before the product, as here.
    `reset_after=True` is the other function, g = tanh(x W_xg + b_g + r ⊗ n) with n = h W_hg + b_hg,
    the default of Keras, PyTorch and cuDNN; weights do not carry over between the two. Chung et al.
    (2014) swap the roles of z and 1 − z.

    Weights are those of `keras.layers.GRUCell`, columns z | r | g: `kernel` `(D, 3U)`,
    `recurrent_kernel` `(U, 3U)`, `bias` `(3U,)`, or `(2, 3U)` (input, recurrent) when
    `reset_after=True`. Use `get_weights` and `set_weights` to copy them in both directions.

    A subclass overrides `gates`, `candidate` or `interpolate`, and creates layers in `build`:

    ```python
    @keras.saving.register_keras_serializable(package="my_cells")
    class LightGRU(GRUCell):  # Ravanelli et al. 2018: no reset gate, and a ReLU
        def candidate(self, x_g, h, r, W_hg):
            return ops.relu(x_g + ops.matmul(h, W_hg))
    ```

    The gradient. dv is the derivative of the loss with respect to v, and a_z, a_r, a_g are the
    pre-activations. Given dh', the backward pass computes, with the derivatives of the activations
    from the saved gates, σ'(a_z) = z (1 − z), σ'(a_r) = r (1 − r), tanh'(a_g) = 1 − g²:

        da_z = dh' ⊗ (h − g) ⊗ σ'(a_z)
        da_g = dh' ⊗ (1 − z) ⊗ tanh'(a_g)
        dW_h(zr) = Σ hᵀ [da_z da_r]

        if the gate resets before the product:
            ds = da_g W_hgᵀ
            da_r = ds ⊗ h ⊗ σ'(a_r)
            dh = dh' ⊗ z + ds ⊗ r + [da_z da_r] W_h(zr)ᵀ
            dW_hg = Σ (r ⊗ h)ᵀ da_g
        if it resets after the product:
            dn = da_g ⊗ r
            da_r = da_g ⊗ n ⊗ σ'(a_r)
            dh = dh' ⊗ z + dn W_hgᵀ + [da_z da_r] W_h(zr)ᵀ
            dW_hg = Σ hᵀ dn

    The sums are over the rows of all steps, in one product after the backward pass.

    Args:
        reset_after: whether the reset gate applies after the product with W_hg.
        constant_gates: with `{"update": 0, "reset": 1}` the cell is a SimpleRNN with the last U
            columns of the weights.
        **kwargs: the other arguments of `keras_gru.Cell`.

    Call arguments:
        inputs, states: x, `(B, D)`, and h, `(B, U)`, or a list holding it.

    Returns:
        `(h', states)`: the output `(B, U)` and the new states, structured as `states`.

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

    equations = input_equations = recurrent_equations = "zrg"
    gate_signs = "+.."
    masks_by_equation = True
    arguments = (*Cell.arguments, *FORMS, "reset_after")
    kernel_module = "gru"
    has_both_formulations = False  # whether a subclass with its own `step` supports both

    def __init__(self, units: int, *args: Any, reset_after: bool = False, **kwargs: Any) -> None:
        super().__init__(units, *args, **kwargs)
        self.reset_after = bool(reset_after)
        if reset_after and self.multiplicative_integration:
            raise ValueError("`multiplicative_integration`: expected reset_after=False, got True.")
        if reset_after and self.step_gradient is None and not self.has_both_formulations:
            raise ValueError(
                f"`reset_after` must be False for {type(self).__name__}, which changes an equation "
                "of the reset gate before the product. Received: True. Override `step` instead."
            )

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        if self.reset_after:
            return self._step_reset_after(x, states, weights, masks)
        (h,), (W_zr, W_g) = states, weights
        x_zr, x_g = self.split(x)
        a = self.add(x_zr, product(h, W_zr, self.masks_of("zr", masks)), "zr")
        z, r = self.gates(*ops.split(a, 2, axis=-1))
        g = self.candidate(x_g, apply_masks(h, self.masks_of("g", masks)), r, W_g)
        return [self.interpolate(z, h, g)], {"z": z, "r": r, "g": g}

    def gates(self, a_z: Tensor, a_r: Tensor) -> tuple[Tensor, Tensor]:
        """Return z and r from their pre-activations, a = x W_x + h W_h + b."""
        return self.gate("z", a_z), self.gate("r", a_r)

    def candidate(self, x_g: Tensor, h: Tensor, r: Tensor, W_hg: Tensor) -> Tensor:
        """Return g from x_g = x W_xg + b_g, the previous state, the reset gate and W_hg."""
        return self.activation(self.add(x_g, product(r * h, W_hg), "g"))

    def interpolate(self, z: Tensor, h: Tensor, g: Tensor) -> Tensor:
        """Return h' from the update gate, the previous state and the candidate."""
        return z * h + (1 - z) * g

    def _step_reset_after(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors):
        (h,), (W, *bias) = states, weights
        x_zr, x_g = self.split(x)
        h_zr, n = self.split(sum(bias, product(h, W, masks)))
        z, r = self.gates(*ops.split(x_zr + h_zr, 2, axis=-1))
        g = self.activation(x_g + r * n)
        return [z * h + (1 - z) * g], {"z": z, "r": r, "g": g, "n": n}

    def step_gradient(
        self,
        d_states: Tensors,
        residuals: Residuals,
        before: Tensors,
        transposed: Tensors,
        masks: Tensors,
    ) -> tuple[list[Tensor], Tensor]:
        (dh,), (h,) = d_states, before
        z, r, g = (residuals[letter] for letter in "zrg")
        da_g = dh * (1 - z) * self.activation_derivative(g)
        da_z = dh * (h - g) * self.gate_derivative("z", z)
        dh = dh * z
        if self.reset_after:
            da_r = da_g * residuals["n"] * self.gate_derivative("r", r)
            dn = ops.concatenate([da_z, da_r, da_g * r], axis=-1)
            dh = dh + product_gradient(dn, transposed[0], masks)
        else:
            W_zr, W_g = transposed
            ds = product_gradient(da_g, W_g, self.masks_of("g", masks))
            da_r = ds * h * self.gate_derivative("r", r)
            da_zr = ops.concatenate([da_z, da_r], axis=-1)
            dh = dh + ds * r + product_gradient(da_zr, W_zr, self.masks_of("zr", masks))
        return [dh], ops.concatenate([da_z, da_r, da_g], axis=-1)

    def weight_gradients(
        self, da: Tensor, residuals: Residuals, before: Tensors, masks: Tensors
    ) -> list[Tensor]:
        (h,), r = before, residuals["r"]
        da_zr, da_g = self.split(da)
        if self.reset_after:
            dn = ops.concatenate([da_zr, da_g * r], axis=-1)
            return [weight_gradient(h, dn, masks), bias_gradient(dn)][: 1 + self.use_bias]
        return [
            weight_gradient(h, da_zr, self.masks_of("zr", masks)),
            weight_gradient(r * h, da_g, self.masks_of("g", masks)),
        ]

    def split(self, columns: Tensor) -> tuple[Tensor, Tensor]:
        """Return columns z | r | g as z | r and g."""
        return split_at(columns, 2 * self.units)

    def step_weights(self) -> list[Tensor]:
        if self.reset_after:
            bias = [] if self.bias is None else [self.bias[1]]
            return [ops.convert_to_tensor(self.recurrent_kernel), *bias]
        return [*self.split(ops.convert_to_tensor(self.recurrent_kernel))]

    def input_bias(self) -> Tensor | None:
        return self.bias[0] if self.reset_after and self.bias is not None else super().input_bias()

    def bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "reset_after": self.reset_after}
