"""Any labelled texts of TFDS's catalogue."""

from typing import Annotated, ClassVar

from pydantic import Field

from keras_gru.datasets.common import Length, Tokens
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.published import tfds_catalogue
from keras_gru.datasets.published.tfds_catalogue import CatalogueDataset
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.text.labelled_texts import LabelledTexts, classification_dataset


@register_dataset("tfds_texts")
class TfdsTexts(CatalogueDataset):
    """Any labelled texts of TFDS's catalogue, by their name there."""

    task: ClassVar[str] = "classification"
    text: Annotated[str, Field(description="the feature with the texts")] = "text"
    label: Annotated[str, Field(description="the feature with the classes")] = "label"
    vocabulary: Tokens = 10_000
    max_length: Annotated[Length, Field(description="words read of a text, its first ones")] = 250

    def load(self, preprocessing: Preprocessing | None = None) -> SequenceDataset:
        """Load the splits; without one for validation, it is a fixed part of train.

        Args:
            preprocessing: its vocabulary is used; None builds one from train.

        Returns:
            A classification dataset of word tokens. Texts without a class, which publishers mark as
            -1, are left out, with a note.

        Raises:
            UserError: if there is no such dataset, feature or split, or it cannot be prepared.
        """
        import tensorflow_datasets as tfds

        make = tfds_catalogue.find_builder(self.name)
        builder = make()
        tfds_catalogue.find_feature(builder, self.text, tfds.features.Text)
        label = tfds_catalogue.find_feature(builder, self.label, tfds.features.ClassLabel)
        examples, notes = {}, []
        for split, columns in tfds_catalogue.read(make, self, (self.text, self.label)).items():
            labelled = columns[self.label] >= 0
            if not labelled.all():
                notes.append(f"Left out {(~labelled).sum()} {split} texts without a class.")
            texts = [text.decode(errors="replace") for text in columns[self.text][labelled]]
            examples[split] = texts, columns[self.label][labelled]
        return classification_dataset(
            self.name,
            LabelledTexts.of_splits(
                examples, label.names or [str(number) for number in range(label.num_classes)]
            ),
            self.vocabulary,
            self.max_length,
            notes,
            preprocessing,
        )
