"""Predictions of trained networks on the same test examples, stored for the report.

The run with the best validation metric represents each cell. The predictions are stored in
`examples.json`, so that the report needs no training data.
"""

# N sequences, T time steps, C classes, H steps ahead, V variables

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from keras_gru.experiments.json_files import load_json
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.settings import STORED

FILE = "examples.json"


@dataclass(frozen=True)
class WrongClass:
    """A misclassified sequence, with the probability of the prediction."""

    sequence: str
    truth: str
    predicted: str
    probability: float


@dataclass(frozen=True)
class Classes:
    """Predicted classes: a confusion matrix and the most confident errors of each cell.

    Args:
        confusion: cell -> C x C counts, a row for each true class.
    """

    labels: tuple[str, ...]
    sequences: int
    confusion: Mapping[str, list[list[int]]]
    errors: Mapping[str, tuple[WrongClass, ...]]
    kind: Literal["classes"] = "classes"


@dataclass(frozen=True)
class Series:
    """Forecasts of the first step over the last windows of test, in the unit of the variable.

    Those of several series are in standard deviations.

    Args:
        variable: name of the first variable.
        truth: true value of each window.
        forecasts: cell -> of each window.
        half_width: cell -> half the width of the 90% band of each window (`find_band`).
        baseline: label of the best baseline that is drawn.
        baseline_forecast: baseline forecast of each window.
        lead: number of steps ahead.
    """

    variable: str
    truth: list[float]
    forecasts: Mapping[str, list[float]]
    half_width: Mapping[str, list[float]]
    baseline: str
    baseline_forecast: list[float]
    lead: int = 1
    kind: Literal["series"] = "series"


@dataclass(frozen=True)
class TaggedSentence:
    """Words with their true tags and the tags predicted by each cell."""

    words: tuple[str, ...]
    truth: tuple[str, ...]
    tags: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Tags:
    """Tagged sentences of test."""

    sentences: tuple[TaggedSentence, ...]
    kind: Literal["tags"] = "tags"


@dataclass(frozen=True)
class GeneratedText:
    """A prompt of test and its continuations: cell -> temperature -> text."""

    prompt: str
    texts: Mapping[str, Mapping[str, str]]
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class PianoRolls:
    """A piece of test and its continuations: for each step the numbers of the notes that sound."""

    prompt_steps: int
    lowest: int
    truth: list[list[int]]
    played: Mapping[str, list[list[int]]]
    kind: Literal["music"] = "music"


@dataclass(frozen=True)
class Attention:
    """Attention weights from the words of a translation to those of its source.

    Args:
        source: S words.
        target: T words, the end of the sentence included.
        weights: T x S; each row sums to 1.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    weights: list[list[float]]


@dataclass(frozen=True)
class Translations:
    """Sentences of test with their references and translations.

    Args:
        sentences: number of sentences translated for the scores.
        scores: cell -> `"BLEU"` and `"chrF"`; empty without sacrebleu.
        attention: cell -> attention weights of the longest sentence; empty without attention.
    """

    sources: tuple[str, ...]
    references: tuple[str, ...]
    translations: Mapping[str, tuple[str, ...]]
    sentences: int
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    attention: Mapping[str, Attention] = field(default_factory=dict)
    kind: Literal["translations"] = "translations"


@dataclass(frozen=True)
class Examples:
    """The predictions of a comparison, each cell on the same examples.

    Args:
        seeds: cell -> the seed of its best run on validation.
    """

    __pydantic_config__ = STORED

    seeds: Mapping[str, int]
    content: Classes | Series | Tags | GeneratedText | PianoRolls | Translations


def read_examples(directory: RunDirectory) -> Examples | None:
    """Return the stored examples, or None."""
    path = directory.path / FILE
    return load_json(path, Examples) if path.is_file() else None
