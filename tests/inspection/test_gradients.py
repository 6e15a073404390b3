"""Gradient norms by steps back, compared with finite differences of the loss."""

import keras
import numpy as np
import pytest

from keras_gru.inspection.gradients import align_at_end, gradient_decay, gradient_norms
from keras_gru.inspection.model_layers import find_layer
from tests.models.helpers import BIDIRECTIONAL, LENGTHS, compiled, inputs, make, targets

# Shapes: B batch, T time, U units.


def array(tensor):
    return keras.ops.convert_to_numpy(tensor).astype("float64")


def batch_of(kind):
    x = inputs(kind)
    y, weight = targets(kind, x)
    return (x, y) if weight is None else (x, y, weight)


def differences(layer, loss_from, x, states, after):
    """Return the norm of the derivatives of a loss w.r.t. the states after a step, by differences.

    Args:
        loss_from: `(output of the last step) -> loss`, in NumPy.
        x: `(1, T, D)`, one sequence without padding.
        states: each `(1, T, U)`, after each step.
    """

    def loss(*states):
        if after == x.shape[1] - 1:
            return loss_from(states[0])
        rest = [keras.ops.convert_to_tensor(state, "float32") for state in states]
        output, *_ = keras.tree.flatten(layer(x[:, after + 1 :], initial_state=rest))
        return loss_from(array(output)[:, -1] if layer.return_sequences else array(output))

    here, step, found = [state[:, after] for state in states], 1e-2, []
    for number, state in enumerate(here):
        for unit in range(state.shape[1]):
            moved = np.zeros_like(state)
            moved[0, unit] = step
            ends = [
                loss(*here[:number], state + sign * moved, *here[number + 1 :]) for sign in (1, -1)
            ]
            found.append((ends[0] - ends[1]) / (2 * step))
    return np.linalg.norm(found)


def cross_entropy(logits, y):
    return np.log(np.exp(logits).sum()) - logits[0, y]


def notes(logits, y):
    return np.sum(np.log1p(np.exp(logits)) - y * logits)


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("classifier", "gru"),
        ("classifier", "lstm"),
        ("polyphony", "gru"),
        ("polyphony", "lstm"),
        ("polyphony", "simple_rnn"),
        ("polyphony", "min_gru"),
    ],
)
def test_gradient_norms_equal_finite_differences_of_the_loss(kind, cell):
    model = compiled(kind, make(kind, cell))
    batch = x, y, *_ = batch_of(kind)
    layer = find_layer(model, 1)
    norms = gradient_norms(model, layer, batch)
    assert norms.shape == (6, 7)
    kernel, bias = (array(weight) for weight in model.get_layer("logits").weights)
    for row, after in [(0, 6), (0, 2), (2, 0)]:
        length = LENGTHS[row]
        if kind == "classifier":
            read, measure, y_last = model.get_layer("embedding")(x["tokens"]), cross_entropy, y[row]
        else:
            read, measure, y_last = x["features"], notes, y[row, length - 1]
        read = read[row : row + 1, :length]
        states = [array(state) for state in layer.gates(read)[1]]

        def loss_from(h, measure=measure, y_last=y_last):
            return measure(h @ kernel + bias, y_last)

        expected = differences(layer, loss_from, read, states, after)
        assert norms[row, after] == pytest.approx(expected, rel=0.01, abs=1e-5)
    padding = np.arange(7) >= LENGTHS[:, None]
    assert not norms[padding].any() and norms[~padding].all()


SOME = ("classifier_max", "tagger_vectors", "forecaster_every_step", "encoder_decoder_attention")


@pytest.mark.parametrize("kind", SOME)
def test_gradient_norms_of_every_layer_of_every_kind_of_model(kind):
    options = {"bidirectional": True} if kind in BIDIRECTIONAL else {}
    model = compiled(kind, make(kind, "lstm", layers=2, **options))
    count = 4 if kind.startswith("encoder_decoder") else 2
    before = array(model(inputs(kind), training=False))
    for number in range(1, count + 1):
        norms = gradient_norms(model, find_layer(model, number), batch_of(kind))
        assert np.isfinite(norms).all() and (norms > 0).any(axis=1).all()
    np.testing.assert_array_equal(array(model(inputs(kind), training=False)), before)


def test_forecasts_after_every_step_have_the_loss_of_the_last_one():
    """Of sequences of one length there are no weights."""
    kind = "forecaster_every_step"
    model = compiled(kind, make(kind, length=7))
    x = {"features": np.random.default_rng(0).normal(size=(2, 7, 4)).astype("float32")}
    y = np.random.default_rng(1).normal(size=(2, 7, 3, 2)).astype("float32")
    layer = find_layer(model, 1)
    found = gradient_norms(model, layer, (x, y))
    others = y.copy()
    others[:, :-1] += 1
    np.testing.assert_array_equal(found, gradient_norms(model, layer, (x, others)))
    weighted = gradient_norms(model, layer, (x, y, np.ones((2, 7), "float32")))
    np.testing.assert_array_equal(found, weighted)


def test_a_sequence_without_weighted_steps_has_no_gradient():
    model = compiled("tagger", make("tagger"))
    x, y, weight = batch_of("tagger")
    weight[1] = 0
    norms = gradient_norms(model, find_layer(model, 1), (x, y, weight))
    assert not norms[1].any() and norms[[0, 2, 3, 4, 5], 0].all()


def test_steps_back_are_counted_from_the_last_state_that_affects_the_loss():
    rows = align_at_end(np.array([[1, 2, 4, 0], [3, 6, 0, 0], [0, 0, 0, 0], [5, 5, 5, 10.0]]))
    assert [row.tolist() for row in rows] == [[4, 2, 1], [6, 3], [10, 5, 5, 5]]
    # The mean over the rows that are long enough, divided by the same rows' mean at 0.
    np.testing.assert_allclose(gradient_decay(rows), [1, (2 + 3 + 5) / 20, (1 + 5) / 14])
    assert gradient_decay([]).tolist() == []
