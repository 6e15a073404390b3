"""Zoneout (Krueger et al., 2017): some units keep their state over a step, others at the next.

    training:   h' = m ⊗ h + (1 − m) ⊗ ĥ, with ĥ what the cell found, and m of each step, row and
                unit 1 with the probability p, else 0
    otherwise:  h' = p h + (1 − p) ĥ, the expectation

It is so for each state of a cell, with a rate p of its own where there are several (section 3.2).
`keras_gru.layers.scan` applies it.
"""

# Shapes: B batch, T time, U units.

import keras
from keras import ops


def rates_of(zoneout, cell):
    """Return a rate for each state of a cell; a list may have more of them."""
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
            f"`zoneout` is that of one cell. Received {zoneout!r} for a stack of them: "
            "stack layers instead."
        )
    return rates


def draw(states, length, rates, seed):
    """Return which units keep their state: for each state `(B, T, U)` booleans.

    All steps are drawn before the loop, as JAX cannot draw in one.

    Args:
        states: a list of `(B, U)`.
        length: T.
        rates: the fraction to keep, one for each state.
        seed: a `keras.random.SeedGenerator`.
    """
    draws = []
    for state, rate in zip(states, rates, strict=True):
        batch, *units = ops.shape(state)
        draws.append(keras.random.uniform((batch, length, *units), seed=seed) < rate)
    return draws
