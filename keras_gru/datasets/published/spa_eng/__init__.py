"""English sentences and their Spanish translations, prepared as in Géron's book."""

from typing import Annotated, ClassVar

from pydantic import Field

from keras_gru.datasets.common import Count, Fraction, Length, SplitByFraction, Tokens
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.published import source
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.text.sentence_pairs import translation_dataset

_NAME = "English to Spanish"


@register_dataset("spa_eng")
class SpaEng(SplitByFraction):
    """English sentences and their Spanish translations (Tatoeba)."""

    task: ClassVar[str] = "translation"
    vocabulary: Tokens = 1_000
    max_length: Annotated[
        Length, Field(description="words of a sentence; longer pairs are left out")
    ] = 50
    pairs: Annotated[Count | None, Field(description="maximum number of pairs")] = None
    validation_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.05

    def load(self, preprocessing: Preprocessing | None = None) -> SequenceDataset:
        """Load the pairs, split by English sentence.

        Args:
            preprocessing: its vocabularies are used; None builds them from train.

        Returns:
            A translation dataset of word tokens.

        Raises:
            UserError: if the file is missing and cannot be downloaded, or a split is empty.
        """
        from keras_gru.datasets.published.spa_eng.builder import SpaEngBuilder

        columns = source.read(SpaEngBuilder, ("train",), files=("spa-eng.zip",))["train"]
        english, spanish = (
            [sentence.decode() for sentence in columns[name]] for name in ("english", "spanish")
        )
        return translation_dataset(
            _NAME,
            english,
            spanish,
            vocabulary=self.vocabulary,
            max_length=self.max_length,
            fractions=(self.validation_fraction, self.test_fraction),
            limit=self.pairs,
            preprocessing=preprocessing,
        )
