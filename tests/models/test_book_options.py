"""Options of models in textbooks: convolution, dense layers, residuals, autoregression."""

import os
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_gru import datasets, models
from keras_gru.datasets.published.source import DATA_DIR, MANUAL_DIR
from keras_gru.errors import UserError
from keras_gru.experiments.configuration.yaml_files import load_experiment

from .helpers import inputs, make, predict

# H steps ahead, V variables
SIZES = {"features": 2, "variables": 2, "horizon": 3, "length": 7, "history": (1, 0)}
FRONT = {"filters": 5, "kernel_size": 3, "strides": 2}


def forecaster(**options):
    return models.forecaster(**{"units": 6, "seed": 0, **SIZES, **options})


@pytest.fixture(scope="module")
def windows():
    return np.random.default_rng(0).normal(size=(5, 7, 2)).astype("float32")


def test_the_arguments_of_every_builder_have_the_defaults_of_the_schema():
    from keras_gru.models.config import MODELS

    for kind, config in MODELS.items():
        defaults = getattr(models, kind).__kwdefaults__
        given = {name: field for name, field in config.model_fields.items() if name in defaults}
        assert {name: defaults[name] for name in given} == {
            name: field.default for name, field in given.items()
        }
        assert {"layers", "dropout", "recurrent_dropout"} <= given.keys()


@pytest.mark.parametrize("length", [7, 8, None])
def test_front_is_a_causal_convolution_aligned_to_the_last_step(length):
    steps = length or 7
    x = np.random.default_rng(0).normal(size=(2, steps, 2)).astype("float32")
    model = forecaster(front=FRONT, length=length, masked=False)
    kernel, bias = model.get_layer("front").get_weights()
    part = keras.Model(model.input, model.get_layer("front").output)
    found = predict(part, {"features": x})
    first = (steps - 1) % 2 if length else 0
    padded = np.pad(x[:, first:], ((0, 0), (2, 0), (0, 0)))  # two zeros before the first step
    expected = [
        np.maximum(np.einsum("btd,tdf->bf", padded[:, end : end + 3], kernel) + bias, 0)
        for end in range(0, steps - first, 2)
    ]
    np.testing.assert_allclose(found, np.stack(expected, 1), atol=1e-5)


@pytest.mark.parametrize("kind", ["classifier", "classifier_mean", "classifier_vectors"])
def test_longer_padding_at_the_end_changes_nothing(kind):
    model = make(kind, front=FRONT, dense=(4,))
    short, right = (predict(model, inputs(kind, steps=steps)) for steps in (7, 12))
    np.testing.assert_allclose(right, short, atol=1e-6)


def test_dense_layers_are_before_the_output_layer():
    model = make("classifier", dense=(8, 4))
    names = [layer.name for layer in model.layers]
    assert names.index("dense_1") < names.index("dense_2") < names.index("logits")
    assert [model.get_layer(f"dense_{n}").units for n in (1, 2)] == [8, 4]


def test_a_bidirectional_forecaster_also_reads_the_window_backwards(windows):
    model = forecaster(bidirectional=True)
    before = predict(model, {"features": windows})
    reversed_states = model.get_layer("recurrent_1").backward_layer
    assert reversed_states.go_backwards and before.shape == (5, 3, 2)


def test_without_a_head_the_recurrent_layer_is_the_output(windows):
    model = forecaster(head="none", layers=2)
    assert [layer.cell.units for layer in model.layers if "recurrent" in layer.name] == [6, 6]
    single = forecaster(head="none", units=1, variables=None, horizon=None)
    assert predict(single, {"features": windows}).shape == (5, 1)
    assert single.count_params() == 3 * (2 + 1 + 1)


@pytest.mark.parametrize("every_step", [False, True])
def test_residual_forecasts_are_added_to_the_last_value(windows, every_step):
    plain, model = (
        forecaster(every_step=every_step, residual=residual) for residual in (False, True)
    )
    model.set_weights(plain.get_weights())
    last = windows[..., SIZES["history"]]
    last = last[:, :, None] if every_step else last[:, -1:]
    expected = predict(plain, {"features": windows}) + last
    np.testing.assert_allclose(predict(model, {"features": windows}), expected, atol=1e-6)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize(("cell", "layers", "head"), [("gru", 2, "dense"), ("lstm", 1, "dense")])
def test_autoregressive_forecasts_become_inputs(windows, residual, cell, layers, head):
    options = {"cell": cell, "layers": layers, "residual": residual, "seed": 3}
    model = forecaster(autoregressive=True, **options)
    one = forecaster(**{**options, "horizon": 1, "length": None, "masked": False,
                        "residual": False})  # fmt: skip
    one.set_weights(model.get_weights())
    seen, expected = windows, []
    for _ in range(3):  # run the extended series again, with one more value each time
        value = predict(one, {"features": seen})[:, 0]
        if residual:
            value = value + seen[:, -1, SIZES["history"]]
        expected.append(value)
        seen = np.concatenate([seen, value[:, None, ::-1]], axis=1)
    found = predict(model, {"features": windows})
    np.testing.assert_allclose(found, np.stack(expected, 1), atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"residual": True, "history": None},
        {"residual": True, "history": (0,)},
        {"residual": True, "subtract_last": True},
        {"residual": True, "length": None},
        {"embed_categories": 3},
        {"autoregressive": True, "features": 3},
        {"autoregressive": True, "every_step": True},
        {"autoregressive": True, "bidirectional": True},
        {"autoregressive": True, "front": FRONT},
        {"bidirectional": True, "every_step": True},
        {"front": FRONT, "every_step": True},
        {"head": "none", "units": 5},
        {"head": "none", "units": 6, "dense": (3,)},
    ],
    ids=str,
)
def test_options_that_exclude_each_other_are_rejected(options):
    with pytest.raises(UserError, match=": expected "):
        forecaster(**options)


@pytest.fixture(scope="module")
def riders(data_dir):
    """The passengers of Chicago's trains and buses, four days ahead."""
    if not (Path(os.environ.get(MANUAL_DIR, "")) / "ridership.tgz").is_file():
        pytest.skip(f"ridership.tgz is not in {MANUAL_DIR}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_DIR, str(data_dir))
        return datasets.load(load_experiment("cta_ridership", ["dataset.horizon=4"]).dataset)


@pytest.mark.parametrize(
    "settings",
    [
        ["model.front={filters: 8, kernel_size: 4, strides: 2}", "model.dense=[16]"],
        ["model.bidirectional=true", "model.residual=true"],
        ["model.autoregressive=true", "model.residual=true"],
        ["model.head=none", "model.layers=2"],
    ],
    ids=str,
)
def test_every_option_learns_from_real_data(riders, settings):
    config = load_experiment("cta_ridership", ["dataset.horizon=4", *settings]).model
    config = config.model_copy(update={"size": type(config.size)(units=8)})
    model = models.build(config, riders.spec, "gru", 0)
    options = models.compile_options(riders.spec, "huber")
    model.compile(keras.optimizers.Adam(0.01), **options, jit_compile=False)
    train = riders.splits["train"]
    rows = slice(0, 128)
    x, y = {"features": train.inputs["features"][rows]}, train.targets[rows]
    history = model.fit(x, y, batch_size=64, epochs=4, verbose=0).history["loss"]
    assert history[-1] < history[0]
