"""What may be tried of an experiment: values of settings of its model and of its training."""

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence

from keras_gru.settings import check_each_once

Value = bool | int | float | str | None
# What says how large a network is takes the place of the other.
OTHER_SIZE = {"model.units": "parameters", "model.parameters": "units"}
_LARGEST_GRID = 1_000  # combinations; more is a slip of the pen


def check_names(names: Iterable[str]) -> None:
    """Refuses what is not the dotted name of a setting: the data are the same for all.

    Raises:
        ValueError: for the first that is not.
    """
    for name in names:
        if name == "model.kind" or not re.fullmatch(r"(training|model)\.\w+", name):
            raise ValueError(
                "expected settings of training or of model, such as training.learning_rate, "
                f"received {name!r}"
            )


def check_values(values: Mapping[str, Sequence[Value]]) -> None:
    """Check that no value is tried twice, and that there are not too many combinations.

    Args:
        values: dotted name of a setting -> the values to try.

    Raises:
        ValueError: a value is repeated, or there are too many.
    """
    for name, tried in values.items():
        try:
            # 1 and 1.0 are one value of a setting, 1 and true are not.
            check_each_once((isinstance(value, bool), value) for value in tried)
        except ValueError:
            raise ValueError(f"{name}: expected every value once, received {tried}") from None
    size = math.prod(map(len, values.values()))
    if size > _LARGEST_GRID:
        raise ValueError(f"at most {_LARGEST_GRID:,} combinations for a cell, received {size:,}")


def grid(values: Mapping[str, Sequence[Value]]) -> tuple[dict[str, Value], ...]:
    """All combinations, the last setting varying fastest."""
    products = itertools.product(*values.values())
    return tuple(dict(zip(values, chosen, strict=True)) for chosen in products)
