"""Every export format compared with Keras, and the table of formats and features in the docs."""

import functools
import importlib.util
import json
import os
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru import models
from keras_gru.cells import cell_names, recurrent_layer
from keras_gru.errors import UserError
from keras_gru.exporting import export as exporting
from keras_gru.exporting.export import DisagreementError
from keras_gru.exporting.operators import operator
from keras_gru.exporting.targets import TARGETS, Target
from keras_gru.models.step import random_inputs

export = functools.partial(exporting.export, measure_time=False)
TOKENS = {"vocabulary": 12, "embedding": 5}
VECTORS = {"features": 4}
TRANSLATION = {"source_vocabulary": 12, "target_vocabulary": 10, "embedding": 5}


def _built(builder, cell="gru", **options):
    return lambda: getattr(models, builder)(cell=cell, units=6, seed=0, **options)


@pytest.mark.parametrize("form", ["independent_recurrence", "multiplicative_integration"])
def test_no_operator_of_onnx_has_other_forms(form):
    assert operator(keras_gru.GRU(4)) == "GRU"
    assert operator(keras_gru.GRU(4, **{form: True})) is None


# feature: (function that makes a model, options of `export`, formats without this feature)
FEATURES = {
    "GRU over tokens": (_built("classifier", classes=3, **TOKENS), {}, ()),
    "LSTM over tokens": (_built("tagger", "lstm", tags=3, **TOKENS), {}, ()),
    "SimpleRNN over tokens": (_built("tagger", "simple_rnn", tags=3, **TOKENS), {}, ()),
    "GRU (reset after)": (
        _built("classifier", "gru_reset_after", classes=3, **TOKENS),
        {},
        ("tfjs",),
    ),
    "vectors with a mask": (_built("classifier", classes=3, **VECTORS), {}, ()),
    "vectors of one length": (_built("classifier", classes=3, length=7, **VECTORS), {}, ()),
    "two layers, bidirectional": (
        _built("tagger", tags=3, layers=2, bidirectional=True, **TOKENS),
        {},
        (),
    ),
    "mean pooling": (_built("classifier", classes=3, pooling="mean", **TOKENS), {}, ("tfjs",)),
    "max pooling": (_built("classifier", classes=3, pooling="max", **TOKENS), {}, ("tfjs",)),
    "a convolution before the layers": (
        _built("classifier", classes=3, front={"filters": 5}, dense=[4], **VECTORS),
        {},
        ("tfjs",),
    ),
    "language model": (_built("language_model", **TOKENS), {}, ()),
    "forecasts of several steps": (
        _built("forecaster", variables=2, horizon=3, length=7, **VECTORS),
        {},
        (),
    ),
    "forecasts after every step": (
        _built("forecaster", variables=2, horizon=3, every_step=True, **VECTORS),
        {},
        (),
    ),
    "differences from the last value": (
        _built("forecaster", variables=1, length=7, subtract_last=True, history=(0,), **VECTORS),
        {},
        ("tfjs",),
    ),
    "autoregressive forecasts": (
        _built("forecaster", horizon=3, length=7, features=1, autoregressive=True, history=(0,)),
        {},
        ("tfjs",),
    ),
    "polyphony": (_built("polyphony", notes=4), {}, ()),
    "layer normalisation": (
        _built("tagger", tags=3, layer_normalization=True, **TOKENS),
        {},
        ("tfjs",),
    ),
    "zoneout": (_built("tagger", tags=3, zoneout=0.2, **TOKENS), {}, ("tfjs",)),
    "another cell (MUT1)": (_built("tagger", "mut1", tags=3, **TOKENS), {}, ("tfjs",)),
    "encoder and decoder": (_built("encoder_decoder", **TRANSLATION), {}, ("tfjs",)),
    "attention, bidirectional encoder": (
        _built("encoder_decoder", "lstm", bidirectional=True, attention=True, **TRANSLATION),
        {},
        ("tfjs",),
    ),
    "a step with states": (
        _built("language_model", "lstm", layers=2, **TOKENS),
        {"step": True},
        ("tfjs",),
    ),
    "whole sequences, states optional": (
        _built("language_model", "lstm", layers=2, **TOKENS),
        {"states": True},
        ("openvino", "litert", "tfjs", "saved_model"),
    ),
    "float16": (
        _built("classifier", classes=3, **TOKENS),
        {"quantize": "float16"},
        ("onnx", "tfjs", "saved_model"),
    ),
    "int8": (
        _built("classifier", classes=3, **TOKENS),
        {"quantize": "int8"},
        ("onnx", "openvino", "tfjs", "saved_model"),
    ),
}
# ONNX is tested with all features. The other formats take seconds per file; they are tested with
# these features and with those that they lack, or with all if KERAS_GRU_TEST_ALL_FORMATS=1.
TESTED = ("GRU over tokens", "two layers, bidirectional", "a step with states", "float16")
CASES = [
    (target, feature)
    for target in TARGETS
    for feature, (_, _, without) in FEATURES.items()
    if target == "onnx"
    or feature in TESTED
    or target in without
    or "KERAS_GRU_TEST_ALL_FORMATS" in os.environ
]
RUNTIMES = {"onnx": "onnxruntime", "openvino": "openvino", "litert": "ai_edge_litert"}


