"""A plain recurrent network over a whole sequence."""

# Shapes: B batch, T time, D features, U units.

import keras

from keras_gru.layers.sequence_layer import SequenceLayer


@keras.saving.register_keras_serializable(package="keras_gru")
class SimpleRNN(SequenceLayer):
    """h' = tanh(x W_x + h W_h + b) over a sequence, the arguments of `keras.layers.SimpleRNN`.

    The step is `keras.layers.SimpleRNNCell`; the walk over time is the same as the GRU's, so that
    the two can be compared.

    Args:
        units: positive integer, the size U of the state and of the output.
        activation: of the sum. `None` is the identity.
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
    >>> tuple(keras_gru.SimpleRNN(4)(np.ones((2, 5, 3), "float32")).shape)
    (2, 4)

    Reference:
        - [Elman, 1990](https://doi.org/10.1207/s15516709cog1402_1)
    """

    def __init__(
        self,
        units,
        activation="tanh",
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
        **kwargs,
    ):
        cell = keras.layers.SimpleRNNCell(
            units,
            activation=activation,
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
            dtype=kwargs.get("dtype"),
        )
        super().__init__(cell, **kwargs)
