"""The main job: GRU, LSTM and SimpleRNN side by side on one dataset.

    python recipes/compare.py configs/quickstart.yaml
    python recipes/compare.py configs/quickstart.yaml training.epochs=3 'cells=[gru,lstm]'
    python recipes/compare.py --resume runs/quickstart/2026-01-31_12-00-00

It trains every cell with every seed, prints a table, and writes a page with the learning curves.
`keras-gru compare` does the same.
"""

import argparse

from keras_gru.errors import UserError, one_sentence
from keras_gru.experiments.compare import compare
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.run_directory import find_run
from keras_gru.report import show
from keras_gru.report.progress import show_progress


def main(config: str | None, overrides: list[str], resume: str | None) -> None:
    # 1. What to do: from a YAML file and overrides, or from the folder of a run that was stopped.
    if resume:
        folder = find_run(resume)
        experiment = folder.experiment()
    elif config:
        folder = None
        experiment = load_experiment(config, overrides)
    else:
        raise UserError("Give a config, such as configs/quickstart.yaml, or --resume RUN.")

    # 2. Do it. Everything is kept in runs/<name>/<time>/ as soon as it is known.
    with show_progress(experiment) as progress:
        comparison = compare(experiment, folder=folder, listener=progress)

    # 3. What came out: a table here, and a page to look at.
    show(comparison)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", nargs="?", help="a YAML file, or the name of a packaged config")
    parser.add_argument("overrides", nargs="*", metavar="name=value", help="settings to change")
    parser.add_argument("--resume", metavar="RUN", help="a run directory to go on with")
    with one_sentence():
        main(**vars(parser.parse_args()))
