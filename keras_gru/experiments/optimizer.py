"""From the `training:` part of an experiment to an optimizer, its learning rate and its hooks."""

import keras

from keras_gru.experiments.config import Training
from keras_gru.models.optimizers import WarmUp

_OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "nadam": keras.optimizers.Nadam,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


def make_optimizer(training: Training, steps: int) -> keras.optimizers.Optimizer:
    """The optimizer that a configuration describes.

    Args:
        training: the settings.
        steps: steps in an epoch, by which epochs become steps.

    Returns:
        A new optimizer.
    """
    options = {
        "learning_rate": learning_rate(training, steps),
        "global_clipnorm": training.clip_norm,
    }
    if training.optimizer in ("rmsprop", "sgd"):
        options["momentum"] = training.momentum
    return _OPTIMIZERS[training.optimizer](**options)


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
    return WarmUp(rate, rising) if rising else rate


def between_epochs(training: Training) -> list[keras.callbacks.Callback]:
    """What `model.fit` needs beside the optimizer; before the callback that keeps the history."""
    if training.schedule == "constant" and not training.warmup:
        return []
    return [LogRate()]


class LogRate(keras.callbacks.Callback):
    """Adds the learning rate at the end of an epoch to what Keras logs of it."""

    def on_epoch_end(self, epoch, logs=None):
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
