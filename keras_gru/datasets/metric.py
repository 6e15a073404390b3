"""What a dataset is judged by, and what simple rules reach."""

import math
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from keras_gru.settings import STORED

LARGEST = 1e100  # a value beyond is as good as infinite: its square has no float
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

    @property
    def highest(self) -> float:
        """The highest value that it can have; the lowest of all is 0."""
        return 1.0 if self.name == "accuracy" else math.inf

    @property
    def is_a_count(self) -> bool:
        """Whether it counts right answers, so that its values are multiples of 1/N."""
        return self.name == "accuracy"

    @staticmethod
    def is_in_range(value: float) -> bool:
        """Whether means, squares and pictures of such values are finite; NaN and Inf are not."""
        return abs(value) < LARGEST

    def score(self, value: float) -> float:
        """The value so that more is better; what is no number is worst."""
        if not math.isfinite(value):
            return -math.inf
        return value if self.mode == "max" else -value


@dataclass(frozen=True)
class Baseline:
    """What a rule without a recurrent network reaches, in the unit of the metric, as a run does.

    Args:
        label: its name for a reader.
        validation: metrics on validation.
        test: metrics on test.
        parameters: numbers that the rule learnt.
        test_blocks: metric -> its value on each block of test (`Split.blocks`).
    """

    __pydantic_config__ = STORED

    label: str
    validation: dict[str, float]
    test: dict[str, float]
    parameters: Annotated[int, Field(ge=0)] = 0
    test_blocks: dict[str, list[float]] = field(default_factory=dict)
