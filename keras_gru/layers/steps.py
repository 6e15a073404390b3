"""What a cell contributes to the fast path: one step forwards, one back, and its weights' part."""

# Shapes: B batch, U units, G columns of the kernel, R = T · B all rows of all steps.

from keras import ops


class Steps:
    """The mathematics of a cell, as functions of tensors alone; no loop and no backend.

    Args:
        cell: a built cell of the one class whose equations these are.
    """

    def __init__(self, cell):
        raise NotImplementedError

    def input_bias(self, cell):
        """`(G,)`, what is added to x W_x, or `None`."""
        return cell.bias

    def weights(self, cell):
        """What the steps need besides the input's weighted sums; the kernel of h comes first."""
        return [cell.recurrent_kernel]

    def forward(self, *weights):
        """What is done once before the walk, and then the step.

        Returns:
            `(x, states) -> (states, kept)`: x `(B, G)` is x W_x + b, the states are a list of
            `(B, U)` with the output first, kept is a list of what else the way back needs.
        """
        raise NotImplementedError

    def backward(self, *weights):
        """The same for the way back.

        Returns:
            `(d_states, kept, before, after) -> (d_states, da)`: the derivatives by the states
            after the step become those by the states before it, and da `(B, G)`, by x. `before`
            and `after` are the states themselves.
        """
        raise NotImplementedError

    def weight_gradients(self, da, kept, before):
        """The derivative by each of the `weights`, from all rows `(R, ·)` of all steps at once."""
        return [product(before[0], da)]


def product(rows, da):
    """Σ rowᵀ da over all rows: the gradient of W in row · W."""
    return ops.matmul(ops.transpose(rows), da)
