"""Small experiments that train in seconds, and made-up comparisons."""

import numpy as np

from keras_gru.datasets.sequence_dataset import Baseline, Metric
from keras_gru.experiments.comparison import Comparison, RunRecord
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.listener import Listener
from keras_gru.experiments.metadata import Metadata

LABELS = {"gru": "GRU", "lstm": "LSTM", "simple_rnn": "SimpleRNN"}


def nest_settings(values):
    """Return settings by dotted name as nested groups, as in a config; a list becomes a grid."""
    groups = {}
    for name, candidate in values.items():
        *steps, setting = name.split(".")
        group = groups
        for step in steps:
            group = group.setdefault(step, {})
        group[setting] = candidate if isinstance(candidate, dict) else {"grid": candidate}
    return groups


def tiny(folder, *, model=None, training=None, tuning=None, **changes):
    """Return a small experiment on the adding problem: 5 steps, 64 sequences, 4 units."""
    grids = nest_settings(tuning or {})
    model = (model or {}) | grids.get("model", {})
    training = (training or {}) | grids.get("training", {})
    settings = {
        "name": "tiny",
        "cells": ("gru", "simple_rnn"),
        "seeds": (0,),
        "dataset": {
            "kind": "adding",
            "length": 5,
            "train": 64,
            "validation": 32,
            "test": 32,
        },
        "model": {"kind": "forecaster", "size": {"units": 4}, **model},
        "training": {
            "epochs": 3,
            "batch_size": 16,
            "learning_rate": 0.01,
            "jit_compile": False,
            **training,
        },
        "runs": str(folder / "runs"),
    }
    return Experiment(**{**settings, **changes})


class Recorder(Listener):
    """Records all events; after the run and epoch of `stop_at`, raises KeyboardInterrupt."""

    def __init__(self, stop_at=None):
        self.stop_at = stop_at
        self.epochs, self.starts, self.ended, self.notes = [], [], [], []

    def started(self, cell, seed, first_epoch):
        self.starts.append((cell, seed, first_epoch))

    def epoch(self, cell, seed, epoch, logs, best):
        self.epochs.append((cell, seed, epoch))
        if (cell, epoch) == self.stop_at:
            raise KeyboardInterrupt

    def finished(self, record):
        self.ended.append(record.cell)

    def note(self, text):
        self.notes.append(text)


def timeless(record):
    """Return a record without its times, which differ between equal runs."""
    row = vars(record) | {"history": None}
    losses = [
        {k: v for k, v in epoch.items() if not k.endswith("seconds")} for epoch in record.history
    ]
    clocks = ("seconds", "seconds_per_epoch", "steps_per_second", "peak_memory")
    return {k: v for k, v in row.items() if k not in clocks}, losses


def results_by_run(comparison):
    """Return the results of each (cell, seed) that do not depend on order or time."""
    return {
        (run.cell, run.seed): (run.settings, run.best_epoch, run.validation, run.test)
        for run in comparison.runs
    }


def assert_same_results(one, other):
    one, other = results_by_run(one), results_by_run(other)
    assert one.keys() == other.keys()
    for key, (settings, best_epoch, *metrics) in one.items():
        assert (settings, best_epoch) == other[key][:2]
        for ours, theirs in zip(metrics, other[key][2:], strict=True):
            np.testing.assert_allclose(list(ours.values()), list(theirs.values()), rtol=1e-4)


def record(cell, seed, value, status="finished", metric="mae"):
    metrics = {metric: value} if status == "finished" else {}
    return RunRecord(
        cell=cell,
        label=LABELS.get(cell, cell),
        seed=seed,
        status=status,
        message="",
        units=4,
        parameters=100,
        recurrent_parameters=90,
        epochs=3,
        best_epoch=2,
        validation=metrics,
        test=metrics,
        seconds=3.0,
        seconds_per_epoch=1.0 + seed,
        steps_per_second=10.0,
        path="XLA",
        metric="MAE",
    )


def comparison(values, mode="min", diverged=(), baselines=(), **metadata):
    """Return a made-up comparison; `values`: cell -> its test metric with each seed."""
    name, label = ("accuracy", "accuracy") if mode == "max" else ("mae", "MAE")
    runs = [
        record(c, seed, v, metric=name) for c, vs in values.items() for seed, v in enumerate(vs)
    ]
    runs += [record(cell, seed, None, "diverged") for cell, seed in diverged]
    cells = tuple(dict.fromkeys([*values, *(cell for cell, _ in diverged)]))
    experiment = Experiment(
        name="x",
        cells=cells,
        seeds=tuple(sorted({run.seed for run in runs})) or (0,),
        dataset={"kind": "adding"},
        model={"kind": "forecaster", "size": {"units": 4}},
    )
    metric = Metric(name=name, mode=mode, label=label, digits=2)
    precision = {"independent": 500, "terms": 10_000, "weights": []}
    metadata = {
        "started": "2026-01-31T12:00:00+01:00",
        "environment": {},
        "metric": metric,
        "sequences": {"train": 100, "validation": 10, "test": 10},
        "evaluation": {"validation": precision, "test": precision},
        "notes": (),
        "baselines": tuple(
            Baseline(label, {name: value}, {name: value}) for label, value in baselines
        ),
    } | metadata
    return Comparison(experiment, Metadata.model_validate(metadata), tuple(runs))
