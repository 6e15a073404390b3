"""Every builder: shapes, seeds, learning, XLA, precision and custom cells."""

import random

import keras
import numpy as np
import pytest

from keras_gru import models, register_cell
from keras_gru.cells import recurrent_layer
from keras_gru.datasets.sequence_dataset import TaskSpec
from keras_gru.errors import UserError
from keras_gru.models.config import (
    Classifier,
    EncoderDecoder,
    Forecaster,
    LanguageModel,
    Polyphony,
    Tagger,
)

from .helpers import (
    BIDIRECTIONAL,
    CELLS,
    KINDS,
    SHAPES,
    compile_options,
    compiled,
    inputs,
    make,
    predict,
    seen_steps,
    targets,
)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_have_the_expected_shape(kind, cell):
    model = make(kind, cell, layers=2)
    assert predict(model, inputs(kind)).shape == SHAPES[kind]
    assert model.output_shape[1:] == tuple(
        None if axis == 1 and size == 7 else size for axis, size in enumerate(SHAPES[kind]) if axis
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_sets_weights_and_dropout_but_no_global_random_state(kind):
    def weights_and_dropout(seed):
        model = make(kind, "lstm", seed=seed, dropout=0.5, recurrent_dropout=0.5)
        outputs = [keras.ops.convert_to_numpy(model(inputs(kind), training=True)) for _ in range(2)]
        assert not np.array_equal(*outputs), "two calls have the same dropout mask"
        return [*model.get_weights(), *outputs]

    random.seed(5)
    before = random.getstate()
    keras.utils.set_random_seed(1)
    first = weights_and_dropout(3)
    keras.utils.set_random_seed(2)
    random.setstate(before)
    again, other = weights_and_dropout(3), weights_and_dropout(4)
    assert random.getstate() == before
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert any(not np.array_equal(one, two) for one, two in zip(first, other, strict=True))


def test_layers_and_directions_have_different_initial_weights():
    model = models.classifier(units=5, classes=2, features=10, layers=3, bidirectional=True, seed=0)
    recurrent = [weight for weight in model.get_weights() if weight.shape == (5, 15)]
    assert len(recurrent) == 6
    assert len({weight.tobytes() for weight in recurrent}) == 6


@pytest.mark.parametrize(
    "kind",
    [
        "classifier_mean",
        "tagger_vectors",
        "language_model",
        "forecaster",
        "polyphony",
        "encoder_decoder_attention",
    ],
)
def test_a_model_overfits_a_few_sequences_under_xla(kind):
    x = inputs(kind)
    y, weight = targets(kind, x)
    xla = keras.backend.backend() != "torch"
    model = compiled(kind, make(kind, units=16), jit_compile=xla)
    eager = float(compile_options(kind)["loss"](y, predict(model, x), sample_weight=weight))
    losses = [model.train_on_batch(x, y, sample_weight=weight)[0]]
    np.testing.assert_allclose(losses, eager, rtol=1e-4)
    for _ in range(60):
        model.reset_metrics()  # otherwise it would be the mean over all updates
        losses.append(model.train_on_batch(x, y, sample_weight=weight)[0])
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_compiled_for_its_task(kind):
    x = inputs(kind)
    y, weight = targets(kind, x)
    model = make(kind)
    by_hand = compiled(kind, make(kind, compile=False))
    logs = []
    for each in (model, by_hand):
        each.run_eagerly = True
        logs.append(each.test_on_batch(x, y, sample_weight=weight, return_dict=True))
    assert logs[0] == logs[1]
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert not make(kind, compile=False).compiled
    assert isinstance(make(kind, compile="sgd").optimizer, keras.optimizers.SGD)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("classifier_vectors", {}),
        ("classifier_vectors", {"pooling": "mean"}),
        ("classifier_vectors", {"pooling": "max"}),
        ("tagger_vectors", {"bidirectional": True}),
        ("forecaster_every_step", {"layers": 2}),
        ("polyphony", {}),
    ],
)
def test_sequences_of_any_length_without_a_mask(kind, options):
    x = inputs(kind)
    x["mask"] = np.ones_like(x["mask"])
    with_mask, without = make(kind, **options), make(kind, masked=False, **options)
    for steps in (7, 3):
        part = {name: array[:, :steps] for name, array in x.items()}
        found = predict(without, {"features": part["features"]})
        np.testing.assert_allclose(found, predict(with_mask, part), atol=1e-6)


@pytest.mark.parametrize("kind", ["classifier_max", "tagger", "language_model", "forecaster"])
def test_sequences_of_one_known_length(kind):
    x = inputs(kind)
    x.pop("mask", None)
    model = make(kind, length=7)
    assert predict(model, x).shape == SHAPES[kind]
    assert "mask" not in model.input
    assert next(iter(model.input.values())).shape[1] == 7


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("kind", KINDS)
def test_logits_stay_in_full_precision(kind, policy):
    outside = keras.config.dtype_policy()
    full = predict(make(kind), inputs(kind))
    keras.config.set_dtype_policy(policy)
    try:
        outputs = make(kind)(inputs(kind))
    finally:
        keras.config.set_dtype_policy(outside)
    assert keras.backend.standardize_dtype(outputs.dtype) == "float32"
    steps = seen_steps(kind, inputs(kind))
    outputs = keras.ops.convert_to_numpy(outputs)
    if steps is not None:
        outputs, full = outputs[steps], full[steps]
    np.testing.assert_allclose(outputs, full, atol=0.03)


