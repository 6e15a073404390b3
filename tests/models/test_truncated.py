"""Truncated back-propagation through time, compared with a training loop written by hand."""

import functools

import keras
import numpy as np
import pytest

from keras_gru import models
from keras_gru.cells import register_cell
from keras_gru.errors import UserError
from keras_gru.models.budget import recurrent_layers
from keras_gru.models.truncated import read_chunk, truncate

from .helpers import compiled, inputs, make, predict, seen_steps, targets

KINDS = ("polyphony", "tagger", "tagger_vectors", "language_model")
pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="truncation requires TensorFlow"
)


class Memoryless(keras.layers.Dense):
    def __init__(self, units, return_sequences=False, name=None):
        super().__init__(units, name=name)

    def call(self, inputs, mask=None):
        return super().call(inputs)


def chunks(x, steps):
    for start in range(0, 7, steps):
        yield {name: array[:, start : start + steps] for name, array in x.items()}


def initial_states(model):
    return [layer.get_initial_state(6) for layer in recurrent_layers(model)]


def trained(kind, steps, options=None, **compile_options):
    """Train on two batches; return model and logs. With `steps` None, training is Keras' own."""
    model = make(kind, **(options or {}))
    model = compiled(kind, model if steps is None else truncate(model, steps), **compile_options)
    x = inputs(kind)
    y, weight = targets(kind, x)
    for _ in range(2):
        logs = model.train_on_batch(x, y, weight, return_dict=True)
    return model, logs


def assert_equal(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@functools.cache
def by_hand(kind, steps, carry):
    """Train on two batches in chunks, carrying the state as an array without a gradient."""
    import tensorflow as tf

    model = compiled(kind, make(kind))
    x = inputs(kind)
    y, weight = targets(kind, x)
    for _ in range(2):
        states = initial_states(model)
        for number, part in enumerate(chunks(x, steps)):
            steps_of_chunk = slice(number * steps, (number + 1) * steps)
            with tf.GradientTape() as tape:
                outputs, states = read_chunk(model, part, states, training=True)
                loss = model.compute_loss(
                    part, y[:, steps_of_chunk], outputs, weight[:, steps_of_chunk]
                )
            variables = model.trainable_variables
            model.optimizer.apply(tape.gradient(loss, variables), variables)
            states = [[s.numpy() * carry for s in layer_states] for layer_states in states]
    return model.get_weights()


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        *((kind, "gru") for kind in KINDS),
        *(("polyphony", cell) for cell in ("lstm", "peephole_lstm", "min_gru")),
    ],
)
def test_outputs_in_chunks_equal_those_of_the_full_sequence(kind, cell):
    model = make(kind, cell, layers=2)
    x = inputs(kind)
    seen = seen_steps(kind, x)
    states, outputs, forgetful = initial_states(model), [], []
    for part in chunks(x, 3):
        forgetful.append(read_chunk(model, part, initial_states(model))[0])
        read, states = read_chunk(model, part, states)
        outputs.append(read)
    whole = predict(model, x)[seen]
    np.testing.assert_allclose(np.concatenate(outputs, axis=1)[seen], whole, atol=1e-5)
    assert np.abs(np.concatenate(forgetful, axis=1)[seen] - whole).max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_a_chunk_as_long_as_the_batch_equals_ordinary_training(kind):
    ours, logs = trained(kind, 7, run_eagerly=True)
    theirs, their_logs = trained(kind, None, run_eagerly=True)
    assert_equal(ours.get_weights(), theirs.get_weights())
    assert logs == pytest.approx(their_logs)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_each_chunk_is_an_update_and_the_state_is_carried(jit_compile):
    # 7 steps in chunks of at most 5 are split into 4 and 3.
    model, _ = trained("polyphony", 5, jit_compile=jit_compile)
    assert int(model.optimizer.iterations) == 4
    assert_equal(model.get_weights(), by_hand("polyphony", 4, carry=1))
    forgetful = by_hand("polyphony", 4, carry=0)
    pairs = zip(model.get_weights(), forgetful, strict=True)
    assert max(np.abs(ours - theirs).max() for ours, theirs in pairs) > 1e-3


def test_logs_are_those_of_the_full_batch():
    kind = "polyphony"
    model = compiled(kind, truncate(make(kind), 2), run_eagerly=True)
    model.optimizer.learning_rate = 0.0
    x = inputs(kind)
    y, weight = targets(kind, x)
    logs = model.train_on_batch(x, y, weight, return_dict=True)
    whole = model.test_on_batch(x, y, weight, return_dict=True)
    assert logs == pytest.approx(whole, rel=1e-5)


def test_a_chunk_without_weighted_steps_is_no_update():
    kind = "polyphony"
    model = compiled(kind, truncate(make(kind), 2), run_eagerly=True)
    x = inputs(kind)
    y, weight = targets(kind, x)
    weight[:, 2:4] = 0
    logs = model.train_on_batch(x, y, weight, return_dict=True)
    assert int(model.optimizer.iterations) == 3 and np.isfinite(logs["loss"])


@pytest.mark.parametrize(
    "weight",
    [None, np.arange(6.0), np.arange(6)[:, None], np.ones((6, 7, 1))],
    ids=lambda weight: str(np.shape(weight)),
)
def test_weights_of_sequences_are_those_of_all_their_steps(weight):
    x = inputs("polyphony")
    y, _ = targets("polyphony", x)
    by_sequence = np.ones(6) if weight is None else np.reshape(weight, (6, -1))[:, 0]
    found = []
    for given in (weight, np.repeat(by_sequence[:, None], 7, axis=1)):
        model = compiled("polyphony", truncate(make("polyphony"), 3))
        logs = model.train_on_batch(x, y, given, return_dict=True)
        found.append([*model.get_weights(), *logs.values()])
    assert_equal(*found)


@pytest.mark.parametrize("steps", [0, -3, 2.5])
def test_a_wrong_number_of_steps_is_rejected(steps):
    with pytest.raises(UserError, match="'steps': expected a positive integer"):
        truncate(make("polyphony"), steps)


def test_a_truncated_model_is_saved_and_used_like_any_other(tmp_path):
    model, _ = trained("language_model", 3, {"dropout": 0.2}, run_eagerly=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = inputs("language_model")
    np.testing.assert_array_equal(predict(loaded, x), predict(model, x))
    assert len(models.sample(loaded, [3, 4], 5, seed=0)) == 5
    y, weight = targets("language_model", x)
    for each in (model, loaded):
        each.train_on_batch(x, y, weight)
    assert int(loaded.optimizer.iterations) == int(model.optimizer.iterations) == 9


def test_models_that_cannot_be_truncated_are_rejected(monkeypatch):
    for model in (make("classifier"), make("forecaster_every_step")):
        with pytest.raises(UserError, match="an output at every step"):
            truncate(model, 3)
    register_cell("memoryless", Memoryless)
    for model in (make("tagger", bidirectional=True), make("tagger", "memoryless")):
        with pytest.raises(UserError, match="return their state"):
            truncate(model, 3)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(UserError, match="got 'jax'"):
        truncate(make("tagger"), 3)
