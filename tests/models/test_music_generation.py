"""Sampling notes from a polyphony model."""

import keras
import numpy as np
import pytest
from scipy.special import expit, logit

from keras_gru import cells, models
from keras_gru.errors import UserError
from keras_gru.models import music_generation
from keras_gru.models.step import Stepper

from .helpers import predict

NOTES = 5
PROMPT = np.array([[0, 1, 0, 0, 1], [1, 1, 0, 0, 0], [0, 0, 0, 1, 1]])


def make(cell="gru", length=None, **options):
    """Return an untrained model with large weights, so that its outputs depend on its inputs."""
    model = models.polyphony(
        units=6, notes=NOTES, layers=2, cell=cell, length=length, seed=0, **options
    )
    for layer in model.layers:
        layer.set_weights([3 * weights for weights in layer.get_weights()])
    return model


@pytest.fixture(scope="module")
def model():
    return make(dropout=0.3)


def logits_of_the_whole(model, frames):
    x = {"features": frames[None].astype("float32"), "mask": np.ones((1, len(frames)), bool)}
    return predict(model, x)[0].astype("float64")


def by_running_again(model, prompt, length, temperature=1.0, seed=None):
    random = np.random.default_rng(seed)
    frames = np.array(prompt, "uint8")
    for _ in range(length):
        logits = logits_of_the_whole(model, frames)[-1]
        new = music_generation._draw(logits, temperature, random).astype("uint8")
        frames = np.concatenate([frames, new[None]])
    return frames[len(prompt) :]


@pytest.mark.parametrize("cell", cells.cell_names())
def test_logits_step_by_step_equal_those_of_the_full_sequence(cell):
    model = make(cell)
    frames = np.random.default_rng(1).integers(0, 2, (7, NOTES))
    stepper = Stepper(model)
    parts = [frames[:4], *(frames[step : step + 1] for step in range(4, 7))]
    found = np.concatenate([stepper({"features": part[None]})[0] for part in parts])
    expected = logits_of_the_whole(model, frames)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    # Without a carried state, the logits would differ.
    assert np.abs(logits_of_the_whole(model, frames[-1:])[0] - expected[-1]).max() > 0.01


def test_carrying_the_state_equals_rerunning_the_full_sequence(model):
    drawn = by_running_again(model, PROMPT, 9, seed=1)
    assert 0.1 < drawn.mean() < 0.9 and len(np.unique(drawn, axis=0)) > 3
    np.testing.assert_array_equal(models.sample_notes(model, PROMPT, 9, seed=1), drawn)
    likeliest = by_running_again(model, PROMPT, 3, temperature=0)
    np.testing.assert_array_equal(models.sample_notes(model, PROMPT, 3, temperature=0), likeliest)


def test_without_a_prompt_sampling_starts_from_silence(model):
    silence = np.zeros((1, NOTES), int)
    one, other = (models.sample_notes(model, start, 8, seed=4) for start in ([], silence))
    np.testing.assert_array_equal(one, other)


