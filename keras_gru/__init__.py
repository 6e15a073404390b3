"""A Keras 3 GRU that follows its published equations, compared with LSTM and SimpleRNN."""

import importlib
from typing import TYPE_CHECKING

import wrapt

from keras_gru.cells import cell_names as cell_names
from keras_gru.cells import register_cell as register_cell
from keras_gru.version import __version__ as __version__

_HOMES = {  # public name that is not a layer -> its module
    "RecurrentClassifier": "estimators",
    "RecurrentForecaster": "estimators",
    "analyse": "analysis",
    "export": "exporting.export",
    "load": "experiments.prediction.model",
    "run": "experiments.compare",
    "step_model": "models.step",
}

if TYPE_CHECKING:
    from keras_gru.analysis import analyse as analyse
    from keras_gru.estimators import RecurrentClassifier as RecurrentClassifier
    from keras_gru.estimators import RecurrentForecaster as RecurrentForecaster
    from keras_gru.experiments.compare import run as run
    from keras_gru.experiments.prediction.model import load as load
    from keras_gru.exporting.export import export as export
    from keras_gru.layers import *  # noqa: F403
    from keras_gru.models.step import step_model as step_model


def __getattr__(name: str):
    """Import the layers when one is asked for: `keras-gru --help` does not wait for TensorFlow."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"keras_gru.{_HOMES[name]}"), name)
    if name != "__all__" and not name[:1].isupper():
        raise AttributeError(f"module 'keras_gru' has no attribute '{name}'")
    from keras_gru import layers

    if name == "__all__":
        required = [
            name for name in _HOMES if _HOMES[name] != "estimators"
        ]  # requires scikit-learn
        return [*layers.__all__, *required, "cell_names", "register_cell"]
    return getattr(layers, name)


@wrapt.when_imported("keras")
def _register(keras) -> None:
    """Make saved models loadable once Keras is imported."""
    for module in (
        "layers",
        "models.losses",
        "models.optimizers",
    ):  # compiled models need all three
        importlib.import_module(f"keras_gru.{module}")
