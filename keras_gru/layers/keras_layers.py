"""GRU, LSTM and SimpleRNN, with the arguments of the Keras layers."""

# Shapes: B batch, T time, D features, U units.

from typing import Any, Literal

import keras

from keras_gru.layers.cells.gru import GRUCell
from keras_gru.layers.cells.lstm import LSTMCell
from keras_gru.layers.cells.simple_rnn import SimpleRNNCell
from keras_gru.layers.registry import cell
from keras_gru.layers.rnn import RNN


def _from_cell(name: str):
    return property(lambda layer: getattr(layer.cell, name), doc=f"The cell's `{name}`.")


class CellLayer(RNN):
    """The base class of layers that create their cell, with the arguments of the cell and `RNN`.

    A subclass sets `cell_class`. Positional arguments are the cell's.
    """

    cell_class: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in ("gate_signs", "equations"):
            setattr(cls, name, getattr(cls.cell_class, name))
        cls.arguments = (*RNN.arguments, *cls.cell_class.arguments)
        for name in ("units", *cls.cell_class.arguments):
            setattr(cls, name, _from_cell(name))

    def __init__(
        self, units: int, *args: Any, use_cudnn: bool | Literal["auto"] = "auto", **kwargs: Any
    ) -> None:
        of_cell = {name: kwargs.pop(name) for name in self.cell_class.arguments if name in kwargs}
        shared = {name: kwargs[name] for name in ("dtype", "trainable") if name in kwargs}
        super().__init__(self.cell_class(units, *args, **of_cell, **shared), **kwargs)
        self.use_cudnn = use_cudnn
        self.input_spec = keras.InputSpec(ndim=3)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["cell"]
        config["trainable"] = self.trainable and self.cell.trainable
        return {**self.cell.get_config(), **config, "use_cudnn": self.use_cudnn}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)


@cell("gru", "GRU")
@cell("gru_reset_after", "GRU (reset after)", reset_after=True)
@keras.saving.register_keras_serializable(package="keras_gru")
class GRU(CellLayer):
    """A GRU over a whole sequence, with the arguments of `keras.layers.GRU`.

        z = σ(x W_xz + h W_hz + b_z)            update gate
        r = σ(x W_xr + h W_hr + b_r)            reset gate
        g = tanh(x W_xg + (r ⊗ h) W_hg + b_g)   candidate
        h' = z ⊗ h + (1 − z) ⊗ g                new state

    `keras_gru.GRUCell` explains the equations. By default the reset gate applies before the product
    with W_hg, so that `get_weights` and `set_weights` exchange weights with
    `keras.layers.GRU(reset_after=False)`.

    Args:
        units: positive integer, the size U of the state and of the output.
        reset_after: whether the reset gate applies after the product with the weights of h.
        use_cudnn: accepted for compatibility with Keras and ignored: cuDNN is never used.
        **kwargs: the other arguments of `keras_gru.Cell` (`activation`, `recurrent_activation`,
            `use_bias`, initializers, regularizers, constraints, `dropout`, `recurrent_dropout`,
            `seed`, `implementation`, `constant_gates`) and those of `keras_gru.RNN`
            (`return_sequences`, `return_state`, `go_backwards`, `stateful`, `unroll`,
            `zero_output_for_mask`, `jit_compile`, `zoneout`, `name`, `dtype`, `trainable`).

    Call arguments:
        sequences: `(B, T, D)`.
        initial_state: a list of one state `(B, U)`; zeros if `None`.
        mask: `(B, T)`, false where a step is to be skipped. Pass it by name.
        training: whether dropout is on.

    Returns:
        The output `(B, U)`, or `(B, T, U)` with `return_sequences`; with `return_state` a tuple of
        the output and the last state.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.GRU(4, return_sequences=True, return_state=True)
    >>> outputs, state = layer(np.ones((2, 5, 3), "float32"))
    >>> tuple(outputs.shape), tuple(state.shape)
    ((2, 5, 4), (2, 4))

    Reference:
        - [Cho et al., 2014](https://arxiv.org/abs/1406.1078)
    """

    cell_class = GRUCell


@cell("lstm", "LSTM")
@keras.saving.register_keras_serializable(package="keras_gru")
class LSTM(CellLayer):
    """An LSTM over a whole sequence, with the arguments of `keras.layers.LSTM`.

        i, f, o = σ(x W_x + h W_h + b)      input, forget and output gate
        g  = tanh(x W_xg + h W_hg + b_g)    candidate
        c' = f ⊗ c + i ⊗ g                  new cell state
        h' = o ⊗ tanh(c')                   new state

    Use `get_weights` and `set_weights` to exchange weights with `keras.layers.LSTM`.

    Args:
        units: positive integer, the size U of the state and of the output.
        unit_forget_bias: whether the forget gate's bias starts at 1.
        **kwargs: those of `keras_gru.GRU`.

    Call arguments and returns: those of `keras_gru.GRU`, with two states, h and c.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.LSTM(4, return_state=True)
    >>> [tuple(tensor.shape) for tensor in layer(np.ones((2, 5, 3), "float32"))]
    [(2, 4), (2, 4), (2, 4)]

    Reference:
        - [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735)
    """

    cell_class = LSTMCell


@cell("simple_rnn", "SimpleRNN")
@cell(  # Le et al. 2015: a ReLU, the identity as initial weights, and small weights of the input
    "irnn",
    "IRNN",
    activation="relu",
    recurrent_initializer="identity",
    kernel_initializer={"class_name": "RandomNormal", "config": {"stddev": 0.001}},
)
@keras.saving.register_keras_serializable(package="keras_gru")
class SimpleRNN(CellLayer):
    """A plain RNN over a whole sequence, with the arguments of `keras.layers.SimpleRNN`.

        h' = tanh(x W_x + h W_h + b)        new state, which is the output too

    Args:
        units: positive integer, the size U of the state and of the output.
        **kwargs: those of `keras_gru.GRU`, without those of the gates.

    Call arguments and returns: those of `keras_gru.GRU`.

    Example:

    >>> import numpy as np, keras_gru
    >>> tuple(keras_gru.SimpleRNN(4)(np.ones((2, 5, 3), "float32")).shape)
    (2, 4)

    Reference:
        - [Elman, 1990](https://doi.org/10.1207/s15516709cog1402_1)
    """

    cell_class = SimpleRNNCell
