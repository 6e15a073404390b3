"""ONNX files written by the PyTorch backend: equal to the layer, or an error."""

import importlib.util

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import recurrent_layer

from .helpers import array

pytestmark = [
    pytest.mark.skipif(
        keras.backend.backend() != "torch" or importlib.util.find_spec("onnxruntime") is None,
        reason="needs PyTorch and onnxruntime",
    ),
    # Keras exports with PyTorch's deprecated tracer, which warns of each constant.
    pytest.mark.filterwarnings("ignore"),
]
CELLS = ["gru", "gru_reset_after", "lstm", "simple_rnn", "min_lstm", "peephole_lstm"]


def exported(model, path, **options):
    import onnxruntime

    path = str(path)
    model.export(path, format="onnx", verbose=False, **options)
    session = onnxruntime.InferenceSession(path)
    names = [node.name for node in session.get_inputs()]
    return lambda *inputs: session.run(None, dict(zip(names, inputs, strict=True)))


@pytest.mark.parametrize("options", [{}, {"return_sequences": True}, {"go_backwards": True}])
@pytest.mark.parametrize("cell", CELLS)
def test_a_known_length_is_exported(cell, options, tmp_path, rng):
    inputs = keras.Input((7, 3))
    model = keras.Model(inputs, recurrent_layer(cell, 4, return_state=True, **options)(inputs))
    x = rng.normal(size=(2, 7, 3)).astype("float32")
    expected = model(x)
    found = exported(model, tmp_path / "model.onnx")(x)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, array(other), atol=1e-6)


@pytest.mark.parametrize("wrap", [lambda layer: layer, keras.layers.Bidirectional])
@pytest.mark.parametrize("cell", CELLS)
def test_an_unknown_length_is_rejected(cell, wrap, tmp_path):
    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, wrap(recurrent_layer(cell, 4))(inputs))
    assert model(np.ones((2, 1, 3), "float32")).shape[0] == 2, "calling the model must still work"
    with pytest.raises(ValueError, match="ONNX export on PyTorch: expected sequences of one"):
        exported(model, tmp_path / "model.onnx")


def test_a_signature_makes_the_length_known(tmp_path, rng):
    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, keras_gru.GRU(4)(inputs))
    x = rng.normal(size=(2, 5, 3)).astype("float32")
    expected = model(x)
    signature = [keras.InputSpec(shape=(None, 5, 3), dtype="float32")]
    found = exported(model, tmp_path / "model.onnx", input_signature=signature)(x)
    np.testing.assert_allclose(found[0], array(expected), atol=1e-6)


def test_another_length_than_the_exported_one_fails(tmp_path, rng):
    import onnxruntime
    import torch

    inputs = keras.Input((7, 3))
    model = keras.Model(inputs, keras_gru.GRU(4)(inputs))
    path = str(tmp_path / "model.onnx")
    axes = {"x": {0: "batch", 1: "time"}}
    example = (torch.ones(2, 7, 3),)
    torch.onnx.export(model, example, path, input_names=["x"], dynamic_axes=axes, dynamo=False)
    session = onnxruntime.InferenceSession(path)
    for length in (1, 5, 9):
        with pytest.raises(Exception, match="Split"):
            session.run(None, {"x": np.ones((2, length, 3), "float32")})
