"""A cell of your own beside the others: one class, one line to register it.

    python recipes/own_cell.py
    python recipes/own_cell.py configs/jsb_chorales.yaml training.epochs=20

Copy it, change an equation, and see whether it pays. `GRUCell` has three methods to override:
`gates`, `candidate` and `interpolate`. A cell that inherits a GRU's weights and leaves some of them
unused has them counted in its parameters all the same.
"""

import argparse

import keras

import keras_gru
from keras_gru.errors import one_sentence
from keras_gru.experiments.compare import compare
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.report import show
from keras_gru.report.progress import show_progress


class MyLightGRU(keras_gru.GRUCell):
    """No reset gate, and a ReLU in the place of tanh (Ravanelli et al. 2018, arXiv 1803.10225)."""

    def candidate(self, x_g, h, r, W_hg):
        return keras.ops.relu(x_g + keras.ops.matmul(h, W_hg))


class LayerNormalisedCandidate(keras_gru.GRUCell):
    """The candidate's pre-activation is normalised (Ba et al. 2016, arXiv 1607.06450)."""

    def build(self, input_shape):
        super().build(input_shape)
        # A layer inside a cell is made and built here, so that a saved model finds its weights.
        self.norm = keras.layers.LayerNormalization(dtype=self.dtype_policy)
        self.norm.build((None, self.units))

    def candidate(self, x_g, h, r, W_hg):
        return self.activation(self.norm(x_g + keras.ops.matmul(r * h, W_hg)))


keras_gru.register_cell("my_light_gru", MyLightGRU, label="My light GRU")
keras_gru.register_cell("layer_norm_gru", LayerNormalisedCandidate, label="GRU, layer norm")


def main(config: str, overrides: list[str]) -> None:
    cells = "cells=[gru, my_light_gru, layer_norm_gru]"
    experiment = load_experiment(config, [cells, *overrides])
    with show_progress(experiment) as progress:
        comparison = compare(experiment, listener=progress)
    show(comparison)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", nargs="?", default="quickstart")
    parser.add_argument("overrides", nargs="*", metavar="name=value", help="settings to change")
    with one_sentence():
        main(**vars(parser.parse_args()))
