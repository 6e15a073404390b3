"""Any tagged sentences of TFDS's catalogue."""

from typing import Annotated, ClassVar

from pydantic import Field

from keras_gru.datasets.common import Tokens
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.published import tfds_catalogue
from keras_gru.datasets.published.tfds_catalogue import CatalogueDataset
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.text.tagged_words import tagging_dataset


@register_dataset("tfds_tags")
class TfdsTags(CatalogueDataset):
    """Any tagged sentences of TFDS's catalogue, by their name there."""

    task: ClassVar[str] = "tagging"
    tokens: Annotated[str, Field(description="the feature with the words")] = "tokens"
    tags: Annotated[str, Field(description="the feature with a tag for each word")]
    vocabulary: Tokens = 10_000

    def load(self, preprocessing: Preprocessing | None = None) -> SequenceDataset:
        """Load the splits; without one for validation, it is a fixed part of train.

        Args:
            preprocessing: its vocabulary is used; None builds one from train.

        Returns:
            A tagging dataset of word tokens.

        Raises:
            UserError: if there is no such dataset, feature or split, it cannot be prepared, or a
                sentence does not have as many tags as words.
        """
        import tensorflow_datasets as tfds

        make = tfds_catalogue.find_builder(self.name)
        builder = make()
        tfds_catalogue.find_feature(builder, self.tokens, tfds.features.Text, sequence=True)
        tag = tfds_catalogue.find_feature(
            builder, self.tags, tfds.features.ClassLabel, sequence=True
        )
        columns = tfds_catalogue.read(make, self, (self.tokens, self.tags))
        return tagging_dataset(
            self.name,
            {split: (part[self.tokens], part[self.tags]) for split, part in columns.items()},
            tag.names or [str(number) for number in range(tag.num_classes)],
            self.vocabulary,
            preprocessing,
        )
