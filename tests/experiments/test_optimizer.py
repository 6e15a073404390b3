"""Options of training: what they do to a run, and that a stopped one goes on all the same."""

import math

import keras
import numpy as np
import pytest

from keras_gru.datasets.sequence_dataset import Metric
from keras_gru.errors import UserError
from keras_gru.experiments import use
from keras_gru.experiments.checkpoint import Progress
from keras_gru.experiments.compare import compare
from keras_gru.experiments.config import Training
from keras_gru.experiments.optimizer import learning_rate
from keras_gru.experiments.results import RunFolder
from keras_gru.experiments.yaml_files import load_experiment
from tests.experiments.helpers import Recorder, timeless, tiny

STEPS = 4  # of 16 sequences in an epoch of `tiny`


def trained(tmp_path, **training):
    """A run of one cell, and the weights that it has saved."""
    comparison = compare(tiny(tmp_path, cells=("gru",), training=training))
    return comparison.runs[0], saved_weights(comparison)


def saved_weights(comparison):
    return use.load_model(RunFolder(comparison.folder), comparison.runs[0]).get_weights()


def assert_equal(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def rates(training, steps):
    """The learning rate of each step."""
    rate = learning_rate(training, STEPS)
    return [float(rate(step)) if callable(rate) else rate for step in range(steps)]


@pytest.mark.parametrize(
    "options",
    [
        {"schedule": "cosine", "warmup": 1.5, "jit_compile": True},
        {  # which Keras wraps in another one
            "precision": "mixed_float16",
            "schedule": "plateau",
            "decay_factor": 0.1,
            "decay_epochs": 1,
            "learning_rate": 0.5,
        },
    ],
    ids=lambda options: next(iter(options)),
)
def test_a_stopped_run_goes_on_as_if_it_had_never_stopped(tmp_path, options):
    experiment = tiny(tmp_path, cells=("gru",), training={"epochs": 4, **options})
    whole = compare(experiment)
    with pytest.raises(KeyboardInterrupt):
        compare(experiment, watch=Recorder(stop_at=("gru", 2)))
    stopped = RunFolder(max((tmp_path / "runs" / "tiny").iterdir()))
    watch = Recorder()
    resumed = compare(experiment, folder=stopped, watch=watch)
    assert watch.starts == [("gru", 0, 2)]
    assert timeless(resumed.runs[0]) == timeless(whole.runs[0])
    assert_equal(saved_weights(resumed), saved_weights(whole))


class TestSchedule:
    def test_constant_is_a_number(self):
        assert learning_rate(Training(learning_rate=0.3), STEPS) == 0.3

    @pytest.mark.parametrize("warmup", [0, 0.5, 1])
    def test_rates_of_the_steps(self, warmup):
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

    def test_a_warmup_that_leaves_no_step_to_the_cosine(self):
        found = rates(Training(schedule="cosine", epochs=1, warmup=0.99), STEPS)
        np.testing.assert_allclose(found, [0.00025, 0.0005, 0.00075, 0.001], rtol=1e-5)

    def test_is_what_the_network_is_trained_with_and_what_is_logged(self, tmp_path):
        options = {"schedule": "step", "decay_factor": 1e-12, "decay_epochs": 1, "epochs": 3}
        run, _ = trained(tmp_path, **options)
        losses = [row["val_loss"] for row in run.history]
        assert losses[0] == losses[1] == losses[2], "after an epoch it is too small to change them"
        constant, _ = trained(tmp_path)
        assert constant.history[0]["val_loss"] == losses[0] != constant.history[1]["val_loss"]
        logged = [row["learning_rate"] for row in run.history]
        np.testing.assert_allclose(logged, [1e-14, 1e-26, 0], rtol=1e-4)
        assert "learning_rate" not in constant.history[0]

    def test_a_saved_network_is_loaded_with_it(self, tmp_path):
        comparison = compare(
            tiny(tmp_path, cells=("gru",), training={"schedule": "cosine", "warmup": 1})
        )
        model = use.load_model(RunFolder(comparison.folder), comparison.runs[0])
        assert isinstance(model.optimizer, keras.optimizers.Adam)
        assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-8)


class TestPlateau:
    @pytest.mark.parametrize("mode", ["max", "min"])
    @pytest.mark.parametrize(
        ("scores", "counts"),
        {
            (1, 2, 3, 4): [0, 0, 0, 0],
            (3, 2, 1, 0, 0): [0, 0, 1, 1, 2],  # counted anew after each
            (3, 2, 4, 4, 3): [0, 0, 0, 0, 1],  # as good is not better
            (3, 2, 1, 4, 3): [0, 0, 1, 1, 1],
            (math.nan, 1, math.nan, math.nan): [0, 0, 0, 1],
        }.items(),
    )
    def test_is_found_from_the_history_alone(self, scores, counts, mode):
        sign = 1 if mode == "max" else -1
        history = [{"val_x": sign * score} for score in scores]
        metric = Metric("x", mode, "x")
        found = [
            Progress(metric, None, history[: n + 1]).plateaus(patience=2)
            for n in range(len(history))
        ]
        assert found == counts

    def test_lowers_the_rate_after_the_epochs_without_a_better_metric(self, tmp_path):
        options = {"schedule": "plateau", "decay_factor": 0.25, "decay_epochs": 2}
        run, _ = trained(tmp_path, **options, learning_rate=0.5, epochs=10)
        progress = Progress(Metric("mse", "min", "MSE"), None, list(run.history))
        counts = [
            Progress(progress.metric, None, progress.history[:n]).plateaus(2) for n in range(10)
        ]
        assert max(counts) > 0, "choose a rate that overshoots"
        logged = [row["learning_rate"] for row in run.history]
        np.testing.assert_allclose(logged, 0.5 * 0.25 ** np.array(counts), rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "sentence"),
    {
        "schedule: plateau, decay_factor: 0.5, decay_epochs: 3, warmup: 2": "the schedule "
        "'plateau' has no warm-up, received 2 epochs; leave 'warmup' out or choose another "
        "schedule",
        "schedule: plateau, decay_factor: 0.5, decay_epochs: 3, patience: 3": "the schedule "
        "'plateau' would act after 3 epochs and 'patience' end the run after 3; choose fewer "
        "'decay_epochs' than 'patience'",
        "schedule: plateau, decay_epochs: 3": "the schedule 'plateau' needs 'decay_factor', "
        "received none",
        "schedule: step, decay_epochs: 3": "the schedule 'step' needs 'decay_factor', received "
        "none",
        "schedule: exponential, decay_factor: 0.5": "the schedule 'exponential' needs "
        "'decay_epochs', received none",
        "schedule: cosine, decay_epochs: 3": "'decay_epochs' is of the schedules "
        "'exponential', 'step' and 'plateau', received the schedule 'cosine'; leave it out",
        "decay_factor: 0.5": "'decay_factor' is of the schedules 'exponential', 'step' and "
        "'plateau', received the schedule 'constant'; leave it out",
        "epochs: 5, warmup: 5": "the warm-up must end before the training, received 5 of 5 epochs",
    }.items(),
)
def test_options_that_do_not_go_together(tmp_path, options, sentence):
    path = tmp_path / "a.yaml"
    path.write_text(
        "name: x\ndataset: {kind: adding}\nmodel: {kind: forecaster, units: 4}\n"
        f"training: {{{options}}}\n"
    )
    with pytest.raises(UserError) as caught:
        load_experiment(path)
    assert str(caught.value).endswith(f"a.yaml:4: training: {sentence}")
