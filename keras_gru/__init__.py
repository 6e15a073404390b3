"""A Keras 3 GRU as its equations are written, side by side with LSTM and SimpleRNN."""

from typing import TYPE_CHECKING

import wrapt

from keras_gru.cells import cell_names, register_cell

__version__ = "0.1.0"
__all__ = [
    "GRU",
    "LSTM",
    "BlockIdentity",
    "Chrono",
    "CoupledLSTMCell",
    "GRUCell",
    "GateBias",
    "LayerNormGRUCell",
    "LayerNormLSTMCell",
    "LayerNormSimpleRNNCell",
    "MUT1Cell",
    "MUT2Cell",
    "MUT3Cell",
    "MinGRU",
    "MinGRUCell",
    "MinLSTM",
    "MinLSTMCell",
    "MinimalGatedUnitCell",
    "PeepholeLSTMCell",
    "Recurrence",
    "SimpleRNN",
    "cell_names",
    "register_cell",
]

if TYPE_CHECKING:
    from keras_gru.layers import (
        GRU,
        LSTM,
        BlockIdentity,
        Chrono,
        CoupledLSTMCell,
        GateBias,
        GRUCell,
        LayerNormGRUCell,
        LayerNormLSTMCell,
        LayerNormSimpleRNNCell,
        MinGRU,
        MinGRUCell,
        MinimalGatedUnitCell,
        MinLSTM,
        MinLSTMCell,
        MUT1Cell,
        MUT2Cell,
        MUT3Cell,
        PeepholeLSTMCell,
        Recurrence,
        SimpleRNN,
    )


def __getattr__(name: str):
    """Import the layers when one is asked for: `keras-gru --help` does not wait for TensorFlow."""
    if name not in __all__:
        raise AttributeError(f"module 'keras_gru' has no attribute '{name}'")
    from keras_gru import layers

    return getattr(layers, name)


@wrapt.when_imported("keras")
def _register(keras) -> None:
    """Make saved models loadable as soon as there is a Keras to load them with."""
    import keras_gru.layers
    import keras_gru.models.losses
    import keras_gru.models.optimizers  # noqa: F401 (what our models were compiled with)
