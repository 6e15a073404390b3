"""A gated recurrent unit over a whole sequence."""

# Shapes: B batch, T time, D features, U units.

import keras

from keras_gru.layers.gru_cell import GRUCell
from keras_gru.layers.sequence_layer import SequenceLayer, from_cell


@keras.saving.register_keras_serializable(package="keras_gru")
class GRU(SequenceLayer):
    """A GRU over a whole sequence, with the arguments of `keras.layers.GRU`.

    The equations are those of `keras_gru.GRUCell`. By default they are Géron's, with the reset
    gate before the product, so that weights move to and from `keras.layers.GRU(reset_after=False)`
    by `get_weights` and `set_weights`.

    Args:
        units: positive integer, the size U of the state and of the output.
        activation: of the candidate. `None` is the identity.
        recurrent_activation: of the gates. `None` is the identity.
        use_bias: whether there is a bias.
        kernel_initializer: of the weights of x, `"glorot_uniform"`.
        recurrent_initializer: of the weights of h, `"orthogonal"`.
        bias_initializer: of the bias, `"zeros"`.
        kernel_regularizer: on the weights of x.
        recurrent_regularizer: on the weights of h.
        bias_regularizer: on the bias.
        kernel_constraint: on the weights of x.
        recurrent_constraint: on the weights of h.
        bias_constraint: on the bias.
        dropout: the share of the inputs that is dropped in training, the same ones at every step.
        recurrent_dropout: the share of the state that is dropped in training.
        seed: of the dropout.
        reset_after: whether the reset gate applies after the product with the weights of h.
        hold_update_gate: a number in [0, 1] that holds z constant, `None` to compute it.
        hold_reset_gate: the same for r. z held at 0 and r at 1 make it a SimpleRNN.
        use_cudnn: `"auto"`, `True` or `False`. Accepted because Keras' layer has it, and without
            effect: this layer never calls cuDNN.
        implementation: 2, one dropout mask of x for all equations, or 1, one for each, which the
            fast path does not have.
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
    >>> layer = keras_gru.GRU(4, return_sequences=True, return_state=True)
    >>> outputs, state = layer(np.ones((2, 5, 3), "float32"))
    >>> tuple(outputs.shape), tuple(state.shape)
    ((2, 5, 4), (2, 4))

    Reference:
        - [Cho et al., 2014](https://arxiv.org/abs/1406.1078)
    """

    gate_signs = GRUCell.gate_signs
    recurrent_activation = from_cell("recurrent_activation")
    implementation = from_cell("implementation")
    reset_after = from_cell("reset_after")
    hold_update_gate = from_cell("hold_update_gate")
    hold_reset_gate = from_cell("hold_reset_gate")

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        reset_after=False,
        hold_update_gate=None,
        hold_reset_gate=None,
        use_cudnn="auto",
        implementation=2,
        **kwargs,
    ):
        cell = GRUCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            reset_after=reset_after,
            hold_update_gate=hold_update_gate,
            hold_reset_gate=hold_reset_gate,
            implementation=implementation,
            dtype=kwargs.get("dtype"),
        )
        super().__init__(cell, **kwargs)
        self.use_cudnn = use_cudnn
