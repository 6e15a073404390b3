"""Small experiments that train in seconds."""

from keras_gru.experiments.config import Experiment
from keras_gru.experiments.watching import Watch


def tiny(folder, *, model=None, training=None, **changes):
    """The adding problem, made easy: 5 steps, 64 sequences, 4 units."""
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
        "model": {"kind": "forecaster", "units": 4, **(model or {})},
        "training": {
            "epochs": 3,
            "batch_size": 16,
            "learning_rate": 0.01,
            "jit_compile": False,
            **(training or {}),
        },
        "runs": str(folder / "runs"),
    }
    return Experiment(**{**settings, **changes})


class Recorder(Watch):
    """Keeps what it is told, and stops everything after some epoch, as Ctrl-C does."""

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
    """A record without what differs from one run to the next: its times."""
    row = vars(record) | {"history": None}
    losses = [
        {k: v for k, v in epoch.items() if not k.endswith("seconds")} for epoch in record.history
    ]
    clocks = ("seconds", "seconds_per_epoch", "steps_per_second")
    return {k: v for k, v in row.items() if k not in clocks}, losses
