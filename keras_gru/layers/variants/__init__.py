"""The cells that the literature compares the GRU with, a short file for each paper.

Each is one step, run over a sequence by `keras_gru.Recurrence`.
"""

from keras_gru.layers.variants.coupled_lstm import CoupledLSTMCell
from keras_gru.layers.variants.minimal_gated_unit import MinimalGatedUnitCell
from keras_gru.layers.variants.mutations import MUT1Cell, MUT2Cell, MUT3Cell
from keras_gru.layers.variants.peephole_lstm import PeepholeLSTMCell

__all__ = [
    "CoupledLSTMCell",
    "MUT1Cell",
    "MUT2Cell",
    "MUT3Cell",
    "MinimalGatedUnitCell",
    "PeepholeLSTMCell",
]
