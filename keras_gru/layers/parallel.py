"""MinGRU and MinLSTM: layers that compute all steps at once."""

# Shapes: B batch, T time, D features, U units.

from typing import Any

import keras
from keras import ops

from keras_gru.layers.cells.minimal import MinGRUCell, MinimalCell, MinLSTMCell
from keras_gru.layers.inputs import gather, loop_dtype
from keras_gru.layers.keras_layers import CellLayer
from keras_gru.layers.registry import cell
from keras_gru.layers.types import Mask, Tensor


class ParallelLayer(CellLayer):
    """A layer that computes all steps at once: the base of `MinGRU` and `MinLSTM`."""

    cell_class = MinimalCell

    def path(self, length: int | None = None, training: bool = True) -> str:
        """Return `"parallel"`, or the path of an `RNN` where the steps are computed one by one.

        That is with `unroll`, and where T is not known when a graph is traced.
        """
        return "parallel" if self._is_parallel(length) else super().path(length, training)

    def compiles_itself(self, length: int | None, training: bool) -> bool:
        """Return whether there is a loop that is compiled by itself. See `RNN.compiles_itself`."""
        return not self._is_parallel(length) and super().compiles_itself(length, training)

    def _is_parallel(self, length: int | None):
        return not self.unroll and isinstance(length, int) and length > 0

    def inner_loop(
        self, sequences: Tensor, initial_state: Any, mask: Mask, training: bool = False
    ) -> tuple[Tensor, Tensor, Any]:
        if not self._is_parallel(sequences.shape[1]):
            return super().inner_loop(sequences, initial_state, mask, training)
        rows, weights = gather(self, sequences, initial_state, mask, training)
        x = ops.matmul(rows.x[0], weights.kernel[0])
        # Products of many gates require more than half precision.
        keep, candidate = self.cell.keep_and_candidate(
            sum(weights.bias, ops.cast(x, loop_dtype(self.cell)))
        )
        for unchanged in rows.zoneout:
            keep = ops.where(unchanged, 1, keep)
        if not training:
            keep = self._rates[0] + (1 - self._rates[0]) * keep
        for seen in rows.mask:
            keep = ops.where(seen[..., None], keep, 1)
        outputs = linear_scan(keep, (1 - keep) * candidate, rows.states[0])
        every = [outputs] * self.return_sequences
        return self._returned([*every, outputs[:, -1]], rows.mask, initial_state)


def linear_scan(keep: Tensor, add: Tensor, h: Tensor) -> Tensor:
    """Return all states of h_t = k_t ⊗ h_(t−1) + a_t.

    Two neighbouring steps are one step of the same form, so half of the states come from a scan of
    half the length, and the others follow from them: 2 log T operations, on about 2 T steps in all
    (Blelloch 1990, https://www.cs.cmu.edu/~guyb/papers/Ble93.pdf). `keras.ops.associative_scan` in
    Keras 3.15 computes the products of k as well, traces several times as long on TensorFlow, and
    on PyTorch returns float32 tensors on the CPU.

    Args:
        keep: k, `(B, T, U)`, with T known.
        add: a, `(B, T, U)`.
        h: the state before the first step, `(B, U)`.

    Returns:
        The states after each step, `(B, T, U)`.
    """
    length = keep.shape[1]
    if length == 1:
        return keep * h[:, None] + add
    even = length - length % 2
    first_keep, second_keep = keep[:, 0:even:2], keep[:, 1:even:2]
    first_add, second_add = add[:, 0:even:2], add[:, 1:even:2]

    after_second = linear_scan(second_keep * first_keep, second_keep * first_add + second_add, h)
    before_first = ops.concatenate([h[:, None], after_second[:, :-1]], axis=1)
    after_first = first_keep * before_first + first_add
    pairs = ops.stack([after_first, after_second], axis=2)
    states = ops.reshape(pairs, (-1, even, keep.shape[2]))
    if even == length:
        return states
    last = keep[:, -1:] * states[:, -1:] + add[:, -1:]
    return ops.concatenate([states, last], axis=1)


@cell("min_gru", "minGRU")
@keras.saving.register_keras_serializable(package="keras_gru")
class MinGRU(ParallelLayer):
    """A minGRU over a whole sequence, all steps at once.

        z = σ(x W_z + b_z)        update gate
        g = x W_g + b_g           candidate
        h' = (1 − z) ⊗ h + z ⊗ g  new state, which is the output too

    Neither gate nor candidate sees the state, so the states are a scan, found in about 2 log T
    steps. The paper's form in log space, for which the candidate must be positive, is not needed:
    nothing here is divided by a product of gates.

    Weights in columns z | g: `kernel` `(D, 2U)`, `bias` `(2U,)`.

    Args:
        units: positive integer, the size U of the state and of the output.
        activation: activation of the candidate; `None`, as in the paper, is the identity.
        **kwargs: as in `keras_gru.GRU`, but for the recurrent ones.

    Call arguments and returns: those of `keras_gru.GRU`.

    Example:

    >>> import numpy as np, keras_gru
    >>> tuple(keras_gru.MinGRU(4, return_sequences=True)(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Feng et al., 2024](https://arxiv.org/abs/2410.01201), section 3.1
    """

    cell_class = MinGRUCell


@cell("min_lstm", "minLSTM")
@keras.saving.register_keras_serializable(package="keras_gru")
class MinLSTM(ParallelLayer):
    """A minLSTM over a whole sequence, all steps at once.

        f = σ(x W_f + b_f)                      forget gate
        i = σ(x W_i + b_i)                      input gate
        g = x W_g + b_g                         candidate
        h' = (f ⊗ h + i ⊗ g) / (f + i)          new state, which is the output too

    There is one state. All steps are computed at once, as in `keras_gru.MinGRU`.

    Weights in columns f | i | g: `kernel` `(D, 3U)`, `bias` `(3U,)`.

    Args:
        units: positive integer, the size U of the state and of the output.
        activation: activation of the candidate; `None`, as in the paper, is the identity.
        **kwargs: as in `keras_gru.MinGRU`.

    Call arguments and returns: those of `keras_gru.MinGRU`.

    Example:

    >>> import numpy as np, keras_gru
    >>> tuple(keras_gru.MinLSTM(4)(np.ones((2, 5, 3), "float32")).shape)
    (2, 4)

    Reference:
        - [Feng et al., 2024](https://arxiv.org/abs/2410.01201), section 3.2
    """

    cell_class = MinLSTMCell
