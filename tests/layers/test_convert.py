"""Weights to and from PyTorch, against PyTorch."""

import numpy as np
import pytest

from keras_gru.layers.convert import from_torch, to_torch

from .helpers import array, drawn_layer

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
MODULES = {
    "gru_reset_after": torch.nn.GRU,
    "lstm": torch.nn.LSTM,
    "simple_rnn": torch.nn.RNN,
}


def arrays(module):
    return {
        name.removesuffix("_l0"): parameter.detach().cpu().numpy()
        for name, parameter in module.named_parameters()
    }


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("cell", MODULES)
def test_pytorch_and_our_layer_compute_the_same(rng, cell, bias):
    module = MODULES[cell](3, 4, batch_first=True, bias=bias)
    layer = drawn_layer(cell, rng, return_sequences=True, use_bias=bias)
    x = rng.normal(size=(2, 5, 3)).astype("float32")

    layer.set_weights(from_torch(cell, **arrays(module)))
    expected = module(torch.from_numpy(x))[0].detach().numpy()
    np.testing.assert_allclose(array(layer(x)), expected, atol=1e-6)

    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    back = to_torch(cell, layer.get_weights())
    module.load_state_dict(
        {f"{name}_l0": torch.tensor(values) for name, values in back.items()}, strict=True
    )
    outputs = module.double()(torch.from_numpy(x).double())[0].detach().numpy()
    np.testing.assert_allclose(array(layer(x)), outputs, atol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("cell", MODULES)
def test_there_and_back(rng, cell, bias):
    weights = drawn_layer(cell, rng, use_bias=bias).get_weights()
    again = from_torch(cell, **to_torch(cell, weights))
    for one, other in zip(again, weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_cell_that_pytorch_lacks_is_refused(rng):
    weights = drawn_layer("gru", rng).get_weights()
    with pytest.raises(ValueError, match=r"PyTorch has no 'gru'.*gru_reset_after"):
        to_torch("gru", weights)
