"""What goes on inside a recurrent layer: its gates and its states, at every step."""

# Shapes: B batch, T time, D features, U units.

from contextlib import contextmanager
from typing import NamedTuple

import keras
from keras import ops

from keras_gru.layers import fused, zoneout
from keras_gru.layers.call_arguments import standardize_mask, standardize_states
from keras_gru.layers.gru_cell import GRUCell

# The letters of the equations that are gates; those of the others are candidates.
GATES = {"z": "update", "r": "reset", "i": "input", "f": "forget", "o": "output"}


class Anatomy(NamedTuple):
    """What a cell's weights are columns of.

    Args:
        equations: a letter for each block of columns, such as `"zrg"`.
        signs: a sign for each, as of `keras_gru.GateBias`: `+` is a gate that keeps the state, `-`
            one that writes to it, `.` none of the two.
    """

    equations: str
    signs: str

    @property
    def gates(self):
        """The name of each gate, by its letter, in the order of the equations."""
        return {letter: GATES[letter] for letter in self.equations if letter in GATES}


_OF_KERAS = {
    keras.layers.GRUCell: Anatomy("zrg", "+.."),
    keras.layers.LSTMCell: Anatomy("ifgo", "-+.."),
    keras.layers.SimpleRNNCell: Anatomy("h", "."),
}


def anatomy(cell):
    """The equations of a cell: of a cell of ours, one of Keras', or one that comes of these.

    Raises:
        ValueError: it is another cell, and says nothing of its equations.
    """
    for cls in type(cell).__mro__:
        if "equations" in vars(cls):
            return Anatomy(cls.equations, cell.gate_signs)
        if cls in _OF_KERAS:
            return _OF_KERAS[cls]
    raise ValueError(
        f"The gates of a {type(cell).__name__} are not known: it must be a keras_gru.GRUCell, a "
        "cell of Keras', or have `equations`, a letter for each, and `gate_signs`."
    )


def kept(layer, gates):
    """How much of its state each unit keeps over a step.

    It is the gate that keeps (an update gate, an LSTM's forget gate), or what the gate that writes
    leaves over.

    Args:
        layer: a recurrent layer.
        gates: what its `gates` returned first.

    Returns:
        `(B, T, U)`; `None` where no gate keeps the state, as in a SimpleRNN.
    """
    if "keep" in gates:
        return gates["keep"]
    equations, signs = anatomy(layer.cell)
    if "+" in signs:
        return gates[GATES[equations[signs.index("+")]]]
    return 1 - gates[GATES[equations[signs.index("-")]]] if "-" in signs else None


class ShowsGates:
    """Gives a `keras.layers.RNN` its method `gates`."""

    def gates(self, sequences, mask=None, initial_state=None):
        """The gates and the states at every step, as the layer computes them without training.

        A GRU has `"update"` and `"reset"`, an LSTM `"input"`, `"forget"` and `"output"`, a
        SimpleRNN no gate. A cell of your own that comes of `keras_gru.GRUCell` has a GRU's, with
        what it makes of them; another one says its `equations`, a letter for each block of its
        weights' columns, and calls `recurrent_activation` once for each gate, in that order.
        minGRU and minLSTM, whose gates are one factor in the end, have `"keep"`.

        Args:
            sequences: `(B, T, D)`.
            mask: `(B, T)`, false where a step is skipped.
            initial_state: a list of states `(B, U)`; zeros if `None`.

        Returns:
            `(gates, states)`: a dict from each gate's name to `(B, T, U)`, NaN where a step is
            skipped, and a list of the states after each step, `(B, T, U)`. Both are in the order
            of the walk, which begins with the last step if `go_backwards`.

        Raises:
            ValueError: it is not known what the cell's gates are.

        Example:

        >>> import numpy as np, keras_gru
        >>> gates, states = keras_gru.GRU(4).gates(np.ones((2, 5, 3), "float32"))
        >>> {name: tuple(values.shape) for name, values in gates.items()}, len(states)
        ({'update': (2, 5, 4), 'reset': (2, 5, 4)}, 1)
        """
        if not self.built:
            self.build(tuple(sequences.shape))
        mask = standardize_mask(mask, sequences)
        first = self.get_initial_state(ops.shape(sequences)[0])
        if initial_state is not None:
            first = standardize_states(initial_state, first)
        _, states, gates = walk(self, sequences, first, mask, watched=True)
        if mask is not None:
            seen = (ops.flip(mask, axis=1) if self.go_backwards else mask)[..., None]
            gates = {name: ops.where(seen, gate, float("nan")) for name, gate in gates.items()}
        return gates, states


