"""Initializers of recurrent weights and of gate biases, which determine the memory length."""

# Shapes: U units, G columns of the bias or of the recurrent kernel, a multiple of U.

from typing import Any

import keras
from keras import ops

from keras_gru.layers.types import Shape, Tensor


class _GateInitializer(keras.initializers.Initializer):
    """An initializer of a bias with one sign for each block of U columns.

    Args:
        gates: such as `"-+.."`: `+` is a gate that keeps the state, `-` one that writes to it, and
            `.` neither, whose bias is zero. A layer or cell has its own in `gate_signs`.
    """

    def __init__(self, gates: str) -> None:
        signs = str(gates)
        if not set(signs) <= set("+-.") or not signs.strip("."):
            raise ValueError(
                "`gates` must be one sign (+, - or .) for each block of the bias, and not all of "
                f"them dots. Received: {gates!r}."
            )
        self.gates = signs

    def __call__(self, shape: Shape, dtype: str | None = None):
        if not 1 <= len(shape) <= 2 or shape[-1] % len(self.gates):
            raise ValueError(
                f"A bias with the gates {self.gates} must have a shape (G,) or (2, G), where G is "
                f"a multiple of {len(self.gates)}. Received: {tuple(shape)}."
            )
        bias = self.of_a_gate((shape[-1] // len(self.gates),), dtype)
        blocks = {"+": bias, "-": -bias, ".": ops.zeros_like(bias)}
        row = ops.concatenate([blocks[sign] for sign in self.used_gates()])
        if len(shape) == 1:
            return row
        # In a gate, only the sum of the input bias and the recurrent bias matters.
        return ops.stack([row, *[ops.zeros_like(row)] * (shape[0] - 1)])

    def used_gates(self) -> str:
        """Return the signs of the columns that get a bias."""
        return self.gates

    def get_config(self) -> dict[str, Any]:
        return {"gates": self.gates}


@keras.saving.register_keras_serializable(package="keras_gru")
class GateBias(_GateInitializer):
    """The same bias for every unit of the gate that keeps the state: the forget gate's, or GRU's z.

    A sigmoid gate starts at σ(value): with a bias of 1, a fraction of 0.73 of the state is kept per
    step, with 0 half of it. If the cell has only a gate that writes to the state, its bias is
    −value, which is equivalent. All other biases are zero.

    Args:
        value: the bias; larger values remember longer.
        gates: one sign for each block of the bias, such as `keras_gru.LSTM.gate_signs`: `+` is a
            gate that keeps the state, `-` one that writes to it, `.` none of the two.

    Call arguments and returns: those of `keras.initializers.Initializer`, for a bias `(G,)` or
    `(2, G)`.

    Raises:
        ValueError: there is no such gate, or the bias has another number of blocks.

    Example:

    >>> import keras_gru
    >>> bias = keras_gru.GateBias(1.0, keras_gru.GRU.gate_signs)
    >>> layer = keras_gru.GRU(2, bias_initializer=bias)
    >>> layer.build((None, None, 3))
    >>> layer.get_weights()[2].tolist()
    [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]

    Reference:
        - [Gers et al., 2000](https://doi.org/10.1162/089976600300015015), the forget gate
        - [Jozefowicz et al., 2015](https://proceedings.mlr.press/v37/jozefowicz15.html), its bias
    """

    def __init__(self, value: float, gates: str) -> None:
        super().__init__(gates)
        self.value = value

    def of_a_gate(self, shape: Shape, dtype: str | None) -> Tensor:
        return ops.full(shape, self.value, dtype=dtype or keras.config.floatx())

    def used_gates(self) -> str:
        return self.gates.replace("-", ".") if "+" in self.gates else self.gates

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "value": self.value}


@keras.saving.register_keras_serializable(package="keras_gru")
class Chrono(_GateInitializer):
    """Chrono initialisation: a different initial memory length for each unit.

        b_f = log u, with u from U(1, T_max − 1)   a gate that keeps: LSTM's f, GRU's z
        b_i = −b_f                                 a gate that writes: LSTM's i

    A unit whose gate keeps σ(b_f) = u / (1 + u) of its state forgets over about 1 + u steps. All
    other biases are zero. In an LSTM, `unit_forget_bias=False` leaves the forget gate to it.

    Args:
        longest: T_max, the steps of the longest expected dependency; at least 3.
        gates: one sign for each block of the bias, such as `keras_gru.LSTM.gate_signs`: `+` is a
            gate that keeps the state, `-` one that writes to it, `.` none of the two.
        seed: random seed.

    Call arguments and returns: those of `keras.initializers.Initializer`, for a bias `(G,)` or
    `(2, G)`.

    Raises:
        ValueError: `longest` is below 3, there is no such gate, or the bias has another number of
            blocks.

    Example:

    >>> import keras_gru
    >>> bias = keras_gru.Chrono(longest=100, gates=keras_gru.LSTM.gate_signs)
    >>> layer = keras_gru.LSTM(32, bias_initializer=bias, unit_forget_bias=False)
    >>> layer.build((None, None, 3))
    >>> b_i, b_f, _, _ = layer.get_weights()[2].reshape(4, 32)
    >>> bool((b_i == -b_f).all())
    True

    Reference:
        - [Tallec and Ollivier, 2018](https://arxiv.org/abs/1804.11188), chrono initialization
    """

    def __init__(self, longest: int, gates: str, seed: int | None = None) -> None:
        super().__init__(gates)
        if longest < 3:
            raise ValueError(f"`longest` must be at least 3 steps. Received: {longest!r}.")
        self.longest, self.seed = longest, seed
        self._lengths = keras.initializers.RandomUniform(1, longest - 1, seed=seed)

    def of_a_gate(self, shape: Shape, dtype: str | None) -> Tensor:
        return ops.log(self._lengths(shape, dtype=dtype))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "longest": self.longest, "seed": self.seed}


@keras.saving.register_keras_serializable(package="keras_gru")
class BlockIdentity(keras.initializers.Initializer):
    """The identity for each of the equations of a recurrent kernel, side by side: [I | I | I].

    `keras.initializers.Identity` initializes only the first equation with it, and the others with
    zeros. A SimpleRNN has one equation, so both are the same; with a ReLU it is an IRNN, the cell
    `irnn`.

    Args:
        gain: the factor of the identity.

    Call arguments and returns: those of `keras.initializers.Initializer`, for a recurrent kernel
    `(U, G)`, or for its diagonals `(G,)`.

    Raises:
        ValueError: the weights are not blocks of squares.

    Example:

    >>> import keras_gru
    >>> layer = keras_gru.GRU(2, recurrent_initializer=keras_gru.BlockIdentity())
    >>> layer.build((None, None, 3))
    >>> layer.get_weights()[1].tolist()
    [[1.0, 0.0, 1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]]

    Reference:
        - [Le et al., 2015](https://arxiv.org/abs/1504.00941)
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Shape, dtype: str | None = None):
        if len(shape) == 1:  # diagonals, of an independent recurrence
            return self.gain * ops.ones(shape, dtype=dtype or keras.config.floatx())
        if len(shape) != 2 or shape[1] % shape[0]:
            raise ValueError(
                "A recurrent kernel must have a shape (U, G), where G is a multiple of U. "
                f"Received: {tuple(shape)}."
            )
        square = self.gain * ops.eye(shape[0], dtype=dtype or keras.config.floatx())
        return ops.tile(square, (1, shape[1] // shape[0]))

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}
