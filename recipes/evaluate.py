"""Evaluate the saved networks of a comparison again, and print the recorded values.

    python recipes/evaluate.py runs/jsb_chorales/2026-01-31_12-00-00
    python recipes/evaluate.py runs/jsb_chorales/2026-01-31_12-00-00 validation

`keras-gru evaluate` does it for one network.
"""

import argparse

from keras_gru.errors import one_sentence
from keras_gru.experiments import networks
from keras_gru.experiments.find_run import find_run
from keras_gru.experiments.fitting import evaluate
from keras_gru.experiments.training_data import load_data


def main(run: str, split: str) -> None:
    run_directory = find_run(run)
    dataset = load_data(run_directory)  # as it was prepared for training; other data are rejected
    metric = dataset.metric
    for record in run_directory.records():
        if record.status != "finished":
            print(f"{record.label} seed {record.seed}: {record.status}")
            continue
        model = networks.load_model(run_directory, record)
        experiment = run_directory.experiment_of(record)  # with the settings that tuning chose
        now = evaluate(model, experiment, dataset, split)[metric.name]
        then = {"test": record.test, "validation": record.validation}.get(split)
        known = f", recorded: {then[metric.name]:,.6g}" if then else ""
        print(f"{record.label} seed {record.seed}: {split} {metric.label} {now:,.6g}{known}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", help="a run directory, runs/NAME for its newest, or latest")
    parser.add_argument("split", nargs="?", default="test", choices=["train", "validation", "test"])
    with one_sentence():
        main(**vars(parser.parse_args()))
