"""minGRU and minLSTM: gates that do not see the state, and so a walk in parallel."""

# Shapes: B batch, T time, D features, U units.

import keras
from keras import ops

from keras_gru.layers import zoneout
from keras_gru.layers.sequence_layer import SequenceLayer
from keras_gru.layers.variants.gated_cell import GatedCell
from keras_gru.layers.variants.linear_scan import linear_scan


class _MinimalCell(GatedCell):
    """One step, h' = k ⊗ h + (1 − k) ⊗ g, with k and g of the input alone."""

    recurrent_equations = ""

    def __init__(self, units, activation=None, **kwargs):
        for name in kwargs:
            if name.startswith("recurrent_"):
                raise ValueError(f"There are no weights of the state. Received: {name}.")
        super().__init__(units, activation, **kwargs)

    def call(self, inputs, states, training=False):
        keep, candidate = self.gate_and_candidate(self.dropped_input(inputs, training))
        h = keep * states[0] + (1 - keep) * candidate
        return h, [h]

    def weighted_sums(self, x):
        """x W_x + b for each equation, of one step or of all."""
        sums = ops.matmul(x, self.kernel)
        if self.bias is not None:
            sums = sums + self.bias
        return ops.split(sums, len(self.equations), axis=-1)

    def get_config(self):
        config = super().get_config()
        return {name: config[name] for name in config if not name.startswith("recurrent_")}


@keras.saving.register_keras_serializable(package="keras_gru")
class MinGRUCell(_MinimalCell):
    """One step of a minGRU. `keras_gru.MinGRU` has the equations and takes all steps at once.

    Args:
        units: the size U of the state and of the output.
        activation: of the candidate; `None` is the identity.
        **kwargs: the other arguments of `keras_gru.MinGRU`'s weights and dropout.
    """

    equations = input_equations = "zg"
    gate_signs = "-."

    def gate_and_candidate(self, x):
        """How much of the state is kept, 1 − z, and the candidate."""
        a_z, a_g = self.weighted_sums(x)
        return ops.sigmoid(-a_z), self.activation(a_g)


@keras.saving.register_keras_serializable(package="keras_gru")
class MinLSTMCell(_MinimalCell):
    """One step of a minLSTM. `keras_gru.MinLSTM` has the equations and takes all steps at once.

    Args:
        units: the size U of the state and of the output.
        activation: of the candidate; `None` is the identity.
        **kwargs: the other arguments of `keras_gru.MinLSTM`'s weights and dropout.
    """

    equations = input_equations = "fig"
    gate_signs = "+-."

    def gate_and_candidate(self, x):
        """How much of the state is kept, f / (f + i), and the candidate."""
        a_f, a_i, a_g = self.weighted_sums(x)
        # f / (f + i) = σ(log f − log i), which does not divide by two numbers near zero.
        keep = ops.sigmoid(ops.softplus(-a_i) - ops.softplus(-a_f))
        return keep, self.activation(a_g)


class ParallelLayer(SequenceLayer):
    """A `Recurrence` that finds all steps at once: the base of `MinGRU` and `MinLSTM`."""

    cell_class = None

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        seed=None,
        **kwargs,
    ):
        cell = self.cell_class(
            units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            seed=seed,
            dtype=kwargs.get("dtype"),
        )
        super().__init__(cell, **kwargs)

    def is_parallel(self, length):
        """Whether all steps are found at once: not where the loop is asked for by `unroll`, nor
        where the length is not known when a graph is made, on TensorFlow.

        Args:
            length: T, or `None` where it is not known.
        """
        return not self.unroll and length is not None

    def trains_by(self, length):
        return "parallel" if self.is_parallel(length) else super().trains_by(length)

    @property
    def engine(self):
        """What walked over time: `"parallel"`, or `"generic: ..."` and the reason."""
        return self._engine or ("generic: unroll" if self.unroll else "parallel")

    def inner_loop(self, sequences, initial_state, mask, training=False):
        if not self.is_parallel(sequences.shape[1]):
            found = super().inner_loop(sequences, initial_state, mask, training)
            self._engine = f"generic: {'unroll' if self.unroll else 'the length is not known'}"
            return found
        self._engine = "parallel"
        x = ops.cast(sequences, self.compute_dtype)
        if training and 0 < self.cell.dropout < 1:  # the same at every step
            x = x * self.cell.get_dropout_mask(x[:, 0])[:, None]
        seen = mask
        if self.go_backwards:
            x = ops.flip(x, axis=1)
            seen = None if seen is None else ops.flip(seen, axis=1)

        # Products of many gates are no matter for half precision.
        dtype = "float64" if self.compute_dtype == "float64" else "float32"
        keep, candidate = (ops.cast(t, dtype) for t in self.cell.gate_and_candidate(x))
        if any(self._zoneout_rates):
            keep = self._zoned_out(keep, training)
        if seen is not None:  # a masked step keeps all of the state
            keep = ops.where(seen[..., None], keep, 1)
        # On PyTorch a stateful layer's variables change in place, under the gradient's feet.
        h = ops.copy(ops.cast(initial_state[0], dtype))
        outputs = linear_scan(keep, (1 - keep) * candidate, h)
        last = outputs[:, -1]
        if seen is None:
            return last, outputs, [last]
        # A masked step repeats the output before it, which is the state unless there was none.
        seen_so_far = ops.cumsum(ops.cast(seen, "int32"), axis=1) > 0
        shown = seen if self.zero_output_for_mask else seen_so_far
        last_output = ops.where(seen_so_far[:, -1:], last, 0)
        return last_output, ops.where(shown[..., None], outputs, 0), [last]

    def _zoned_out(self, keep, training):
        """Zoneout, too, is a share of the state that is kept: all of it, or the expectation's."""
        (rate,) = self._zoneout_rates
        if not training:
            return rate + (1 - rate) * keep
        (kept,) = zoneout.draw([keep[:, 0]], ops.shape(keep)[1], [rate], self._zoneout_seed)
        return ops.where(ops.swapaxes(kept, 0, 1), 1, keep)


