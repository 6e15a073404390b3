"""`models.step`: single time steps equal the full sequence, or raise an error."""

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru import models
from keras_gru.errors import UserError
from keras_gru.models.numpy_step import NumpyStep
from keras_gru.models.step import Stepper, random_inputs


@pytest.mark.parametrize("cell", ["gru", "lstm", "mut1", "min_gru"])
@pytest.mark.parametrize("length", [1, 2, None])
def test_chunks_equal_the_full_sequence(cell, length):
    model = models.polyphony(cell=cell, units=5, notes=4, layers=2, seed=0)
    step = keras_gru.step_model(model, length)
    x = random_inputs(model, 6, rows=3)
    x["mask"][:] = True
    names = models.state_names(step)
    states = {n: np.zeros((3, step.input[n].shape[-1]), "float32") for n in names}
    outputs = []
    for first in range(0, 6, length or 3):
        now = {name: array[:, first : first + (length or 3)] for name, array in x.items()}
        found = step(keras.tree.map_structure(keras.ops.convert_to_tensor, {**now, **states}))
        states = {name: found[new] for name, new in names.items()}
        outputs.append(keras.ops.convert_to_numpy(found["output"]))
    whole = keras.ops.convert_to_numpy(model(x))
    np.testing.assert_allclose(np.concatenate(outputs, axis=1), whole, atol=1e-6)


@pytest.mark.parametrize("layer", [keras_gru.GRU, keras.layers.LSTM, keras_gru.MinGRU])
@pytest.mark.parametrize("every_step", [True, False])
@pytest.mark.parametrize("length", [1, None])
def test_masked_steps_repeat_the_output_before_the_chunk(layer, every_step, length):
    x, mask = keras.Input((None, 4), name="features"), keras.Input((None,), dtype=bool, name="mask")
    h = layer(5, return_sequences=True)(x, mask=mask)
    model = keras.Model([x, mask], layer(3, return_sequences=every_step)(h, mask=mask))
    step = keras_gru.step_model(model, length)
    states = {name: np.zeros((4, step.input[name].shape[-1])) for name in models.state_names(step)}
    seen = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 0, 1], [0, 0, 0, 1]], bool)
    sequences = np.random.default_rng(0).normal(size=(4, 4, 4))
    outputs = []
    for first in range(0, 4, length or 2):
        now = slice(first, first + (length or 2))
        found = step.predict_on_batch(
            {"features": sequences[:, now], "mask": seen[:, now], **states}
        )
        states = {name: found[new] for name, new in models.state_names(step).items()}
        outputs.append(found["output"])
    found = np.concatenate(outputs, axis=1) if every_step else outputs[-1]
    np.testing.assert_allclose(found, model.predict_on_batch([sequences, seen]), atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {"builder": "tagger", "tags": 3, "bidirectional": True, "vocabulary": 12},
        {"builder": "classifier", "classes": 3, "pooling": "mean", "vocabulary": 12},
        {"builder": "classifier", "classes": 3, "pooling": "max", "vocabulary": 12},
        {
            "builder": "forecaster",
            "length": 7,
            "subtract_last": True,
            "history": (0,),
            "features": 4,
        },
        {"builder": "encoder_decoder", "source_vocabulary": 12, "target_vocabulary": 10},
    ],
)
def test_a_model_that_reads_ahead_has_no_step(options):
    with pytest.raises(UserError, match="depends on the steps so far alone"):
        keras_gru.step_model(getattr(models, options.pop("builder"))(units=6, **options))


def _with(function):
    """Return a model with a function between two RNN layers."""
    x = keras.Input((None, 4), name="features")
    h = keras_gru.GRU(4, return_sequences=True)(x)
    return keras.Model(x, keras_gru.GRU(4, return_sequences=True)(function(h)))


class Twice(keras.layers.Layer):
    """A custom layer."""

    def call(self, x):
        return keras.ops.log1p(x) + 2 * x


@pytest.mark.parametrize(
    ("function", "is_in_numpy"),
    [
        (keras.layers.Dense(4, activation="tanh"), True),
        (keras.layers.LayerNormalization(), True),
        (keras.layers.ReLU(), True),
        (keras.layers.ReLU(negative_slope=0.5, max_value=0.1), False),
        (Twice(), False),
    ],
)
def test_layers_between_rnn_layers(function, is_in_numpy):
    model = _with(function)
    stepper = Stepper(model)
    assert isinstance(stepper._step, NumpyStep) == is_in_numpy
    x = np.random.default_rng(0).normal(size=(1, 5, 4)).astype("float32")
    np.testing.assert_allclose(stepper({"features": x}), model(x), atol=1e-5)


def test_a_stateful_layer_has_no_step():
    x = keras.Input((None, 4), batch_size=2)
    with pytest.raises(UserError, match="expected a layer that is not stateful"):
        keras_gru.step_model(keras.Model(x, keras_gru.GRU(3, stateful=True)(x)))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[:, ::-1],
        lambda x: keras.ops.flip(x, axis=1),
        lambda x: x - keras.ops.mean(x, axis=1, keepdims=True),
        lambda x: keras.layers.Attention()([x, x]),
        lambda x: keras.layers.Conv1D(4, 2, padding="causal")(x),
    ],
)
def test_functions_that_mix_steps_are_rejected(function):
    with pytest.raises(UserError, match="depends on the steps so far alone"):
        Stepper(_with(function))


def test_a_sequential_model_and_a_list_of_one_output_have_a_step():
    model = keras.Sequential([keras.Input((None, 3)), keras_gru.GRU(4), keras.layers.Dense(1)])
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    for each in (model, keras.Model(model.inputs, model.outputs)):
        step = keras_gru.step_model(each, None)
        (state,) = models.state_names(step)
        found = step({model.inputs[0].name: x, state: np.zeros((2, 4), "float32")})
        np.testing.assert_allclose(found["output"], model(x), atol=1e-6)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (keras.Sequential([keras.layers.Dense(1)]), "begins with keras.Input"),
        (keras.Model(x := keras.Input((None, 3)), [x + 1, x + 2]), "expected one output, got 2"),
    ],
)
def test_models_without_one_output_are_rejected(model, sentence):
    with pytest.raises(UserError, match=sentence):
        keras_gru.step_model(model)


@pytest.mark.parametrize(("steps", "length"), [(10, 3), (10, 20), (None, 0)])
def test_a_chunk_that_does_not_divide_the_steps_is_rejected(steps, length):
    with pytest.raises(UserError, match=f"'length': expected .* got {length}"):
        keras_gru.step_model(models.tagger(units=4, tags=2, features=3, length=steps), length)
