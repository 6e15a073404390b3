"""minGRU and minLSTM: gates without the state, so that all steps can be computed at once."""

# Shapes: B batch, D features, U units.

from typing import Any

import keras
from keras import ops

from keras_gru.layers.cells.cell import Cell
from keras_gru.layers.types import Activation, StepResult, Tensor, Tensors


class MinimalCell(Cell):
    """One step, h' = k ⊗ h + (1 − k) ⊗ g, where k and g depend only on the input."""

    recurrent_equations = ""
    arguments = tuple(name for name in Cell.arguments if not name.startswith("recurrent_"))

    @property
    def gate_names(self) -> dict[str, str]:
        """The gate k, which is not among those of `Gates`."""
        return {"k": "keep"}

    def __init__(self, units: int, activation: Activation | None = None, **kwargs: Any) -> None:
        for name in kwargs:
            if name.startswith("recurrent_"):
                raise ValueError(f"There are no weights of the state. Received: {name}.")
        super().__init__(units, activation, **kwargs)

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        k, g = self.keep_and_candidate(x)
        return [k * states[0] + (1 - k) * g], {"k": k}

    def keep_and_candidate(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the fraction of the state that is kept, k, and the candidate g.

        Args:
            x: the pre-activations, of one step or of all.
        """
        raise TypeError(f"{type(self).__name__} must define `keep_and_candidate(x)`.")

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {name: config[name] for name in config if not name.startswith("recurrent_")}


@keras.saving.register_keras_serializable(package="keras_gru")
class MinGRUCell(MinimalCell):
    """One step of a minGRU. `keras_gru.MinGRU` has the equations and computes all steps at once.

    Args:
        units: the size U of the state and of the output.
        activation: activation of the candidate; `None` is the identity.
        **kwargs: the arguments of `keras_gru.Cell`, but for the recurrent ones.
    """

    equations = input_equations = "zg"
    gate_signs = "-."

    def keep_and_candidate(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a_z, a_g = ops.split(x, 2, axis=-1)
        if self.constant_gates:
            return 1 - self.gate("z", a_z), self.activation(a_g)
        return ops.sigmoid(-a_z), self.activation(a_g)


@keras.saving.register_keras_serializable(package="keras_gru")
class MinLSTMCell(MinimalCell):
    """One step of a minLSTM. `keras_gru.MinLSTM` has the equations and computes all steps at once.

    Args:
        units: the size U of the state and of the output.
        activation: activation of the candidate; `None` is the identity.
        **kwargs: the arguments of `keras_gru.Cell`, but for the recurrent ones.
    """

    equations = input_equations = "fig"
    gate_signs = "+-."

    def __init__(self, units: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(units, *args, **kwargs)
        if self.constant_gates.get("forget") == self.constant_gates.get("input") == 0:
            raise ValueError("`constant_gates`: expected a gate above 0, got 0 for both.")

    def keep_and_candidate(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a_f, a_i, a_g = ops.split(x, 3, axis=-1)
        if self.constant_gates:
            f, i = self.gate("f", a_f), self.gate("i", a_i)
            return f / (f + i), self.activation(a_g)
        # f / (f + i) = σ(log f − log i), which does not divide by two numbers near zero.
        k = ops.sigmoid(ops.softplus(-a_i) - ops.softplus(-a_f))
        return k, self.activation(a_g)
