"""Memory of units, measured by the gate that keeps their state."""

# Shapes: B batch, T time, U units.

import numpy as np


def mean_keep_gate(layer, sequences, initial_state, mask) -> np.ndarray | None:
    """Return the mean fraction of its state that each unit keeps over a step.

    Args:
        sequences: `(B, T, D)`.
        initial_state: a list of states `(B, U)`.
        mask: `(B, T)` or `None`.

    Returns:
        `(U,)`; `None` if no gate keeps the state.
    """
    from keras_gru.layers.zoneout import rates_of  # imported here: plots need no Keras
    from keras_gru.models.graph import to_numpy

    gates, _ = layer.gates(sequences, mask, initial_state)
    keep = keep_gate(layer.cell, gates)
    if keep is None:
        return None
    # With zoneout the rest of a state is kept as it was; the last state has the gate, c of an LSTM.
    rate = rates_of(layer.zoneout, layer.cell)[-1]
    return rate + (1 - rate) * np.nanmean(to_numpy(keep).astype("float64"), axis=(0, 1))


def keep_gate(cell, gates):
    """Return the fraction of its state that each unit keeps over a step.

    It is the gate that keeps the state (an update gate, an LSTM's forget gate), or 1 minus the gate
    that writes to it.

    Args:
        gates: the first result of the layer's `gates`.

    Returns:
        `(B, T, U)`; `None` where no gate keeps the state, as in a SimpleRNN.
    """
    if "keep" in gates:
        return gates["keep"]
    from keras_gru.layers.cells.gates import GATES

    named = dict(zip(cell.gate_signs, cell.equations, strict=True))
    if "+" in named:
        return gates[GATES[named["+"]]]
    return 1 - gates[GATES[named["-"]]] if "-" in named else None


def half_lives(keep: np.ndarray) -> np.ndarray:
    """Return the number of steps after which half of a unit's state is left.

        n = ln ½ / ln k        from kⁿ = ½

    with k the mean of the gate that keeps: a GRU's update gate z, an LSTM's forget gate f (its c).

    Limits:

    - A gate that is closed at a few steps and open at all others forgets at those few. The mean of
      its logarithms is at most the logarithm of its mean, so n is an upper bound of the direct
      path, state to state.
    - The path through the candidate and the weights of the state, by which a SimpleRNN remembers,
      is not counted.
    - Half-lives far above the T steps of the sequences cannot be distinguished.

    Args:
        keep: `(U,)`, between 0 and 1.

    Returns:
        `(U,)`: 0 if nothing is kept, infinite if everything is.

    Example:

    >>> half_lives(np.array([0.5, 0.9])).round(1).tolist()
    [1.0, 6.6]

    Reference:
        - [Tallec and Ollivier, 2018](https://arxiv.org/abs/1804.11188), section 2: the same gate as
          a characteristic time, 1 / (1 − k), which is n / ln 2 for k near 1
    """
    with np.errstate(divide="ignore"):
        return np.log(2) / np.abs(np.log(np.asarray(keep, "float64")))
