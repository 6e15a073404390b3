"""Baselines of labels, tags, tokens and notes: models without a recurrent network."""

# N sequences, T time steps

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from keras_gru.datasets.sequence_dataset import Baseline
from keras_gru.datasets.split import Split

_BLOCK = 1 << 20  # targets

CLASS_SCORES = ("balanced_accuracy", "macro_f1")


def score_rule(
    label: str,
    splits: Mapping[str, Split],
    score: Callable[[Split], dict[str, float]],
    parameters: int = 0,
) -> Baseline:
    """Return the baseline of a rule.

    Args:
        label: display name.
        splits: splits of the dataset.
        score: maps a split, or a part of one, to the metrics that the rule reaches on it.
        parameters: number of values that the rule learnt.
    """
    validation, test = (score(splits[name]) for name in ("validation", "test"))
    parts = [splits["test"].part(rows) for rows in splits["test"].blocks()]
    nothing = dict.fromkeys(test, 0.0)  # scores of a block without weighted steps
    blocks = [score(part) if part.counted_steps().any() else nothing for part in parts]
    # Macro-averaged scores of blocks are not informative: a block lacks many classes.
    means = [name for name in test if name not in CLASS_SCORES]
    by_metric = {name: [block[name] for block in blocks] for name in means}
    return Baseline(label, validation, test, parameters, by_metric)


def class_scores(targets: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Return the accuracy, the balanced accuracy and the macro F1 of predicted classes.

    Args:
        targets: (N,) classes, from 0.
        predicted: (N,) classes.
    """
    size = int(max(targets.max(initial=0), predicted.max(initial=0))) + 1
    right, actual, chosen = (
        np.bincount(classes, minlength=size)
        for classes in (targets[targets == predicted], targets, predicted)
    )
    occurs, counts = actual > 0, actual + chosen
    return {
        "accuracy": float((targets == predicted).mean()),
        "balanced_accuracy": float((right[occurs] / actual[occurs]).mean()),
        "macro_f1": float((2 * right[counts > 0] / counts[counts > 0]).mean()),
    }


def majority_class(
    splits: Mapping[str, Split], classes: Sequence[str], remark: str = ""
) -> Baseline:
    """Return the baseline that predicts the most frequent class of train for every sequence.

    Args:
        splits: targets (N,).
        classes: names of the classes.
        remark: what follows the label.

    Returns:
        A baseline with `class_scores`.
    """
    best = int(np.bincount(splits["train"].targets).argmax())

    def scores(split: Split) -> dict[str, float]:
        return class_scores(split.targets, np.full_like(split.targets, best))

    return score_rule(f"Always {classes[best]!r}{remark}", splits, scores)


def most_frequent_target(splits: Mapping[str, Split], names: Sequence[str]) -> Baseline:
    """Return the baseline that predicts the most frequent target of train at every step.

    Args:
        splits: targets (N, T).
        names: the name of each target.

    Returns:
        A baseline with `accuracy`.
    """
    known = _counted_targets(splits["train"])
    counts = np.zeros(int(known.max()) + 1, np.int64)
    for start in range(0, len(known), _BLOCK):  # NumPy needs eight bytes per target to count
        counts += np.bincount(known[start : start + _BLOCK], minlength=len(counts))
    best = int(counts.argmax())

    def accuracy(split: Split) -> dict[str, float]:
        return {"accuracy": float((_counted_targets(split) == best).mean())}

    return score_rule(f"Always {names[best]!r}", splits, accuracy)


def _counted_targets(split: Split) -> np.ndarray:
    if split.weights is None and split.stepwise not in split.lengths:
        return split.targets.ravel()
    return split.targets[split.counts()]


def tag_of_each_token(
    splits: Mapping[str, Split], label: str = "Most frequent tag of each word"
) -> Baseline:
    """Return the baseline that predicts the most frequent tag of each token in train.

    A token that does not occur in train has the most frequent tag of all.

    Args:
        splits: tokens (N, T) and targets (N, T).
        label: display name.

    Returns:
        A baseline with `class_scores`.
    """
    tokens, tags = _pairs(splits["train"])
    size = max(int(np.max(split.inputs["tokens"])) for split in splits.values()) + 1
    width = int(tags.max()) + 1
    # Only the pairs that occur: a table of all tokens and all tags may not fit into memory.
    pairs, counts = np.unique(tokens.astype(np.int64) * width + tags, return_counts=True)
    pairs = pairs[
        np.lexsort((-pairs, counts))
    ]  # the most frequent last; of equal counts, the lower tag
    best = np.full(size, np.bincount(tags).argmax())
    best[pairs // width] = pairs % width

    def scores(split: Split) -> dict[str, float]:
        tokens, tags = _pairs(split)
        return class_scores(tags, best[tokens])

    return score_rule(label, splits, scores, len(np.unique(tokens)))


def note_frequencies(splits: Mapping[str, Split]) -> Baseline:
    """Return the baseline in which each note sounds as often as in train.

    Args:
        splits: targets (N, T, notes) of 0 and 1.

    Returns:
        A baseline with `nll`: summed over notes, averaged over steps.
    """
    known = splits["train"].targets[splits["train"].counts()]
    chance = (known.sum(axis=0) + 1) / (len(known) + 2)  # Laplace: no note is impossible

    def nll(split: Split) -> dict[str, float]:
        notes = split.targets[split.counts()].mean(axis=0)
        return {"nll": float(-(notes * np.log(chance) + (1 - notes) * np.log(1 - chance)).sum())}

    return score_rule("Frequency of each note", splits, nll, chance.size)


def _pairs(split: Split) -> tuple[np.ndarray, np.ndarray]:
    real = split.counts()
    return np.asarray(split.inputs["tokens"])[real], split.targets[real]