def _without_runtime(target):
    package = RUNTIMES.get(target)
    return package is not None and importlib.util.find_spec(package) is None


def _support(feature, target, folder):
    """Return whether a format has a feature: `"yes"`, `"no"` or `"unchecked"`."""
    make, options, _ = FEATURES[feature]
    make().save(folder / "saved.keras")
    model = keras.models.load_model(folder / "saved.keras")  # networks of a run are loaded ones
    try:
        name = Target(target, options.get("quantize")).file_name("model")
        found = export(model, folder / name, target, **options)
    except UserError:
        return "no"
    return "unchecked" if found.unchecked else "yes"


@pytest.fixture(autouse=True)
def only_onnxruntime(request, monkeypatch):
    """Test most ONNX files with onnxruntime alone; the other runtimes are slow."""
    if "runtimes" not in request.node.name and "openvino" not in request.node.name:
        for package in ("openvino", "tract"):
            monkeypatch.setitem(sys.modules, package, None)


@pytest.mark.parametrize(("target", "feature"), CASES)
def test_formats_and_features(target, feature, tmp_path):
    if _without_runtime(target):
        pytest.skip(f"{RUNTIMES[target]} is not installed")
    if keras.backend.backend() != "tensorflow" and target in ("litert", "saved_model"):
        pytest.skip("only the TensorFlow backend writes this format")
    expected = {"no"} if target in FEATURES[feature][2] else {"yes"}
    if target == "tfjs" and expected == {"yes"}:
        expected.add("unchecked")  # Node is not installed
    assert _support(feature, target, tmp_path) in expected


def table():
    """Return the table as it must be in the documentation."""
    rows = [["", *TARGETS], ["---"] * (1 + len(TARGETS))]
    rows += [
        [feature, *("no" if target in without else "yes" for target in TARGETS)]
        for feature, (_, _, without) in FEATURES.items()
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def test_the_documentation_has_the_table():
    page = Path(__file__).parents[2] / "docs" / "deploy.md"
    assert table() in page.read_text(encoding="utf-8"), f"the table is now:\n{table()}"


@pytest.mark.parametrize("cell", cell_names())
def test_an_onnx_file_has_one_node_per_layer_and_direction(cell, tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    model = models.tagger(cell=cell, units=4, tags=3, bidirectional=True, features=4, seed=0)
    assert export(model, tmp_path / "model.onnx").difference < 1e-6
    kinds = [node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node]
    operators = {"gru": "GRU", "gru_reset_after": "GRU", "lstm": "LSTM"}
    operators |= {"simple_rnn": "RNN", "irnn": "RNN"}
    assert kinds.count(operators.get(cell, "Scan")) == 2
    assert not {"Loop", "If"} & set(kinds)


def test_an_int8_file_has_less_than_a_third_of_the_bytes(tmp_path):
    pytest.importorskip("ai_edge_litert")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("only the TensorFlow backend writes this format")
    model = models.classifier(units=64, classes=10, features=40, bidirectional=True, seed=0)
    whole = export(model, tmp_path / "whole.tflite")
    small = export(model, tmp_path / "small.tflite", quantize="int8")
    assert small.bytes < 0.3 * whole.bytes and 0 < small.difference < 0.05


@pytest.mark.parametrize("feature", ["int8", "autoregressive forecasts"])
def test_small_and_repeated_weights_are_int8_too(feature, tmp_path):
    """The converter leaves small ones in float32, and stores one array for repeated ones."""
    pytest.importorskip("ai_edge_litert")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("only the TensorFlow backend writes this format")
    found = export(FEATURES[feature][0](), tmp_path / "model.tflite", quantize="int8")
    assert 1e-5 < found.difference < 0.05


def test_all_runtimes_of_an_onnx_file_agree(tmp_path):
    pytest.importorskip("onnxruntime")
    model = models.tagger(cell="lstm", units=4, tags=3, layers=2, features=4, seed=0)
    found = export(model, tmp_path / "model.onnx")
    for other in found.also:
        assert other.unchecked is None and other.difference < 1e-5, other.runtime


def test_keras_layers_and_implicit_masks(tmp_path):
    pytest.importorskip("onnxruntime")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = keras.layers.Embedding(12, 5, mask_zero=True)(tokens)
    x = keras.layers.GRU(4, return_sequences=True, use_bias=False)(x)
    x = keras.layers.LayerNormalization()(keras.layers.Dropout(0.5)(x))
    x = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True), "sum")(x)
    x = keras.layers.RNN([keras.layers.GRUCell(3), keras.layers.SimpleRNNCell(4)])(x)
    model = keras.Model(tokens, keras.layers.Dense(3, "softmax")(x))
    assert export(model, tmp_path / "model.onnx").difference < 1e-6


