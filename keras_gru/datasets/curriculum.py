"""A curriculum over lengths: shorter sequences of the same kind first."""

from collections.abc import Callable
from dataclasses import replace

from keras_gru.datasets.config.generated import Generated
from keras_gru.datasets.sequence_dataset import SequenceDataset


def load(load_one: Callable[[Generated], SequenceDataset], config: Generated) -> SequenceDataset:
    """Reads the data of every stage.

    Validation and test are those of the full length from the first epoch on. All stages have the
    same number of steps in an epoch. The model is built for any length, so that vectors come with a
    mask that is true everywhere; `training.jit_compile=true` compiles it once for each stage.

    Args:
        load_one: reads the data of one length.
        config: the settings, with a curriculum.

    Returns:
        The dataset of the full length, with the stages before it.

    Reference:

    - [Bengio et al., 2009](https://doi.org/10.1145/1553374.1553380)
    - [Zaremba and Sutskever, 2014](https://arxiv.org/abs/1410.4615), section 3.3
    """
    *shorter, full = [_of_any_length(load_one(stage)) for stage in (*config.shorter, config)]
    lengths = " then ".join(str(getattr(stage, config.grows)) for stage in config.shorter)
    epochs = config.curriculum.epochs
    note = (
        f"Curriculum: {config.grows} {lengths} for {epochs} epoch{'s' if epochs > 1 else ''} each, "
        f"then {getattr(config, config.grows)}."
    )
    return replace(full, stages=tuple(shorter), stage_epochs=epochs, notes=(*full.notes, note))


def _of_any_length(dataset: SequenceDataset) -> SequenceDataset:
    return replace(dataset, spec=replace(dataset.spec, length=None))
