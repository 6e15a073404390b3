"""The metrics of an ensemble, and top-k accuracy."""

import dataclasses

import numpy as np
import pytest

import keras_gru
from keras_gru.experiments.training_data import load_data

from .runs import command


def test_evaluate_measures_and_stores_an_ensemble(music_run):
    output = command("evaluate", music_run.path, "--seed", "all")
    assert "seeds 0, 1" in output
    (stored,) = music_run.ensembles()
    assert (stored.cell, stored.seeds, stored.split) == ("gru", (0, 1), "test")
    model, data = keras_gru.load(music_run.path, seed="all"), load_data(music_run)
    probabilities = np.array(model.outputs(data, "test"))
    targets = data.splits["test"].targets
    nll = -np.where(targets == 1, np.log(probabilities), np.log(1 - probabilities)).sum(-1).mean()
    assert stored.metrics["nll"] == pytest.approx(nll, rel=1e-5)
    later = dataclasses.replace(stored, metrics={"nll": 1.0})
    music_run.add_ensemble(later)
    assert music_run.ensembles() == (later,)


def test_evaluate_prints_top_k_accuracy(text_run):
    output = command("evaluate", text_run.path, "--top-k", 2)
    model, data = keras_gru.load(text_run.path), load_data(text_run)
    outputs, targets = np.array(model.outputs(data, "test")), data.splits["test"].targets
    best = np.argsort(-outputs, axis=-1)[..., :2]
    expected = (best == targets[..., None]).any(-1).mean()
    assert float(output.split()[-1]) == pytest.approx(expected, abs=1e-4)
    assert "--top-k" in command("evaluate", text_run.path, "--top-k", 99, code=2)


def test_tasks_without_classes_have_no_top_k(music_run):
    assert "polyphony" in command("evaluate", music_run.path, "--top-k", 2, code=2)
