"""The task of a dataset and the sizes that a model builder needs."""

# D features, H steps ahead

from dataclasses import dataclass
from typing import Literal, get_args

from keras_gru.errors import UserError, did_you_mean

Task = Literal[
    "classification", "tagging", "forecasting", "polyphony", "language_model", "translation"
]


def check_task(task: str) -> None:
    """Raise a `UserError` if there is no such task."""
    if task not in (tasks := get_args(Task)):
        raise UserError(f"There is no task '{task}'.{did_you_mean(str(task), tasks)}")


@dataclass(frozen=True)
class TaskSpec:
    """The task of a dataset and the sizes that a model builder needs.

    Args:
        task: `"classification"`, `"tagging"`, `"language_model"`, `"forecasting"`,
            `"polyphony"` or `"translation"`.
        outputs: classes, tags, next tokens, notes, or variables to forecast.
        vocabulary: number of input tokens with the padding token 0; None for vectors.
        features: width of an input vector (D); None for tokens.
        length: time steps of every sequence; None if they differ.
        horizon: steps ahead (H), for forecasting.
        lead: steps from the end of a window to the first of them; 1 is the next one.
        every_step: whether a forecast is made at every step (sequence-to-sequence).
        history: columns of the input that hold the variables to forecast, in their order; None
            where they are not among them.
        categories: the first one-hot column, and the number of words, of each column of words.
        start: token that starts a translation.
        end: token that ends a translation.

    Raises:
        UserError: there is no such task.
    """

    task: str
    outputs: int
    vocabulary: int | None = None
    features: int | None = None
    length: int | None = None
    horizon: int = 1
    lead: int = 1
    every_step: bool = False
    history: tuple[int, ...] | None = None
    categories: tuple[tuple[int, int], ...] = ()
    start: int = 0
    end: int = 0

    def __post_init__(self) -> None:
        check_task(self.task)

    @property
    def masked(self) -> bool:
        """Whether vector input comes with a mask (token input needs none: padding is token 0)."""
        return self.vocabulary is None and self.length is None
