"""IMDB film reviews, positive or negative."""

from typing import Annotated, ClassVar

from pydantic import Field

from keras_gru.datasets.common import Fraction, Length, Tokens
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.published import source
from keras_gru.datasets.registry import DatasetSettings, register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.text.labelled_texts import LabelledTexts, classification_dataset


@register_dataset("imdb_reviews")
class ImdbReviews(DatasetSettings):
    """IMDB film reviews, positive or negative (TFDS `imdb_reviews`)."""

    task: ClassVar[str] = "classification"
    vocabulary: Tokens = 10_000
    max_length: Annotated[Length, Field(description="words read of a review, its first ones")] = 250
    validation_fraction: Annotated[Fraction, Field(description="of train, by a fixed seed")] = 0.1

    def load(self, preprocessing: Preprocessing | None = None) -> SequenceDataset:
        """Load the reviews, of which a fixed part of train is the validation split.

        Args:
            preprocessing: its vocabulary is used; None builds one from train.

        Returns:
            A classification dataset of word tokens.

        Raises:
            UserError: if the file is missing and cannot be downloaded.
        """
        # TFDS's third split, `unsupervised`, is not read: a prepared copy may lack it.
        columns = source.read("imdb_reviews", ("train", "test"), files=("aclImdb_v1.tar.gz",))
        validation = round(len(columns["train"]["label"]) * self.validation_fraction)
        return classification_dataset(
            "IMDB reviews",
            LabelledTexts.of_splits(
                {
                    name: ([text.decode() for text in examples["text"]], examples["label"])
                    for name, examples in source.with_validation(columns, validation).items()
                },
                ("negative", "positive"),
            ),
            self.vocabulary,
            self.max_length,
            stored=preprocessing,
        )
