"""The fast path: a whole sequence as one operation, with a gradient of its own.

1. One product gives the input's weighted sums for all steps.
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

import keras
from keras import ops

from keras_gru.layers import gru_steps, lstm_steps, simple_rnn_steps
from keras_gru.layers.gru_cell import GRUCell
from keras_gru.layers.slopes import has_slope, name_of

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
    if not training and backend in _ONLY_IN_TRAINING:
        return f"no faster on {backend} without training"
    return None


def _name(cls):
    known = cls.__name__ in {known.__name__ for known in _STEPS}
    return f"{cls.__name__} of {cls.__module__.split('.')[0]}" if known else cls.__name__


def run(cell, sequences, states, mask=None, training=False, go_backwards=False, every_output=True):
    """Walks a cell over sequences.

    Args:
        cell: a built cell for which there is no `obstacle`.
        sequences: `(B, T, D)`.
        states: a list of `(B, U)`, what the walk starts from.
        mask: `(B, T)` or `None`.
        training: whether dropout is on.
        go_backwards: whether to walk from the last step to the first.
        every_output: whether the output of every step is asked for.

    Returns:
        `(outputs, states)`: `(B, T, U)` in the order of the walk, or `None`, and a list of the last
        states. At a masked step the states stay as they were, and the output with them.
    """
    steps = _STEPS[type(cell)](cell)
    dtype = _dtype(cell.compute_dtype)
    x = ops.cast(sequences, cell.compute_dtype)
    x = ops.transpose(_dropped(cell, x, training), (1, 0, 2))
    tensors = [x]
    if mask is not None:  # TensorFlow on some CPUs complains of transposing anything but floats
        tensors.append(ops.cast(ops.transpose(ops.cast(mask, "float32"))[..., None], "bool"))
    if go_backwards:
        tensors = [ops.flip(tensor, axis=0) for tensor in tensors]
    sums = ops.cast(_weighted_sums(tensors[0], cell.kernel), dtype)
    states, weights = (
        [ops.cast(tensor, dtype) for tensor in group] for group in (states, steps.weights(cell))
    )
    sequence = _Sequence(steps, len(states), len(weights), every_output, keep=training)
    outputs = sequence(sums, *states, *weights, *tensors[1:])
    if every_output:
        return ops.swapaxes(outputs[0], 0, 1), outputs[1:]
    return None, outputs


def _dtype(compute_dtype):
    """Half precision adds up rounding errors over time: what is walked over is in float32."""
    return "float32" if compute_dtype in ("float16", "bfloat16") else compute_dtype


def _dropped(cell, sequences, training):
    """The sequences under their dropout mask, one and the same at every step."""
    if not training or not 0 < cell.dropout < 1:
        return sequences
    return sequences * cell.get_dropout_mask(sequences[:, 0])[:, None]


def _weighted_sums(x, kernel):
    """x W_x for all steps, `(T, B, G)`: one product."""
    length, batch, _ = ops.shape(x)
    return ops.reshape(ops.matmul(_rows(x), kernel), (length, batch, kernel.shape[-1]))


def _rows(tensor):
    """All rows of all steps, `(T · B, ·)`."""
    return ops.reshape(tensor, (-1, tensor.shape[-1]))


class _Sequence:
    """The two loops over time, for any cell and any backend.

    Args:
        steps: a cell's `Steps`.
        states: how many states there are.
        weights: how many weights the steps take.
        every_output: whether the output of every step is asked for.
        keep: whether the walk forwards keeps what the walk back needs. If not, and yet a gradient
            is asked for, all steps are done once more, now at once: their states are known.

    Call arguments:
        *tensors: the weighted sums `(T, B, G)`, the states, the weights, and the mask `(T, B, 1)`
            if there is one.

    Returns:
        A list: the outputs `(T, B, U)`, if asked for, and the last states.
    """

    def __init__(self, steps, states, weights, every_output, keep):
        self.steps, self.states, self.weights = steps, states, weights
        self.every_output, self.keep = every_output, keep
        loop = _LOOPS[keras.backend.backend()]
        self.backend = importlib.import_module(f"keras_gru.layers.{loop}")

    def __call__(self, *tensors):
        return self.backend.differentiable(self.forward, self.backward)(*tensors)

    def forward(self, sums, *tensors):
        first, tensors = tensors[: self.states], tensors[self.states :]
        weights, mask = tensors[: self.weights], tensors[self.weights :]
        cell_step = self.steps.forward(*weights)

        def step(states, now):
            x, *seen = now
            after, kept = cell_step(x, states)
            for flag in seen:  # one or none
                after = [ops.where(flag, *pair) for pair in zip(after, states, strict=True)]
            return after, [*after, *(kept if self.keep else [])]

        last, collected = self.backend.scan(step, list(first), [sums, *mask])
        states, kept = collected[: self.states], collected[self.states :]
        outputs = [*states[: self.every_output], *last]
        return outputs, (first, weights, mask, states, kept if self.keep else sums)

    def backward(self, everything_kept, d_outputs):
        first, weights, mask, after, kept = everything_kept
        d_outputs, d_last = d_outputs[: self.every_output], d_outputs[self.every_output :]
        before = [
            ops.concatenate([start[None], states[:-1]])
            for start, states in zip(first, after, strict=True)
        ]
        if not self.keep:
            kept = self.kept_by_all_steps(kept, before, weights)
        cell_step = self.steps.backward(*weights)

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

        groups = [list(group) for group in (kept, before, after, d_outputs, mask)]
        d_first, (da,) = self.backend.scan(
            step, list(d_last), keras.tree.flatten(groups), reverse=True
        )
        rows = [_rows(da), [_rows(k) for k in kept], [_rows(b) for b in before]]
        d_weights = self.steps.weight_gradients(*rows)[: self.weights]
        return [da, *d_first, *d_weights, *([None] * len(mask))]

    def kept_by_all_steps(self, sums, before, weights):
        length, batch, _ = ops.shape(sums)
        _, kept = self.steps.forward(*weights)(_rows(sums), [_rows(b) for b in before])
        return [ops.reshape(rows, (length, batch, rows.shape[-1])) for rows in kept]
