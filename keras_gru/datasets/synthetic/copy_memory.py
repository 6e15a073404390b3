"""The copying memory problem: a few symbols, a long wait, the same symbols again.

With the default settings a sequence has `delay + 20` steps: 10 symbols, drawn independently and
all equally likely, `delay - 1` blanks, a delimiter and 10 blanks. The targets are blanks and, in
the last 10 steps, the symbols.

Reference:

- [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735)
- [Arjovsky et al., 2016](https://arxiv.org/abs/1511.06464), section 4.1
- [Bai et al., 2018](https://arxiv.org/abs/1803.01271), section 5.2
"""

# N sequences, T time steps

import math
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import Baseline, Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.split import Split
from keras_gru.datasets.synthetic.base import GeneratedDataset


@register_dataset("copy_memory")
class CopyMemory(GeneratedDataset):
    """The copying memory problem: a few symbols, a long wait, the same symbols (generated)."""

    task: ClassVar[str] = "tagging"
    length_setting: ClassVar[str] = "delay"
    delay: Annotated[
        int, Field(ge=1, le=10_000, description="steps from symbols to recall, T in the papers")
    ] = 100
    memory_length: Annotated[int, Field(ge=1, le=1_000, description="symbols to remember")] = 10
    symbols: Annotated[int, Field(ge=2, le=100, description="kinds of symbols")] = 8

    def generate(self) -> SequenceDataset:
        """Return a tagging dataset of tokens.

        Its metric is the cross-entropy per step, as in the papers: of `delay + 20` tags all but 10
        are blanks, so that accuracy is near 1 without a memory.
        """
        chance = {"loss": self.memoryless_loss()}
        tags = (*(str(symbol) for symbol in range(self.symbols)), "blank")
        vocabulary = ("", *tags, "delimiter")
        return SequenceDataset(
            name="The copying memory problem",
            spec=TaskSpec(
                task="tagging",
                outputs=len(tags),
                vocabulary=len(vocabulary),
                length=self.delay + 2 * self.memory_length,
            ),
            metric=Metric("loss", "min", "cross-entropy (nats per step)", digits=5),
            splits={
                name: self._split(np.stack(symbols)) for name, symbols in self.draw(self._symbols)
            },
            vocabulary=vocabulary,
            target_vocabulary=tags,
            baselines=(Baseline("Memoryless (chance)", chance, chance),),
        )

    def memoryless_loss(self) -> float:
        """Return the lowest cross-entropy per step, in nats, of a model without a memory.

        The delimiter shows when to recall. Until then the target is a blank, which costs nothing.
        Each of the n targets after it is one of k symbols, independent and equally likely, at
        log k nats. Over all steps that is n log(k) / (delay + 2n): 10 log(8) / (delay + 20) with
        the papers' sizes.

        Reference:

        - [Arjovsky et al., 2016](https://arxiv.org/abs/1511.06464), section 4.1
        """
        steps = self.delay + 2 * self.memory_length
        return self.memory_length * math.log(self.symbols) / steps

    def _symbols(self, rng: np.random.Generator, row: int) -> np.ndarray:
        return rng.integers(self.symbols, size=self.memory_length, dtype=np.int32)

    def _split(self, symbols: np.ndarray) -> Split:
        size, count = symbols.shape
        blank, delimiter = self.symbols, self.symbols + 1
        inputs = np.full((size, self.delay + 2 * count), blank, np.uint8)  # (N, T)
        targets = inputs.copy()
        inputs[:, :count] = targets[:, -count:] = symbols
        inputs[:, count + self.delay - 1] = delimiter
        return Split({"tokens": inputs + 1}, targets, stepwise="tokens")  # token 0 is padding
