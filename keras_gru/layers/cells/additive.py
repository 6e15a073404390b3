"""The recurrent additive network: a state that is a sum of inputs."""

# Shapes: B batch, D features, U units.

import keras
from keras import ops

from keras_gru.layers.cells.cell import Cell
from keras_gru.layers.products import product, split_at
from keras_gru.layers.registry import cell
from keras_gru.layers.types import StepResult, Tensor, Tensors


@cell("recurrent_additive", "RAN")
@keras.saving.register_keras_serializable(package="keras_gru")
class RecurrentAdditiveCell(Cell):
    """One step of a recurrent additive network (RAN).

        i = σ(x W_xi + h W_hi + b_i)   input gate
        f = σ(x W_xf + h W_hf + b_f)   forget gate
        c' = i ⊗ (x W_xg + b_g) + f ⊗ c   new cell state: a weighted sum of the inputs so far
        h' = tanh(c')                  new state, which is the output too

    The candidate is linear and does not see the state. The paper has no b_g.

    Weights in columns i | f | g: `kernel` `(D, 3U)`, `bias` `(3U,)`; i | f: `recurrent_kernel`
    `(U, 2U)`.

    Args:
        units: the size U of each state and of the output.
        activation: activation of the output.
        **kwargs: the other arguments of `keras_gru.Cell`.

    Call arguments and returns: those of `keras_gru.Cell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.RecurrentAdditiveCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Lee et al., 2017](https://arxiv.org/abs/1705.07393)
    """

    equations = input_equations = "ifg"
    recurrent_equations = "if"
    gate_signs = "-+."
    arguments = (*Cell.arguments, "independent_recurrence")
    state_names = "hc"

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h, c), (W,) = states, weights
        x_if, g = split_at(x, 2 * self.units)
        a_i, a_f = ops.split(x_if + product(h, W, masks), 2, axis=-1)
        i, f = self.gate("i", a_i), self.gate("f", a_f)
        c = i * g + f * c
        return [self.activation(c), c], {"i": i, "f": f}
