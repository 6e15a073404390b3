"""GRU, LSTM and SimpleRNN side by side on one dataset.

    python recipes/compare.py configs/quickstart.yaml
    python recipes/compare.py configs/quickstart.yaml training.epochs=3 'cells=[gru,lstm]'
    python recipes/compare.py --resume latest

It trains every cell with every seed, prints a table, and writes a page with the learning curves.
`keras-gru compare` does the same; `keras_gru.run("quickstart")` returns the numbers in Python.
"""

import argparse

from keras_gru.errors import one_sentence
from keras_gru.report import run_and_show

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", nargs="?", help="a YAML file, or the name of a packaged config")
    parser.add_argument("overrides", nargs="*", metavar="name=value", help="settings to change")
    parser.add_argument("--resume", metavar="RUN", help="a run directory, runs/NAME or latest")
    with one_sentence():
        run_and_show(**vars(parser.parse_args()))
