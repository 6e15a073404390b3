"""Converting weights to and from other frameworks, compared with these frameworks."""

import json

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import recurrent_layer
from keras_gru.layers.convert import (
    check_same_function,
    from_onnx,
    from_torch,
    load_torch,
    to_onnx,
    to_torch,
    torch_state_dict,
)
from keras_gru.layers.convert_flax import from_flax, to_flax
from keras_gru.layers.convert_keras_h5 import load_keras_h5

from .helpers import array, drawn_layer

CELLS = ["gru_reset_after", "lstm", "simple_rnn"]


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")


def module_of(torch, cell, **options):
    kinds = {"gru_reset_after": torch.nn.GRU, "lstm": torch.nn.LSTM, "simple_rnn": torch.nn.RNN}
    return kinds[cell](3, 4, batch_first=True, **options)


def stack(cell, depth, bidirectional, **options):
    layers = [recurrent_layer(cell, 4, return_sequences=True, **options) for _ in range(depth)]
    if bidirectional:
        layers = [keras.layers.Bidirectional(layer) for layer in layers]
    return keras.Sequential([keras.Input((None, 3)), *layers])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("depth", "bidirectional"), [(1, False), (2, True)])
@pytest.mark.parametrize("cell", CELLS)
def test_weights_of_pytorch_modules(torch, rng, cell, depth, bidirectional, bias):
    module = module_of(torch, cell, num_layers=depth, bidirectional=bidirectional, bias=bias)
    model = stack(cell, depth, bidirectional, use_bias=bias)
    x = rng.normal(size=(2, 5, 3)).astype("float32")

    load_torch(model.layers, module)
    expected = module(torch.from_numpy(x))[0].detach().numpy()
    np.testing.assert_allclose(array(model(x)), expected, atol=1e-6)

    model.set_weights([rng.normal(size=weight.shape) for weight in model.weights])
    state = {name: torch.tensor(values) for name, values in torch_state_dict(model.layers).items()}
    module.load_state_dict(state, strict=True)
    outputs = module(torch.from_numpy(x))[0].detach().numpy()
    np.testing.assert_allclose(array(model(x)), outputs, atol=1e-5)
    load_torch(model.layers, module.state_dict())
    np.testing.assert_allclose(array(model(x)), outputs, atol=1e-5)


def test_pytorch_modules_with_other_equations_are_rejected(torch):
    gru = module_of(torch, "gru_reset_after", bias=False)
    with pytest.raises(ValueError, match="after the product there"):
        load_torch(stack("gru", 1, False, use_bias=False).layers, gru)
    with pytest.raises(ValueError, match="after the product there"):
        load_torch(stack("gru", 1, False, use_bias=False).layers, gru.state_dict())
    relu = torch.nn.RNN(3, 4, nonlinearity="relu")
    with pytest.raises(ValueError, match="expected activation=tanh"):
        load_torch(stack("simple_rnn", 1, False).layers, relu)
    with pytest.raises(ValueError, match="Give a layer for each"):
        load_torch(stack("lstm", 1, False).layers, module_of(torch, "lstm", num_layers=2))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("cell", ["gru", *CELLS])
def test_weights_survive_the_round_trip_through_each_format(rng, cell, bias):
    weights = drawn_layer(cell, rng, use_bias=bias).get_weights()
    after = cell == "gru_reset_after"
    operator = {"lstm": "LSTM", "simple_rnn": "RNN"}.get(cell, "GRU")
    found = [from_onnx(operator, *to_onnx(operator, weights, after), int(after))]
    if cell in CELLS:
        found.append(from_torch(cell, **to_torch(cell, weights)))
    for again in found:
        for one, other in zip(again, weights, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("cell", CELLS)
def test_weights_of_flax_cells(rng, cell):
    linen = pytest.importorskip("flax.linen", reason="flax is not installed: pip install flax")
    import jax

    kinds = {
        "gru_reset_after": linen.GRUCell,
        "lstm": linen.LSTMCell,
        "simple_rnn": linen.SimpleCell,
    }
    rnn = linen.RNN(kinds[cell](4))
    x = rng.normal(size=(2, 5, 3)).astype("float32")
    params = rnn.init(jax.random.key(0), x)["params"]
    layer = drawn_layer(cell, rng, return_sequences=True)
    layer.set_weights(from_flax(cell, params["cell"]))
    np.testing.assert_allclose(array(layer(x)), rnn.apply({"params": params}, x), atol=1e-5)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    params = {"params": {"cell": to_flax(cell, layer.get_weights())}}
    np.testing.assert_allclose(array(layer(x)), rnn.apply(params, x), atol=1e-5)


def test_a_gru_with_reset_before_the_product_cannot_be_converted(rng):
    weights = drawn_layer("gru", rng).get_weights()
    for convert in (to_torch, to_flax):
        with pytest.raises(ValueError, match="gru_reset_after"):
            convert("gru", weights)


@pytest.mark.parametrize(
    ("cell", "options"),
    [
        ("gru_reset_after", {"zoneout": 0.1}),
        ("lstm", {"zoneout": [0.0, 0.1]}),
        ("lstm", {"recurrent_activation": "hard_sigmoid"}),
        ("gru_reset_after", {"activation": "relu"}),
        ("simple_rnn", {"activation": "elu"}),
    ],
)
def test_options_that_pytorch_does_not_have_are_rejected(rng, cell, options):
    state = torch_state_dict([drawn_layer(cell, rng)])
    layer = drawn_layer(cell, rng, **options)
    for convert in (lambda: torch_state_dict([layer]), lambda: load_torch([layer], state)):
        with pytest.raises(ValueError, match=r"expected (no zoneout|activations of PyTorch)"):
            convert()


def test_relu_of_a_simple_rnn_is_converted(rng):
    layers = [drawn_layer("simple_rnn", rng, activation="relu") for _ in range(2)]
    load_torch(layers[:1], torch_state_dict(layers[1:]))
    for one, other in zip(*(layer.get_weights() for layer in layers), strict=True):
        np.testing.assert_array_equal(one, other)


def test_keras_layers_with_another_configuration_are_rejected():
    ours = keras_gru.GRU(4, use_bias=False)
    check_same_function(ours, keras.layers.GRU(4, use_bias=False, reset_after=False))
    with pytest.raises(ValueError, match="after the product there"):
        check_same_function(ours, keras.layers.GRU(4, use_bias=False))
    with pytest.raises(ValueError, match="expected activation"):
        other = keras.layers.GRU(4, use_bias=False, reset_after=False, activation="relu")
        check_same_function(ours, other)
    check_same_function(ours, keras_gru.GRU(4, use_bias=False, zoneout=0.0))
    with pytest.raises(ValueError, match="expected zoneout"):
        check_same_function(ours, keras_gru.GRU(4, use_bias=False, zoneout=0.1))


def h5_file(path, kind, weights, **config):
    """Write the HDF5 file that Keras 2 would write for a model with one layer."""
    import h5py

    layers = [{"class_name": kind, "config": {"name": "rnn", **config}}]
    names = [f"rnn/{name}:0" for name in ("kernel", "recurrent_kernel", "bias")][: len(weights)]
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"config": {"layers": layers}})
        group = file.create_group("model_weights/rnn")
        group.attrs["weight_names"] = names
        for name, weight in zip(names, weights, strict=True):
            group[name] = weight
    return path


