"""What models are made of. Imports keras and nothing of ours."""

from keras_gru.layers.gru import GRU
from keras_gru.layers.gru_cell import GRUCell
from keras_gru.layers.initializers import BlockIdentity, Chrono, GateBias
from keras_gru.layers.lstm import LSTM
from keras_gru.layers.recurrence import Recurrence
from keras_gru.layers.simple_rnn import SimpleRNN
from keras_gru.layers.variants import (
    CoupledLSTMCell,
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
)

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
]
