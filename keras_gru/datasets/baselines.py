"""What rules without a network reach on labels, tags, tokens and notes."""

# N sequences, T time steps

from collections.abc import Mapping

import numpy as np

from keras_gru.datasets.sequence_dataset import Baseline, Split


def _real(split: Split) -> np.ndarray:
    """(N, T): True where a target counts."""
    steps = np.arange(split.targets.shape[1])
    if split.stepwise not in split.lengths:
        return np.ones((split.size, len(steps)), bool)
    return steps < split.lengths[split.stepwise][:, None]


def note_frequencies(splits: Mapping[str, Split]) -> Baseline:
    """Each note sounds as often as in train: the negative log likelihood of that.

    Args:
        splits: targets (N, T, notes) of 0 and 1.

    Returns:
        A baseline with `nll`: summed over notes, averaged over steps.
    """
    known = splits["train"].targets[_real(splits["train"])]
    chance = (known.sum(axis=0) + 1) / (len(known) + 2)  # Laplace: a note unheard is not impossible

    def nll(split: Split) -> dict[str, float]:
        notes = split.targets[_real(split)].mean(axis=0)
        return {"nll": float(-(notes * np.log(chance) + (1 - notes) * np.log(1 - chance)).sum())}

    return Baseline(
        "frequency of each note",
        nll(splits["validation"]),
        nll(splits["test"]),
        parameters=chance.size,
    )
