"""Measure whether training waits for its data: steps on real batches and on cached ones.

    python benchmarks/input.py                           # seven recipes, GRU: about ten minutes
    python benchmarks/input.py jsb_chorales --steps 1000 --rounds 9

Real batches are made as in a run: rows are selected and assembled in Python while the network
trains. Cached ones are the batches of such an epoch, stored in memory as tensors. Both train the
model of the recipe in turn, round after round in one process, and both streams stay open, as in a
run. A ratio of 1 means that the input costs nothing; the bound is 1.05. Other load on the machine
only adds time, so the ratio is that of the fastest rounds; the table also has the median ratio of
consecutive rounds.
"""

import argparse
import dataclasses
import random
import statistics
import time

from keras_gru import datasets
from keras_gru.errors import one_sentence
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.fitting import build

RECIPES = (
    "quickstart",
    "cta_ridership",
    "jsb_chorales",
    "nottingham",
    "en_atis",
    "spa_eng",
    "imdb_reviews",
)


def at_most(dataset, sequences):
    """Return the dataset with at most `sequences` for training, so that a round has full epochs."""
    fewer = dataset.splits["train"].part(slice(sequences))
    return dataclasses.replace(dataset, splits={**dataset.splits, "train": fewer})


def compare(recipe, cell, steps, rounds):
    """Alternate rounds on real and on cached batches; return a row of the table."""
    experiment = load_experiment(recipe, [])
    batch_size = experiment.training.batch_size
    dataset = at_most(datasets.load(experiment.dataset), steps * batch_size)
    epoch = dataset.steps("train", batch_size)
    # Full epochs, so that both streams have the same shapes equally often.
    round_steps = max(1, steps // epoch) * epoch
    real = dataset.batches("train", batch_size, seed=0)
    streams = {"real": iter(real), "cached": iter(real.take(epoch).cache().repeat())}
    model = build(experiment, dataset, cell, seed=0)
    model.fit(real.take(epoch), shuffle=False, verbose=0)  # compiles every shape
    step = model.make_train_function()
    seconds = {name: [] for name in streams}
    turns = random.Random(0)
    for number in range(rounds + 1):
        for name in turns.sample(list(streams), 2):
            start = time.perf_counter()
            for _ in range(round_steps):
                step(streams[name])
            if number:  # the first round fills the cache
                seconds[name].append((time.perf_counter() - start) / round_steps * 1e3)
    pairs = zip(seconds["real"], seconds["cached"], strict=True)
    return {
        "real_ms": min(seconds["real"]),
        "cached_ms": min(seconds["cached"]),
        "ratio": min(seconds["real"]) / min(seconds["cached"]),
        "median": statistics.median(real / cached for real, cached in pairs),
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipes", nargs="*", default=RECIPES, metavar="RECIPE")
    parser.add_argument("--cell", default="gru")
    parser.add_argument("--steps", type=int, default=200, help="training steps of a round")
    parser.add_argument("--rounds", type=int, default=7, help="timed rounds")
    arguments = parser.parse_args()
    print("| recipe | cell | real ms/step | cached ms/step | real / cached | median ratio |")
    print("|---|---|---:|---:|---:|---:|")
    for recipe in arguments.recipes:
        row = compare(recipe, arguments.cell, arguments.steps, arguments.rounds)
        print(
            f"| {recipe} | {arguments.cell} | {row['real_ms']:.3g} | {row['cached_ms']:.3g} "
            f"| {row['ratio']:.3f} | {row['median']:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    with one_sentence():
        main()
