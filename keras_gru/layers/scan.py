"""A cell over a whole sequence: the forward loop and the backward loop.

1. One product multiplies the input with its kernel for all steps; or the loop does it step by step,
   where small products are as fast as one large one and need no memory (`PRODUCT_AHEAD = False`).
2. The forward loop computes the rest, and saves the states and the residuals of each step.
3. The backward loop computes the derivatives of the pre-activations; `gradients` has its step.
4. One product over all steps gives each weight's gradient.

Automatic differentiation of a loop does 1 and 4 at every step and saves more. `scan`,
`differentiable` and `step_gradient` are the backend's: `loop_tensorflow`, `loop_jax`, `loop_torch`.

`states_after` has the meaning of a mask and of zoneout, for every path.
"""

# Shapes: T time, B batch, D features, U units, G columns of the kernel; time is the first axis.

import copy
import importlib
from collections.abc import Sequence
from contextlib import nullcontext
from types import ModuleType
from typing import Any

import keras
from keras import ops

from keras_gru.layers.gradients import BackendGradient, CellGradient
from keras_gru.layers.inputs import Rows, Weights, flatten_groups, pack
from keras_gru.layers.loop_unrolled import scan as unrolled
from keras_gru.layers.masking import states_after, states_after_gradient
from keras_gru.layers.products import bias_gradient, weight_gradient
from keras_gru.layers.types import Residuals, Tensor, Tensors


def backend_loop() -> ModuleType:
    """Return the backend's module with `scan` and `differentiable`."""
    return importlib.import_module(f"keras_gru.layers.loop_{keras.backend.backend()}")


