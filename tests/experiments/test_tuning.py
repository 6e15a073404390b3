"""Tuning: the same trials for every cell, and no reported run is a trial."""

import dataclasses

import keras
import numpy as np
import pytest
from pydantic import ValidationError

import keras_gru
from keras_gru.analysis.summary import seconds, tunings
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.experiments import networks
from keras_gru.experiments.compare import compare
from keras_gru.experiments.run_directory import RunDirectory
from tests.experiments.helpers import Recorder, timeless, tiny

RATES = {"training.learning_rate": (1e-5, 0.02)}


class Reader(Recorder):
    """Records which split is read, and when a run or a trial has ended."""

    def __init__(self, patch):
        super().__init__()
        self.events, batches = [], SequenceDataset.batches

        def spy(dataset, split, *arguments, **options):
            self.events.append(split)
            return batches(dataset, split, *arguments, **options)

        patch.setattr(SequenceDataset, "batches", spy)

    def finished(self, record):
        super().finished(record)
        self.events.append(record.cell)


@pytest.fixture(scope="module")
def reader():
    with pytest.MonkeyPatch.context() as patch:
        yield Reader(patch)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory, reader):
    """Two cells and two seeds; a learning rate of 1e-5 cannot win."""
    experiment = tiny(tmp_path_factory.mktemp("tuned"), seeds=(1, 2), tuning=RATES)
    return compare(experiment, listener=reader)


def test_trials_do_not_read_the_test_split(tuned, reader):
    fitted, events = ["train", "validation"], []
    for cell in ("gru", "simple_rnn"):
        events += [*fitted, f"{cell}-1", *fitted, f"{cell}-2", *fitted, "test", cell]
    for cell in ("gru", "simple_rnn"):
        events += [*fitted, "test", cell]
    assert reader.events[: len(events)] == events


def test_every_cell_has_the_same_trials_and_the_best_on_validation_is_retrained(tuned):
    assert [(record.cell, record.seed, record.settings) for record in tuned.trials] == [
        (cell, 1000, {"training.learning_rate": rate})
        for cell in ("gru", "simple_rnn")
        for rate in RATES["training.learning_rate"]
    ]
    for cell in ("gru", "simple_rnn"):
        worse, best = (record for record in tuned.trials if record.cell == cell)
        assert best.validation["mse"] < worse.validation["mse"]
        runs = [run for run in tuned.runs if run.cell == cell]
        assert [run.settings for run in runs] == [{"training.learning_rate": 0.02}] * 2
        # A reported run that was a trial would have the score that it was selected by.
        assert [run.seed for run in runs] == [1, 2]
        assert best.validation not in [run.validation for run in runs]


@pytest.mark.parametrize(("seeds", "expected"), [((0, 1), 1000), ((1001, 1000), 1002)])
def test_the_seed_of_tuning_is_not_among_the_seeds_of_the_runs(tmp_path, seeds, expected):
    assert tiny(tmp_path, seeds=seeds).tuning_seed == expected


def test_runs_equal_those_of_an_untuned_experiment_with_the_chosen_settings(tuned, tmp_path):
    ours = [run for run in tuned.runs if run.cell == "simple_rnn"]
    plain = tiny(tmp_path, cells=("simple_rnn",), seeds=(1,), training={"learning_rate": 0.02})
    (theirs,) = compare(plain).runs
    assert timeless(ours[0]) == timeless(dataclasses.replace(theirs, settings=ours[0].settings))


def test_the_run_directory_has_the_trials_beside_the_runs(tuned):
    names = {str(path.relative_to(tuned.path)) for path in tuned.path.rglob("*.*")}
    runs = {f"{cell}-seed{seed}" for cell in ("gru", "simple_rnn") for seed in (1, 2)}
    files = {f"{run}/{file}" for run in runs for file in ("best.keras", "history.jsonl")}
    trials = {f"tuning/{cell}-{n}/history.jsonl" for cell in ("gru", "simple_rnn") for n in (1, 2)}
    assert names - trials == files | {
        "ensembles.jsonl",
        "experiment.yaml",
        "preprocessing.json",
        "metadata.json",
        "results.jsonl",
        "tuning.jsonl",
    }
    assert trials <= names
    assert RunDirectory(tuned.path).comparison() == tuned


