"""The encoder–decoder, compared with its equations in NumPy."""

# S source steps, T target steps, U units

import keras
import numpy as np
import pytest

from keras_gru import models

from .helpers import predict

SOURCES = np.array([[3, 4, 5, 0, 0], [5, 5, 3, 4, 2], [2, 0, 0, 0, 0]])
TARGETS = np.array([[1, 3, 0, 0], [1, 4, 5, 3], [1, 5, 2, 0]])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru(layer, xs, h):
    """Return the outputs of a GRU, `(T, U)` in float64."""
    kernel, recurrent, bias = (weight.astype("float64") for weight in layer.get_weights())
    units = len(h)
    outputs = []
    for x in xs:
        x = x @ kernel + bias
        z, r = np.split(sigmoid(x[: 2 * units] + h @ recurrent[:, : 2 * units]), 2)
        g = np.tanh(x[2 * units :] + (r * h) @ recurrent[:, 2 * units :])
        h = z * h + (1 - z) * g
        outputs.append(h)
    return np.array(outputs)


def dense(layer, x):
    kernel, *bias = layer.get_weights()
    return x @ kernel.astype("float64") + (bias[0] if bias else 0)


def read(model, number, x):
    """Return the outputs of an encoder layer, and the decoder's initial state."""
    layer = model.get_layer(f"encoder_{number}")
    if not isinstance(layer, keras.layers.Bidirectional):
        outputs = gru(layer, x, np.zeros(layer.units))
        return outputs, outputs[-1]
    zeros = np.zeros(layer.forward_layer.units)
    forward = gru(layer.forward_layer, x, zeros)
    backward = gru(layer.backward_layer, x[::-1], zeros)
    last = np.concatenate([forward[-1], backward[-1]])
    bridge = model.get_layer(f"bridge_{number}_0")
    return np.concatenate([forward, backward[::-1]], 1), np.tanh(dense(bridge, last))


def attend(model, queries, values):
    query, key = model.get_layer("query"), model.get_layer("key")
    (v,) = model.get_layer("attention").get_weights()
    scores = np.tanh(dense(query, queries)[:, None] + dense(key, values)[None]) @ v
    weights = np.exp(scores)
    return weights / weights.sum(1, keepdims=True)


def reference(model, source, target, layers, attention):
    """Return the logits `(T, V)` for one pair without padding."""
    x = model.get_layer("source_embedding").get_weights()[0][source]
    states = []
    for number in range(1, layers + 1):
        x, state = read(model, number, x)
        states.append(state)
    c = np.tile(states[-1], (len(target), 1))
    y = model.get_layer("target_embedding").get_weights()[0][target]
    h = np.concatenate([y, c], 1)
    for number, state in enumerate(states, 1):
        h = gru(model.get_layer(f"decoder_{number}"), h, state)
    if attention:
        c = attend(model, h, x) @ x
    return dense(model.get_layer("logits"), np.concatenate([h, y, c], 1))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_logits_equal_the_equations(layers, attention, bidirectional):
    options = {"layers": layers, "attention": attention, "bidirectional": bidirectional}
    model = models.encoder_decoder(
        units=5, embedding=4, source_vocabulary=6, target_vocabulary=7, seed=2, **options
    )
    generator = np.random.default_rng(0)  # random biases, too, so that all states differ
    model.set_weights([generator.normal(size=weight.shape) * 0.7 for weight in model.get_weights()])
    x = {"source": np.pad(SOURCES, [(0, 0), (0, 2)]), "target": np.pad(TARGETS, [(0, 0), (0, 1)])}
    for row, logits in enumerate(predict(model, x)):
        source, target = SOURCES[row], TARGETS[row]
        source, target = source[source != 0], target[target != 0]
        expected = reference(model, source, target, layers, attention)
        np.testing.assert_allclose(logits[: len(target)], expected, atol=2e-5)


def test_attention_weights_equal_the_equations():
    model = models.encoder_decoder(
        units=5, embedding=4, source_vocabulary=6, target_vocabulary=7, attention=True, seed=2
    )
    weights = models.attention_weights(model, SOURCES, TARGETS)
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-6)
    for row, (source, target) in enumerate(zip(SOURCES, TARGETS, strict=True)):
        source, target = source[source != 0], target[target != 0]
        x, state = read(model, 1, model.get_layer("source_embedding").get_weights()[0][source])
        y = model.get_layer("target_embedding").get_weights()[0][target]
        c = np.tile(state, (len(target), 1))
        h = gru(model.get_layer("decoder_1"), np.concatenate([y, c], 1), state)
        found = weights[row, : len(target), : len(source)]
        np.testing.assert_allclose(found, attend(model, h, x), atol=1e-6)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("cut", [(), ("input",), ("output",), ("input", "output")])
def test_the_summary_of_the_source_is_an_input_of_every_decoder_step(cell, cut):
    model = models.encoder_decoder(
        units=5, cell=cell, embedding=4, source_vocabulary=6, target_vocabulary=7, seed=2
    )
    kernel, recurrent, bias = model.get_layer("decoder_1").get_weights()
    bias[{"gru": slice(0, 5), "lstm": slice(5, 10)}[cell]] = -100  # closes z or the forget gate
    logits, logits_bias = model.get_layer("logits").get_weights()
    if "input" in cut:
        kernel[4:] = 0  # the rows of c, after those of the embedding
    if "output" in cut:
        logits[5 + 4 :] = 0  # the rows after those of h and the embedding
    model.get_layer("decoder_1").set_weights([20 * kernel, 0 * recurrent, bias])
    model.get_layer("logits").set_weights([logits, logits_bias])
    target = np.tile([[1, 3, 4, 5]], (2, 1))
    one, other = predict(model, {"source": np.array([[3, 4, 5], [5, 5, 2]]), "target": target})
    reached = np.abs(one[-1] - other[-1]).max()
    assert reached < 1e-6 if len(cut) == 2 else reached > 1e-3


def test_source_and_target_may_have_any_length():
    model = models.encoder_decoder(units=3, source_vocabulary=6, target_vocabulary=7)
    assert model.output_shape == (None, None, 7)
    for sentences in (1, 2, 3):
        for steps in (1, 3, 9):  # 3 equals the number of units
            source, target = np.ones((sentences, 4), "int32"), np.ones((sentences, steps), "int32")
            logits = predict(model, {"source": source, "target": target})
            assert logits.shape == (sentences, steps, 7)
