"""A Keras 3 GRU as its equations are written, side by side with LSTM and SimpleRNN."""

from typing import TYPE_CHECKING

import wrapt

from keras_gru.cells import cell_names, register_cell

__version__ = "0.1.0"
__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "BlockIdentity",
    "Cell",
    "Chrono",
    "ClosedFormCell",
    "CoupledLSTMCell",
    "FastGRNNCell",
    "GRUCell",
    "GateBias",
    "IndependentRNNCell",
    "JANETCell",
    "LSTMCell",
    "LayerNormGRUCell",
    "LayerNormLSTMCell",
    "LayerNormSimpleRNNCell",
    "LightGRUCell",
    "MUT1Cell",
    "MUT2Cell",
    "MUT3Cell",
    "MinGRU",
    "MinGRUCell",
    "MinLSTM",
    "MinLSTMCell",
    "MinimalGatedUnitCell",
    "MultiplicativeLSTMCell",
    "PeepholeLSTMCell",
    "RecurrentAdditiveCell",
    "SimpleRNN",
    "SimpleRNNCell",
    "UpdateGateRNNCell",
    "cell_names",
    "register_cell",
]

if TYPE_CHECKING:
    from keras_gru.layers import (
        GRU,
        LSTM,
        RNN,
        BlockIdentity,
        Cell,
        Chrono,
        ClosedFormCell,
        CoupledLSTMCell,
        FastGRNNCell,
        GateBias,
        GRUCell,
        IndependentRNNCell,
        JANETCell,
        LayerNormGRUCell,
        LayerNormLSTMCell,
        LayerNormSimpleRNNCell,
        LightGRUCell,
        LSTMCell,
        MinGRU,
        MinGRUCell,
        MinimalGatedUnitCell,
        MinLSTM,
        MinLSTMCell,
        MultiplicativeLSTMCell,
        MUT1Cell,
        MUT2Cell,
        MUT3Cell,
        PeepholeLSTMCell,
        RecurrentAdditiveCell,
        SimpleRNN,
        SimpleRNNCell,
        UpdateGateRNNCell,
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
