"""The optimizer of a `training:` configuration, its learning rate and its callbacks."""

from typing import Any

import keras

from keras_gru.experiments.checkpoint import Progress
from keras_gru.experiments.configuration.training import Training
from keras_gru.models import optimizers
from keras_gru.settings import present

_OPTIMIZERS = {  # the Keras optimizer, and its subclass that trains a copy of the weights
    "adam": (keras.optimizers.Adam, optimizers.AdamApart),
    "adamw": (keras.optimizers.AdamW, optimizers.AdamWApart),
    "nadam": (keras.optimizers.Nadam, optimizers.NadamApart),
    "rmsprop": (keras.optimizers.RMSprop, optimizers.RMSpropApart),
    "sgd": (keras.optimizers.SGD, optimizers.SGDApart),
}


def make_optimizer(training: Training, steps: int, seed: int) -> keras.optimizers.Optimizer:
    """Return the optimizer of a configuration.

    Args:
        steps: number of steps per epoch.
        seed: seed of weight noise.
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
    """Return whether trained weights differ from the validated and saved ones."""
    return training.weight_noise > 0 or training.average is not None


def learning_rate(
    training: Training, steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Return the learning rate: a number, or a Keras schedule over steps.

    It depends only on the step, so a resumed run continues with the same values.

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
            present(training.decay_epochs) * steps,
            present(training.decay_factor),
            staircase=training.schedule == "step",
        )
    return optimizers.WarmUp(rate, rising) if rising else rate


def between_epochs(training: Training, progress: Progress) -> list[keras.callbacks.Callback]:
    """Return the callbacks of the optimizer, which must precede `Checkpoint`.

    Returns:
        Callbacks; none if nothing changes between epochs.
    """
    found: list[keras.callbacks.Callback] = []
    if training.schedule != "constant" or training.warmup:
        found.append(LearningRate(training, progress))
    if _trains_apart(training):
        found.append(ValidatedWeights())
    return found


class LearningRate(keras.callbacks.Callback):
    """Lowers the learning rate on a plateau, and adds it to the logs of an epoch.

    `keras.callbacks.ReduceLROnPlateau` counts epochs in attributes that no checkpoint saves. Here
    the rate depends only on the history, so a resumed run continues with the same values.
    """

    def __init__(self, training: Training, progress: Progress):
        super().__init__()
        self.training, self.progress = training, progress

    def on_epoch_begin(self, epoch, logs=None):
        if self.training.schedule == "plateau":
            count = self.progress.plateaus(present(self.training.decay_epochs))
            factor = present(self.training.decay_factor) ** count
            self.model.optimizer.learning_rate = self.training.learning_rate * factor

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)


class ValidatedWeights(keras.callbacks.Callback):
    """Validates and saves a model with the average of its weights, or without their noise.

    `keras.callbacks.SwapEMAWeights` swaps the weights with the average and records that in an
    attribute that no checkpoint saves: a run resumed after a swap would train the average. Here
    the trained weights are variables of the optimizer, which a checkpoint saves.
    """

    def on_epoch_begin(self, epoch, logs=None):
        self._optimizer.disturb()

    def on_test_begin(self, logs=None):
        self._optimizer.settle()

    @property
    def _optimizer(self):
        """The optimizer, without the wrapper of mixed_float16."""
        return getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
