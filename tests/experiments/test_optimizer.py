"""Training options: their effect on a run, and resuming a stopped run that uses them."""

import dataclasses
import math
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.sequence_dataset import Metric
from keras_gru.errors import UserError
from keras_gru.experiments import networks
from keras_gru.experiments.checkpoint import Progress
from keras_gru.experiments.compare import compare
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.problems import ConfigError
from keras_gru.experiments.configuration.training import Training
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.fitting import build
from keras_gru.experiments.optimizer import learning_rate
from keras_gru.experiments.run_directory import RunDirectory
from tests.experiments.helpers import Recorder, timeless, tiny

STEPS = 4  # batches of 16 sequences in an epoch of `tiny`


def trained(tmp_path, **training):
    """Train a run of one cell; return its record and its saved weights."""
    comparison = compare(tiny(tmp_path, cells=("gru",), training=training))
    return comparison.runs[0], saved_weights(comparison)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A run with default options."""
    return trained(tmp_path_factory.mktemp("plain"))[0]


def saved_weights(comparison):
    return networks.load_model(RunDirectory(comparison.path), comparison.runs[0]).get_weights()


def assert_equal(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def rates(training, steps):
    """Return the learning rate of each step."""
    rate = learning_rate(training, STEPS)
    return [float(rate(step)) if callable(rate) else rate for step in range(steps)]


def test_a_stopped_run_resumes_with_equal_results(tmp_path):
    """`test_truncate` does the same with another schedule and weight noise."""
    options = {
        "precision": "mixed_float16",  # Keras wraps the optimizer for loss scaling
        "schedule": "plateau",
        "decay_factor": 0.1,
        "decay_epochs": 1,
        "learning_rate": 0.5,
        "average": 0.9,
    }
    experiment = tiny(tmp_path, cells=("gru",), training={"epochs": 4, **options})
    whole = compare(experiment)
    with pytest.raises(KeyboardInterrupt):
        compare(experiment, listener=Recorder(stop_at=("gru", 2)))
    stopped = RunDirectory(max((tmp_path / "runs" / "tiny").iterdir()))
    listener = Recorder()
    resumed = compare(experiment, run_directory=stopped, listener=listener)
    assert listener.starts == [("gru", 0, 2)]
    assert timeless(resumed.runs[0]) == timeless(whole.runs[0])
    assert_equal(saved_weights(resumed), saved_weights(whole))


class TestSchedule:
    def test_a_constant_rate_is_a_number(self):
        assert learning_rate(Training(learning_rate=0.3), STEPS) == 0.3

    @pytest.mark.parametrize("warmup", [0, 0.5, 1])
    def test_every_schedule_has_the_rates_of_its_formula(self, warmup):
        rising = int(warmup * STEPS)
        whole = {"epochs": 3, "learning_rate": 0.3, "warmup": warmup}
        decay = {"decay_factor": 0.25, "decay_epochs": 2}
        after = range(3 * STEPS - rising)
        expected = {
            "constant": [1 for _ in after],
            "cosine": [(1 + math.cos(math.pi * n / len(after))) / 2 for n in after],
            "exponential": [0.25 ** (n / (2 * STEPS)) for n in after],
            "step": [0.25 ** (n // (2 * STEPS)) for n in after],
        }
        for schedule, factors in expected.items():
            options = decay if schedule in ("exponential", "step") else {}
            found = rates(Training(schedule=schedule, **options, **whole), 3 * STEPS)
            first = [(n + 1) / rising * factors[0] for n in range(rising)]
            np.testing.assert_allclose(found, 0.3 * np.array(first + factors), rtol=1e-5, atol=1e-8)

    def test_a_warmup_that_leaves_no_step_for_the_cosine(self):
        found = rates(Training(schedule="cosine", epochs=1, warmup=0.99), STEPS)
        np.testing.assert_allclose(found, [0.00025, 0.0005, 0.00075, 0.001], rtol=1e-5)

    def test_the_scheduled_rate_is_used_in_training_and_logged(self, tmp_path, plain):
        options = {"schedule": "step", "decay_factor": 1e-12, "decay_epochs": 1, "epochs": 3}
        run, _ = trained(tmp_path, **options)
        losses = [row["val_loss"] for row in run.history]
        assert losses[0] == losses[1] == losses[2], (
            "after the first epoch the rate is too small to change the weights"
        )
        assert plain.history[0]["val_loss"] == losses[0] != plain.history[1]["val_loss"]
        logged = [row["learning_rate"] for row in run.history]
        np.testing.assert_allclose(logged, [1e-14, 1e-26, 0], rtol=1e-4)
        assert "learning_rate" not in plain.history[0]

    def test_a_saved_model_is_loaded_with_its_schedule(self, tmp_path):
        comparison = compare(
            tiny(tmp_path, cells=("gru",), training={"schedule": "cosine", "warmup": 1})
        )
        model = networks.load_model(RunDirectory(comparison.path), comparison.runs[0])
        assert isinstance(model.optimizer, keras.optimizers.Adam)
        assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-8)


class TestPlateau:
    @pytest.mark.parametrize("mode", ["max", "min"])
    @pytest.mark.parametrize(
        ("scores", "counts"),
        {
            (1, 2, 3, 4): [0, 0, 0, 0],
            (3, 2, 1, 0, 0): [0, 0, 1, 1, 2],  # the count restarts after each
            (3, 2, 4, 4, 3): [0, 0, 0, 0, 1],  # an equal score is no improvement
            (3, 2, 1, 4, 3): [0, 0, 1, 1, 1],
            (math.nan, 1, math.nan, math.nan): [0, 0, 0, 1],
        }.items(),
    )
    def test_plateaus_are_counted_from_the_history_alone(self, scores, counts, mode):
        sign = 1 if mode == "max" else -1
        history = [{"val_x": sign * score} for score in scores]
        metric = Metric("x", mode, "x")
        found = [
            Progress(metric, None, history[: n + 1]).plateaus(patience=2)
            for n in range(len(history))
        ]
        assert found == counts

    def test_a_plateau_lowers_the_rate(self, tmp_path):
        options = {"schedule": "plateau", "decay_factor": 0.25, "decay_epochs": 2}
        run, _ = trained(tmp_path, **options, learning_rate=0.5, epochs=10)
        progress = Progress(Metric("mse", "min", "MSE"), None, list(run.history))
        counts = [
            Progress(progress.metric, None, progress.history[:n]).plateaus(2) for n in range(10)
        ]
        assert max(counts) > 0, "choose a rate that overshoots"
        logged = [row["learning_rate"] for row in run.history]
        np.testing.assert_allclose(logged, 0.5 * 0.25 ** np.array(counts), rtol=1e-6)


class TestWeightNoise:
    def test_noise_differs_at_every_step_and_is_absent_in_validation(self, tmp_path):
        """With a learning rate near zero, the weights and the validation loss stay the same."""
        run, weights = trained(tmp_path, weight_noise=0.1, learning_rate=1e-30)
        clean, untouched = trained(tmp_path, learning_rate=1e-30)
        for one, other in zip(weights, untouched, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-28)
        for column in ("val_loss", "val_mse"):
            assert len({row[column] for row in (*run.history, *clean.history)}) == 1
        losses = [row["loss"] for row in run.history]
        assert len(set(losses)) == len(losses), "the training loss is that of the noisy weights"
        assert run.test == clean.test


class TestAverage:
    def test_the_average_is_evaluated_and_saved_but_not_trained(self, tmp_path, plain):
        run, weights = trained(tmp_path, average=0.9)
        for ours, theirs in zip(run.history, plain.history, strict=True):
            assert ours["loss"] == theirs["loss"], (
                "the training loss is that of the trained weights"
            )
            assert ours["val_loss"] != theirs["val_loss"]
        steps = weights_of_each_step(tmp_path)
        average = steps[0]
        for step in steps[1:]:
            average = [0.9 * a + 0.1 * w for a, w in zip(average, step, strict=True)]
        assert run.best_epoch == len(run.history), "choose a rate that learns"
        for ours, theirs in zip(weights, average, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def weights_of_each_step(tmp_path):
    """Return the weights after each training step of a run of `tiny`."""
    experiment, steps = tiny(tmp_path, cells=("gru",)), []
    dataset = datasets.load(experiment.dataset)
    model = build(experiment, dataset, "gru", 0)
    record_weights = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: steps.append(model.get_weights())
    )
    batches = dataset.batches("train", experiment.training.batch_size, seed=0)
    epochs = experiment.training.epochs
    model.fit(
        batches,
        steps_per_epoch=STEPS,
        epochs=epochs,
        callbacks=[record_weights],
        shuffle=False,
        verbose=0,
    )
    return steps


@pytest.mark.parametrize(
    ("options", "setting"),
    {
        "schedule: plateau, decay_factor: 0.5, decay_epochs: 3, warmup: 2": "warmup",
        "schedule: plateau, decay_factor: 0.5, decay_epochs: 3, patience: 3": "decay_epochs",
        "schedule: plateau, decay_epochs: 3": "schedule",
        "schedule: step, decay_epochs: 3": "schedule",
        "schedule: exponential, decay_factor: 0.5": "schedule",
        "schedule: cosine, decay_epochs: 3": "decay_epochs",
        "decay_factor: 0.5": "decay_factor",
        "epochs: 5, warmup: 5": "warmup",
    }.items(),
)
def test_options_that_exclude_each_other_are_rejected(tmp_path, options, setting):
    path = tmp_path / "a.yaml"
    path.write_text(
        "name: x\ndataset: {kind: adding}\nmodel: {kind: forecaster, size: {units: 4}}\n"
        f"training: {{{options}}}\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_experiment(path)
    assert [problem.path for problem in caught.value.problems] == [f"training.{setting}"]


def parity_experiment(tmp_path, **training):
    """Return a classification experiment: does a sequence end with an even token?"""
    inputs = np.random.default_rng(0).integers(1, 9, (60, 5)).astype("int32")
    path = tmp_path / "tokens.npz"
    np.savez(path, train_inputs=inputs, train_targets=inputs[:, -1] % 2)
    return tiny(
        tmp_path,
        cells=("gru",),
        dataset={"kind": "npz", "path": str(path), "task": "classification"},
        model={"kind": "classifier", "embedding": 4},
        training=training,
    )


class TestLabelSmoothing:
    def test_smoothing_is_used_in_training_and_loaded(self, tmp_path):
        training = {"label_smoothing": 0.5, "learning_rate": 0.1, "epochs": 15}
        comparison = compare(parity_experiment(tmp_path, **training))
        run = comparison.runs[0]
        # The smallest possible loss is the entropy of the smoothed label (1/4, 3/4).
        least = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75))
        losses = [row["loss"] for row in run.history]
        assert least - 1e-6 < min(losses) < least + 0.02 < math.log(2)
        found = networks.evaluate(RunDirectory(comparison.path), run, "test")
        assert found["loss"] == pytest.approx(run.test["loss"], rel=1e-5)

    @pytest.mark.parametrize("task", ["forecasting", "polyphony"])
    def test_smoothing_without_labels_is_rejected(self, task):
        data, model = {
            "forecasting": ("adding", "forecaster"),
            "polyphony": ("jsb_chorales", "polyphony"),
        }[task]
        with pytest.raises(ValueError, match="type=labels_to_smooth"):
            Experiment(
                name="x",
                dataset={"kind": data},
                model={"kind": model, "size": {"units": 4}},
                training={"label_smoothing": 0.1},
            )

    def test_smoothing_is_rejected_if_the_metric_is_the_loss(self, tmp_path):
        experiment = parity_experiment(tmp_path, label_smoothing=0.1)
        dataset = datasets.load(experiment.dataset)
        by_loss = dataclasses.replace(dataset, metric=Metric("loss", "min", "cross-entropy"))
        with pytest.raises(UserError, match=r"runs are compared by the loss"):
            compare(experiment, dataset=by_loss)
        assert not Path(experiment.runs).exists()
