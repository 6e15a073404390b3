"""Made-up evidence for the claims; with the defaults, no claim is decided."""

from keras_gru.claims.evidence import CellEvidence, CurveEvidence, Estimate, Origin, SweepEvidence
from keras_gru.datasets.metric import Metric

MAE = Metric("mae", "min", "MAE", digits=2)
ACCURACY = Metric("accuracy", "max", "accuracy")
ORIGIN = Origin(
    command="keras-gru learning-curve made-up",
    date="2026-01-31",
    seconds=3723.0,
    seeds=(0, 1, 2),
    hardware={"processor": "a slow one"},
    versions={"keras": "3.15.1"},
)


def estimate(value, half=0.0):
    return Estimate(value=value, low=value - half, high=value + half)


def cell(test=2.0, units=8, weights=300, before=None):
    return CellEvidence(
        units=units,
        recurrent_parameters=weights,
        test=(estimate(2 * test, 0.1), before and estimate(before, 0.1), estimate(test, 0.1)),
    )


def curve(gru=None, lstm=None, difference=(0.0, 0.5), **changes):
    """Return evidence; `difference`: GRU minus LSTM on test, half its interval; or None."""
    given = {
        "origin": ORIGIN,
        "metric": MAE,
        "matched": "units",
        "fractions": (0.1, 0.5, 1.0),
        "sequences": (10, 50, 100),
        "cells": {"gru": gru or cell(), "lstm": lstm or cell(weights=400)},
        "difference": None if difference is None else estimate(*difference),
        "detectable": 0.7,
        "better": (None, None, None),
        "epoch_seconds": estimate(1.0, 0.2),
        "target": 2.5,
        "target_seconds": estimate(1.1, 0.5),
        "need": estimate(1.0, 0.2),
        "crossing": None,
        "sampling_error": None,
    }
    return CurveEvidence(**given | changes)


def comparison(*difference, seeds=3, **changes):
    """`difference`: GRU minus LSTM on test and half its interval."""
    origin = ORIGIN.model_copy(update={"seeds": tuple(range(seeds))})
    return curve(difference=difference, origin=origin, **changes).whole


def sweep(size=(0.1, 0.2), rate=(0.1, 0.2), **changes):
    """Return evidence; `size`, `rate`: each the lead and half its interval, or None."""
    given = {
        "origin": ORIGIN.model_copy(update={"command": "keras-gru sweep made-up", "seeds": (0,)}),
        "trials": 40,
        "pruned": 9,
        "diverged": 1,
        "size": "model.size.units",
        "importances": {
            "training.learning_rate": estimate(0.5, 0.1),
            "model.size.units": estimate(0.2, 0.1),
            "cell": estimate(0.1, 0.05),
            "combinations": estimate(0.2, 0.1),
        },
        "size_over_cell": size and estimate(*size),
        "rate_over_rest": rate and estimate(*rate),
    }
    return SweepEvidence(**given | changes)
