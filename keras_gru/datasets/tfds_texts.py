"""Any labelled texts of TFDS's catalogue."""

from keras_gru.datasets import by_name
from keras_gru.datasets.config import TfdsTexts
from keras_gru.datasets.labelled_texts import classification
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import SequenceDataset


def load(config: TfdsTexts, stored: Preprocessing | None = None) -> SequenceDataset:
    """Reads the splits; without one for validation, it is carved out of train.

    Args:
        config: the settings.
        stored: applied in place of one that is fitted to train.

    Returns:
        A classification dataset of word tokens. A text without a class, which publishers mark as
        -1, is left out, which is noted.

    Raises:
        UserError: if there is no such dataset, feature or split, or it cannot be had.
    """
    import tensorflow_datasets as tfds

    make = by_name.find(config.name)
    builder = make()
    by_name.feature(builder, config.text, tfds.features.Text)
    label = by_name.feature(builder, config.label, tfds.features.ClassLabel)
    examples, notes = {}, []
    for split, of in by_name.read(make, config, (config.text, config.label)).items():
        labelled = of[config.label] >= 0
        if not labelled.all():
            notes.append(f"Left out {(~labelled).sum()} {split} texts without a class.")
        texts = [text.decode(errors="replace") for text in of[config.text][labelled]]
        examples[split] = texts, of[config.label][labelled]
    return classification(
        config.name,
        examples,
        label.names or [str(number) for number in range(label.num_classes)],
        config.vocabulary,
        config.max_length,
        notes,
        stored,
    )
