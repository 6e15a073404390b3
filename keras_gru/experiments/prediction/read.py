"""Which reader new data go to, by the task and the preprocessing of the network."""

from typing import Any

from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.experiments.prediction.inputs import Inputs
from keras_gru.experiments.prediction.texts import read_texts


def read_inputs(data: Any, config, preprocessing: Preprocessing) -> Inputs:
    """Read new data as the inputs of a network.

    Args:
        data: what `TrainedModel.predict` takes.
        config: the settings of the data that the network was trained on.
        preprocessing: of the network.

    Raises:
        UserError: if the data do not fit the network.
    """
    column, label = getattr(config, "text", "text"), getattr(config, "label", "label")
    return read_texts(data, config, preprocessing, column, label)
