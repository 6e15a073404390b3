"""Published datasets and your own data: every dataset becomes a `SequenceDataset`.

`load` loads a dataset from its settings. Importing this package imports neither TensorFlow, TFDS
nor NumPy.
"""

import importlib
import typing

if typing.TYPE_CHECKING:
    from keras_gru.datasets.loading import load as load
    from keras_gru.datasets.loading import load_as_test as load_as_test
    from keras_gru.datasets.loading import pad as pad
    from keras_gru.datasets.registry import DatasetSettings as DatasetSettings
    from keras_gru.datasets.registry import register_dataset as register_dataset
    from keras_gru.datasets.sequence_dataset import Baseline as Baseline
    from keras_gru.datasets.sequence_dataset import Metric as Metric
    from keras_gru.datasets.sequence_dataset import Preprocessing as Preprocessing
    from keras_gru.datasets.sequence_dataset import SequenceDataset as SequenceDataset
    from keras_gru.datasets.sequence_dataset import Split as Split
    from keras_gru.datasets.sequence_dataset import TaskSpec as TaskSpec

_MODULES = {
    "Baseline": "sequence_dataset",
    "DatasetSettings": "registry",
    "Metric": "sequence_dataset",
    "Preprocessing": "sequence_dataset",
    "SequenceDataset": "sequence_dataset",
    "Split": "sequence_dataset",
    "TaskSpec": "sequence_dataset",
    "load": "loading",
    "load_as_test": "loading",
    "pad": "loading",
    "register_dataset": "registry",
}

__all__ = [*_MODULES]  # pyright: ignore[reportUnsupportedDunderAll] (each name stands once)


def __getattr__(name: str):
    """Import a public name when it is first used."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
