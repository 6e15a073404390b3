"""SimpleRNN, GRU and LSTM with layer normalisation of their pre-activations.

    LN(a) = (a − mean(a)) / √(var(a) + 1e-5)

is over the columns of one row at one step, and so independent of the batch and of the padding.
The biases of two normalisations and of their sum, in the paper, are one bias here.
"""

# Shapes: B batch, D features, U units.

from typing import Any

import keras
from keras import ops

from keras_gru.layers.cells.gru import GRUCell
from keras_gru.layers.cells.lstm import LSTMCell
from keras_gru.layers.cells.simple_rnn import SimpleRNNCell
from keras_gru.layers.products import product
from keras_gru.layers.types import Shape, StepResult, Tensor, Tensors


def _normalized_form(cls: Any) -> Any:
    """Declare a class as its base's form with layer normalisation."""
    cls.__base__.normalized = cls
    return cls


def _normalize(a: Tensor, gain: Tensor, bias: Tensor | None = None):
    return ops.layer_normalization(a, gamma=gain, beta=bias, epsilon=1e-5)


def _add_gain(cell: Any, name: str, columns: int | None = None):
    """Add a factor for each pre-activation, initially 1."""
    columns = len(cell.equations) if columns is None else columns
    return cell.add_weight(shape=(columns * cell.units,), name=name, initializer="ones")


@_normalized_form
@keras.saving.register_keras_serializable(package="keras_gru")
class LayerNormSimpleRNNCell(SimpleRNNCell):
    """One step of a SimpleRNN with layer normalisation.

        h' = tanh(γ ⊗ LN(x W_x + h W_h) + b)    new state, which is the output too

    Weights: `kernel` `(D, U)`, `recurrent_kernel` `(U, U)`, `bias` `(U,)` and `gain` γ `(U,)`.

    Arguments, call arguments and returns: those of `keras_gru.SimpleRNNCell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.LayerNormSimpleRNNCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Ba et al., 2016](https://arxiv.org/abs/1607.06450), section 3.1
    """

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        self.gain = _add_gain(self, "gain")

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h,), (W, gain, *bias) = states, weights
        h = self.activation(sum(bias, _normalize(x + product(h, W, masks), gain)))
        return [h], {}

    def step_weights(self) -> list[Tensor]:
        after = [self.gain, self.bias] if self.use_bias else [self.gain]
        return [*super().step_weights(), *(ops.convert_to_tensor(weight) for weight in after)]

    def input_bias(self) -> Tensor | None:
        return None  # it is added after the normalisation


@_normalized_form
@keras.saving.register_keras_serializable(package="keras_gru")
class LayerNormGRUCell(GRUCell):
    """One step of a GRU with layer normalisation.

        [a_z a_r] = γ_x ⊗ LN(x W_x(zr)) + γ_h ⊗ LN(h W_h(zr)) + b_zr
        z, r = σ(a_z), σ(a_r)                                           gates
        g = tanh(γ_x ⊗ LN(x W_xg) + γ_h ⊗ LN((r ⊗ h) W_hg) + b_g)       candidate
        h' = z ⊗ h + (1 − z) ⊗ g                                        new state and output

    The gates' sums are normalised together. With `reset_after=True` the candidate is the paper's,
    g = tanh(γ_x ⊗ LN(x W_xg) + r ⊗ γ_h ⊗ LN(h W_hg) + b_g), where the reset gate is applied last;
    the paper swaps the roles of z and 1 − z.

    Weights in columns z | r | g: `kernel` `(D, 3U)`, `recurrent_kernel` `(U, 3U)`, and `bias`,
    `input_gain` γ_x and `recurrent_gain` γ_h, all `(3U,)`.

    Arguments, call arguments and returns: those of `keras_gru.GRUCell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.LayerNormGRUCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Ba et al., 2016](https://arxiv.org/abs/1607.06450), supplementary material
    """

    masks_by_equation = False
    has_both_formulations = True

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        self.input_gain = _add_gain(self, "input_gain")
        self.recurrent_gain = _add_gain(self, "recurrent_gain")

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h,), (W_zr, W_g, gain_zr, gain_g) = states, weights
        x_zr, x_g = self.split(x)
        h_zr = _normalize(product(h, W_zr, masks), gain_zr)
        z, r = self.gates(*ops.split(x_zr + h_zr, 2, axis=-1))
        if self.reset_after:
            h_g = r * _normalize(product(h, W_g, masks), gain_g)
        else:
            h_g = _normalize(product(r * h, W_g, masks), gain_g)
        return [self.interpolate(z, h, self.activation(x_g + h_g))], {"z": z, "r": r}

    def input_product(self, x: Tensor, kernel: Tensor, masks: Tensors = ()) -> Tensor:
        sums, gains = self.split(product(x, kernel, masks)), self.split(self.input_gain.value)
        return ops.concatenate([_normalize(*pair) for pair in zip(sums, gains, strict=True)], -1)

    def step_weights(self) -> list[Tensor]:
        weights = (self.recurrent_kernel, self.recurrent_gain)
        return [part for weight in weights for part in self.split(ops.convert_to_tensor(weight))]

    def input_bias(self) -> Tensor | None:
        return self.bias

    def bias_shape(self) -> tuple[int, ...]:
        return (3 * self.units,)


