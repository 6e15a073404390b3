"""Zoneout (Krueger et al., 2017): some units keep their state over a step, others at the next.

    training:   h' = m ⊗ h + (1 − m) ⊗ ĥ, with ĥ what the cell found, and m of each step, row and
                unit 1 with the probability p, else 0
    otherwise:  h' = p h + (1 − p) ĥ, the expectation

It is so for each state of a cell, with a rate p of its own where there are several (section 3.2).
"""

# Shapes: B batch, T time, U units.

import keras
from keras import ops


def rates_of(zoneout, cell):
    """A rate for each state of a cell.

    Args:
        zoneout: a number in [0, 1), or a list of them, of which a cell takes as many as it has
            states.
        cell: the cell.

    Returns:
        A tuple of numbers.

    Raises:
        ValueError: a rate is out of range, or missing, or there are several cells.
    """
    several = isinstance(zoneout, list | tuple)
    states = len(keras.tree.flatten(cell.state_size))
    rates = tuple(zoneout)[:states] if several else (zoneout,) * states
    numbers = all(isinstance(rate, int | float) and 0 <= rate < 1 for rate in rates)
    if not numbers or len(rates) < states:
        raise ValueError(
            "`zoneout` must be a number in [0, 1), or a list of one for each of the cell's "
            f"{states} states. Received: {zoneout!r}."
        )
    if any(rates) and isinstance(cell, keras.layers.StackedRNNCells):
        raise ValueError(
            f"`zoneout` is that of one cell, received {zoneout!r} for a stack of them: "
            "stack layers instead."
        )
    return rates


def draw(states, length, rates, seed):
    """Which units keep their state: for each state `(T, B, U)` of booleans.

    All steps are drawn before the walk, as JAX cannot draw in a loop.
    """
    return [
        keras.random.uniform((length, *ops.shape(state)), dtype="float32", seed=seed) < rate
        for state, rate in zip(states, rates, strict=True)
    ]


def apply(found, states, rates, kept):
    """What a cell puts out, and its new states, after zoneout.

    Args:
        found: the cell's output and a list of its new states.
        states: a list of the states before the step.
        rates: one for each.
        kept: what was drawn for this step, a list of `(B, U)`; empty if not in training.

    Returns:
        `(output, new_states)`: the output is zoned out where it is one of the states.
    """
    output, new = found
    after = keras.tree.flatten(new)
    if kept:
        zoned = [ops.where(*three) for three in zip(kept, states, after, strict=True)]
    else:
        pairs = zip(rates, states, after, strict=True)
        zoned = [rate * state + (1 - rate) * one for rate, state, one in pairs]
    shown = [late for late, one in zip(zoned, after, strict=True) if one is output]
    return shown[0] if shown else output, zoned
