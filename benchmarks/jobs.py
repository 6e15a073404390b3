"""Compare parallel runs with sequential runs that each use all cores.

    python benchmarks/jobs.py                            # JSB chorales, GRU: about ten minutes
    python benchmarks/jobs.py nottingham --cell lstm --jobs 4 --rounds 1

Both run the same comparison with the same seeds and epochs, in turn. The time includes the start of
the processes. The ratio is sequential time by parallel time.
"""

import argparse
import random
import statistics
import tempfile
import time

from keras_gru import datasets
from keras_gru.errors import one_sentence
from keras_gru.experiments.compare import compare
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.layers.compiling import available_cores


def seconds(experiment, jobs):
    """Return the seconds that the comparison takes."""
    start = time.perf_counter()
    compare(experiment, jobs=jobs)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", nargs="?", default="jsb_chorales")
    parser.add_argument("--cell", default="gru")
    parser.add_argument("--jobs", type=int, default=available_cores())
    parser.add_argument("--runs", type=int, default=4, help="seeds")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        experiment = load_experiment(
            arguments.recipe,
            [
                f"cells=[{arguments.cell}]",
                f"seeds={list(range(arguments.runs))}",
                f"training.epochs={arguments.epochs}",
                "training.patience=null",
                f"runs={folder}",
            ],
        )
        datasets.load(experiment.dataset)  # prepares it
        took = {1: [], arguments.jobs: []}
        turns = random.Random(0)
        for _ in range(arguments.rounds):
            for jobs in turns.sample(list(took), 2):
                took[jobs].append(seconds(experiment, jobs))
    one, several = took.values()
    ratio = statistics.median(a / b for a, b in zip(one, several, strict=True))
    print(f"{arguments.recipe}, {arguments.cell}: {arguments.runs} runs, {available_cores()} cores")
    print("| at a time | s, median | s, each |\n|---:|---:|---|")
    for jobs, times in took.items():
        each = ", ".join(f"{time:.1f}" for time in times)
        print(f"| {jobs} | {statistics.median(times):.1f} | {each} |")
    print(f"{arguments.jobs} at a time are {ratio:.2f} times as fast.")


if __name__ == "__main__":
    with one_sentence():
        main()