def test_a_stopped_tuning_resumes_with_equal_results(tuned, tmp_path):
    """Stopped once in a trial, and once in the run with the chosen settings."""
    experiment = tiny(tmp_path, cells=("simple_rnn",), seeds=(1,), tuning=RATES)
    first, second, listener = Recorder(("simple_rnn-2", 2)), Recorder(("simple_rnn", 1)), Recorder()
    with pytest.raises(KeyboardInterrupt, match="--resume"):
        compare(experiment, listener=first)
    folder = RunDirectory(max((tmp_path / "runs" / "tiny").iterdir()))
    with pytest.raises(KeyboardInterrupt, match="--resume"):
        compare(experiment, run_directory=folder, listener=second)
    resumed = compare(experiment, run_directory=folder, listener=listener)
    epochs = [*first.epochs, *second.epochs, *listener.epochs]
    assert len(set(epochs)) == len(epochs) == 3 * 3, "no epoch is repeated"
    assert listener.ended == ["simple_rnn-1", "simple_rnn-2", "simple_rnn"]
    for ours, whole in ((resumed.runs, tuned.runs), (resumed.trials, tuned.trials)):
        theirs = [record for record in whole if record.cell == "simple_rnn"]
        assert [timeless(record) for record in ours] == list(map(timeless, theirs[: len(ours)]))
    assert len(resumed.runs) == 1 and len(resumed.trials) == 2
    one, other = (
        networks.load_model(RunDirectory(compared.path), record)
        for compared in (resumed, tuned)
        for record in compared.runs
        if (record.cell, record.seed) == ("simple_rnn", 1)
    )
    for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


class Fragile(keras.layers.SimpleRNNCell):
    """Returns NaN if its recurrent dropout is above 0.5."""

    def call(self, inputs, states, training=False):
        output, states = super().call(inputs, states, training)
        factor = float("nan") if self.recurrent_dropout > 0.5 else 1.0
        return output * factor, states


@pytest.mark.parametrize(
    ("rates", "status", "chosen"), [((0.9, 0.1), "finished", 0.1), ((0.9,), "diverged", 0.9)]
)
def test_a_diverged_trial_is_not_chosen_if_another_finished(tmp_path, rates, status, chosen):
    keras_gru.register_cell("fragile", Fragile)
    tuning = {"model.recurrent_dropout": rates}
    comparison = compare(tiny(tmp_path, cells=("fragile",), tuning=tuning, training={"epochs": 1}))
    (run,) = comparison.runs
    assert (run.status, run.settings) == (status, {"model.recurrent_dropout": chosen})
    assert [(len(row.trials), row.diverged) for row in tunings(comparison)] == [(len(rates), 1)]


def test_an_edge_of_the_list_and_the_seconds_are_reported(tuned, tmp_path):
    best = tuned.runs[0].settings["training.learning_rate"]
    for rates, edges in (
        ((best, 1.0), {"training.learning_rate": "lowest"}),
        ((1e-6, best), {"training.learning_rate": "highest"}),
        ((1e-6, best, 1.0), {}),
        ((best,), {}),
    ):
        experiment = tiny(tmp_path, tuning={"training.learning_rate": rates})
        assert tunings(dataclasses.replace(tuned, experiment=experiment))[0].edges == edges
    row = tunings(tuned)[0]
    assert len(row.trials) == 2 and row.seconds == sum(
        record.seconds for record in tuned.trials[:2]
    )
    total = sum(record.seconds for record in (*tuned.runs, *tuned.trials))
    assert seconds(tuned) == pytest.approx(total)


def test_a_saved_model_is_evaluated_with_its_chosen_settings(tuned):
    folder, run = RunDirectory(tuned.path), tuned.runs[-1]
    assert folder.experiment_of(run).training.learning_rate == 0.02
    assert folder.experiment_of(run).tuning is None
    assert networks.evaluate(folder, run, "test")["mse"] == pytest.approx(run.test["mse"], rel=1e-6)


def test_an_invalid_value_is_rejected_before_anything_is_trained(tmp_path):
    with pytest.raises(ValidationError, match="learning_rate"):
        compare(tiny(tmp_path, tuning={"training.learning_rate": (0.1, -1)}))
    assert not (tmp_path / "runs").exists()
