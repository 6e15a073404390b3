"""Settings that a layer applies to its cell: names, dtype policy, dropout masks."""

import re
from collections.abc import Sequence
from typing import Any

import keras


def fix_names(cells: Sequence[Any]) -> None:
    """Rename cells that Keras named, so that paths of weights do not depend on earlier layers.

    Keras numbers the cells of a process: the second one is `gru_cell_1`, also in a layer of its
    own. Here they are numbered within one layer.
    """
    names = []
    for cell in cells:
        fix_names(getattr(cell, "cells", []))
        automatic = re.sub(r"_\d+$", "", getattr(cell, "name", ""))
        if automatic.replace("_", "") == type(cell).__name__.lower() and not getattr(
            cell, "built", True
        ):
            count = names.count(automatic)
            cell.name = f"{automatic}_{count}" if count else automatic
            names.append(automatic)


def reset_dropout_masks(cell: Any) -> None:
    """Drop dropout masks of an earlier call of the cell, which may not match the batch."""
    for inner in [cell, *getattr(cell, "cells", [])]:
        for reset in ("reset_dropout_mask", "reset_recurrent_dropout_mask"):
            getattr(inner, reset, lambda: None)()


def set_policy(cell: Any, policy: Any) -> None:
    """Give a cell, and the cells inside it, a dtype policy."""
    for inner in getattr(cell, "cells", []):
        set_policy(inner, policy)
    if isinstance(cell, keras.Layer):
        cell.dtype_policy = policy


def changing_variables(cell: Any) -> list[Any]:
    """Return the variables of a cell that a step may change: JAX carries them through its loop."""
    if keras.backend.backend() != "jax":
        return []
    masks_seed = getattr(getattr(cell, "seed_generator", None), "state", None)
    variables = getattr(cell, "non_trainable_variables", [])
    return [variable for variable in variables if variable is not masks_seed]