@keras.saving.register_keras_serializable(package="keras_gru")
class MinGRU(ParallelLayer):
    """A minGRU over a whole sequence, all steps at once.

        z = σ(x W_z + b_z)        update gate
        g = x W_g + b_g           candidate
        h' = (1 − z) ⊗ h + z ⊗ g  new state, which is the output too

    Neither gate nor candidate sees the state, so the states are a scan, found in about 2 log T
    steps. Where the length is not known when a TensorFlow graph is made, and with `unroll`, they
    are found one after the other. The paper's form in log space, for which the candidate must be
    positive, is not needed: nothing here is divided by a product of gates.

    Weights in columns z | g: `kernel` `(D, 2U)`, `bias` `(2U,)`.

    Args:
        units: positive integer, the size U of the state and of the output.
        activation: of the candidate; `None`, as in the paper, is the identity.
        use_bias: whether there is a bias.
        kernel_initializer: of the weights, `"glorot_uniform"`.
        bias_initializer: of the bias, `"zeros"`.
        kernel_regularizer: on the weights.
        bias_regularizer: on the bias.
        kernel_constraint: on the weights.
        bias_constraint: on the bias.
        dropout: the share of the inputs that is dropped in training, the same ones at every step.
        seed: of the dropout.
        **kwargs: the arguments of `keras_gru.Recurrence`: `return_sequences`, `return_state`,
            `go_backwards`, `stateful`, `unroll`, `zero_output_for_mask`, `zoneout`, and a layer's
            `name`, `dtype`, `trainable`, `activity_regularizer`.

    Call arguments:
        sequences: `(B, T, D)`.
        initial_state: a list of one state `(B, U)`; zeros if `None`.
        mask: `(B, T)`, false where a step is to be skipped. Pass it by name.
        training: whether dropout is on.

    Returns:
        The output `(B, U)`, or `(B, T, U)` with `return_sequences`; with `return_state` a tuple of
        it and the last state.

    Example:

    >>> import numpy as np, keras_gru
    >>> tuple(keras_gru.MinGRU(4, return_sequences=True)(np.ones((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Feng et al., 2024](https://arxiv.org/abs/2410.01201), section 3.1
    """

    cell_class = MinGRUCell
    gate_signs = MinGRUCell.gate_signs


@keras.saving.register_keras_serializable(package="keras_gru")
class MinLSTM(ParallelLayer):
    """A minLSTM over a whole sequence, all steps at once.

        f = σ(x W_f + b_f)                      forget gate
        i = σ(x W_i + b_i)                      input gate
        g = x W_g + b_g                         candidate
        h' = (f ⊗ h + i ⊗ g) / (f + i)          new state, which is the output too

    There is one state. `keras_gru.MinGRU` says how all steps are found at once.

    Weights in columns f | i | g: `kernel` `(D, 3U)`, `bias` `(3U,)`.

    Args:
        units: positive integer, the size U of the state and of the output.
        activation: of the candidate; `None`, as in the paper, is the identity.
        use_bias: whether there is a bias.
        kernel_initializer: of the weights, `"glorot_uniform"`.
        bias_initializer: of the bias, `"zeros"`.
        kernel_regularizer: on the weights.
        bias_regularizer: on the bias.
        kernel_constraint: on the weights.
        bias_constraint: on the bias.
        dropout: the share of the inputs that is dropped in training, the same ones at every step.
        seed: of the dropout.
        **kwargs: as of `keras_gru.MinGRU`.

    Call arguments and returns: those of `keras_gru.MinGRU`.

    Example:

    >>> import numpy as np, keras_gru
    >>> tuple(keras_gru.MinLSTM(4)(np.ones((2, 5, 3), "float32")).shape)
    (2, 4)

    Reference:
        - [Feng et al., 2024](https://arxiv.org/abs/2410.01201), section 3.2
    """

    cell_class = MinLSTMCell
    gate_signs = MinLSTMCell.gate_signs
