"""A custom cell: one class, and one line to register it.

    python recipes/own_cell.py
    python recipes/own_cell.py configs/jsb_chorales.yaml training.epochs=20

Copy the file and change an equation. `GRUCell` has three methods to override:
`gates`, `candidate` and `interpolate`. Inherited weights that a cell does not use are included in
the number of parameters.
"""

import argparse

import keras

import keras_gru
from keras_gru.errors import one_sentence
from keras_gru.report import run_and_show


class MyLightGRU(keras_gru.GRUCell):
    """No reset gate, and ReLU instead of tanh (Ravanelli et al. 2018, arXiv 1803.10225)."""

    def candidate(self, x_g, h, r, W_hg):
        return keras.ops.relu(x_g + keras.ops.matmul(h, W_hg))


keras_gru.register_cell("my_light_gru", MyLightGRU, label="My light GRU")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", nargs="?", default="quickstart")
    parser.add_argument("overrides", nargs="*", metavar="name=value", help="settings to change")
    arguments = parser.parse_args()
    with one_sentence():
        run_and_show(arguments.config, ["cells=[gru, my_light_gru]", *arguments.overrides])