def test_a_seed_reproduces_the_piece(model):
    one, again, other = (models.sample_notes(model, PROMPT, 8, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_notes_are_sampled_with_their_probabilities(model):
    logits = logits_of_the_whole(model, PROMPT)[-1]
    expected = expit(logits)
    random = np.random.default_rng(0)
    drawn = [music_generation._draw(logits, 1.0, random) for _ in range(4000)]
    np.testing.assert_allclose(np.mean(drawn, axis=0), expected, atol=0.03)
    # Notes are sampled independently.
    both = np.mean([frame[0] & frame[1] for frame in drawn])
    assert abs(both - expected[0] * expected[1]) < 0.03


@pytest.mark.parametrize("temperature", [0.05, 0.3, 1.0, 4.0, 1e3])
def test_a_temperature_keeps_the_expected_number_of_notes(temperature):
    logits = np.random.default_rng(0).normal(-4, 3, 88)
    chances = music_generation._probabilities(logits, temperature)
    assert chances.sum() == pytest.approx(expit(logits).sum())
    assert (np.diff(chances[np.argsort(logits)]) >= 0).all()
    surest = chances.max() - expit(logits).max()
    assert np.sign(round(surest, 9)) == np.sign(1 - temperature)
    # All logits are scaled around the same point.
    inner = (chances > 1e-9) & (chances < 1 - 1e-9)
    shifts = logits[inner] - temperature * logit(chances[inner])
    np.testing.assert_allclose(shifts, shifts[0], atol=1e-4 * max(1, temperature))


@pytest.mark.parametrize("logit_of_all", [-50.0, -1000.0, 50.0])
def test_notes_that_are_sure_are_sampled(logit_of_all):
    logits = np.full(88, logit_of_all)
    chances = music_generation._probabilities(logits, 0.8)
    np.testing.assert_allclose(chances, expit(logits), rtol=1e-6, atol=1e-300)


def test_temperature_0_plays_the_expected_number_of_most_probable_notes():
    logits = np.log([0.4, 0.1, 0.6, 0.55, 0.05]) - np.log([0.6, 0.9, 0.4, 0.45, 0.95])  # 1.7 notes
    drawn = music_generation._draw(logits, 0, None)
    assert drawn.tolist() == [False, False, True, True, False]


def test_a_loaded_model_samples_the_same_and_is_not_changed(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    before = logits_of_the_whole(loaded, PROMPT)
    pieces = [models.sample_notes(each, PROMPT, 8, seed=3) for each in (model, loaded)]
    np.testing.assert_array_equal(*pieces)
    np.testing.assert_array_equal(logits_of_the_whole(loaded, PROMPT), before)


def test_a_model_with_a_fixed_length_samples_the_same():
    model, fixed = make(), make(length=7)
    fixed.set_weights(model.get_weights())
    pieces = [models.sample_notes(each, PROMPT, 9, seed=3) for each in (model, fixed)]
    np.testing.assert_array_equal(*pieces)


def test_a_half_precision_model_samples_notes():
    outside = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = make()
    finally:
        keras.config.set_dtype_policy(outside)
    assert models.sample_notes(model, PROMPT, 4, seed=0).shape == (4, NOTES)


def test_a_length_of_zero_returns_no_frames(model):
    assert models.sample_notes(model, PROMPT, 0).shape == (0, NOTES)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"prompt": [[0, 1]]},
            "'prompt': expected frames of 5 zeros and ones, .* shape \\(1, 2\\)",
        ),
        ({"prompt": PROMPT[0]}, "'prompt': expected frames of 5 zeros and ones"),
        ({"prompt": PROMPT * 2}, "'prompt': expected frames of 5 zeros and ones"),
        ({"length": -1}, "'length': expected at least 0, got -1"),
        ({"temperature": -0.1}, "'temperature': expected a finite number of at least 0"),
        ({"temperature": float("nan")}, "'temperature': expected a finite number of at least 0"),
    ],
)
def test_bad_arguments_are_rejected(model, arguments, sentence):
    with pytest.raises(UserError, match=sentence):
        models.sample_notes(model, **{"prompt": PROMPT, "length": 3, **arguments})


def test_a_diverged_model_is_rejected():
    diverged = models.polyphony(units=2, notes=NOTES)
    diverged.set_weights([weights * np.nan for weights in diverged.get_weights()])
    with pytest.raises(UserError, match="expected finite outputs"):
        models.sample_notes(diverged, PROMPT, 3)


def test_another_kind_of_model_is_rejected():
    with pytest.raises(UserError, match=r"expected .*polyphony, got 'tagger'"):
        models.sample_notes(models.tagger(units=2, tags=2, features=3), PROMPT, 3)
    wider = models.polyphony(units=2, notes=5, features=7)
    with pytest.raises(UserError, match="one that reads 7 numbers and plays 5 notes"):
        models.sample_notes(wider, PROMPT, 3)


def test_a_layer_without_a_state_is_rejected():
    class Convolution(keras.layers.Layer):
        def __init__(self, units, return_sequences=False, name=None):
            super().__init__(name=name)
            self.supports_masking = True
            self.inner = keras.layers.Conv1D(units, 3, padding="causal")

        def call(self, x, mask=None):
            return self.inner(x)

    cells.register_cell("convolution", Convolution)
    with pytest.raises(UserError, match="can be carried from frame to frame, got Conv"):
        models.sample_notes(models.polyphony(units=2, notes=5, cell="convolution"), PROMPT, 3)
