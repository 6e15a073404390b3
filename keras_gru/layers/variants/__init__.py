"""The cells that the literature compares the GRU with, a short file for each paper.

Each is one step, run over a sequence by `keras_gru.Recurrence`; of `min_gru` and `min_lstm`, whose
gates do not wait for the state, all steps are found at once.
"""

from keras_gru.layers.variants.coupled_lstm import CoupledLSTMCell
from keras_gru.layers.variants.layer_normalized import (
    LayerNormGRUCell,
    LayerNormLSTMCell,
    LayerNormSimpleRNNCell,
)
from keras_gru.layers.variants.minimal import MinGRU, MinGRUCell, MinLSTM, MinLSTMCell
from keras_gru.layers.variants.minimal_gated_unit import MinimalGatedUnitCell
from keras_gru.layers.variants.mutations import MUT1Cell, MUT2Cell, MUT3Cell
from keras_gru.layers.variants.peephole_lstm import PeepholeLSTMCell

__all__ = [
    "CoupledLSTMCell",
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
]
