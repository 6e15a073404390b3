"""One split of a dataset: its sequences, padded, with their targets and lengths."""

# N sequences, T time steps

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from keras_gru.errors import UserError

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Split:
    """The sequences of one split, padded at their right ends to the longest of them.

    Args:
        inputs: name of a model's input -> (N, T, ...).
        targets: (N, ...), or (N, T, ...) where each step has its own.
        lengths: name of an input -> (N,) its time steps; an input that is not here has no padding.
        stepwise: the input whose steps the targets follow, or None.
        weights: (N, T) of such targets, True where a step counts; None: every step that is no
            padding.
        overlapping: whether neighbours share steps, as the windows of one series do.

    Raises:
        UserError: if the weights do not fit the targets.
    """

    inputs: Mapping[str, np.ndarray]
    targets: np.ndarray
    lengths: Mapping[str, np.ndarray] = field(default_factory=dict)
    stepwise: str | None = None
    weights: np.ndarray | None = None
    overlapping: bool = False

    def __post_init__(self):
        if self.weights is None:
            return
        if self.stepwise is None or self.weights.shape != self.targets.shape[:2]:
            raise UserError(
                f"A split's weights are of the shape {self.weights.shape}; stepwise targets of the "
                f"shape {self.targets.shape} would have a weight for each sequence and step."
            )

    @property
    def size(self) -> int:
        """Number of sequences."""
        return len(self.targets)

    def part(self, rows: np.ndarray | slice) -> "Split":
        """Some of its sequences."""
        return dataclasses.replace(
            self,
            inputs={name: array[rows] for name, array in self.inputs.items()},
            targets=self.targets[rows],
            lengths={name: of[rows] for name, of in self.lengths.items()},
            weights=None if self.weights is None else self.weights[rows],
        )


def check_not_empty(name: str, splits: Mapping[str, Split]) -> None:
    """Refuses a dataset, by the name that a reader knows it by, if one of its splits is empty."""
    for split in SPLITS:
        if splits[split].size == 0:
            raise UserError(
                f"{name}: the {split} split is empty; it needs at least one sequence, so use more "
                "data, a larger share for it, or a shorter window and horizon for time series."
            )
