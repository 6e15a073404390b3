"""What a dataset is judged by, and what simple rules reach."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from keras_gru.settings import STORED

# Errors of forecasts, and the power of the targets' unit that they are in.
ERROR_POWERS = {"mae": 1, "mse": 2}


@dataclass(frozen=True)
class Metric:
    """The one number that a dataset is judged by.

    Args:
        name: its name in Keras' logs, such as `"accuracy"`, `"nll"` or `"mae"`.
        mode: `"max"` or `"min"`: which is better.
        label: its name for a reader, with the unit, such as `"MAE (passengers)"`.
        digits: digits after the point for a reader.
    """

    __pydantic_config__ = STORED

    name: str
    mode: Literal["max", "min"]
    label: str
    digits: Annotated[int, Field(ge=0, le=20)] = 3

    def score(self, value: float) -> float:
        """The value so that more is better; what is no number is worst."""
        if not math.isfinite(value):
            return -math.inf
        return value if self.mode == "max" else -value


@dataclass(frozen=True)
class Baseline:
    """What a rule without a recurrent network reaches, in the unit of the metric, as a run does."""

    __pydantic_config__ = STORED

    label: str
    validation: dict[str, float]
    test: dict[str, float]
    parameters: Annotated[int, Field(ge=0)] = 0
