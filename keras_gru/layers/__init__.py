"""What models are made of. Imports keras and nothing of ours."""

from keras_gru.layers.gru import GRU
from keras_gru.layers.gru_cell import GRUCell
from keras_gru.layers.lstm import LSTM
from keras_gru.layers.recurrence import Recurrence
from keras_gru.layers.simple_rnn import SimpleRNN
from keras_gru.layers.variants import (
    CoupledLSTMCell,
    MinimalGatedUnitCell,
    MUT1Cell,
    MUT2Cell,
    MUT3Cell,
    PeepholeLSTMCell,
)

__all__ = [
    "GRU",
    "LSTM",
    "CoupledLSTMCell",
    "GRUCell",
    "MUT1Cell",
    "MUT2Cell",
    "MUT3Cell",
    "MinimalGatedUnitCell",
    "PeepholeLSTMCell",
    "Recurrence",
    "SimpleRNN",
]