class Scan:
    """The loops over time of one cell, as functions of flat lists of tensors.

    Args:
        cell: a cell with `input_product` and `step`, and `step_gradient` for `backward`.
        rows: a `Rows`, the structure of the flat rows.
        weights: a `Weights`, the structure of the flat weights.
        dtype: the dtype of the states; `None` leaves each as it is.
        every_output: whether the output of every step is returned.
        rates: the fraction of each state that zoneout keeps, if `rows` has no draws.
        gradient: `"cell"` or `"backend"`, which differentiates a step in `backward`; `None` if the
            backend differentiates `forward`.
        save: whether the forward loop saves the residuals. If not, `backward` runs it again.
        unroll: whether to unroll the loop.
        variables: those that a step may change, such as the seed of a layer inside the cell, on
            JAX: there they are part of the loop's carry.
    """

    def __init__(
        self,
        cell: Any,
        rows: Rows,
        weights: Weights,
        dtype: str | None,
        every_output: bool,
        rates: Sequence[float] = (),
        gradient: str | None = None,
        save: bool = False,
        unroll: bool = False,
        variables: Sequence[Any] = (),
    ) -> None:
        self.cell, self.dtype = cell, dtype
        self.rows = Rows(*([None] * len(group) for group in rows))
        self.weights = Weights(*([None] * len(group) for group in weights))
        self.every_output, self.rates = every_output, rates
        self.gradient, self.save, self.unroll = gradient, save, unroll
        self.loop = unrolled if unroll else backend_loop().scan
        self.ahead = backend_loop().PRODUCT_AHEAD
        self.variables = list(variables)
        self.residuals: dict[str, int] = {}  # name -> number among what the loop collects
        self.saved = 0  # how many tensors the loop saves

    def run(self, rows: Tensors, weights: Tensors, shards: int | None = None) -> list[Tensor]:
        """Return the outputs of `forward` with their gradient.

        Args:
            rows, weights: flat lists of tensors.
            shards: the number of shards of the batch, each compiled separately; `None`: one loop
                that is not compiled separately.
        """
        if self.gradient is None:
            return self.forward(rows, weights)[0]
        return backend_loop().differentiable(self, len(rows), shards)(*rows, *weights)

    def forward(
        self, flat_rows: Tensors, flat_weights: Tensors
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Run the loop.

        Returns:
            `(outputs, saved)`: a list of the outputs `(B, T, U)`, if asked for, and the last
            states; and what `backward` needs.
        """
        rows, weights = self._packed(flat_rows, flat_weights)
        given = list(zip(self.cell.trainable_variables, weights.variables, strict=False))
        count, changed = len(rows.states), set[int]()

        def step(carry: Tensors, now: Tensors):
            states = carry[:count]
            values = [*given, *zip(self.variables, carry[count:], strict=True)]
            scope: Any = keras.StatelessScope(values) if values else nullcontext()
            with scope:
                before = [scope.get_current_value(variable) for variable in self.variables]
                after, new, residuals = self._step(states, now, rows, weights)
            values = [scope.get_current_value(variable) for variable in self.variables]
            changed.update(i for i, value in enumerate(values) if value is not before[i])
            if not self.save:
                return [*after, *values], after[: self.every_output]
            collected = list(after)
            for name, tensor in residuals.items() if self.gradient == "cell" else ():
                # A new state that zoneout does not change is collected already.
                same = [i for i, state in enumerate(new) if state is tensor and not self._zones]
                self.residuals[name] = same[0] if same else len(collected)
                collected += [] if same else [tensor]
            return after, collected

        first = [*rows.states, *(variable.value for variable in self.variables)]
        last, collected = self.loop(step, first, self._steps(rows, weights))
        for i in changed:
            self.variables[i].assign(last[count + i])
        outputs = [by_time(states) for states in collected[: self.every_output]]
        saved = list(collected) if self.save else []
        self.saved = len(saved)
        return [*outputs, *last[:count]], saved

    def backward(
        self, flat_rows: Tensors, flat_weights: Tensors, saved: Tensors, d_outputs: Tensors
    ) -> tuple[Tensor, Tensors, list[Tensor]]:
        """Run the backward loop.

        Args:
            flat_rows, flat_weights: those of `forward`.
            saved: the second result of `forward`.
            d_outputs: the derivatives of its outputs.

        Returns:
            `(da, d_states, d_weights)`: the derivatives of the pre-activations `(T, B, G)`, from
            which that of x follows; of the initial states; and of the weights.
        """
        if not self.save:
            saving = copy.copy(self)
            saving.save = True
            saved = saving.forward(flat_rows, flat_weights)[1]
            return saving.backward(flat_rows, flat_weights, saved, d_outputs)
        rows, weights = self._packed(flat_rows, flat_weights)
        before = [
            ops.concatenate([first[None], states[:-1]])
            for first, states in zip(rows.states, saved, strict=False)
        ]
        gradient: CellGradient | BackendGradient
        if self.gradient == "cell":
            residuals = {name: saved[number] for name, number in self.residuals.items()}
            gradient = CellGradient(self.cell, rows, weights)
        else:
            residuals = {"x": self._steps(rows, weights)[0]}
            of_step, pre = backend_loop().step_gradient, self._pre_activations
            gradient = BackendGradient(self.cell, rows, weights, of_step, pre, residuals, before)
        d_first, totals, da = self._backward_loop(rows, gradient, residuals, before, d_outputs)
        x = by_time(rows.x[0])
        d_weights = Weights(
            [weight_gradient(x, ops.cast(da, x.dtype)) for _ in weights.kernel],
            [bias_gradient(da) for _ in weights.bias],
            *gradient.of_weights(da, residuals, before, totals),
        )
        return ops.cast(da, x.dtype), d_first, flatten_groups(d_weights)

    def _backward_loop(
        self,
        rows: Rows,
        gradient: CellGradient | BackendGradient,
        residuals: Residuals,
        before: Tensors,
        d_outputs: Tensors,
    ):
        """Return the derivatives of the first states, totals, and those of the pre-activations."""
        d_outputs, d_last = d_outputs[: self.every_output], d_outputs[self.every_output :]
        mask, zoneout = [by_time(m) for m in rows.mask], [by_time(z) for z in rows.zoneout]
        d_outputs, count = [by_time(d) for d in d_outputs], len(d_last)
        groups = [[*residuals.values()], before, d_outputs, mask, zoneout]

        def step(carry: Tensors, now: Tensors):
            d_after, totals = carry[:count], carry[count:]
            values, before, d_output, seen, zoned = pack(groups, now)
            for d in d_output:
                d_after = [d_after[0] + d, *d_after[1:]]
            d_new, d_kept = states_after_gradient(d_after, seen, zoned, self.rates)
            of_step = dict(zip(residuals, values, strict=True))
            d_states, da, d_weights = gradient.step(d_new, of_step, before)
            d_states = [a + b for a, b in zip(d_states, d_kept, strict=True)]
            return [*d_states, *(a + b for a, b in zip(totals, d_weights, strict=True))], [da]

        first = [*d_last, *gradient.totals]
        last, (da,) = self.loop(step, first, flatten_groups(groups), reverse=True)
        return last[:count], last[count:], da

    def input_gradient(self, da: Tensor, weights: Tensors) -> Tensor:
        """Return the derivative of `Rows.x`, which the first layer of a model does not need."""
        for kernel in Weights(*pack(self.weights, weights)).kernel:
            da = ops.matmul(da, ops.transpose(kernel))
        return by_time(da)

    def trace(
        self,
        flat_rows: Tensors,
        flat_weights: Tensors,
        names: Sequence[str] = (),
        nudges: Tensors = (),
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Run the loop and return states and residuals, differentiated by the backend.

        Args:
            flat_rows, flat_weights: those of `forward`.
            names: names of the residuals to return.
            nudges: for each state `(B, T, U)`, which is added to it after each step. The
                derivative of a zero nudge is that of the state.

        Returns:
            `(states, residuals)`: for each state `(B, T, U)`, and a dict of the like.
        """
        rows, weights = self._packed(flat_rows, flat_weights)
        steps = self._steps(rows, weights)

        def step(states: Tensors, now: Tensors):
            now, nudge = now[: len(steps)], now[len(steps) :]
            after, _, residuals = self._step(states, now, rows, weights, nudge)
            missing = [name for name in names if name not in residuals]
            if missing:
                raise ValueError(
                    f"`step` of {type(self.cell).__name__} must return its gates: expected "
                    f"{', '.join(names)}, got {', '.join(residuals) or 'none'}."
                )
            return after, [*after, *(residuals[name] for name in names)]

        _, found = self.loop(step, rows.states, [*steps, *(by_time(nudge) for nudge in nudges)])
        found = [by_time(tensor) for tensor in found]
        count = len(rows.states)
        return found[:count], dict(zip(names, found[count:], strict=True))

    @property
    def _zones(self):
        return bool(self.rows.zoneout) or any(self.rates)

    def _packed(self, rows: Tensors, weights: Tensors):
        return Rows(*pack(self.rows, rows)), Weights(*pack(self.weights, weights))

    def _steps(self, rows: Rows, weights: Weights):
        """Return the tensors that the loop reads at each step."""
        x = by_time(rows.x[0])
        if weights.kernel and self.ahead:
            x = self._input_product(x, weights)
        return [x, *(by_time(flags) for flags in (*rows.mask, *rows.zoneout))]

    def _input_product(self, x: Tensor, weights: Weights):
        x = self.cell.input_product(x, weights.kernel[0])
        return x if self.dtype is None else ops.cast(x, self.dtype)

    def _pre_activations(self, x: Tensor, weights: Weights):
        """Return the pre-activations without the part of the state, from x as the loop reads it."""
        if weights.kernel and not self.ahead:
            x = self._input_product(x, weights)
        return sum(weights.bias, x)

    def _step(
        self, states: Tensors, now: Tensors, rows: Rows, weights: Weights, nudges: Tensors = ()
    ):
        """Return the states after a step, the new ones that the cell found, and its residuals."""
        x, *flags = now
        mask, zoneout = flags[: len(rows.mask)], flags[len(rows.mask) :]
        a = self._pre_activations(x, weights)
        new, residuals = self.cell.step(a, states, weights.step, rows.masks)
        after = states_after(new, states, mask, zoneout, self.rates, nudges)
        return after, new, residuals


def by_time(tensor: Tensor) -> Tensor:
    """Return `(B, T, ...)` as `(T, B, ...)`, and back; flags `(B, T)` as `(T, B, 1)`."""
    if keras.backend.standardize_dtype(tensor.dtype) != "bool":
        return ops.transpose(tensor, (1, 0, *range(2, len(tensor.shape))))
    # TensorFlow on some CPUs cannot transpose other types than floats without a warning.
    flags = ops.swapaxes(ops.cast(tensor, "float32"), 0, 1)
    return ops.cast(flags[..., None] if len(flags.shape) == 2 else flags, "bool")
