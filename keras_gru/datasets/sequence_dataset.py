"""What every dataset of the project becomes: splits, and what a model builder must know of them."""

# B batch, T time steps, D features, H steps ahead, V variables

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """The one number that a dataset is judged by.

    Args:
        name: its name in Keras' logs, such as `"accuracy"`, `"nll"` or `"mae"`.
        mode: `"max"` or `"min"`: which is better.
        label: its name for a reader, with the unit, such as `"MAE (passengers)"`.
        scale: what a logged value is multiplied by before a reader sees it.
        digits: digits after the point for a reader.
    """

    name: str
    mode: str
    label: str
    scale: float = 1.0
    digits: int = 3


@dataclass(frozen=True)
class SequenceSpec:
    """What a model builder must know of the data.

    Args:
        task: `"classification"`, `"tagging"`, `"language_model"`, `"forecasting"`,
            `"polyphony"` or `"translation"`.
        outputs: classes, tags, next tokens, notes, or variables to forecast.
        vocabulary: number of input tokens with the padding token 0; None for vectors.
        features: width of an input vector (D); None for tokens.
        length: time steps of every sequence; None where they differ.
        horizon: steps ahead (H), for forecasting.
        every_step: whether a forecast is made at every step (sequence-to-sequence).
        start: token that starts a translation.
        end: token that ends a translation.
    """

    task: str
    outputs: int
    vocabulary: int | None = None
    features: int | None = None
    length: int | None = None
    horizon: int = 1
    every_step: bool = False
    start: int = 0
    end: int = 0

    @property
    def masked(self) -> bool:
        """Whether vector input comes with a mask (token input needs none: padding is token 0)."""
        return self.vocabulary is None and self.length is None


@dataclass(frozen=True)
class Baseline:
    """What a rule without a recurrent network reaches; `metrics` as a run logs them."""

    label: str
    validation: Mapping[str, float]
    test: Mapping[str, float]
    parameters: int = 0
