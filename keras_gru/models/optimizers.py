"""What `keras.optimizers` leaves out: warm-up before any schedule, weights trained apart."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gru")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise of the learning rate before a schedule or a constant rate.

    Args:
        then: the rate after the rise, or a schedule that begins where the rise ends.
        steps: how many steps the rise takes. The first of them has 1/`steps` of the rate.

    Example:

    >>> cosine = keras.optimizers.schedules.CosineDecay(1e-3, decay_steps=900)
    >>> optimizer = keras.optimizers.Adam(WarmUp(cosine, steps=100))

    Reference: Goyal et al. 2017, Accurate, Large Minibatch SGD, section 2.2 (gradual warmup).
    """

    def __init__(self, then, steps):
        self.then, self.steps = then, steps

    def __call__(self, step):
        step = ops.cast(step, keras.config.floatx())
        then = self.then
        rate = then(ops.maximum(step - self.steps, 0)) if callable(then) else then
        return rate * ops.minimum((step + 1) / self.steps, 1)

    def get_config(self):
        return {"then": keras.saving.serialize_keras_object(self.then), "steps": self.steps}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config["then"]), config["steps"])
