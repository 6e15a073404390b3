"""Additions to `keras.optimizers`: warm-up before any schedule, weight noise."""

from typing import Any

import keras
from keras import ops

from keras_gru.layers.types import Tensor


@keras.saving.register_keras_serializable(package="keras_gru")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise of the learning rate before a schedule or a constant rate.

    `keras.optimizers.schedules.CosineDecay` has a warm-up; the other schedules have none.

    Args:
        then: the rate after the rise, or a schedule that begins where the rise ends.
        steps: number of steps of the rise. The first one has 1/`steps` of the rate.

    Example:

    >>> cosine = keras.optimizers.schedules.CosineDecay(1e-3, decay_steps=900)
    >>> optimizer = keras.optimizers.Adam(WarmUp(cosine, steps=100))

    Reference: Goyal et al. 2017, Accurate, Large Minibatch SGD, section 2.2 (gradual warmup).
    """

    def __init__(self, then: Any, steps: int) -> None:
        self.then, self.steps = then, steps

    def __call__(self, step: Tensor) -> Tensor:
        step = ops.cast(step, keras.config.floatx())
        then = self.then
        rate = then(ops.maximum(step - self.steps, 0)) if callable(then) else then
        return rate * ops.minimum((step + 1) / self.steps, 1)

    def get_config(self) -> dict[str, Any]:
        return {"then": keras.saving.serialize_keras_object(self.then), "steps": self.steps}

    @classmethod
    def from_config(cls, config: Any) -> Any:
        return cls(keras.saving.deserialize_keras_object(config["then"]), config["steps"])


class _Apart(keras.optimizers.Optimizer):
    """An optimizer that stores the trained weights in its own variables.

    Within an epoch the model has the trained weights plus noise, which is redrawn after every
    step: the gradient is that at the noisy weights, and the step starts from those without noise.
    `settle` assigns the weights that are validated and saved. All of it is among `variables`.

    Args:
        weight_noise: standard deviation of Gaussian noise on all weights, biases as well.
        noise_seed: integer, of the noise; `None` draws one.
        **kwargs: of the optimizer; with `use_ema=True` the moving average is validated.

    Reference: Graves 2011, Practical Variational Inference for Neural Networks; Jim, Giles and
        Horne 1996, An Analysis of Noise in Recurrent Neural Networks.
    """

    def __init__(
        self, *args: Any, weight_noise: float = 0.0, noise_seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.weight_noise = weight_noise
        self.noise = keras.random.SeedGenerator(noise_seed, name="noise")

    @property
    def variables(self) -> list[Any]:
        return [*super().variables, self.noise.state]

    def build(self, variables: Any) -> None:
        if self.built:
            return
        super().build(variables)
        pairs = [(v, self.add_variable_from_reference(v, name="trained")) for v in variables]
        # Keras would track a list, and take the model's weights for the optimizer's.
        self._pairs = lambda: pairs
        self._keep()

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        if not self.built:
            self.build(list(trainable_variables))
        for weight, trained in self._pairs():
            weight.assign(ops.copy(trained))
        super().apply(grads, trainable_variables)
        self._keep()
        if self.weight_noise:
            self.disturb()

    def disturb(self) -> None:
        """Assign the trained weights with new noise to the model."""
        for weight, trained in self._pairs():
            value = ops.copy(trained)
            if self.weight_noise:
                value += keras.random.normal(
                    trained.shape, stddev=self.weight_noise, dtype=trained.dtype, seed=self.noise
                )
            weight.assign(value)

    def settle(self) -> None:
        """Assign the weights without noise, or their average if there is one, to the model."""
        pairs = self._pairs()
        for weight, trained in pairs:
            weight.assign(trained)
        self.finalize_variable_values([weight for weight, _ in pairs])
        for weight, _ in pairs:  # no shared memory: on JAX a step donates its arguments
            weight.assign(ops.copy(weight))

    def _keep(self):
        for weight, trained in self._pairs():
            trained.assign(ops.copy(weight))

    def get_config(self) -> dict[str, Any]:
        own = {"weight_noise": self.weight_noise, "noise_seed": self.noise.get_config()["seed"]}
        return {**super().get_config(), **own}


def _apart(optimizer: type) -> type:
    made = type(f"{optimizer.__name__}Apart", (_Apart, optimizer), {"__doc__": _Apart.__doc__})
    return keras.saving.register_keras_serializable(package="keras_gru")(made)


AdamApart = _apart(keras.optimizers.Adam)
AdamWApart = _apart(keras.optimizers.AdamW)
NadamApart = _apart(keras.optimizers.Nadam)
RMSpropApart = _apart(keras.optimizers.RMSprop)
SGDApart = _apart(keras.optimizers.SGD)
