"""Your own text for a language model: one file, split by position."""

import dataclasses
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from keras_gru.datasets.common import Fraction, Length, LowerCase, Stride, Tokens
from keras_gru.datasets.own.files import require_path
from keras_gru.datasets.own.own_file import OwnFile
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.text.characters import language_model_dataset
from keras_gru.datasets.text.long_text import open_text
from keras_gru.datasets.text.tokenizer import Tokenizer


@register_dataset("text_file")
class TextFile(OwnFile):
    """Your own text for a language model: one file, split by position."""

    task: ClassVar[str] = "language_model"
    expects: ClassVar[str] = "a text file"
    guessed: ClassVar[tuple[str, ...]] = ("encoding",)
    path: Annotated[str, Field(min_length=1, description="the text file, packed or not")]
    encoding: Annotated[
        str | None, Field(max_length=40, description="such as utf-8 or cp1252; null: guessed")
    ] = None
    level: Annotated[
        Literal["word", "subword", "character"], Field(description="units of the text")
    ] = "character"
    vocabulary: Annotated[Tokens, Field(description="words or subwords at most, of train")] = 10_000
    lower_case: LowerCase = False
    window: Annotated[Length, Field(description="units of a training sequence")] = 100
    stride: Stride = None
    validation_fraction: Fraction = 0.05
    test_fraction: Fraction = 0.05

    def load(
        self, preprocessing: Preprocessing | None = None, all_as_test: bool = False
    ) -> SequenceDataset:
        """Read the text: train is its beginning, then comes validation, then test.

        Args:
            preprocessing: its vocabulary is used; None takes the characters, words or
                subwords of train.
            all_as_test: put the whole text into test.

        Returns:
            A language model dataset of characters, words or subwords.

        Raises:
            UserError: if the file is not text, or a split is shorter than a window.
        """
        path = require_path(self.path, self.expects)
        text = open_text(path, self.encoding)
        splits = {"test": text}
        if not all_as_test:
            test = round(len(text) * self.test_fraction)
            validation = round(len(text) * self.validation_fraction)
            cuts = (len(text) - validation - test, len(text) - test)
            splits = {
                "train": text.part(0, cuts[0]),
                "validation": text.part(*cuts),
                "test": text.part(cuts[1], len(text)),
            }
        dataset = language_model_dataset(
            path.name,
            splits,
            self.window,
            preprocessing,
            Tokenizer(self.level, self.lower_case),
            self.vocabulary,
            self.stride,
        )
        return dataclasses.replace(
            dataset,
            resolved=self.model_copy(update={"encoding": text.encoding}),
            facts=(("File", text.form), ("Length", f"{len(text):,} characters"), *dataset.facts),
        )
