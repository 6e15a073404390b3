"""How long one step of one sequence takes."""

import dataclasses
import time
import warnings

import numpy as np

from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.run import build

WARM_UP = 10  # calls that are not timed: the first compiles
CALLS = 100


def step_latency(experiment: Experiment, dataset: SequenceDataset, cell: str) -> float:
    """How long one step of one sequence takes, as one who feeds a model step by step would wait.

    The median of many calls of `predict_on_batch`, compiled as in training, with its overhead in
    Python. The weights are new ones: their values do not matter.

    Args:
        experiment: with the settings that tuning chose for the cell.
        dataset: what the sizes are known from.
        cell: name in the registry of cells.

    Returns:
        Seconds.
    """
    length = None if dataset.spec.length is None else 1
    spec = dataclasses.replace(dataset.spec, length=length)
    model = build(experiment, dataclasses.replace(dataset, spec=spec), cell, seed=0)
    step = {
        tensor.name: np.ones((1, 1, *tensor.shape[2:]), tensor.dtype) for tensor in model.inputs
    }
    taken = []
    with warnings.catch_warnings():
        # Of attention, which has one step to attend to here.
        warnings.filterwarnings("ignore", "You are using a softmax over axis")
        for _ in range(WARM_UP + CALLS):
            begin = time.perf_counter()
            model.predict_on_batch(step)
            taken.append(time.perf_counter() - begin)
    return float(np.median(taken[WARM_UP:]))
