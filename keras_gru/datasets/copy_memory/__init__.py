"""The copying memory problem: a few symbols, a long wait, the same symbols again."""

# N sequences, T time steps

import math

import numpy as np

from keras_gru.datasets import source
from keras_gru.datasets.config import CopyMemory as CopyMemoryConfig
from keras_gru.datasets.sequence_dataset import Baseline, Metric, SequenceDataset, SequenceSpec
from keras_gru.datasets.split import Split


def load(config: CopyMemoryConfig) -> SequenceDataset:
    """Generates the symbols on first use, reads them and lays them out as sequences.

    With the default settings a sequence has `delay + 20` steps: 10 symbols, `delay - 1` blanks, a
    delimiter and 10 blanks. The targets are blanks and, in the last 10 steps, the symbols.

    Args:
        config: the settings.

    Returns:
        A tagging dataset of tokens, judged by its cross-entropy per step, as in the papers: of
        `delay + 20` tags all but 10 are easy, so that accuracy would be near 1 without a memory.
    """
    from keras_gru.datasets.copy_memory.builder import CopyMemory, CopyMemoryBuilderConfig

    columns = source.read(
        CopyMemory,
        tuple(config.sizes),
        config=CopyMemoryBuilderConfig(
            symbols=config.symbols,
            memory_length=config.memory_length,
            sizes=config.sizes,
            seed=config.seed,
        ),
    )
    chance = {"loss": memoryless_loss(config)}
    tags = (*(str(symbol) for symbol in range(config.symbols)), "blank")
    vocabulary = ("", *tags, "delimiter")
    return SequenceDataset(
        name="The copying memory problem",
        spec=SequenceSpec(
            task="tagging",
            outputs=len(tags),
            vocabulary=len(vocabulary),
            length=config.delay + 2 * config.memory_length,
        ),
        metric=Metric("loss", "min", "cross-entropy (nats per step)", digits=5),
        splits={name: _split(of["symbols"], config) for name, of in columns.items()},
        vocabulary=vocabulary,
        target_vocabulary=tags,
        baselines=(Baseline("Memoryless (chance)", chance, chance),),
    )


def memoryless_loss(config: CopyMemoryConfig) -> float:
    """The cross-entropy per step of the best rule that has forgotten the symbols.

    It sees from the delimiter when to recall. Until then the target is a blank, which costs
    nothing. Each of the n targets after it is one of k symbols, all equally likely whatever the
    others are, so that nothing is better than 1/k for each: log k nats. Over all steps that is
    n log(k) / (delay + 2n): 10 log(8) / (delay + 20) with the papers' sizes.

    Args:
        config: the settings.

    Returns:
        Nats per step.

    Reference:

    - [Arjovsky et al., 2016](https://arxiv.org/abs/1511.06464), section 4.1
    """
    steps = config.delay + 2 * config.memory_length
    return config.memory_length * math.log(config.symbols) / steps


def _split(symbols: np.ndarray, config: CopyMemoryConfig) -> Split:
    size, count = symbols.shape
    blank, delimiter = config.symbols, config.symbols + 1
    inputs = np.full((size, config.delay + 2 * count), blank, np.uint8)  # (N, T)
    targets = inputs.copy()
    inputs[:, :count] = targets[:, -count:] = symbols
    inputs[:, count + config.delay - 1] = delimiter
    return Split({"tokens": inputs + 1}, targets, stepwise="tokens")  # token 0 is padding
