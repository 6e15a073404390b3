"""From the `training:` part of an experiment to an optimizer, its learning rate and its hooks."""

import keras

from keras_gru.experiments.checkpoint import Progress
from keras_gru.experiments.configuration.training import Training
from keras_gru.models import optimizers

_OPTIMIZERS = {  # each as it is, and for weights that are trained apart
    "adam": (keras.optimizers.Adam, optimizers.AdamApart),
    "adamw": (keras.optimizers.AdamW, optimizers.AdamWApart),
    "nadam": (keras.optimizers.Nadam, optimizers.NadamApart),
    "rmsprop": (keras.optimizers.RMSprop, optimizers.RMSpropApart),
    "sgd": (keras.optimizers.SGD, optimizers.SGDApart),
}


def make_optimizer(training: Training, steps: int, seed: int) -> keras.optimizers.Optimizer:
    """The optimizer that a configuration describes.

    Args:
        training: the settings.
        steps: steps in an epoch, by which epochs become steps.
        seed: of weight noise.

    Returns:
        A new optimizer.
    """
    options = {
        "learning_rate": learning_rate(training, steps),
        "global_clipnorm": training.clip_norm,
    }
    if training.optimizer in ("rmsprop", "sgd"):
        options["momentum"] = training.momentum
    plain, apart = _OPTIMIZERS[training.optimizer]
    if not _trains_apart(training):
        return plain(**options)
    if training.average is not None:
        options |= {"use_ema": True, "ema_momentum": training.average}
    return apart(**options, weight_noise=training.weight_noise, noise_seed=seed)


def _trains_apart(training: Training) -> bool:
    """Whether the weights that a step changes are not those that are judged."""
    return training.weight_noise > 0 or training.average is not None


def learning_rate(
    training: Training, steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """The learning rate, or what gives it for each step.

    A pure function of the number of the step, so that a run that was stopped goes on with it.

    Args:
        training: the settings.
        steps: steps in an epoch.

    Returns:
        A number, or a schedule.

    Reference: cosine is that of Loshchilov and Hutter 2017, SGDR, equation 5, without restarts.
    """
    schedules = keras.optimizers.schedules
    rate = training.learning_rate
    rising = round(training.warmup * steps)
    if training.schedule == "cosine":
        rate = schedules.CosineDecay(rate, max(training.epochs * steps - rising, 1))
    elif training.schedule in ("exponential", "step"):
        rate = schedules.ExponentialDecay(
            rate,
            training.decay_epochs * steps,
            training.decay_factor,
            staircase=training.schedule == "step",
        )
    return optimizers.WarmUp(rate, rising) if rising else rate


def between_epochs(training: Training, progress: Progress) -> list[keras.callbacks.Callback]:
    """What `model.fit` needs beside the optimizer; before the callback that keeps the history.

    Args:
        training: the settings.
        progress: the epochs so far, kept by `KeepProgress`.

    Returns:
        Callbacks, none where nothing changes from one epoch to the next.
    """
    found: list[keras.callbacks.Callback] = []
    if training.schedule != "constant" or training.warmup:
        found.append(LearningRate(training, progress))
    if _trains_apart(training):
        found.append(SettledWeights())
    return found


class LearningRate(keras.callbacks.Callback):
    """Lowers the learning rate on a plateau, and adds it to what Keras logs of an epoch.

    On a plateau it is a pure function of the history, so that a run that was stopped goes on with
    it. Its epochs are judged by the metric by which the best one is chosen.
    """

    def __init__(self, training: Training, progress: Progress):
        super().__init__()
        self.training, self.progress = training, progress

    def on_epoch_begin(self, epoch, logs=None):
        if self.training.schedule == "plateau":
            factor = self.training.decay_factor ** self.progress.plateaus(
                self.training.decay_epochs
            )
            self.model.optimizer.learning_rate = self.training.learning_rate * factor

    def on_epoch_end(self, epoch, logs=None):
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)


class SettledWeights(keras.callbacks.Callback):
    """Gives the model its weights without noise, or their average, from each epoch's training on.

    So they are in the model while it is validated, and when the best ones and a checkpoint are
    kept. The next epoch goes on with those that are trained, which the optimizer keeps.
    """

    def on_train_begin(self, logs=None):
        if not self.model.optimizer.built:
            self.model.optimizer.build(self.model.trainable_variables)

    def on_epoch_begin(self, epoch, logs=None):
        self._optimizer.disturb()

    def on_test_begin(self, logs=None):
        self._optimizer.settle()

    @property
    def _optimizer(self):
        """The optimizer itself: that of mixed_float16 is wrapped in another one."""
        return getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
