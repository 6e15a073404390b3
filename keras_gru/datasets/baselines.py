"""What rules without a network reach on labels, tags, tokens and notes."""

# N sequences, T time steps

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from keras_gru.datasets.sequence_dataset import Baseline
from keras_gru.datasets.split import Split


def real_steps(split: Split) -> np.ndarray:
    """(N, T): True where a target counts."""
    steps = np.arange(split.targets.shape[1])
    counts = np.ones((split.size, len(steps)), bool)
    if split.stepwise in split.lengths:
        counts = steps < split.lengths[split.stepwise][:, None]
    return counts if split.weights is None else counts & split.weights


def majority_class(
    splits: Mapping[str, Split], classes: Sequence[str], remark: str = ""
) -> Baseline:
    """Every sequence is of the class that is most frequent in train.

    Args:
        splits: targets (N,).
        classes: names of the classes.
        remark: what follows the label.

    Returns:
        A baseline with `accuracy`.
    """
    best = int(np.bincount(splits["train"].targets).argmax())
    scores = _scores(splits, lambda split: {"accuracy": float((split.targets == best).mean())})
    return Baseline(f"Always {classes[best]!r}{remark}", *scores)


def most_frequent_target(splits: Mapping[str, Split], names: Sequence[str]) -> Baseline:
    """Every step has the target that is most frequent in train.

    Args:
        splits: targets (N, T).
        names: the name of each target.

    Returns:
        A baseline with `accuracy`.
    """
    best = int(np.bincount(splits["train"].targets[real_steps(splits["train"])]).argmax())

    def accuracy(split: Split) -> dict[str, float]:
        return {"accuracy": float((split.targets[real_steps(split)] == best).mean())}

    return Baseline(f"Always {names[best]!r}", *_scores(splits, accuracy))


def tag_of_each_token(
    splits: Mapping[str, Split], label: str = "Most frequent tag of each word"
) -> Baseline:
    """Every token has the tag that it has most often in train; an unseen one the commonest tag.

    Args:
        splits: tokens (N, T) and targets (N, T).
        label: its name for a reader.

    Returns:
        A baseline with `accuracy`.
    """
    tokens, tags = _pairs(splits["train"])
    size = max(split.inputs["tokens"].max() for split in splits.values()) + 1
    width = int(tags.max()) + 1
    # Only the pairs that occur: a table of all tokens and all tags may not fit into memory.
    pairs, counts = np.unique(tokens.astype(np.int64) * width + tags, return_counts=True)
    pairs = pairs[np.lexsort((-pairs, counts))]  # the commonest last, of two the lower tag
    best = np.full(size, np.bincount(tags).argmax())
    best[pairs // width] = pairs % width

    def accuracy(split: Split) -> dict[str, float]:
        tokens, tags = _pairs(split)
        return {"accuracy": float((best[tokens] == tags).mean())}

    return Baseline(label, *_scores(splits, accuracy), parameters=len(np.unique(tokens)))


def note_frequencies(splits: Mapping[str, Split]) -> Baseline:
    """Each note sounds as often as in train: the negative log likelihood of that.

    Args:
        splits: targets (N, T, notes) of 0 and 1.

    Returns:
        A baseline with `nll`: summed over notes, averaged over steps.
    """
    known = splits["train"].targets[real_steps(splits["train"])]
    chance = (known.sum(axis=0) + 1) / (len(known) + 2)  # Laplace: a note unheard is not impossible

    def nll(split: Split) -> dict[str, float]:
        notes = split.targets[real_steps(split)].mean(axis=0)
        return {"nll": float(-(notes * np.log(chance) + (1 - notes) * np.log(1 - chance)).sum())}

    return Baseline("Frequency of each note", *_scores(splits, nll), parameters=chance.size)


def _scores(splits: Mapping[str, Split], score: Callable[[Split], dict[str, float]]):
    return score(splits["validation"]), score(splits["test"])


def _pairs(split: Split) -> tuple[np.ndarray, np.ndarray]:
    real = real_steps(split)
    return split.inputs["tokens"][real], split.targets[real]
