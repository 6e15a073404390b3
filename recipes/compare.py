"""The main job: GRU, LSTM and SimpleRNN side by side on one dataset.

    python recipes/compare.py configs/quickstart.yaml
    python recipes/compare.py configs/quickstart.yaml training.epochs=3 cells=[gru,lstm]
    python recipes/compare.py --resume runs/quickstart/2026-01-31_12-00-00

It trains every cell with every seed, prints a table, and writes a page with the learning curves.
`keras-gru compare` does the same.
"""

import sys

from keras_gru.errors import one_sentence
from keras_gru.experiments.compare import compare
from keras_gru.experiments.results import RunFolder
from keras_gru.experiments.yaml_files import load_experiment
from keras_gru.report.page import write_page
from keras_gru.report.table import print_results
from keras_gru.report.watch import watch


def main(config: str, *overrides: str) -> None:
    # 1. What to do: from a YAML file and overrides, or from the folder of a run that was stopped.
    if config == "--resume":
        folder = RunFolder(overrides[0])
        experiment = folder.experiment()
    else:
        folder = None
        experiment = load_experiment(config, overrides)

    # 2. Do it. Everything is kept in runs/<name>/<time>/ as soon as it is known.
    with watch(experiment) as view:
        comparison = compare(experiment, folder=folder, watch=view)

    # 3. What came out: a table here, and a page to look at.
    print_results(comparison)
    page = comparison.folder / "report.html"
    write_page(comparison, page)
    print(f"The page: {page}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with one_sentence():
        main(*sys.argv[1:])
