"""The fast path: a whole sequence as one operation, with a gradient of its own.

1. One product gives the input's weighted sums for all steps; or they are found in the loop, where
   small products are as fast as one large one, and never stand in memory (`SUMS_AHEAD = False`).
2. A loop forwards does what waits for the state, and keeps it.
3. A loop backwards finds the derivatives by the weighted sums, and nothing else.
4. One product over all steps gives each weight's gradient.

A framework that differentiates a loop by itself does 1 and 4 at every step and keeps much more.
The mathematics is the cells': `gru_steps`, `lstm_steps`, `simple_rnn_steps`. Two functions are the
backend's: `scan` and `differentiable`, in `loop_tensorflow`, `loop_jax` and `loop_torch`. They set
the limits of the second derivative: TensorFlow and JAX have it, PyTorch refuses.
"""

# Shapes: T time, B batch, D features, U units, G columns of the kernel; time is the first axis.

import importlib
from dataclasses import dataclass, replace
from types import ModuleType

import keras
from keras import ops

from keras_gru.layers import gru_steps, lstm_steps, simple_rnn_steps
from keras_gru.layers.gru_cell import GRUCell
from keras_gru.layers.slopes import has_slope, name_of
from keras_gru.layers.steps import Steps, product

# Which cells have steps. A subclass is another cell: its equations may not be these.
_STEPS = {
    GRUCell: gru_steps.steps,
    keras.layers.LSTMCell: lstm_steps.LSTMSteps,
    keras.layers.SimpleRNNCell: simple_rnn_steps.SimpleRNNSteps,
}
# Their methods as they are written. Keras itself puts another `build` into every object.
_METHODS = {
    cls: {
        name: value
        for name, value in vars(cls).items()
        if callable(value) and not name.startswith("__") and name not in ("build", "get_config")
    }
    for cls in _STEPS
}
_LOOPS = {"tensorflow": "loop_tensorflow", "jax": "loop_jax", "torch": "loop_torch"}
# JAX compiles the generic loop as well as this one, where there is no gradient to be found.
_ONLY_IN_TRAINING = {"jax"}


def obstacle(cell, training):
    """Why a cell cannot be run here, in a few words, or `None` if it can.

    Args:
        cell: any cell.
        training: whether dropout is on.
    """
    backend = keras.backend.backend()
    if backend not in _LOOPS:
        return f"the backend is {backend}"
    if type(cell) not in _STEPS:
        return f"the cell is a {_name(type(cell))}"
    replaced = [
        name
        for name, method in _METHODS[type(cell)].items()
        if name in vars(cell) or getattr(type(cell), name, None) is not method
    ]
    if replaced:
        return f"its {replaced[0]} was replaced"
    for name in ("activation", "recurrent_activation"):
        function = getattr(cell, name, keras.activations.linear)
        if not has_slope(function):
            return f"{name} {name_of(function)}"
    if training and cell.recurrent_dropout:
        return "recurrent dropout"
    if training and cell.dropout and getattr(cell, "implementation", 2) == 1:
        return "implementation 1, a dropout mask for each equation"
    if not training and backend in _ONLY_IN_TRAINING:
        return f"no faster on {backend} without training"
    return None


def _name(cls):
    known = cls.__name__ in {known.__name__ for known in _STEPS}
    return f"{cls.__name__} of {cls.__module__.split('.')[0]}" if known else cls.__name__


def run(
    cell,
    sequences,
    states,
    mask=None,
    training=False,
    go_backwards=False,
    every_output=True,
    parts=None,
):
    """Walks a cell over sequences.

    Args:
        cell: a built cell for which there is no `obstacle`.
        sequences: `(B, T, D)`.
        states: a list of `(B, U)`, what the walk starts from.
        mask: `(B, T)` or `None`.
        training: whether dropout is on.
        go_backwards: whether to walk from the last step to the first.
        every_output: whether the output of every step is asked for.
        parts: into how many parts of the batch it is shared out, each compiled by itself; `None`
            if the walk does not compile itself.

    Returns:
        `(outputs, states)`: `(B, T, U)` in the order of the walk, or `None`, and a list of the last
        states. At a masked step the states stay as they were, and the output with them.
    """
    steps = _STEPS[type(cell)](cell)
    dtype = _dtype(cell.compute_dtype)
    x = _dropped(cell, ops.cast(sequences, cell.compute_dtype), training)
    masks = [] if mask is None else [mask]
    if go_backwards:
        x, *masks = [ops.flip(tensor, axis=1) for tensor in (x, *masks)]
    states, weights = (
        [ops.cast(tensor, dtype) for tensor in group] for group in (states, steps.weights(cell))
    )
    loop = backend_loop()
    walk = _Walk(steps, len(states), dtype, every_output, keep=training, loop=loop)
    function = loop.differentiable(
        walk.forward,
        walk.backward,
        _gradient_by_input,
        rows=1 + len(states) + len(masks),
        parts=parts,
    )
    kernel = ops.cast(cell.kernel, cell.compute_dtype)
    outputs = function(x, *states, *masks, kernel, *weights)
    return (outputs[0], outputs[1:]) if every_output else (None, outputs)


def backend_loop():
    """The backend's module of `scan` and `differentiable`."""
    return importlib.import_module(f"keras_gru.layers.{_LOOPS[keras.backend.backend()]}")


def _dtype(compute_dtype):
    """Half precision adds up rounding errors over time: what is walked over is in float32."""
    return "float32" if compute_dtype in ("float16", "bfloat16") else compute_dtype


