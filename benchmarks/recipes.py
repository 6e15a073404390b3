"""Seconds per epoch of recipes, compared with the same model in plain Keras.

    python benchmarks/recipes.py                          # CTA, JSB and IMDB, GRU
    python benchmarks/recipes.py jsb_chorales --cell lstm --epochs 5

Ours is the recipe: length buckets, `keras_gru` layers, XLA where it is faster. Plain Keras uses
`keras.layers` and a default `fit` on arrays padded to the longest sequence. Both have the same
widths, batch size, optimizer and loss, and run in turn in one process. Times are medians of the
epochs after the first, including the data pipeline, without validation.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import keras

from keras_gru import datasets, models
from keras_gru.errors import one_sentence
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.environment import environment
from keras_gru.experiments.fitting import build
from keras_gru.files import write_text

RECIPES = ("cta_ridership", "jsb_chorales", "imdb_reviews")
LAYERS = {
    "gru": lambda units, **options: keras.layers.GRU(units, reset_after=False, **options),
    "gru_reset_after": keras.layers.GRU,
    "lstm": keras.layers.LSTM,
    "simple_rnn": keras.layers.SimpleRNN,
}


def plain_model(experiment, dataset, cell, units):
    """Return the model of the recipe with `keras.layers` alone, including their implicit masks."""
    spec, config = dataset.spec, experiment.model
    recurrent = LAYERS[cell](
        units,
        return_sequences=spec.task == "polyphony",
        dropout=config.dropout,
        recurrent_dropout=config.recurrent_dropout,
    )
    if spec.vocabulary is None:
        first = [keras.Input((None, spec.features)), keras.layers.Masking(-1.0)]
        first = first if spec.masked else first[:1]
    else:
        embedding = keras.layers.Embedding(spec.vocabulary, config.embedding, mask_zero=True)
        first = [keras.Input((None,), dtype="int32"), embedding]
    return keras.Sequential([*first, recurrent, keras.layers.Dense(spec.outputs)])


def padded(dataset):
    """Return the training split as arrays, padded to the longest sequence."""
    x, y, *weight = next(iter(dataset.batches("train", dataset.size("train"), seed=0)))
    x = {name: array.numpy() for name, array in x.items()}
    y = y.numpy()
    if "mask" in x:
        x["features"][~x["mask"]] = -1
    if dataset.spec.task == "forecasting":
        y = y[:, 0]
    inputs = x["tokens"] if "tokens" in x else x["features"]
    return inputs, y, weight[0].numpy() if weight else None


def epochs_of_ours(experiment, dataset, cell):
    """Return a function that trains our model for one epoch, and the number of units."""
    model = build(experiment, dataset, cell, seed=0)
    batch_size = experiment.training.batch_size
    steps = dataset.steps("train", batch_size)
    stream = dataset.batches("train", batch_size, seed=0)

    def epoch():
        model.fit(stream, steps_per_epoch=steps, verbose=0, shuffle=False)

    return epoch, models.recurrent_units(model), "XLA" if model.jit_compile else "graph"


def epochs_of_plain(experiment, dataset, cell, units):
    """Return a function that trains the plain model for one epoch."""
    model = plain_model(experiment, dataset, cell, units)
    options = models.compile_options(dataset.spec, experiment.training.loss)
    model.compile(
        optimizer=keras.optimizers.Adam(
            experiment.training.learning_rate, global_clipnorm=experiment.training.clip_norm
        ),
        **options,
    )
    inputs, targets, weight = padded(dataset)

    def epoch():
        model.fit(
            inputs,
            targets,
            sample_weight=weight,
            batch_size=experiment.training.batch_size,
            verbose=0,
        )

    return epoch, "XLA" if model.jit_compile else "graph"


def compare(recipe, cell, epochs):
    """Alternate epochs of both; return a row of the table."""
    experiment = load_experiment(recipe, ["training.optimizer=adam"])
    dataset = datasets.load(experiment.dataset)
    ours, units, our_path = epochs_of_ours(experiment, dataset, cell)
    plain, plain_path = epochs_of_plain(experiment, dataset, cell, units)
    seconds = {"ours": [], "plain": []}
    for number in range(epochs + 1):
        for name, epoch in (("ours", ours), ("plain", plain)):
            start = time.perf_counter()
            epoch()
            if number:  # the first epoch compiles
                seconds[name].append(time.perf_counter() - start)
    ratios = [p / o for o, p in zip(seconds["ours"], seconds["plain"], strict=True)]
    return {
        "recipe": recipe,
        "cell": cell,
        "units": units,
        "ours_seconds": statistics.median(seconds["ours"]),
        "ours_path": our_path,
        "plain_seconds": statistics.median(seconds["plain"]),
        "plain_path": plain_path,
        "ratio": statistics.median(ratios),
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
        "padding": dataset.padding("train", experiment.training.batch_size),
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipes", nargs="*", default=RECIPES, metavar="RECIPE")
    parser.add_argument("--cell", choices=LAYERS, action="append", help="default: gru")
    parser.add_argument("--epochs", type=int, default=5, help="timed epochs of each")
    parser.add_argument("--output", type=Path, help="a JSON file for the rows")
    arguments = parser.parse_args()
    rows = []
    print("| recipe | cell | units | ours s/epoch | plain Keras s/epoch | ratio (min-max) |")
    print("|---|---|---:|---:|---:|---:|")
    for recipe in arguments.recipes:
        for cell in arguments.cell or ["gru"]:
            row = compare(recipe, cell, arguments.epochs)
            rows.append(row)
            print(
                f"| {recipe} | {cell} | {row['units']} "
                f"| {row['ours_seconds']:.3g} ({row['ours_path']}) "
                f"| {row['plain_seconds']:.3g} ({row['plain_path']}) "
                f"| {row['ratio']:.2f} ({row['ratio_min']:.2f}-{row['ratio_max']:.2f}) |",
                flush=True,
            )
    if arguments.output:
        found = {"environment": environment(), "rows": rows}
        write_text(arguments.output, json.dumps(found, indent=2))


if __name__ == "__main__":
    with one_sentence():
        main()
