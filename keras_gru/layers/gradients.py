"""The gradient of one step of a cell, for the backward loop of `scan`, and which kind a layer uses.

Both classes have `totals`, the initial sums of the loop, `step` and `of_weights`.
"""

# Shapes: T time, B batch, U units, G columns of the kernel.

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import keras
from keras import ops

from keras_gru.layers import compiling
from keras_gru.layers.cells.cell import Cell
from keras_gru.layers.inputs import Rows, Weights
from keras_gru.layers.types import Residuals, Tensor, Tensors


class CellGradient:
    """The gradient that the cell defines, from the residuals of the forward loop."""

    totals = ()

    def __init__(self, cell: Any, rows: Rows, weights: Weights) -> None:
        self.cell, self.masks = cell, rows.masks
        self.transposed = [ops.transpose(w) if len(w.shape) == 2 else w for w in weights.step]

    def step(
        self, d_new: Tensors, residuals: Residuals, before: Tensors
    ) -> tuple[Tensors, Tensor, Tensors]:
        """Return `(d_states, da, d_weights)` of a step.

        Args:
            d_new: the derivatives of the new states, a list of `(B, U)`.
            residuals: a dict of what the forward loop saved at this step.
            before: the states before the step.

        Returns:
            The derivatives of the states before the step, of the pre-activations `(B, G)`, and what
            is added to the `totals`.
        """
        gradient = self.cell.step_gradient
        return *gradient(d_new, residuals, before, self.transposed, self.masks), []

    def of_weights(
        self, da: Tensor, residuals: Residuals, before: Tensors, totals: Tensors
    ) -> tuple[Tensors, Tensors]:
        """Return the derivatives of `Weights.step` and `Weights.variables`, two lists.

        Args:
            da, residuals, before: as in `step`, with an axis T before the others.
            totals: the last ones.
        """
        return self.cell.weight_gradients(da, residuals, before, self.masks), []


class BackendGradient:
    """The gradient of the backend, which recomputes each step and differentiates it.

    Args:
        cell: the cell.
        rows, weights: the `Rows` and the `Weights` of the scan.
        backend_gradient: `(function, arguments, d_results) -> d_arguments`, where `None` stands for
            an argument on which no result depends.
        pre_activations: `(x, weights) -> (B, G)`, from x as the loop reads it.
        residuals: `{"x": (T, B, ...)}`.
        before: the states before each step, a list of `(T, B, U)`.
    """

    def __init__(
        self,
        cell: Any,
        rows: Rows,
        weights: Weights,
        backend_gradient: Callable[..., Any],
        pre_activations: Callable[..., Tensor],
        residuals: Residuals,
        before: Tensors,
    ) -> None:
        self.cell, self.masks, self.weights = cell, rows.masks, weights
        self.backend_gradient, self.pre_activations = backend_gradient, pre_activations
        # Never run; it determines which weights the step uses.
        first = [states[0] for states in before]
        zeros, x = [ops.zeros_like(h) for h in first], residuals["x"][0]
        _, _, d_weights = self._gradient(zeros, {"x": x}, first)
        self.used = [d is not None for d in d_weights]
        self.totals = [ops.zeros_like(w) for w in self._used([*weights.step, *weights.variables])]

    def step(
        self, d_new: Tensors, residuals: Residuals, before: Tensors
    ) -> tuple[Tensors, Tensor, Tensors]:
        d_states, da, d_weights = self._gradient(d_new, residuals, before)
        return d_states, da, self._used(d_weights)

    def of_weights(
        self, da: Tensor, residuals: Residuals, before: Tensors, totals: Tensors
    ) -> tuple[Tensors, Tensors]:
        tensors, found = [*self.weights.step, *self.weights.variables], iter(totals)
        every = [
            next(found) if used else ops.zeros_like(tensor)
            for tensor, used in zip(tensors, self.used, strict=True)
        ]
        count = len(self.weights.step)
        return every[:count], every[count:]

    def _gradient(self, d_new: Tensors, residuals: Residuals, before: Tensors):
        count, weights = len(before), self.weights
        x = self.pre_activations(residuals["x"], weights)
        arguments = [x, *before, *weights.step, *weights.variables]
        found = self.backend_gradient(self._step, arguments, d_new)
        da, *d_states = [
            ops.zeros_like(argument) if d is None else d
            for argument, d in zip([x, *before], found, strict=False)
        ]
        return d_states, da, found[1 + count :]

    def _step(self, x: Tensor, *tensors: Tensor):
        count, end = len(tensors) - len(self.weights.variables), len(self.weights.step)
        values = list(zip(self.cell.trainable_variables, tensors[count:], strict=False))
        states, step_weights = tensors[: count - end], list(tensors[count - end : count])
        with keras.StatelessScope(values) if values else nullcontext():
            new, _ = self.cell.step(x, list(states), step_weights, self.masks)
        return [ops.cast(a, b.dtype) for a, b in zip(new, states, strict=True)]

    def _used(self, tensors: Tensors):
        return [tensor for tensor, used in zip(tensors, self.used, strict=True) if used]


def obstacle(layer: Any, training: bool) -> str | None:
    """Return why a layer does not use the gradient written by hand; `None` if it does."""
    cell, backend = layer.cell, keras.backend.backend()
    if not isinstance(cell, Cell):
        library = type(cell).__module__.split(".")[0]
        origin = f" of {library}" * (library == "keras")
        return f"{type(cell).__name__}{origin} is not a keras_gru.Cell"
    if backend != "torch" and not training:  # a SavedModel can be without custom gradients
        return f"no faster on {backend} without training"
    return cell.gradient_obstacle()


def kind(layer: Any, training: bool) -> str | None:
    """Return what differentiates a step of a layer, `"cell"` or `"backend"`; `None` for neither."""
    if layer.unroll or not isinstance(layer.cell, Cell):
        return None
    if obstacle(layer, training) is None:
        return "cell"
    # In a graph, TensorFlow's gradient of each step is faster than its gradient of a loop.
    by_step = compiling.in_graph() and compiling.is_function_of_its_weights(layer.cell)
    return "backend" if training and by_step else None
