"""Part-of-speech tags of questions about flights."""

from typing import ClassVar

from keras_gru.datasets.common import Tokens
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.published import source
from keras_gru.datasets.registry import DatasetSettings, register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.text.tagged_words import tagging_dataset

_PUBLISHED = {"train": "train", "validation": "dev", "test": "test"}


@register_dataset("en_atis")
class EnAtis(DatasetSettings):
    """Part-of-speech tags of flight questions (TFDS `universal_dependencies/en_atis`)."""

    task: ClassVar[str] = "tagging"
    vocabulary: Tokens = 5_000

    def load(self, preprocessing: Preprocessing | None = None) -> SequenceDataset:
        """Load the publisher's splits.

        Args:
            preprocessing: its vocabulary is used; None builds one from train.

        Returns:
            A tagging dataset of word tokens.

        Raises:
            UserError: if the files are missing and cannot be downloaded.
        """
        builder = source.prepare_builder(
            "universal_dependencies",
            files=[f"en_atis-ud-{name}.conllu" for name in _PUBLISHED.values()],
            config="en_atis",
        )
        columns = {name: source.columns(builder, theirs) for name, theirs in _PUBLISHED.items()}
        return tagging_dataset(
            "ATIS part-of-speech tags",
            {name: (sentences["tokens"], sentences["upos"]) for name, sentences in columns.items()},
            builder.info.features["upos"].feature.names,
            self.vocabulary,
            preprocessing,
        )