def _dropped(cell, sequences, training):
    """The sequences under their dropout mask, one and the same at every step."""
    if not training or not 0 < cell.dropout < 1:
        return sequences
    return sequences * cell.get_dropout_mask(sequences[:, 0])[:, None]


def _by_step(tensor):
    """`(B, T, ·)` or `(B, T)` with the time first, and back."""
    if len(tensor.shape) > 2:
        return ops.transpose(tensor, (1, 0, 2))
    # TensorFlow on some CPUs complains of transposing anything but floats.
    return ops.cast(ops.transpose(ops.cast(tensor, "float32"))[..., None], "bool")


def _rows(tensor):
    """All rows of all steps, `(T · B, ·)`."""
    return ops.reshape(tensor, (-1, tensor.shape[-1]))


def _steps(rows, like):
    """`(T · B, ·)` as `(T, B, ·)`, with T and B of another tensor."""
    return ops.reshape(rows, (*ops.shape(like)[:2], rows.shape[-1]))


def _gradient_by_input(da, kernel):
    """da W_xᵀ, `(B, T, D)`: the first layer of a model does without it."""
    return _by_step(_steps(ops.matmul(_rows(da), ops.transpose(kernel)), like=da))


@dataclass(frozen=True)
class _Walk:
    """The two loops over time, for any cell and any backend, as functions of tensors alone.

    What has the batch for its first axis are `rows`: x `(B, T, D)`, the states `(B, U)`, and the
    mask `(B, T)` if there is one. The others are `weights`: the kernel of x, and the steps' own.
    Each row goes its way by itself, so a batch may be walked over in parts.

    Args:
        steps: a cell's `Steps`.
        states: how many states there are.
        dtype: what is walked over in.
        every_output: whether the output of every step is asked for.
        keep: whether the walk forwards keeps what the walk back needs. If not, and yet a gradient
            is asked for, there is another walk forwards first.
        loop: the backend's `scan` and what goes with it.
    """

    steps: Steps
    states: int
    dtype: str
    every_output: bool
    keep: bool
    loop: ModuleType

    def forward(self, rows, weights):
        """The walk.

        Returns:
            `(outputs, kept)`: a list of the outputs `(B, T, U)`, if asked for, and the last states;
            and what `backward` needs.
        """
        x, first, masks = self._split(rows)
        kernel, *others = weights
        cell_step = self.steps.forward(*others)
        ahead = self.loop.SUMS_AHEAD

        def step(states, now):
            x, *seen = now
            after, kept = cell_step(x if ahead else self._weighted_sums(x, kernel), states)
            for flag in seen:  # one or none
                after = [ops.where(flag, *pair) for pair in zip(after, states, strict=True)]
            return after, [*after, *kept] if self.keep else after[: self.every_output]

        if ahead:
            x = _steps(self._weighted_sums(_rows(x), kernel), like=x)
        last, collected = self.loop.scan(step, first, [x, *masks])
        outputs = [_by_step(states) for states in collected[: self.every_output]]
        return [*outputs, *last], collected if self.keep else []

    def backward(self, rows, weights, collected, d_outputs):
        """The walk back.

        Args:
            rows: those of `forward`.
            weights: those of `forward`.
            collected: what it kept.
            d_outputs: the derivatives by its outputs.

        Returns:
            `(da, d_states, d_weights)`: the derivatives by the weighted sums `(T, B, G)`, from
            which comes that by x, where it is wanted; and two lists.
        """
        if not self.keep:
            _, collected = replace(self, keep=True).forward(rows, weights)
        x, first, masks = self._split(rows)
        _, *others = weights
        d_outputs, d_last = d_outputs[: self.every_output], d_outputs[self.every_output :]
        after, kept = collected[: self.states], collected[self.states :]
        before = [
            ops.concatenate([start[None], states[:-1]])
            for start, states in zip(first, after, strict=True)
        ]
        cell_step = self.steps.backward(*others)

        def step(d_states, now):
            kept, before, after, d_output, seen = keras.tree.pack_sequence_as(groups, now)
            for gradient in d_output:
                d_states = [d_states[0] + gradient, *d_states[1:]]
            skipped = d_states
            for flag in seen:  # a row that was not seen hands its derivative on, past the cell
                d_states = [ops.where(flag, d, 0) for d in d_states]
            d_new, da = cell_step(d_states, kept, before, after)
            for flag in seen:
                d_new = [d + ops.where(flag, 0, s) for d, s in zip(d_new, skipped, strict=True)]
            return d_new, [da]

        groups = [kept, before, after, [_by_step(d) for d in d_outputs], masks]
        d_first, (da,) = self.loop.scan(
            step, list(d_last), keras.tree.flatten(groups), reverse=True
        )
        d_weights = self.steps.weight_gradients(
            _rows(da), [_rows(k) for k in kept], [_rows(b) for b in before]
        )[: len(others)]
        da = ops.cast(da, x.dtype)
        return da, d_first, [product(_rows(x), _rows(da)), *d_weights]

    def _split(self, rows):
        x, *rows = rows
        masks = [_by_step(mask) for mask in rows[self.states :]]
        return _by_step(x), list(rows[: self.states]), masks

    def _weighted_sums(self, x, kernel):
        """x W_x: of one step, or of all rows at once."""
        return ops.cast(ops.matmul(x, kernel), self.dtype)