@pytest.mark.parametrize(
    ("cell", "kind", "config"),
    [
        ("gru", "GRU", {"reset_after": False}),
        ("gru", "GRU", {}),  # written before `reset_after` existed
        ("gru_reset_after", "GRU", {"reset_after": True}),
        ("lstm", "LSTM", {}),
        ("simple_rnn", "SimpleRNN", {}),
    ],
)
def test_weights_of_keras_2_files(rng, tmp_path, cell, kind, config):
    weights = drawn_layer(cell, rng).get_weights()
    file = h5_file(tmp_path / "model.h5", kind, weights, **config)
    layer = drawn_layer(cell, rng)
    load_keras_h5(layer, file, "rnn")
    for one, other in zip(layer.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(one, other)
    wrong = {"gru": "gru_reset_after", "gru_reset_after": "gru"}.get(cell, "gru")
    with pytest.raises(ValueError, match="expected a"):
        load_keras_h5(drawn_layer(wrong, rng), file, "rnn")
    with pytest.raises(ValueError, match="expected a layer 'other', got rnn"):
        load_keras_h5(layer, file, "other")


def test_the_hard_sigmoid_of_keras_2_is_rejected(rng, tmp_path):
    """It is another function than that of Keras 3."""
    layer = drawn_layer("lstm", rng, recurrent_activation="hard_sigmoid")
    config = {"recurrent_activation": "hard_sigmoid"}
    file = h5_file(tmp_path / "model.h5", "LSTM", layer.get_weights(), **config)
    with pytest.raises(ValueError, match="Keras 2's hard_sigmoid"):
        load_keras_h5(layer, file, "rnn")


@pytest.mark.parametrize(
    "options",
    [
        {"independent_recurrence": True},
        {"multiplicative_integration": True},
        {"constant_gates": {"forget": 1.0}},
    ],
)
def test_options_that_other_frameworks_do_not_have_are_rejected(rng, options):
    layer, plain = drawn_layer("lstm", rng, **options), drawn_layer("lstm", rng)
    with pytest.raises(ValueError, match=f"expected no {next(iter(options))}"):
        torch_state_dict([layer])
    with pytest.raises(ValueError, match=f"expected {next(iter(options))}"):
        check_same_function(layer, plain)
    check_same_function(layer, layer)


def test_weights_of_cudnn_layers(rng, tmp_path):
    """cuDNN stores transposed matrices per gate, and two biases in one vector."""
    for cell, kind, gates in (("gru_reset_after", "CuDNNGRU", 3), ("lstm", "CuDNNLSTM", 4)):
        expected = drawn_layer(cell, rng)
        kernel, recurrent_kernel, bias = expected.get_weights()
        kernel = [k.T.reshape(k.shape) for k in np.split(kernel, gates, 1)]
        recurrent_kernel = [k.T for k in np.split(recurrent_kernel, gates, 1)]
        both = bias.ravel() if cell == "gru_reset_after" else np.concatenate([bias, 0 * bias])
        weights = [np.concatenate(kernel, 1), np.concatenate(recurrent_kernel, 1), both]
        layer = drawn_layer(cell, rng)
        load_keras_h5(layer, h5_file(tmp_path / f"{kind}.h5", kind, weights), "rnn")
        for one, other in zip(layer.get_weights(), expected.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
