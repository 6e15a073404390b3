"""MUT1, MUT2 and MUT3: the best cells of a search over ten thousand."""

# Shapes: B batch, D features, U units.

import keras
from keras import ops

from keras_gru.layers.cells.cell import Cell
from keras_gru.layers.products import apply_masks, product, split_at
from keras_gru.layers.registry import cell
from keras_gru.layers.types import StepResult, Tensor, Tensors


class _Mutation(Cell):
    """One step with the equations of a GRU, z and 1 − z exchanged; a subclass changes some."""

    equations = input_equations = recurrent_equations = "zrg"
    gate_signs = "-.."
    arguments = (*Cell.arguments, "independent_recurrence")

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        (h,) = states
        W_z, W_r, W_g = self.blocks(weights)
        x_z, x_r, x_g = ops.split(x, 3, axis=-1)
        z = self.gate("z", self.update_sum(x_z, apply_masks(h, masks), W_z))
        r = self.gate("r", x_r + product(h, W_r, masks))
        g = self.activation(x_g + product(r * h, W_g, masks))
        return [(1 - z) * h + z * g], {"z": z, "r": r}

    def blocks(self, weights: Tensors) -> Tensors:
        """Return W_hz, W_hr and W_hg."""
        return weights

    def update_sum(self, x_z: Tensor, h: Tensor, W_z: Tensor) -> Tensor:
        """Return the pre-activation of z."""
        return x_z + product(h, W_z)

    def step_weights(self) -> list[Tensor]:
        kernel = ops.convert_to_tensor(self.recurrent_kernel)
        return ops.split(kernel, len(self.recurrent_equations), axis=-1)


@cell("mut1", "MUT1")
@keras.saving.register_keras_serializable(package="keras_gru")
class MUT1Cell(_Mutation):
    """One step of MUT1.

        z = σ(x W_xz + b_z)                                 update gate, of the input only
        r = σ(x W_xr + h W_hr + b_r)                        reset gate
        g = tanh((r ⊗ h) W_hg + tanh(x W_xg) + b_g)         candidate
        h' = (1 − z) ⊗ h + z ⊗ g                            new state, which is the output too

    The paper has tanh(x), which needs as many features as units, instead of tanh(x W_xg):
    both are equal if W_xg is the identity.

    Weights in columns z | r | g: `kernel` `(D, 3U)`, `bias` `(3U,)`; r | g: `recurrent_kernel`
    `(U, 2U)`.

    Arguments, call arguments and returns: those of `keras_gru.Cell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.MUT1Cell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Jozefowicz et al., 2015](https://proceedings.mlr.press/v37/jozefowicz15.html), MUT1
    """

    arguments = _Mutation.arguments
    recurrent_equations = "rg"

    def input_product(self, x: Tensor, kernel: Tensor, masks: Tensors = ()) -> Tensor:
        x_zr, x_g = split_at(product(x, kernel, masks), 2 * self.units)
        return ops.concatenate([x_zr, self.activation(x_g)], axis=-1)

    def blocks(self, weights: Tensors) -> Tensors:
        return None, *weights

    def update_sum(self, x_z: Tensor, h: Tensor, W_z: Tensor) -> Tensor:
        return x_z


@cell("mut2", "MUT2")
@keras.saving.register_keras_serializable(package="keras_gru")
class MUT2Cell(_Mutation):
    """One step of MUT2.

        z = σ(x W_xz + h W_hz + b_z)            update gate
        r = σ(x + h W_hr + b_r)                 reset gate: it has no weights of the input
        g = tanh(x W_xg + (r ⊗ h) W_hg + b_g)   candidate
        h' = (1 − z) ⊗ h + z ⊗ g                new state, which is the output too

    Where D and U differ, x cannot be added to r's sum; x W_xg then stands for it, which adds no
    weights. (With weights of its own MUT2 would be a GRU.)

    Weights in columns z | g: `kernel` `(D, 2U)`; z | r | g: `recurrent_kernel` `(U, 3U)`, `bias`
    `(3U,)`.

    Arguments, call arguments and returns: those of `keras_gru.Cell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.MUT2Cell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Jozefowicz et al., 2015](https://proceedings.mlr.press/v37/jozefowicz15.html), MUT2
    """

    arguments = _Mutation.arguments
    input_equations = "zg"

    def input_product(self, x: Tensor, kernel: Tensor, masks: Tensors = ()) -> Tensor:
        x_z, x_g = ops.split(product(x, kernel, masks), 2, axis=-1)
        x_r = apply_masks(x, masks) if x.shape[-1] == self.units else x_g
        return ops.concatenate([x_z, x_r, x_g], axis=-1)


@cell("mut3", "MUT3")
@keras.saving.register_keras_serializable(package="keras_gru")
class MUT3Cell(_Mutation):
    """One step of MUT3.

        z = σ(x W_xz + tanh(h) W_hz + b_z)      update gate
        r = σ(x W_xr + h W_hr + b_r)            reset gate
        g = tanh(x W_xg + (r ⊗ h) W_hg + b_g)   candidate
        h' = (1 − z) ⊗ h + z ⊗ g                new state, which is the output too

    Weights in columns z | r | g: `kernel` `(D, 3U)`, `recurrent_kernel` `(U, 3U)`, `bias` `(3U,)`.

    Arguments, call arguments and returns: those of `keras_gru.Cell`.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.MUT3Cell(4), return_sequences=True)
    >>> tuple(layer(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Jozefowicz et al., 2015](https://proceedings.mlr.press/v37/jozefowicz15.html), MUT3
    """

    arguments = _Mutation.arguments

    def update_sum(self, x_z: Tensor, h: Tensor, W_z: Tensor) -> Tensor:
        return x_z + product(self.activation(h), W_z)
