"""Published datasets and your own data: every dataset becomes a `SequenceDataset`.

`load` loads a dataset from its settings. Importing this package imports neither TensorFlow, TFDS
nor NumPy.
"""

import importlib
import typing

if typing.TYPE_CHECKING:
    from keras_gru.datasets.loading import load, load_as_test, pad
    from keras_gru.datasets.registry import DatasetSettings, register_dataset
    from keras_gru.datasets.sequence_dataset import (
        Baseline,
        Metric,
        Preprocessing,
        SequenceDataset,
        Split,
        TaskSpec,
    )

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

__all__ = [
    "Baseline",
    "DatasetSettings",
    "Metric",
    "Preprocessing",
    "SequenceDataset",
    "Split",
    "TaskSpec",
    "load",
    "load_as_test",
    "pad",
    "register_dataset",
]


def __getattr__(name: str):
    """Import a public name when it is first used."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