@pytest.mark.parametrize("cell", ["gru", "lstm", "simple_rnn", "min_gru"])
def test_padding_that_an_operator_cannot_leave_out_gives_nan(cell, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = keras.layers.Embedding(12, 5, mask_zero=True)(tokens)
    x = keras.layers.Bidirectional(recurrent_layer(cell, 4))(x)
    model = keras.Model(tokens, x)
    export(model, tmp_path / "model.onnx")
    rows = np.array([[3, 5, 7, 0], [0, 3, 5, 7], [3, 0, 5, 7], [0, 0, 0, 0], [1, 2, 3, 4]], "int32")
    (found,) = runtime.InferenceSession(tmp_path / "model.onnx").run(None, {"tokens": rows})
    expected = np.array(model(rows))
    if cell != "min_gru":  # which is a Scan
        expected[[1, 2]] = np.nan
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("activation", ["linear", "hard_sigmoid"])
def test_activations_with_parameters(activation, tmp_path):
    pytest.importorskip("onnxruntime")
    x = y = keras.Input((5, 3))
    for layer in (keras_gru.LSTM, keras_gru.GRU):
        y = layer(4, activation=activation, return_sequences=True)(y)
    assert export(keras.Model(x, y), tmp_path / "model.onnx").difference < 1e-6


@pytest.mark.parametrize(
    "layer",
    [
        keras_gru.GRU(4, recurrent_activation="hard_sigmoid"),
        keras.layers.Dense(4, keras.layers.LeakyReLU()),
    ],
)
def test_an_activation_that_tfjs_does_not_compute_is_an_error(layer, tmp_path):
    x = keras.Input((5, 3))
    with pytest.raises(UserError, match="expected an activation that TensorFlow"):
        export(keras.Model(x, layer(x)), tmp_path / "tfjs", "tfjs")


def test_tfjs_finds_the_weights_of_both_directions_and_the_mask(tmp_path):
    tokens = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(9, 3, mask_zero=True, name="embedding")(tokens)
    both = keras.layers.Bidirectional(keras_gru.SimpleRNN(2, name="one"), name="both")
    found = export(keras.Model(tokens, both(x)), tmp_path / "tfjs", "tfjs")
    assert found.unchecked or found.difference < 1e-6
    content = json.loads((tmp_path / "tfjs" / "model.json").read_text())
    assert {weight["name"] for weight in content["weightsManifest"][0]["weights"]} == {
        "embedding/embeddings",
        *(
            f"both/{way}_both/{name}"
            for way in ("forward", "backward")
            for name in ("kernel", "recurrent_kernel", "bias")
        ),
    }
    layers = content["modelTopology"]["model_config"]["config"]["layers"]
    assert [layer["config"].get("mask_zero") for layer in layers] == [None, True, None]


def _model(*layers, **options):
    x = y = keras.Input((None, 3), name="x", **options)
    for layer in layers:
        y = layer(y)
    return keras.Model(x, y)


@pytest.mark.parametrize("target", TARGETS)
def test_a_stateful_layer_is_an_error(target, tmp_path):
    model = _model(keras_gru.GRU(4, stateful=True, name="h"), batch_size=2)
    with pytest.raises(UserError, match="layer 'h': expected a layer that is not stateful"):
        export(model, tmp_path / "model", target)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"y": np.zeros((2, 5, 3))}, "by the names x, got y"),
        (np.zeros((2, 5, 3)), "by the names x, got ndarray"),
        ({"x": np.zeros((2, 5, 4))}, r"'x' of the shape \(None, None, 3\), got \(2, 5, 4\)"),
        ({"x": np.zeros(3)}, r"'x' of the shape \(None, None, 3\), got \(3,\)"),
    ],
)
def test_inputs_that_do_not_match_the_model_are_an_error(inputs, message, tmp_path):
    with pytest.raises(UserError, match=message):
        export(_model(keras_gru.GRU(4)), tmp_path / "model.onnx", inputs=inputs)


