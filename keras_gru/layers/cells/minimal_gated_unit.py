"""The minimal gated unit: a GRU with one gate."""

# Shapes: B batch, D features, U units.

import keras
from keras import ops

from keras_gru.layers.cells.cell import FORMS, Cell
from keras_gru.layers.products import product
from keras_gru.layers.registry import cell
from keras_gru.layers.types import StepResult, Tensor, Tensors


@cell("minimal_gated_unit", "MGU")
@keras.saving.register_keras_serializable(package="keras_gru")
class MinimalGatedUnitCell(Cell):
    """One step of a minimal gated unit, whose forget gate is both update and reset gate.

        f = σ(x W_xf + h W_hf + b_f)            forget gate
        g = tanh(x W_xg + (f ⊗ h) W_hg + b_g)   candidate
        h' = (1 − f) ⊗ h + f ⊗ g                new state, which is the output too

    Weights in columns f | g: `kernel` `(D, 2U)`, `recurrent_kernel` `(U, 2U)`, `bias` `(2U,)`.

    Arguments, call arguments and returns: those of `keras_gru.Cell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.MinimalGatedUnitCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Zhou et al., 2016](https://arxiv.org/abs/1603.09420), equations 6
    """

    equations = input_equations = recurrent_equations = "fg"
    gate_signs = "-."  # the paper's forget gate is the fraction that is written
    arguments = (*Cell.arguments, *FORMS)

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h,), (W_f, W_g) = states, weights
        x_f, x_g = ops.split(x, 2, axis=-1)
        f = self.gate("f", self.add(x_f, product(h, W_f, masks), "f"))
        g = self.activation(self.add(x_g, product(f * h, W_g, masks), "g"))
        return [(1 - f) * h + f * g], {"f": f}

    def step_weights(self) -> list[Tensor]:
        return ops.split(ops.convert_to_tensor(self.recurrent_kernel), 2, axis=-1)
