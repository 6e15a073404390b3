"""Zoneout (Krueger et al., 2017): at each step some units, drawn at random, keep their state.

    training:   h' = m ⊗ h + (1 − m) ⊗ ĥ, where ĥ is the new state of the cell, and m is 1 with
                probability p, else 0, drawn for each step, row and unit
    inference:  h' = p h + (1 − p) ĥ, the expectation

Each state of a cell has its own rate p (section 3.2).
`keras_gru.layers.masking` applies it.
"""

# Shapes: B batch, T time, U units.

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_gru.layers.types import Tensor, Tensors


def rates_of(zoneout: float | Sequence[float], cell: Any) -> tuple[float, ...]:
    """Return a rate for each state of a cell; a list may have more of them."""
    states = len(keras.tree.flatten(cell.state_size))
    several = tuple(zoneout) if isinstance(zoneout, list | tuple) else (zoneout,) * states
    rates: tuple[Any, ...] = several[:states]
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


def seed_of(rates: Sequence[float], cell: Any) -> Any:
    """Return the `keras.random.SeedGenerator` of the draws, or `None`."""
    if not any(rates):
        return None
    seed = getattr(cell, "seed", None)
    # Not the seed of dropout, with whose draws these would be correlated.
    return keras.random.SeedGenerator(None if seed is None else seed + 1)


def draw(states: Tensors, length: Any, rates: Sequence[float], seed: Any) -> list[Tensor]:
    """Return for each state `(B, T, U)` booleans, true where a unit keeps its state.

    All steps are drawn before the loop: JAX cannot draw inside it.

    Args:
        states: a list of `(B, U)`.
        length: T.
        rates: the fraction to keep, one for each state.
        seed: a `keras.random.SeedGenerator`.
    """
    draws = []
    for state, rate in zip(states, rates, strict=True):
        batch, *units = ops.shape(state)
        draws.append(_uniform((batch, length, *units), seed) < rate)
    return draws


def _uniform(shape: Sequence[Any], seed: Any):
    if keras.backend.backend() != "tensorflow":
        return keras.random.uniform(shape, seed=seed)
    import tensorflow as tf

    # TensorFlow's default under XLA on CPUs takes 30 times as long as this, its default elsewhere.
    return tf.random.stateless_uniform(shape, seed.next(), alg="philox")
