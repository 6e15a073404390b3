"""An LSTM whose gates see the cell state."""

# Shapes: B batch, D features, U units.

from typing import Any

import keras
from keras import ops

from keras_gru.layers.cells.lstm import LSTMCell
from keras_gru.layers.products import product
from keras_gru.layers.registry import cell
from keras_gru.layers.types import Initializer, Shape, StepResult, Tensor, Tensors


@cell("peephole_lstm", "LSTM (peephole)")
@keras.saving.register_keras_serializable(package="keras_gru")
class PeepholeLSTMCell(LSTMCell):
    """One step of an LSTM with peephole connections, in Graves' form.

        i = σ(x W_xi + h W_hi + w_ci ⊗ c + b_i)    input gate
        f = σ(x W_xf + h W_hf + w_cf ⊗ c + b_f)    forget gate
        g = tanh(x W_xg + h W_hg + b_g)            candidate
        c' = f ⊗ c + i ⊗ g                         new cell state
        o = σ(x W_xo + h W_ho + w_co ⊗ c' + b_o)   output gate, which sees the new cell state
        h' = o ⊗ tanh(c')                          new state, which is the output too

    Each gate sees only the cell state of its unit: w_ci, w_cf and w_co are vectors (a diagonal
    matrix in the paper). They are initially zero, which makes the cell an LSTM.

    Weights in columns i | f | g | o, those of `keras.layers.LSTMCell`: `kernel` `(D, 4U)`,
    `recurrent_kernel` `(U, 4U)`, `bias` `(4U,)`; and `peephole_kernel` `(3, U)`, rows i, f, o.

    Args:
        units: the size U of each state and of the output.
        peephole_initializer: initializer of the weights of c.
        **kwargs: the other arguments of `keras_gru.LSTMCell`. The recurrent regularizer and
            constraint are not on the weights of c.

    Call arguments and returns: those of `keras_gru.Cell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.PeepholeLSTMCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Gers and Schmidhuber, 2000](https://doi.org/10.1109/IJCNN.2000.861302)
        - [Graves, 2013](https://arxiv.org/abs/1308.0850), equations 7 to 11
    """

    masks_by_equation = False
    arguments = (*LSTMCell.arguments, "peephole_initializer")

    def __init__(
        self, units: int, *args: Any, peephole_initializer: Initializer = "zeros", **kwargs: Any
    ) -> None:
        super().__init__(units, *args, **kwargs)
        self.peephole_initializer = keras.initializers.get(peephole_initializer)

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        self.peephole_kernel = self.add_weight(
            shape=(3, self.units), name="peephole_kernel", initializer=self.peephole_initializer
        )

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h, c), (W, peepholes) = states, weights
        a_i, a_f, a_g, a_o = ops.split(self.add(x, product(h, W, masks)), 4, axis=-1)
        i = self.gate("i", a_i + peepholes[0] * c)
        f = self.gate("f", a_f + peepholes[1] * c)
        c = f * c + i * self.activation(a_g)
        o = self.gate("o", a_o + peepholes[2] * c)
        return [o * self.activation(c), c], {"i": i, "f": f, "o": o}

    def step_weights(self) -> list[Tensor]:
        return [*super().step_weights(), ops.convert_to_tensor(self.peephole_kernel)]

    def get_config(self) -> dict[str, Any]:
        initializer = keras.initializers.serialize(self.peephole_initializer)
        return {**super().get_config(), "peephole_initializer": initializer}
