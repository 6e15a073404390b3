"""Bach's chorales as piano rolls: which of 88 notes sound next."""

import numpy as np

from keras_gru.datasets import source
from keras_gru.datasets.baselines import note_frequencies
from keras_gru.datasets.config import Chorales
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, SequenceSpec, Split
from keras_gru.datasets.text import to_rows

_NOTES = 88


def load(config: Chorales) -> SequenceDataset:
    """Reads the publisher's splits.

    Args:
        config: the settings.

    Returns:
        A polyphony dataset: each step's target is the next step's notes.

    Raises:
        UserError: if the file cannot be had.
    """
    del config  # nothing to choose
    from keras_gru.datasets.jsb_chorales.builder import JsbChorales

    columns = source.read(JsbChorales, ("train", "validation", "test"), files=("JSB_Chorales.mat",))
    splits = {name: _next_steps(of["notes"]) for name, of in columns.items()}
    return SequenceDataset(
        name="JSB Chorales",
        spec=SequenceSpec(task="polyphony", outputs=_NOTES, features=_NOTES),
        metric=Metric("nll", "min", "NLL (nats per step)", digits=2),
        splits=splits,
        baselines=(note_frequencies(splits),),
    )


def _next_steps(rolls: list[np.ndarray]) -> Split:
    lengths = np.array([len(roll) - 1 for roll in rolls])
    now = to_rows(np.concatenate([roll[:-1] for roll in rolls]), lengths)
    after = to_rows(np.concatenate([roll[1:] for roll in rolls]), lengths)
    return Split({"features": now}, after, {"features": lengths}, stepwise="features")
