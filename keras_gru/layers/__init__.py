"""What models are made of. Imports keras and nothing of ours."""

from keras_gru.layers.gru import GRU
from keras_gru.layers.gru_cell import GRUCell
from keras_gru.layers.lstm import LSTM
from keras_gru.layers.recurrence import Recurrence
from keras_gru.layers.simple_rnn import SimpleRNN

__all__ = ["GRU", "LSTM", "GRUCell", "Recurrence", "SimpleRNN"]
