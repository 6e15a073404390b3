"""What a cell contributes to the fast path: one step forwards, one back, and its weights' part."""

# Shapes: B batch, U units, G columns of the kernel, R = T · B all rows of all steps.

from abc import ABC, abstractmethod

from keras import ops


class Steps(ABC):
    """The mathematics of a cell, as functions of tensors alone; no loop and no backend.

    Args:
        cell: a built cell of the one class whose equations these are.
    """

    @abstractmethod
    def __init__(self, cell):
        """Takes from the cell what the steps need besides its weights."""

    def weights(self, cell):
        """What the steps need besides the input's weighted sums: the kernel of h, and biases.

        The bias is added step by step, while the sums are at hand: added to all of them before the
        walk, it would be one more pass through memory.
        """
        return [cell.recurrent_kernel, *([cell.bias] if cell.use_bias else [])]

    @abstractmethod
    def forward(self, *weights):
        """What is done once before the walk, and then the step.

        Returns:
            `(x, states) -> (states, kept)`: x `(B, G)` is x W_x, the states are a list of
            `(B, U)` with the output first, kept is a list of what else the way back needs.
        """

    @abstractmethod
    def backward(self, *weights):
        """The same for the way back.

        Returns:
            `(d_states, kept, before, after) -> (d_states, da)`: the derivatives by the states
            after the step become those by the states before it, and da `(B, G)`, by x. `before`
            and `after` are the states themselves.
        """

    def weight_gradients(self, da, kept, before):
        """The derivative by each weight, from all rows `(R, ·)` of all steps at once.

        Where there is no bias, its derivative is left out by the caller.
        """
        return [product(before[0], da), ops.sum(da, axis=0)]


def product(rows, da):
    """Σ rowᵀ da over all rows: the gradient of W in row · W."""
    return ops.matmul(ops.transpose(rows), da)
