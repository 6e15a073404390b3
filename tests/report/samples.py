"""Made-up comparisons for the tests of tables, progress, plots and pages."""

import dataclasses
import math

import numpy as np

from keras_gru.datasets.sequence_dataset import Baseline, Metric
from keras_gru.experiments.comparison import Comparison, RunRecord
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.metadata import Metadata

MAE = Metric("mae", "min", "MAE (passengers)", digits=0)
ACCURACY = Metric("accuracy", "max", "accuracy", digits=3)
LABELS = {"gru": "GRU", "lstm": "LSTM", "simple_rnn": "SimpleRNN"}
SIZES = {"gru": 3_393, "lstm": 4_385, "simple_rnn": 1_121}


def run(cell: str, seed: int, metric: Metric = MAE, label: str | None = None, epochs: int = 12):
    """Return a finished run whose metric converges to a value of its cell and seed."""
    goal = {"gru": 0.031, "lstm": 0.0315, "simple_rnn": 0.037}.get(cell, 0.034)
    history = []
    for epoch in range(1, epochs + 1):
        value = goal + 0.03 * math.exp(-epoch / 3) + 0.0008 * math.sin(5 * seed + epoch)
        value = 1 - 5 * value if metric.mode == "max" else 1e6 * value
        row = {"loss": value**2, metric.name: value, "val_loss": value**2}
        history.append(row | {f"val_{metric.name}": value, "seconds": 0.9 + 0.1 * seed})
    pick = max if metric.mode == "max" else min
    best = pick(range(epochs), key=lambda i: history[i][f"val_{metric.name}"])
    value = history[best][f"val_{metric.name}"]
    return RunRecord(
        cell=cell,
        label=label or LABELS.get(cell, cell),
        seed=seed,
        status="finished",
        message="",
        units=32,
        parameters=SIZES.get(cell, 2_000),
        recurrent_parameters=SIZES.get(cell, 2_000) - 33,
        epochs=epochs,
        best_epoch=best + 1,
        validation={"loss": value**2, metric.name: value},
        test={"loss": value**2, metric.name: value * 1.02},
        seconds=sum(row["seconds"] for row in history),
        seconds_per_epoch=0.9 + 0.1 * len(cell) / 4,
        steps_per_second=41.5,
        path="XLA",
        history=tuple(history),
        metric=metric.label,
    )


def diverged(cell: str, seed: int, metric: Metric = MAE):
    """Return a run that diverged in its third epoch."""
    values = [8.0e4, 4.0e11, math.nan]
    history = tuple(
        {"loss": v, metric.name: v, "val_loss": v, f"val_{metric.name}": v, "seconds": 1.0}
        for v in values
    )
    return RunRecord(
        cell, LABELS[cell], seed, "diverged", "The loss was not a number at epoch 3", 32,
        SIZES[cell], SIZES[cell] - 33, 3, 0, {}, {}, 3.0, 1.0, 40.0, "XLA", history,
        metric=metric.label,
    )  # fmt: skip


def comparison(
    cells: tuple[str, ...] = ("gru", "lstm", "simple_rnn"),
    seeds: tuple[int, ...] = (0, 1, 2),
    metric: Metric = MAE,
    runs: tuple[RunRecord, ...] | None = None,
    baselines: tuple[Baseline, ...] = (),
    **changes,
) -> Comparison:
    """Return a comparison of forecasters; without `runs`, every run is finished."""
    experiment = Experiment(
        name=changes.pop("name", "cta_ridership"),
        description=changes.pop("description", "Tomorrow's rail passengers in Chicago."),
        cells=cells,
        seeds=seeds,
        dataset={"kind": "adding"},
        model={"kind": "forecaster", "size": {"units": 32}},
        training=changes.pop("training", {}),
    )
    if runs is None:
        runs = tuple(run(cell, seed, metric) for cell in cells for seed in seeds)
    metadata = {
        "started": "2026-01-31T12:00:00+01:00",
        "environment": {"python": "3.11.2", "backend": "tensorflow", "keras": "3.15.1"},
        "metric": metric,
        "sequences": {"train": 1_096, "validation": 151, "test": 214},
        "evaluation": {
            "validation": {"independent": 100, "terms": 151},
            "test": {"independent": 100, "terms": 214, "weights": []},
        },
        "notes": ["cta_ridership: 0.0% of the training steps are padding."],
        "baselines": baselines,
    }
    trials = changes.pop("trials", ())
    metadata = Metadata.model_validate(metadata | changes.pop("metadata", {}))
    return Comparison(experiment, metadata, runs, trials)


def scattered(gaps: tuple[float, ...] = (0, 200, 5_000), seeds: int = 5, **changes) -> Comparison:
    """Return a comparison of three cells whose test MAE exceeds the GRU's by `gaps`, plus noise."""
    rng = np.random.default_rng(3)
    runs = tuple(
        dataclasses.replace(
            run(cell, seed, label=changes.get("label")),
            test={"mae": 31_000 + gap + 500 * rng.normal()},
        )
        for cell, gap in zip(LABELS, gaps, strict=True)
        for seed in range(seeds)
    )
    return comparison(seeds=tuple(range(seeds)), runs=runs)


def tuned(label: str = "GRU") -> Comparison:
    """Return a tuned comparison: the highest of three learning rates won, and one diverged."""
    rates = (0.001, 0.1, 0.01)
    trials = (run("gru", 0, label=label), diverged("gru", 0), run("gru", 0, label=label))
    trials = tuple(
        dataclasses.replace(record, test={}, settings={"training.learning_rate": rate})
        for record, rate in zip(trials, rates, strict=True)
    )
    runs = (dataclasses.replace(run("gru", 0, label=label), settings=trials[2].settings),)
    return comparison(
        ("gru",),
        (0,),
        runs=runs,
        trials=trials,
        training={"learning_rate": {"grid": (0.001, 0.01)}},
    )


BASELINES = (
    Baseline("The day a week before", {"mae": 42_000}, {"mae": 40_700}),
    Baseline("Linear model", {"mae": 37_866}, {"mae": 37_200}, parameters=57),
)
