"""What a dataset is judged by, and what simple rules reach."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

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

    name: str
    mode: str
    label: str
    digits: int = 3

    def score(self, value: float) -> float:
        """The value so that more is better; what is no number is worst."""
        if not math.isfinite(value):
            return -math.inf
        return value if self.mode == "max" else -value


@dataclass(frozen=True)
class Baseline:
    """What a rule without a recurrent network reaches, in the unit of the metric, as a run does."""

    label: str
    validation: Mapping[str, float]
    test: Mapping[str, float]
    parameters: int = 0
