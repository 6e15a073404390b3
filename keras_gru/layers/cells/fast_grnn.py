"""FastGRNN: a gated network with the weights of a SimpleRNN."""

# Shapes: B batch, D features, U units.

import keras
from keras import ops

from keras_gru.layers.cells.cell import Cell
from keras_gru.layers.products import product
from keras_gru.layers.registry import cell
from keras_gru.layers.types import Shape, StepResult, Tensor, Tensors


@cell("fast_grnn", "FastGRNN")
@keras.saving.register_keras_serializable(package="keras_gru")
class FastGRNNCell(Cell):
    """One step of a FastGRNN: gate and candidate share their weights.

        a = x W_x + h W_h
        z = σ(a + b_z)                                    update gate
        g = tanh(a + b_g)                                 candidate
        h' = z ⊗ h + (σ(ζ) (1 − z) + σ(ν)) ⊗ g            new state, which is the output too

    ζ and ν are one learnt number each. The paper's low-rank and sparse weights are left out.

    Weights: `kernel` `(D, U)`, `recurrent_kernel` `(U, U)`, `bias` `(2U,)` in columns z | g, `zeta`
    and `nu` `(1,)`.

    Arguments, call arguments and returns: those of `keras_gru.Cell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.FastGRNNCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Kusupati et al., 2018](https://arxiv.org/abs/1901.02358)
    """

    equations = "zg"
    input_equations = recurrent_equations = "a"
    gate_signs = "+."
    arguments = (*Cell.arguments, "independent_recurrence")

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        for name, value in (("zeta", 1.0), ("nu", -4.0)):  # as in the authors' code
            initializer = keras.initializers.Constant(value)
            setattr(self, name, self.add_weight((1,), initializer=initializer, name=name))

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h,), (W, zeta, nu) = states, weights
        a_z, a_g = ops.split(x + ops.tile(product(h, W, masks), (1, 2)), 2, axis=-1)
        z, g = self.gate("z", a_z), self.activation(a_g)
        return [z * h + (ops.sigmoid(zeta) * (1 - z) + ops.sigmoid(nu)) * g], {"z": z}

    def input_product(self, x: Tensor, kernel: Tensor, masks: Tensors = ()) -> Tensor:
        a = product(x, kernel, masks)
        return ops.concatenate([a, a], axis=-1)

    def step_weights(self) -> list[Tensor]:
        others = (self.zeta, self.nu)
        return [*super().step_weights(), *(ops.convert_to_tensor(weight) for weight in others)]
