"""RNN layers and cells. Imports Keras, and nothing else of this package."""

from keras_gru.layers.cells.additive import RecurrentAdditiveCell
from keras_gru.layers.cells.cell import Cell
from keras_gru.layers.cells.closed_form import ClosedFormCell
from keras_gru.layers.cells.coupled_lstm import CoupledLSTMCell
from keras_gru.layers.cells.fast_grnn import FastGRNNCell
from keras_gru.layers.cells.gru import GRUCell
from keras_gru.layers.cells.independent_rnn import IndependentRNNCell
from keras_gru.layers.cells.janet import JANETCell
from keras_gru.layers.cells.layer_normalized import (
    LayerNormGRUCell,
    LayerNormLSTMCell,
    LayerNormSimpleRNNCell,
)
from keras_gru.layers.cells.lstm import LSTMCell
from keras_gru.layers.cells.minimal import MinGRUCell, MinLSTMCell
from keras_gru.layers.cells.minimal_gated_unit import MinimalGatedUnitCell
from keras_gru.layers.cells.multiplicative_lstm import MultiplicativeLSTMCell
from keras_gru.layers.cells.mutations import MUT1Cell, MUT2Cell, MUT3Cell
from keras_gru.layers.cells.peephole_lstm import PeepholeLSTMCell
from keras_gru.layers.cells.simple_rnn import SimpleRNNCell
from keras_gru.layers.cells.update_gate_rnn import LightGRUCell, UpdateGateRNNCell
from keras_gru.layers.initializers import BlockIdentity, Chrono, GateBias
from keras_gru.layers.keras_layers import GRU, LSTM, SimpleRNN
from keras_gru.layers.parallel import MinGRU, MinLSTM
from keras_gru.layers.rnn import RNN

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
]
