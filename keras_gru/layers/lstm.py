"""A long short-term memory over a whole sequence."""

# Shapes: B batch, T time, D features, U units.

import keras

from keras_gru.layers.sequence_layer import SequenceLayer, from_cell


@keras.saving.register_keras_serializable(package="keras_gru")
class LSTM(SequenceLayer):
    """An LSTM over a whole sequence, with the arguments of `keras.layers.LSTM`.

    The step is `keras.layers.LSTMCell`, columns i | f | c | o; the walk over time is the same as
    the GRU's, so that the two can be compared. Weights move to and from `keras.layers.LSTM` by
    `get_weights` and `set_weights`.

    Args:
        units: positive integer, the size U of the state and of the output.
        activation: of the candidate and of the output. `None` is the identity.
        recurrent_activation: of the gates. `None` is the identity.
        use_bias: whether there is a bias.
        kernel_initializer: of the weights of x, `"glorot_uniform"`.
        recurrent_initializer: of the weights of h, `"orthogonal"`.
        bias_initializer: of the bias, `"zeros"`.
        unit_forget_bias: whether the forget gate's bias starts at 1.
        kernel_regularizer: on the weights of x.
        recurrent_regularizer: on the weights of h.
        bias_regularizer: on the bias.
        kernel_constraint: on the weights of x.
        recurrent_constraint: on the weights of h.
        bias_constraint: on the bias.
        dropout: the share of the inputs that is dropped in training, the same ones at every step.
        recurrent_dropout: the share of the state that is dropped in training.
        seed: of the dropout.
        use_cudnn: `"auto"`, `True` or `False`. Accepted because Keras' layer has it, and without
            effect: this layer never calls cuDNN.
        implementation: 2, one dropout mask of x for all equations, or 1, one for each, which the
            fast path does not have.
        **kwargs: the arguments of `keras_gru.Recurrence`: `return_sequences`, `return_state`,
            `go_backwards`, `stateful`, `unroll`, `zero_output_for_mask`, `zoneout`, and a layer's
            `name`, `dtype`, `trainable`, `activity_regularizer`.

    Call arguments:
        sequences: `(B, T, D)`.
        initial_state: a list of two states `(B, U)`, h and c; zeros if `None`.
        mask: `(B, T)`, false where a step is to be skipped. Pass it by name.
        training: whether dropout is on.

    Returns:
        The output `(B, U)`, or `(B, T, U)` with `return_sequences`; with `return_state` a tuple of
        it and the last h and c.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.LSTM(4, return_state=True)
    >>> [tuple(tensor.shape) for tensor in layer(np.ones((2, 5, 3), "float32"))]
    [(2, 4), (2, 4), (2, 4)]

    Reference:
        - [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735)
        - [Gers et al., 2000](https://doi.org/10.1162/089976600300015015), the forget gate
    """

    gate_signs = "-+.."  # i writes to the state and f keeps it: see `keras_gru.GateBias`
    recurrent_activation = from_cell("recurrent_activation")
    implementation = from_cell("implementation")
    unit_forget_bias = from_cell("unit_forget_bias")

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        use_cudnn="auto",
        implementation=2,
        **kwargs,
    ):
        cell = keras.layers.LSTMCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            unit_forget_bias=unit_forget_bias,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            implementation=implementation,
            dtype=kwargs.get("dtype"),
        )
        super().__init__(cell, **kwargs)
        self.use_cudnn = use_cudnn
