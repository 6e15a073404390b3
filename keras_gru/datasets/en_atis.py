"""Part-of-speech tags of questions about flights."""

import numpy as np

from keras_gru.datasets import source
from keras_gru.datasets.baselines import tag_of_each_token
from keras_gru.datasets.config import Atis
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, SequenceSpec, Split
from keras_gru.datasets.text import Tokenizer, build_vocabulary, encode_all, to_rows

_PUBLISHED = {"train": "train", "validation": "dev", "test": "test"}


def load(config: Atis) -> SequenceDataset:
    """Reads the publisher's splits.

    Args:
        config: the settings.

    Returns:
        A tagging dataset of word tokens.

    Raises:
        UserError: if the files cannot be had.
    """
    builder = source.prepared(
        "universal_dependencies",
        files=[f"en_atis-ud-{name}.conllu" for name in _PUBLISHED.values()],
        config="en_atis",
    )
    columns = {name: source.columns(builder, theirs) for name, theirs in _PUBLISHED.items()}
    words = {
        name: [[word.decode().lower() for word in sentence] for sentence in of["tokens"]]
        for name, of in columns.items()
    }
    vocabulary = build_vocabulary(words["train"], config.vocabulary)
    splits = {}
    for name, of in columns.items():
        tokens, lengths = encode_all(words[name], vocabulary)
        tags = to_rows(np.concatenate(of["upos"]), lengths)
        splits[name] = Split({"tokens": tokens}, tags, {"tokens": lengths}, stepwise="tokens")
    tag_names = builder.info.features["upos"].feature.names
    return SequenceDataset(
        name="ATIS part-of-speech tags",
        spec=SequenceSpec(task="tagging", outputs=len(tag_names), vocabulary=len(vocabulary)),
        metric=Metric("accuracy", "max", "accuracy", digits=4),
        splits=splits,
        vocabulary=vocabulary,
        target_vocabulary=tuple(tag_names),
        baselines=(tag_of_each_token(splits),),
        tokenizer=Tokenizer("word"),
    )
