"""One network, step by step: load, build, fit, evaluate, save.

    python recipes/train.py configs/jsb_chorales.yaml
    python recipes/train.py configs/jsb_chorales.yaml 'cells=[lstm]' 'seeds=[1]' training.epochs=5

It trains the first cell of the config with its first seed and writes one .keras file. This is the
page to copy for a project of your own: `model` is a plain `keras.Model`, and each of the functions
is a screen of Keras in `keras_gru/experiments/fitting.py`. `keras-gru train` calls the same ones
and writes a run directory. Of a grid this page takes the first value.
"""

import argparse

from keras_gru import datasets
from keras_gru.cells import cell_label
from keras_gru.errors import one_sentence
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.fitting import build, evaluate, fit, save
from keras_gru.report.progress import show_progress


def main(config: str, overrides: list[str]) -> None:
    experiment = load_experiment(config, overrides)
    cell, seed = experiment.cells[0], experiment.seeds[0]

    # 1. Load. `dataset.spec` is what a model must know: vocabulary or features, outputs, lengths.
    dataset = datasets.load(experiment.dataset)
    for note in dataset.notes:
        print(note)

    # 2. Build: a compiled `keras.Model` that holds one of the registered cells.
    model = build(experiment, dataset, cell, seed)
    model.summary()

    # 3. Fit, and keep the weights that were best on validation.
    with show_progress(experiment) as view:
        view.plan([(cell, cell_label(cell), seed)], experiment.training.epochs, dataset.metric)
        progress = fit(model, experiment, dataset, cell, seed, listener=view)

    # 4. Evaluate: the test split, once, at the end.
    test = evaluate(model, experiment, dataset, "test")
    value = test[dataset.metric.name]
    print(f"{cell}: best epoch {progress.best_epoch}, test {dataset.metric.label} {value:,.4g}")

    # 5. Save. Elsewhere: import keras_gru; keras.models.load_model(path)
    path = f"{experiment.name}-{cell}-seed{seed}.keras"
    save(model, path)
    print(f"The network: {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", help="a YAML file, or the name of a packaged config")
    parser.add_argument("overrides", nargs="*", metavar="name=value", help="settings to change")
    with one_sentence():
        main(**vars(parser.parse_args()))
