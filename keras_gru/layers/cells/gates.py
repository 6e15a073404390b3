"""The gates of a cell: their names, constants that replace them, and their derivatives."""

from collections.abc import Mapping
from typing import Any

from keras import ops

from keras_gru.layers.activations import derivative
from keras_gru.layers.types import Tensor

# The letters of the equations that are gates; the other letters are candidates.
GATES = {"z": "update", "r": "reset", "i": "input", "f": "forget", "o": "output"}


class Gates:
    """The gates of a cell: a base class of `keras_gru.Cell`."""

    equations: str
    constant_gates: Mapping[str, float]
    activation: Any
    recurrent_activation: Any

    def gate(self, letter: str, a: Tensor) -> Tensor:
        """Return a gate from its pre-activation, or the constant that replaces it."""
        constant = self.constant_gates.get(GATES[letter])
        return self.recurrent_activation(a) if constant is None else ops.full_like(a, constant)

    def gate_derivative(self, letter: str, gate: Tensor) -> Tensor:
        """Return the derivative of a gate with respect to its pre-activation, from the gate."""
        if GATES[letter] in self.constant_gates:
            return ops.zeros_like(gate)
        return derivative(self.recurrent_activation, gate)

    def activation_derivative(self, y: Tensor) -> Tensor:
        """Return the derivative of `activation`, from its output."""
        return derivative(self.activation, y)

    @property
    def gate_names(self) -> dict[str, str]:
        """The name of each gate by its letter, in the order of the equations."""
        return {letter: GATES[letter] for letter in self.equations if letter in GATES}

    def checked_constants(self, constant_gates: Mapping[str, float] | None) -> dict[str, float]:
        """Validate constants for gates by name."""
        constants: dict[str, Any] = dict(constant_gates or {})
        known = [GATES[letter] for letter in self.equations if letter in GATES]
        for name, value in constants.items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if name not in known or not (number and 0 <= value <= 1):
                raise ValueError(
                    "`constant_gates` must map gates to numbers in [0, 1]. The gates of a "
                    f"{type(self).__name__}: {', '.join(known) or 'none'}. "
                    f"Received: {constant_gates!r}."
                )
        return constants
