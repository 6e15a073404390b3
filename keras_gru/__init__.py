"""A Keras 3 GRU as its equations are written, side by side with LSTM and SimpleRNN."""

import sys
from pathlib import Path

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

# Importing the package imports the layers, which makes a saved model loadable. Our own command is
# the exception: `keras-gru --help` must not wait for TensorFlow, so there they come when asked for.
if Path(sys.argv[0] if sys.argv else "").stem != "keras-gru":
    import keras_gru.models.losses
    import keras_gru.models.optimizers  # noqa: F401 (what our models were compiled with)
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
else:

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module 'keras_gru' has no attribute '{name}'")
        from keras_gru import layers

        return getattr(layers, name)