def walk(layer, sequences, initial_state, mask=None, *, nudges=(), watched=False):
    """A layer's walk over time without training, step by step, with all that it comes by.

    Args:
        layer: a built `keras.layers.RNN`.
        sequences: `(B, T, D)`.
        initial_state: a list of states `(B, U)`.
        mask: `(B, T)` or `None`.
        nudges: for each state `(B, T, U)`, in the order of the walk, what is added to it after
            each step. The derivative by a nudge of zeros is that by the state.
        watched: whether the gates are looked for.

    Returns:
        `(outputs, states, gates)`: `(B, T, U)`, a list and a dict of the like, in the order of the
        walk. At a masked step the states stay as they were, and so does the output.

    Raises:
        ValueError: the gates are looked for, and it is not known what they are.
    """
    cell = layer.cell
    dtype = cell.compute_dtype
    names = list(_gate_names(cell)) if watched else []
    steps = [ops.cast(sequences, dtype)]
    if mask is not None:
        steps.append(ops.cast(keras.tree.flatten(mask)[0], "bool"))
    if layer.go_backwards:
        steps = [ops.flip(tensor, axis=1) for tensor in steps]
    masked = len(steps) - 1
    steps += nudges
    states = [ops.cast(state, dtype) for state in keras.tree.flatten(initial_state)]
    rates = getattr(layer, "_zoneout_rates", ())

    def step(before, now):
        x, *others = now
        with _watching(cell, names) as gates:
            output, new = cell(x, before[1:])
        if any(rates):
            output, new = zoneout.apply((output, new), before[1:], rates, [])
        after = _nudged(output, keras.tree.flatten(new), others[masked:])
        for seen in others[:masked]:  # one or none
            after = [ops.where(seen[:, None], *pair) for pair in zip(after, before, strict=True)]
        gates = [ops.broadcast_to(ops.cast(gates[name], dtype), after[1].shape) for name in names]
        return after, [*after, *gates]

    no_output = ops.zeros_like(cell(steps[0][:, 0], states)[0])
    _, found = fused.backend_loop().scan(
        step, [no_output, *states], [_time_first(tensor) for tensor in steps]
    )
    outputs, *found = (_time_first(tensor) for tensor in found)
    if masked and layer.zero_output_for_mask:
        outputs = ops.where(steps[1][..., None], outputs, 0)
    return outputs, found[: len(states)], dict(zip(names, found[len(states) :], strict=True))


def _time_first(tensor):
    """`(B, T, ...)` as `(T, B, ...)`, and back."""
    return ops.swapaxes(tensor, 0, 1)


def _nudged(output, states, nudges):
    """The output and the states after a nudge; an output that is a state is nudged with it."""
    if not nudges:
        return [output, *states]
    moved = [state + nudge for state, nudge in zip(states, nudges, strict=True)]
    shown = [late for late, state in zip(moved, states, strict=True) if state is output]
    return [shown[0] if shown else output, *moved]


def _gate_names(cell):
    return ["keep"] if hasattr(cell, "gate_and_candidate") else anatomy(cell).gates.values()


def _passing(cell, names):
    """Where the gates of a cell pass by: the name of a method, and what a call of it tells."""
    if not names:
        return {}
    if isinstance(cell, GRUCell):  # what is held, or made of the gates by a subclass, is used here
        return {
            "candidate": lambda arguments, _: ("reset", arguments[2]),
            "interpolate": lambda arguments, _: ("update", arguments[0]),
        }
    if hasattr(cell, "gate_and_candidate"):
        return {"gate_and_candidate": lambda _, result: ("keep", result[0])}
    following = iter(names)
    return {"recurrent_activation": lambda _, result: (next(following, None), result)}


@contextmanager
def _watching(cell, names):
    """A dict that holds, after the block, the gates that a cell has used in it."""
    gates, before = {}, {}
    try:
        for method, tell in _passing(cell, names).items():
            if method in vars(cell):
                before[method] = vars(cell)[method]
            setattr(cell, method, _told(getattr(cell, method), tell, gates))
        yield gates
    finally:
        for method in _passing(cell, names):
            if method in before:
                setattr(cell, method, before[method])
            else:
                delattr(cell, method)
    if gates.keys() != set(names):
        raise ValueError(
            f"A {type(cell).__name__} has the gates {', '.join(names)} by its `equations`, and a "
            "step of it calls `recurrent_activation` (of a keras_gru.GRUCell: `candidate` and "
            "`interpolate`) for others."
        )


def _told(function, tell, gates):
    def and_tell(*arguments, **options):
        result = function(*arguments, **options)
        name, gate = tell(arguments, result)
        gates[name] = gate
        return result

    return and_tell