@keras.saving.register_keras_serializable(package="tests")
class Leaky(keras.layers.Layer):
    """A minimal cell, h' = (h + tanh(x W)) / 2, without dropout and seed."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units))

    def call(self, x, states):
        h = (states[0] + keras.ops.tanh(x @ self.kernel)) / 2
        return h, [h]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@pytest.mark.parametrize("kind", KINDS)
def test_a_custom_cell(kind):
    register_cell("tests_leaky", Leaky)
    options = {"bidirectional": True} if kind in BIDIRECTIONAL else {}
    model = make(kind, "tests_leaky", layers=2, **options)
    assert predict(model, inputs(kind)).shape == SHAPES[kind]
    assert models.recurrent_units(model) == 6


CONFIGS = [
    (
        Classifier(
            kind="classifier", size={"units": 4}, layers=2, bidirectional=True, pooling="max"
        ),
        TaskSpec(task="classification", outputs=2, vocabulary=30),
        (None, 2),
    ),
    (
        Classifier(kind="classifier", size={"units": 4}),
        TaskSpec(task="classification", outputs=2, features=3, length=5),
        (None, 2),
    ),
    (
        Tagger(kind="tagger", size={"units": 4}, dropout=0.1),
        TaskSpec(task="tagging", outputs=9, vocabulary=30),
        (None, None, 9),
    ),
    (
        LanguageModel(kind="language_model", size={"units": 4}),
        TaskSpec(task="language_model", outputs=30, vocabulary=30, length=20),
        (None, 20, 30),
    ),
    (
        Forecaster(kind="forecaster", size={"units": 4}),
        TaskSpec(task="forecasting", outputs=2, features=3, length=8, horizon=14, every_step=True),
        (None, 8, 14, 2),
    ),
    (
        Polyphony(kind="polyphony", size={"parameters": 2_000}),
        TaskSpec(task="polyphony", outputs=88, features=88),
        (None, None, 88),
    ),
    (
        EncoderDecoder(
            kind="encoder_decoder", size={"units": 4}, attention=True, bidirectional=True
        ),
        TaskSpec(task="translation", outputs=20, vocabulary=30, start=1, end=2),
        (None, None, 20),
    ),
]


@pytest.mark.parametrize(("config", "spec", "shape"), CONFIGS)
def test_a_model_is_built_from_a_configuration(config, spec, shape):
    model = models.build(config, spec, "gru", 0)
    assert model.output_shape == shape
    assert models.recurrent_units(model) == getattr(config.size, "units", 7)  # for 2,000 parameters
    again = models.build(config, spec, "gru", 0)
    for one, two in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_options_reach_the_layers():
    model = make("tagger", layers=2, dropout=0.25, recurrent_dropout=0.5)
    for number in (1, 2):
        layer = model.get_layer(f"recurrent_{number}")
        assert (layer.units, layer.dropout, layer.recurrent_dropout) == (6, 0.25, 0.5)
    assert type(model.get_layer("recurrent_1")) is type(recurrent_layer("gru", 6))


@pytest.mark.parametrize("sizes", [{}, {"vocabulary": 5, "features": 3}])
def test_a_model_requires_either_tokens_or_vectors(sizes):
    with pytest.raises(UserError, match="either the 'vocabulary'"):
        models.classifier(units=2, classes=2, **sizes)


@pytest.mark.parametrize("layers", [0, -1, 1.5, "two"])
@pytest.mark.parametrize("kind", ["classifier", "tagger", "language_model", "encoder_decoder"])
def test_a_model_has_a_positive_number_of_layers(kind, layers):
    with pytest.raises(UserError, match=f"'layers': expected a positive integer, got {layers!r}"):
        make(kind, layers=layers)


@pytest.mark.parametrize("pooling", ["sum", None, ["mean"]])
def test_an_unknown_pooling_is_rejected(pooling):
    with pytest.raises(UserError, match="'pooling': expected one of 'last', 'mean', 'max', got"):
        models.classifier(units=2, classes=2, features=3, pooling=pooling)


def test_an_unknown_cell_is_rejected():
    with pytest.raises(UserError, match="There is no cell 'grru'"):
        models.classifier(units=2, classes=2, features=3, cell="grru")


def test_sizes_and_seeds_may_be_integers_of_numpy():
    def build(number):
        return models.classifier(
            units=number(4), classes=number(3), vocabulary=number(9), embedding=number(2),
            seed=number(1),
        )  # fmt: skip

    pairs = zip(build(np.int64).get_weights(), build(int).get_weights(), strict=True)
    assert all(np.array_equal(*pair) for pair in pairs)
    models.language_model(units=4, vocabulary=np.int64(9))
    models.encoder_decoder(units=4, source_vocabulary=np.int64(9), target_vocabulary=np.int64(9))
