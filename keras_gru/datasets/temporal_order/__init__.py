"""The temporal order problem: in which order did two or three symbols come?"""

from keras_gru.datasets import source
from keras_gru.datasets.config import TemporalOrder as TemporalOrderConfig
from keras_gru.datasets.labelled_strings import classification
from keras_gru.datasets.sequence_dataset import SequenceDataset


def load(config: TemporalOrderConfig) -> SequenceDataset:
    """Generates the sequences on first use and reads them.

    Args:
        config: the settings.

    Returns:
        A classification dataset of letters. All orders are equally frequent: chance is 1/4 for
        two marked symbols and 1/8 for three.
    """
    from keras_gru.datasets.temporal_order.builder import (
        LETTERS,
        TemporalOrder,
        TemporalOrderBuilderConfig,
        orders,
    )

    columns = source.read(
        TemporalOrder,
        tuple(config.sizes),
        config=TemporalOrderBuilderConfig(
            length=config.length, marked=config.marked, sizes=config.sizes, seed=config.seed
        ),
    )
    name = "The temporal order problem"
    return classification(name, columns, LETTERS, orders(config.marked))
