"""The closed-form continuous-time network, for samples at irregular times."""

# Shapes: B batch, D features, U units.

from typing import Any

import keras
from keras import ops

from keras_gru.layers.cells.cell import Cell
from keras_gru.layers.products import product, split_at
from keras_gru.layers.registry import cell
from keras_gru.layers.types import Shape, StepResult, Tensor, Tensors


@cell("closed_form", "CfC")
@keras.saving.register_keras_serializable(package="keras_gru")
class ClosedFormCell(Cell):
    """One step of a closed-form continuous-time network (CfC).

        s = σ((x W_xa + h W_ha + b_a) τ + x W_xb + h W_hb + b_b)   how far towards k after τ
        g = tanh(x W_xg + h W_hg + b_g)                            the state soon after an input
        k = tanh(x W_xk + h W_hk + b_k)                            the state long after it
        h' = (1 − s) ⊗ g + s ⊗ k                                   new state and output

    τ is the time that passed since the step before: the last feature of x with `time_feature`, and
    1 without. The four maps see x and h directly, without the paper's shared hidden layers.

    Weights in columns a | b | g | k: `kernel` `(D, 4U)`, `recurrent_kernel` `(U, 4U)`, `bias`
    `(4U,)`. D is without the time.

    Args:
        units: the size U of the state and of the output.
        time_feature: whether the last feature is τ.
        **kwargs: the other arguments of `keras_gru.Cell`; there are no gates.

    Call arguments and returns: those of `keras_gru.Cell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.ClosedFormCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Hasani et al., 2022](https://arxiv.org/abs/2106.13898)
    """

    equations = input_equations = recurrent_equations = "abgk"
    gate_signs = "...."
    arguments = (*Cell.arguments, "independent_recurrence", "time_feature")

    def __init__(self, units: int, *args: Any, time_feature: bool = False, **kwargs: Any) -> None:
        super().__init__(units, *args, **kwargs)
        self.time_feature = time_feature

    def build(self, input_shape: Shape) -> None:
        super().build((*input_shape[:-1], input_shape[-1] - self.time_feature))

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h,), (W, *bias) = states, weights
        x, time = split_at(x, 4 * self.units)
        a, b, a_g, a_k = ops.split(sum(bias, x + product(h, W, masks)), 4, axis=-1)
        s = self.recurrent_activation(a * time + b)
        return [(1 - s) * self.activation(a_g) + s * self.activation(a_k)], {}

    def input_product(self, x: Tensor, kernel: Tensor, masks: Tensors = ()) -> Tensor:
        time = x[..., -1:] if self.time_feature else ops.ones_like(x[..., -1:])
        x = x[..., : kernel.shape[0]]
        masks = [mask[..., : kernel.shape[0]] for mask in masks]
        return ops.concatenate([product(x, kernel, masks), time], axis=-1)

    def input_bias(self) -> Tensor | None:
        return None  # `step` adds the bias, as the time in `x` has none

    def step_weights(self) -> list[Tensor]:
        bias = [ops.convert_to_tensor(self.bias)] if self.use_bias else []
        return [*super().step_weights(), *bias]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "time_feature": self.time_feature}
