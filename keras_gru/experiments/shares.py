"""Comparisons on shares of the training sequences, as a run folder holds them."""

from collections.abc import Mapping
from dataclasses import dataclass

from keras_gru.experiments.results import Comparison, RunFolder


@dataclass(frozen=True)
class LearningCurve:
    """Comparisons on shares of the training sequences.

    Args:
        comparisons: by share, the smallest first; the last is 1, all of them.
    """

    comparisons: Mapping[float, Comparison]

    @property
    def whole(self) -> Comparison:
        """That on all sequences."""
        return self.comparisons[1.0]

    def sequences(self, share: float) -> int:
        """How many sequences a share is."""
        return self.comparisons[share].facts["sequences"]["train"]


def read_learning_curve(comparison: Comparison) -> LearningCurve | None:
    """What the folder of a comparison holds of a learning curve; None where it has none."""
    if comparison.folder is None or not (comparison.folder / "shares").is_dir():
        return None
    folder = RunFolder(comparison.folder)
    found = {share: folder.of_share(share) for share in folder.shares()}
    known = {share: of.comparison() for share, of in found.items() if of.has_facts()}
    return LearningCurve({**known, 1.0: comparison})
