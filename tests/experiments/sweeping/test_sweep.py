"""Sweeps: sampling, storing, resuming and sharing trials; the test split is never read."""

import dataclasses
import importlib
import math
import multiprocessing

import keras
import pytest
from pydantic import ValidationError

import keras_gru
from keras_gru import datasets
from keras_gru.datasets.metric import Metric
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.fitting import fit_and_record
from keras_gru.experiments.listener import StopRun

pytest.importorskip("optuna", reason="optuna is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from keras_gru.analysis.importance import importances
from keras_gru.experiments.sweeping import study as studies
from keras_gru.experiments.sweeping.sweep import sweep
from tests.experiments.executors.test_jobs import Killer
from tests.experiments.helpers import Recorder, nest_settings, tiny

MSE = Metric("mse", "min", "MSE")
RATE = "training.learning_rate"
RANGES = {RATE: {"low": 1e-4, "high": 1e-1, "log": True}, "model.size.units": (2, 3)}


def small(folder, trials=3, cells=("gru", "simple_rnn"), ranges=RANGES, sweep=None, **changes):
    settings = {"trials": trials, **nest_settings(ranges), "sampler": "random", **(sweep or {})}
    training = {"epochs": 2, **changes.pop("training", {})}
    return tiny(folder, cells=cells, sweep=settings, training=training, **changes)


def record(value, status="finished"):
    """Return the result of a run as a study reads it."""
    found = {"mse": value} if math.isfinite(value) else {}
    return RunRecord(
        "gru", "GRU", 0, status, "", 2, 9, 8, 3, 1, found, {}, 1.5, 0.5, 9.0, "graph", metric="MSE"
    )  # fmt: skip


def study_of(experiment, storage, metric=MSE):
    return studies.open_study(experiment, metric, str(storage))


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A sweep of three trials, the splits that it read, and its listener."""
    experiment, listener, read = small(tmp_path_factory.mktemp("swept")), Recorder(), []
    batches = SequenceDataset.batches

    def spy(dataset, split, *arguments, **options):
        read.append(split)
        return batches(dataset, split, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SequenceDataset, "batches", spy)
        return sweep(experiment, listener=listener), listener, read


def test_every_trial_is_sampled_trained_and_stored_without_reading_test(swept):
    result, listener, read = swept
    assert read == ["train", "validation"] * 3
    assert [trial.number for trial in result.trials] == [0, 1, 2]
    assert listener.ended == ["trial-1", "trial-2", "trial-3"]
    for trial in result.trials:
        assert trial.cell in result.experiment.cells and trial.status == "finished"
        assert 1e-4 <= trial.settings[RATE] <= 1e-1 and trial.settings["model.size.units"] in (2, 3)
        assert trial.epochs == 2 and trial.seconds > 0 and trial.value > 0
    assert len({trial.settings[RATE] for trial in result.trials}) == 3
    assert result.best.value == min(trial.value for trial in result.trials)
    assert importances(result.trials, result.experiment, result.metric) == ()
    files = {str(path.relative_to(result.path)) for path in result.path.rglob("*.*")}
    histories = {f"trials/{number}/history.jsonl" for number in range(3)}
    files_of_sweep = {"experiment.yaml", "preprocessing.json", "metadata.json", "journal.log"}
    assert files == files_of_sweep | histories


def test_a_trial_equals_a_run_with_its_settings(swept, tmp_path):
    trial = swept[0].trials[1]
    experiment = swept[0].experiment.with_settings(trial.settings)
    dataset = datasets.load(experiment.dataset)
    _, known = fit_and_record(experiment, dataset, trial.cell, experiment.seeds[0], tmp_path)
    assert known.validation["mse"] == pytest.approx(trial.value, rel=1e-6)


def test_the_same_call_resumes_and_repeats_no_trial(swept):
    result, _, _ = swept
    listener = Recorder()
    assert sweep(result.experiment, listener=listener).trials == result.trials
    assert listener.starts == []
    assert sweep(result.experiment).metadata == result.metadata, (
        "start time and environment stay as they were"
    )
    more = result.experiment.sweep.model_copy(update={"trials": 4})
    again = sweep(result.experiment.model_copy(update={"sweep": more}), listener=listener)
    assert again.trials[:3] == result.trials and len(again.trials) == 4
    assert len({trial.settings[RATE] for trial in again.trials}) == 4, (
        "no settings are sampled twice"
    )
    assert listener.starts == [("trial-1", 0, 0)]


def test_other_settings_are_rejected_and_named(swept):
    experiment = swept[0].experiment
    changed = experiment.model_copy(
        update={
            "training": experiment.training.model_copy(update={"epochs": 5}),
            "runs": experiment.runs + "/",  # the folder may change
            "seeds": (0, 1),  # a sweep uses the first seed only
        }
    )
    with pytest.raises(UserError, match=r"for training\.epochs\. Resume"):
        sweep(changed)


def test_other_data_are_rejected_on_every_machine(tmp_path):
    """Two machines that share a storage have run directories of their own."""
    storage = str(tmp_path / "journal.log")
    one, other = (small(tmp_path / name, trials=1, cells=("gru",)) for name in ("one", "other"))
    changed = datasets.load(one.dataset.model_copy(update={"seed": 1}))
    sweep(one, storage=storage)
    with pytest.raises(UserError, match=r"^The sweep 'tiny'.* train, validation, test\."):
        sweep(other, storage=storage, dataset=changed)
    assert not (tmp_path / "other" / "runs").exists()
    with pytest.raises(UserError, match="other sequences"):
        sweep(one, storage=storage, dataset=changed)


def test_ctrl_c_saves_finished_trials_and_abandons_the_rest(tmp_path):
    experiment, first, second = small(tmp_path, trials=2), Recorder(("trial-2", 1)), Recorder()
    with pytest.raises(KeyboardInterrupt, match="the same command resumes"):
        sweep(experiment, listener=first)
    result = sweep(experiment, listener=second)
    assert [trial.number for trial in result.trials] == [0, 2]
    drawn = [note.partition(": ")[2] for note in (first.notes[-1], second.notes[-1])]
    assert drawn[0] == drawn[1], "the settings of the interrupted trial are used again"


def test_a_crashed_trial_is_retried_once_and_affects_no_other_trial(tmp_path):
    experiment = small(tmp_path, cells=("simple_rnn",), trials=2)
    listener = Killer("trial-2", times=2)
    with pytest.raises(UserError, match=r"^Trial 2: worker crashed"):
        sweep(experiment, listener=listener, jobs=2)
    assert [("Retrying it once" in note) for note in listener.notes if "SIGKILL" in note] == [
        True,
        False,
    ]
    assert not multiprocessing.active_children()
    study = study_of(experiment, tmp_path / "runs" / "tiny" / "sweep" / "journal.log")
    stored = studies.finished_trials(study)
    assert [trial.number for trial in stored] == [0]
    result = sweep(experiment)
    assert result.trials[:1] == stored and len(result.trials) == 2


def _sample_and_store(experiment, storage, count):
    """Sample trials of a shared study and store made-up results, as another process would."""
    study = study_of(experiment, storage)
    for _ in range(count):
        trial = studies.draw(study, experiment)
        studies.store_result(trial, record(trial.params[RATE]), MSE)


def test_two_processes_share_a_journal(tmp_path):
    experiment, storage = small(tmp_path), tmp_path / "journal.log"
    spawn = multiprocessing.get_context("spawn")
    workers = [
        spawn.Process(target=_sample_and_store, args=(experiment, storage, 10)) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    trials = studies.finished_trials(study_of(experiment, storage))
    assert [trial.number for trial in trials] == list(range(20))
    assert len({trial.settings[RATE] for trial in trials}) == 20, "no settings are sampled twice"
    assert all(trial.value == trial.settings[RATE] for trial in trials)


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_sampled_settings_depend_on_the_seed_and_the_trial_number_alone(tmp_path, sampler):
    ranges = RANGES | {
        "training.batch_size": {"low": 8, "high": 32, "step": 8},
        "model.dropout": {"low": 0.0, "high": 0.5, "step": 0.25},
        "training.clip_norm": (None, 1.0),
    }
    experiment = small(tmp_path, ranges=ranges, sweep={"sampler": sampler})

    def sample_in_parts(name, parts):
        found = []
        for count in parts:  # opens the study again, as a resumed sweep does
            study = study_of(experiment, tmp_path / name)
            for _ in range(count):
                trial = studies.draw(study, experiment)
                found.append(trial.params)
                studies.store_result(trial, record(trial.params[RATE]), MSE)
        return found

    whole, parts = sample_in_parts("one", [14]), sample_in_parts("other", [3, 9, 2])
    assert whole == parts
    assert {params["training.batch_size"] for params in whole} <= {8, 16, 24, 32}
    assert {params["model.dropout"] for params in whole} <= {0.0, 0.25, 0.5}
    assert {params["training.clip_norm"] for params in whole} == {None, 1.0}
    assert {params["cell"] for params in whole} == {"gru", "simple_rnn"}


@pytest.mark.parametrize("mode", ["min", "max"])
def test_a_database_stores_the_status_and_value_of_each_trial(tmp_path, mode):
    experiment, metric = small(tmp_path), dataclasses.replace(MSE, mode=mode)
    storage = f"sqlite:///{tmp_path}/sweep.db"
    study = study_of(experiment, storage, metric)
    for found in (record(0.5), record(0.25, "pruned"), record(math.nan, "diverged")):
        studies.store_result(studies.draw(study, experiment), found, metric)
    studies.abandon(study, studies.draw(study, experiment), again=False)
    trials = studies.finished_trials(study_of(experiment, storage, metric))
    assert [trial.status for trial in trials] == ["finished", "pruned", "diverged"]
    assert [trial.value for trial in trials[:2]] == [0.5, 0.25] and math.isnan(trials[2].value)
    assert study.trials[2].value == (math.inf if mode == "min" else -math.inf)


@pytest.mark.parametrize("pruning", [True, False])
def test_only_a_trial_worse_than_most_is_pruned(tmp_path, pruning):
    experiment = small(tmp_path, sweep={"pruning": pruning}, training={"epochs": 20})
    storage = str(tmp_path / "journal.log")
    study = study_of(experiment, storage)

    def ended_after(value):
        trial = studies.draw(study, experiment)
        pruner = studies.Pruner(experiment, storage, trial.number)
        epochs = [epoch for epoch in range(1, 6) if pruner.should_prune(epoch, value)]
        studies.store_result(trial, record(value, "pruned" if epochs else "finished"), MSE)
        return epochs[0] if epochs else None

    assert [ended_after(value) for value in (9.0, 0.3, 0.1, 0.2, 0.4)] == [None] * 5
    assert ended_after(0.25) is None and ended_after(math.nan) is None
    # Pruning starts after two epochs plus a tenth of the twenty.
    assert ended_after(0.5) == (4 if pruning else None)


def test_a_listener_can_end_a_run_whose_best_epoch_counts(tmp_path):
    class Impatient(Recorder):
        def epoch(self, cell, seed, epoch, logs, best):
            if epoch == 2:
                raise StopRun

    experiment = tiny(tmp_path, training={"epochs": 3})
    dataset = datasets.load(experiment.dataset)
    _, ended = fit_and_record(experiment, dataset, "simple_rnn", 0, tmp_path, Impatient())
    assert (ended.status, ended.epochs) == ("pruned", 2)
    assert ended.validation["mse"] == min(row["val_mse"] for row in ended.history)


class Fragile(keras.layers.SimpleRNNCell):
    """Returns NaN."""

    def call(self, inputs, states, training=False):
        output, states = super().call(inputs, states, training)
        return output * float("nan"), states


def test_a_diverged_trial_is_stored_as_diverged(tmp_path):
    keras_gru.register_cell("fragile", Fragile)
    result = sweep(small(tmp_path, trials=1, cells=("fragile",)))
    (trial,) = result.trials
    assert trial.status == "diverged" and math.isnan(trial.value) and result.best is None


class TestRejected:
    def test_an_experiment_without_ranges(self, tmp_path):
        with pytest.raises(UserError, match="tiny: nothing to sweep over; give ranges"):
            sweep(tiny(tmp_path))

    def test_an_invalid_end_of_a_range_before_anything_is_trained(self, tmp_path):
        with pytest.raises(ValidationError, match="learning_rate"):
            sweep(small(tmp_path, ranges={RATE: {"low": 1.0, "high": 11.0}}))
        assert not (tmp_path / "runs").exists()

    @pytest.mark.parametrize("storage", ["nosuch://me:secret@here/db", "sqlite:////no/such/x.db"])
    def test_a_storage_that_cannot_be_opened(self, tmp_path, storage):
        with pytest.raises(UserError, match=r"^--storage \w+://…: expected") as caught:
            sweep(small(tmp_path), storage=storage)
        assert "secret" not in str(caught.value) and "\n" not in str(caught.value)

    def test_a_file_that_is_not_a_journal(self, tmp_path):
        (tmp_path / "notes.txt").write_text("milk\neggs\n")
        with pytest.raises(UserError, match=r"notes.txt: expected a storage"):
            sweep(small(tmp_path), storage=str(tmp_path / "notes.txt"))

    def test_packages_that_are_not_installed(self, monkeypatch):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(UserError, match=r"pip install 'keras_gru\[sweep\]"):
            importlib.reload(studies)
