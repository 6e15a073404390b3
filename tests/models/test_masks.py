"""Longer padding never changes outputs, losses or updates."""

import warnings

import numpy as np
import pytest

from .helpers import (
    BIDIRECTIONAL,
    KINDS,
    compiled,
    inputs,
    make,
    predict,
    seen_steps,
    targets,
)

BUILDS = [(kind, {"layers": layers}) for kind in KINDS for layers in (1, 2)] + [
    (kind, {"layers": layers, "bidirectional": True}) for kind in BIDIRECTIONAL for layers in (1, 2)
]


def deepest(kind):
    return {"layers": 2, "bidirectional": True} if kind in BIDIRECTIONAL else {"layers": 2}


def outputs_of_seen_steps(model, kind, **padding):
    x = inputs(kind, **padding)
    outputs, steps = predict(model, x), seen_steps(kind, x)
    return outputs if steps is None else outputs[steps]


def check_longer_padding(model, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Keras warns of a lost mask
        short = outputs_of_seen_steps(model, kind)
    assert len(np.unique(short.round(5))) > 6, "the outputs are all the same"
    right = outputs_of_seen_steps(model, kind, steps=12)
    left = outputs_of_seen_steps(model, kind, steps=10, side="left", source_steps=9)
    np.testing.assert_allclose(right, short, atol=1e-6)
    np.testing.assert_allclose(left, short, atol=1e-6)


@pytest.mark.parametrize(("kind", "options"), BUILDS)
def test_longer_padding_changes_no_output(kind, options):
    check_longer_padding(make(kind, "gru", **options), kind)


@pytest.mark.parametrize("cell", ["gru_reset_after", "lstm", "simple_rnn"])
@pytest.mark.parametrize("kind", KINDS)
def test_longer_padding_with_other_cells(kind, cell):
    check_longer_padding(make(kind, cell, **deepest(kind)), kind)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("kind", ["classifier_mean", "tagger_vectors", "encoder_decoder"])
def test_longer_padding_with_zoneout_and_layer_normalization(kind, cell):
    options = {**deepest(kind), "zoneout": 0.3, "layer_normalization": True}
    check_longer_padding(make(kind, cell, **options), kind)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "encoder" not in kind])
def test_a_single_sequence_without_padding_gives_the_same_outputs(kind):
    model = make(kind, "lstm", **deepest(kind))
    x = inputs(kind)
    together, steps = predict(model, x), seen_steps(kind, x)
    lengths = (x["mask"] if "mask" in x else x["tokens"] != 0).sum(1)
    for row in (1, 3):
        length = lengths[row]
        alone = predict(model, {name: array[row : row + 1, :length] for name, array in x.items()})
        expected = together[row : row + 1] if steps is None else together[row : row + 1, :length]
        np.testing.assert_allclose(alone, expected, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_step_ignores_the_padding(kind):
    y, weight = targets(kind, inputs(kind))
    trained = []
    for extra in (0, 4):
        model = compiled(kind, make(kind, layers=2), run_eagerly=True)
        if weight is not None:
            y = np.pad(y, [(0, 0), (0, extra)] + [(0, 0)] * (y.ndim - 2))
            weight = np.pad(weight, [(0, 0), (0, extra)])
        logs = model.train_on_batch(inputs(kind, 7 + extra), y, sample_weight=weight)
        trained.append([*logs, *model.get_weights()])
    for short, long in zip(*trained, strict=True):
        np.testing.assert_allclose(long, short, atol=2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_sequence_gives_finite_outputs(kind):
    x = {name: np.zeros_like(array) for name, array in inputs(kind).items()}
    assert np.isfinite(predict(make(kind, **deepest(kind)), x)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_have_no_implicit_keras_mask(kind):
    outputs = make(kind, layers=2)(inputs(kind))
    assert getattr(outputs, "_keras_mask", None) is None
