"""The states after a step, where a mask or zoneout leaves them as they were.

At a masked step, states and output stay as they were. Zoneout (Krueger et al., 2017) is the same
for single units: in training some keep their state, others at every step; otherwise each state is
the expectation p h + (1 − p) ĥ.
"""

# Shapes: B batch, U units.

from collections.abc import Sequence

from keras import ops

from keras_gru.layers.inputs import expand_flags
from keras_gru.layers.types import Tensor, Tensors


def states_after(
    new: Tensors,
    states: Tensors,
    mask: Tensors,
    zoneout: Tensors,
    rates: Sequence[float],
    nudges: Tensors = (),
) -> list[Tensor]:
    """Return the states after a step, from the new ones and those before it.

    Args:
        new: what the cell returned, each `(B, U)`.
        states: those before the step.
        mask: `[(B, 1)]`, false where the step is to be skipped, or `[]`.
        zoneout: `(B, U)` for each state, true where a unit keeps it, or `[]`.
        rates: the fraction of each state that is kept, where `zoneout` has no draws.
        nudges: what is added to each state, or `()`.
    """
    found: dict[int, Tensor] = {}  # an output that is also a state is masked as that state is
    first = len(states) - max(len(rates), len(zoneout))
    for i in reversed(range(len(states))):
        if id(new[i]) in found:
            found[i] = found[id(new[i])]
            continue
        state = ops.cast(new[i], states[i].dtype)
        if zoneout and i >= first:
            state = ops.where(zoneout[i - first], states[i], state)
        elif any(rates) and i >= first:
            state = rates[i - first] * states[i] + (1 - rates[i - first]) * state
        if nudges:
            state = state + nudges[i]
        for seen in mask:
            seen = seen if len(state.shape) == 2 else expand_flags(seen[:, 0], state)
            state = ops.where(seen, state, states[i])
        found[i] = found[id(new[i])] = state
    return [found[i] for i in range(len(states))]


def states_after_gradient(
    d_after: Tensors, mask: Tensors, zoneout: Tensors, rates: Sequence[float]
) -> tuple[list[Tensor], list[Tensor]]:
    """Return the derivatives of the new states, and the direct part of the states before.

    Args:
        d_after: the derivatives of the states after the step.
        mask, zoneout, rates: as of `states_after`.
    """
    d_new: list[Tensor] = []
    d_kept: list[Tensor] = []
    for i, d in enumerate(d_after):
        kept = ops.zeros_like(d)
        for seen in mask:
            d, kept = ops.where(seen, d, 0), ops.where(seen, 0, d)
        if zoneout:
            d, kept = ops.where(zoneout[i], 0, d), kept + ops.where(zoneout[i], d, 0)
        elif any(rates):
            d, kept = (1 - rates[i]) * d, kept + rates[i] * d
        d_new.append(d)
        d_kept.append(kept)
    return d_new, d_kept