def test_another_length_than_that_of_the_model_is_an_error(tmp_path):
    model = models.classifier(units=4, classes=3, features=4, length=7)
    with pytest.raises(UserError, match="length: expected 7"):
        export(model, tmp_path / "model.onnx", length=5)


def test_a_sequential_model_and_inputs_in_double_precision(tmp_path):
    pytest.importorskip("onnxruntime")
    model = keras.Sequential([keras.Input((None, 3), name="x"), keras_gru.GRU(4)])
    x = {"x": np.random.default_rng(0).normal(size=(2, 5, 3))}
    found = export(model, tmp_path / "model.onnx", inputs=x)
    assert found.difference < 1e-6 and (found.sequences, found.is_random) == (2, False)


def test_the_step_of_a_model_that_picks_the_last_output(tmp_path):
    pytest.importorskip("onnxruntime")
    layers = [keras_gru.GRU(4, return_sequences=True), lambda x: x[:, -1], keras.layers.Dense(2)]
    found = export(_model(*layers), tmp_path / "model.onnx", step=True)
    assert found.difference < 1e-6 and found.is_random and "8 random sequences" in str(found)


def test_a_custom_layer_that_cannot_be_traced_is_named(tmp_path):
    pytest.importorskip("onnx")

    class Sorted(keras.layers.Layer):
        def call(self, x):
            return keras.ops.sort(x)

    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, Sorted(name="sorted")(keras_gru.GRU(4)(inputs)))
    with pytest.raises(UserError, match="operation 'sort"):
        export(model, tmp_path / "model.onnx")


def test_a_file_with_other_outputs_is_an_error(tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    from keras_gru.exporting import recurrent

    monkeypatch.setattr(recurrent, "to_onnx", lambda kind, weights, _: _swapped(kind, weights))
    model = models.classifier(units=4, classes=3, features=4, seed=0)
    with pytest.raises(DisagreementError, match="largest difference"):
        export(model, tmp_path / "model.onnx")


def _swapped(kind, weights):
    from keras_gru.layers.convert import to_onnx

    W, R, B = to_onnx(kind, weights)
    return W[:, ::-1], R, B


def test_a_missing_runtime_is_reported(tmp_path, monkeypatch):
    pytest.importorskip("onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    found = export(models.classifier(units=4, classes=3, features=4), tmp_path / "model.onnx")
    assert found.difference is None and "onnxruntime" in found.unchecked


def test_a_half_precision_model_is_exported_in_float32(tmp_path):
    pytest.importorskip("onnxruntime")
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = models.classifier(units=4, classes=3, features=4, seed=0)
    finally:
        keras.config.set_dtype_policy(policy)
    found = export(model, tmp_path / "model.onnx", tolerance=0.05)
    assert found.difference > 0, "Keras rounds to bfloat16, the file does not"


@pytest.mark.parametrize("cell", ["gru", "lstm", "simple_rnn", "mut1"])
def test_an_onnx_step_in_chunks_equals_the_full_sequence(cell, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    model = models.classifier(cell=cell, units=5, classes=3, layers=2, features=4, seed=0)
    assert export(model, tmp_path / "model.onnx", states=True).difference < 1e-6
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    names = [output.name for output in session.get_outputs()]
    x = random_inputs(model, 6, rows=3)  # lengths differ: for some rows the last chunk is padding
    whole = dict(zip(names, session.run(None, x), strict=True))
    states = {}
    for first in (0, 2):
        chunk = {name: array[:, first : 2 + 2 * first] for name, array in x.items()}
        found = dict(zip(names, session.run(None, chunk | states), strict=True))
        states = {n.replace("_new_", "_"): y for n, y in found.items() if n != "output"}
    for name, array in whole.items():
        np.testing.assert_allclose(found[name], array, atol=1e-6)
    expected = keras.ops.convert_to_numpy(model(x))
    np.testing.assert_allclose(whole["output"], expected, atol=1e-6)
