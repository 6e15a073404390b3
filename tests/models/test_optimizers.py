"""Warm-up, and optimizers that store the trained weights apart from the model's noisy ones."""

import keras
import numpy as np
import pytest

from keras_gru.models import optimizers

PAIRS = [
    (getattr(keras.optimizers, name), getattr(optimizers, f"{name}Apart"))
    for name in ("Adam", "AdamW", "Nadam", "RMSprop", "SGD")
]


def line(optimizer, jit_compile="auto"):
    """Return a model `y = x w + b` with fixed initial weights, and data for it."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    random = np.random.default_rng(0)
    model.set_weights([random.normal(size=(3, 1)), random.normal(size=1)])
    model.compile(optimizer, "mse", jit_compile=jit_compile)
    model.optimizer.build(model.trainable_variables)
    return model, random.normal(size=(8, 3)), random.normal(size=(8, 1))


def gradients(weights, x, y):
    kernel, bias = weights
    error = 2 * (x @ kernel + bias - y) / len(y)
    return [x.T @ error, error.sum(0)]


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_step_updates_the_clean_weights_with_the_gradient_at_the_noisy_ones(jit_compile):
    if jit_compile and keras.backend.backend() == "torch":
        pytest.skip("PyTorch has no XLA")
    rate = optimizers.WarmUp(0.1, steps=2)
    optimizer = optimizers.SGDApart(rate, weight_noise=0.3, noise_seed=1)
    model, x, y = line(optimizer, jit_compile)
    clean, seen = model.get_weights(), []
    optimizer.disturb()
    for rate in (0.05, 0.1, 0.1):  # each step starts from the weights of the previous one
        noisy = model.get_weights()
        seen.append(np.concatenate([np.ravel(n - c) for n, c in zip(noisy, clean, strict=True)]))
        model.train_on_batch(x, y)
        clean = [w - rate * g for w, g in zip(clean, gradients(noisy, x, y), strict=True)]
    optimizer.settle()
    for one, other in zip(model.get_weights(), clean, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert np.abs(np.diff(seen, axis=0)).min() > 1e-4, "every weight has new noise at every step"


def test_the_noise_has_the_configured_standard_deviation():
    weights = keras.Variable(np.full((100, 100), 5.0, "float32"))
    optimizer = optimizers.SGDApart(0.1, weight_noise=0.075, noise_seed=1)
    optimizer.build([weights])
    optimizer.disturb()
    noise = keras.ops.convert_to_numpy(weights) - 5
    assert noise.std() == pytest.approx(0.075, rel=0.05)
    assert noise.mean() == pytest.approx(0, abs=0.003)


@pytest.mark.parametrize(("plain", "apart"), PAIRS, ids=lambda pair: pair.__name__)
def test_without_noise_training_equals_keras(plain, apart):
    """Also with weight decay and an average of the weights."""
    one, x, y = line(plain(0.01, global_clipnorm=1.0))
    other, _, _ = line(apart(0.01, global_clipnorm=1.0, use_ema=True, ema_momentum=0.5))
    averages = None
    # On PyTorch, Keras' own optimizers use another implementation with other rounding.
    tolerance = 1e-5 if keras.backend.backend() == "torch" else 0
    for _ in range(4):
        other.optimizer.disturb()
        for model in (one, other):
            model.train_on_batch(x, y)
        for ours, theirs in zip(other.get_weights(), one.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=tolerance)
        now = one.get_weights()
        averages = averages or now
        averages = [(a + w) / 2 for a, w in zip(averages, now, strict=True)]
        other.optimizer.settle()
        for ours, theirs in zip(other.get_weights(), averages, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_fit_on_jax_donates_and_restores_the_weights():
    """On JAX, `fit` donates the memory of the variables to each step."""
    model, x, y = line(optimizers.SGDApart(1e-30, weight_noise=0.1, use_ema=True))
    weights = model.get_weights()
    hooks = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: model.optimizer.disturb()
    )
    hooks.on_test_begin = lambda logs=None: model.optimizer.settle()
    data = {"x": x, "y": y, "validation_data": (x, y), "batch_size": 2, "epochs": 2}
    history = model.fit(**data, callbacks=[hooks], verbose=0).history
    for ours, theirs in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    first, second = history["val_loss"]
    assert first == pytest.approx(second, rel=1e-5)
    assert history["loss"][0] != pytest.approx(history["loss"][1], rel=1e-5)


def test_an_optimizer_is_saved_with_its_noise(tmp_path):
    model, x, y = line(optimizers.AdamApart(0.01, weight_noise=0.1, noise_seed=7))
    model.optimizer.disturb()
    model.train_on_batch(x, y)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    for network in (model, again):
        network.train_on_batch(x, y)
    for ours, theirs in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_warmup_survives_serialization():
    schedules = keras.optimizers.schedules
    for then in (0.5, schedules.CosineDecay(0.5, 10)):
        warmup = optimizers.WarmUp(then, steps=4)
        again = schedules.deserialize(schedules.serialize(warmup))
        rates = [float(warmup(step)) for step in range(15)]
        assert [float(again(step)) for step in range(15)] == rates
        np.testing.assert_allclose(rates[:5], [0.125, 0.25, 0.375, 0.5, 0.5])
