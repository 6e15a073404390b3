"""Arithmetic: sums and differences, read and answered one character at a time."""

# N sequences, T time steps

import string

import numpy as np

from keras_gru.datasets import source
from keras_gru.datasets.baselines import most_frequent_target, tag_of_each_token
from keras_gru.datasets.config import Arithmetic as ArithmeticConfig
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, SequenceSpec
from keras_gru.datasets.split import Split
from keras_gru.datasets.text import Tokenizer, encode_all

VOCABULARY = ("", "[UNK]", *"0123456789+-=.", *string.ascii_lowercase)


def load(config: ArithmeticConfig) -> SequenceDataset:
    """Generates the problems on first use and reads them.

    A network reads a problem, such as `3e36d9-h1h39f94eeh43keg3c=-13991064.`, and says after every
    character which is next. Only what follows the `=` counts, in the loss and in the metric: the
    answer's sign and digits and the point that ends it. Each is told with the right ones before it
    in view. Nothing tells the question's characters, so that they are left out.

    Two rules without a memory stand beside the networks, both measured on the answers' characters
    alone: always saying the commonest, and, as chance, the commonest after each character.

    Args:
        config: the settings.

    Returns:
        A language model dataset of characters, judged by its accuracy per character of the answer.
    """
    from keras_gru.datasets.arithmetic.builder import Arithmetic, ArithmeticBuilderConfig

    columns = source.read(
        Arithmetic,
        tuple(config.sizes),
        config=ArithmeticBuilderConfig(
            digits=config.digits,
            distractors=config.distractors,
            sizes=config.sizes,
            seed=config.seed,
        ),
    )
    splits = {name: _split(of["text"]) for name, of in columns.items()}
    return SequenceDataset(
        name="Arithmetic",
        spec=SequenceSpec(
            task="language_model", outputs=len(VOCABULARY), vocabulary=len(VOCABULARY)
        ),
        metric=Metric("accuracy", "max", "accuracy per character of the answer", digits=4),
        splits=splits,
        vocabulary=VOCABULARY,
        target_vocabulary=VOCABULARY,
        baselines=(
            most_frequent_target(splits, VOCABULARY),
            tag_of_each_token(splits, "Commonest next character of each (chance)"),
        ),
        tokenizer=Tokenizer("character"),
    )


def _split(texts: np.ndarray) -> Split:
    tokens, lengths = encode_all([text.decode() for text in texts], VOCABULARY)
    targets, lengths = tokens[:, 1:], lengths - 1
    inputs = np.where(targets > 0, tokens[:, :-1], 0)  # the point is the last target, no input
    answered = np.cumsum(inputs == VOCABULARY.index("="), axis=1) > 0
    return Split({"tokens": inputs}, targets, {"tokens": lengths}, "tokens", answered)