@_normalized_form
@keras.saving.register_keras_serializable(package="keras_gru")
class LayerNormLSTMCell(LSTMCell):
    """One step of an LSTM with layer normalisation.

        [a_i a_f a_g a_o] = γ_x ⊗ LN(x W_x) + γ_h ⊗ LN(h W_h) + b
        i, f, o = σ(a_i), σ(a_f), σ(a_o)        input, forget and output gate
        g = tanh(a_g)                           candidate
        c' = f ⊗ c + i ⊗ g                      new cell state
        h' = o ⊗ tanh(γ_c ⊗ LN(c') + b_c)       new state, which is the output too

    All four pre-activations are normalised together.

    Weights in columns i | f | g | o, those of `keras.layers.LSTMCell`: `kernel` `(D, 4U)`,
    `recurrent_kernel` `(U, 4U)`, and `bias`, `input_gain` γ_x and `recurrent_gain` γ_h, all
    `(4U,)`; `state_gain` γ_c and `state_bias` b_c, `(U,)`. Without biases there is no b_c either.

    Arguments, call arguments and returns: those of `keras_gru.LSTMCell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.LayerNormLSTMCell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Ba et al., 2016](https://arxiv.org/abs/1607.06450), supplementary material
    """

    masks_by_equation = False

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        self.input_gain = _add_gain(self, "input_gain")
        self.recurrent_gain = _add_gain(self, "recurrent_gain")
        self.state_gain = _add_gain(self, "state_gain", columns=1)
        self.state_bias = None
        if self.use_bias:
            self.state_bias = self.add_weight(
                shape=(self.units,), name="state_bias", initializer="zeros"
            )

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h, c), (W, gain, *of_state) = states, weights
        sums = x + _normalize(product(h, W, masks), gain)
        a_i, a_f, a_g, a_o = ops.split(sums, 4, axis=-1)
        i, f, o = self.gate("i", a_i), self.gate("f", a_f), self.gate("o", a_o)
        c = f * c + i * self.activation(a_g)
        return [o * self.activation(_normalize(c, *of_state)), c], {"i": i, "f": f, "o": o}

    def input_product(self, x: Tensor, kernel: Tensor, masks: Tensors = ()) -> Tensor:
        return _normalize(product(x, kernel, masks), self.input_gain.value)

    def step_weights(self) -> list[Tensor]:
        others = [self.recurrent_gain, self.state_gain]
        others += [self.state_bias] if self.use_bias else []
        return [*super().step_weights(), *(ops.convert_to_tensor(weight) for weight in others)]
