"""Shakespeare, one character at a time."""

from typing import Annotated, ClassVar

from pydantic import Field

from keras_gru.datasets.common import Length, LowerCase, Stride
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.published import source
from keras_gru.datasets.registry import DatasetSettings, register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.split import SPLITS
from keras_gru.datasets.text.characters import language_model_dataset
from keras_gru.datasets.text.tokenizer import Tokenizer


@register_dataset("tiny_shakespeare")
class TinyShakespeare(DatasetSettings):
    """Shakespeare, one character at a time (TFDS `tiny_shakespeare`)."""

    task: ClassVar[str] = "language_model"
    window: Annotated[Length, Field(description="characters of a training sequence")] = 100
    stride: Stride = None
    lower_case: LowerCase = False

    def load(self, preprocessing: Preprocessing | None = None) -> SequenceDataset:
        """Load the splits that TFDS makes: the first 90 %, then 5 % and 5 %.

        Args:
            preprocessing: its vocabulary is used; None takes the characters of train.

        Returns:
            A language model dataset of characters.

        Raises:
            UserError: if the file is missing and cannot be downloaded, or a split is shorter
                than a window.
        """
        columns = source.read("tiny_shakespeare", SPLITS, files=("input.txt",))
        texts = {name: examples["text"][0].decode() for name, examples in columns.items()}
        return language_model_dataset(
            "Tiny Shakespeare",
            texts,
            self.window,
            preprocessing,
            Tokenizer("character", self.lower_case),
            stride=self.stride,
        )
