"""Sampling text from a language model."""

from collections import Counter

import keras
import numpy as np
import pytest

from keras_gru import models
from keras_gru.errors import UserError
from keras_gru.models import text_generation

from .helpers import predict

PROMPT = [3, 1, 4, 1, 5]


@pytest.fixture(scope="module", params=["gru", "lstm"])
def model(request):
    return models.language_model(
        units=16, vocabulary=12, layers=2, cell=request.param, dropout=0.3, seed=0
    )


def with_weights(model, **scaled):
    """Return a copy of the model with the first weights of some layers scaled."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for name, scale in scaled.items():
        first, *others = copy.get_layer(name).get_weights()
        copy.get_layer(name).set_weights([first * scale, *others])
    return copy


@pytest.fixture(scope="module")
def decisive_model(model):
    """An untrained model with large weights, so that greedy decoding does not repeat one token."""
    return with_weights(model, embedding=60, recurrent_1=4, recurrent_2=4, logits=20)


def by_running_again(model, prompt, length, temperature=0, seed=None):
    random = np.random.default_rng(seed)
    tokens = list(prompt)
    for _ in range(length):
        logits = predict(model, {"tokens": np.array([tokens])})[0, -1]
        tokens.append(text_generation._draw(logits, temperature, None, random))
    return tokens[len(prompt) :]


def test_carrying_the_state_equals_rerunning_the_full_sequence(decisive_model):
    greedy = by_running_again(decisive_model, PROMPT, 10)
    assert models.sample(decisive_model, PROMPT, 10, temperature=0) == greedy
    drawn = by_running_again(decisive_model, PROMPT, 20, temperature=20, seed=1)
    assert len(set(drawn)) > 5
    assert models.sample(decisive_model, PROMPT, 20, temperature=20, seed=1) == drawn


def test_top_k_of_1_is_greedy(decisive_model):
    greedy = models.sample(decisive_model, PROMPT, 20, temperature=0)
    assert models.sample(decisive_model, PROMPT, 20, top_k=1, seed=5) == greedy
    assert models.sample(decisive_model, PROMPT, 20, temperature=1e-6, seed=5) == greedy


def test_a_seed_reproduces_the_text(model):
    one, again, other = (models.sample(model, PROMPT, 30, seed=seed) for seed in (1, 1, 2))
    assert one == again != other


def test_tokens_are_sampled_with_their_probabilities(model):
    logits = predict(model, {"tokens": np.array([PROMPT])})[0, -1].astype("float64")
    logits[0] = -np.inf
    tokens = np.argsort(-logits)[:4]
    weights = np.exp(logits[tokens] / 0.5)
    random = np.random.default_rng(0)
    drawn = Counter(text_generation._draw(logits, 0.5, 4, random) for _ in range(4000))
    assert set(drawn) == set(tokens.tolist())
    for token, expected in zip(tokens, weights / weights.sum(), strict=True):
        assert abs(drawn[token] / 4000 - expected) < 0.04


def test_the_padding_token_is_never_sampled(model):
    unhappy = with_weights(model)
    kernel, bias = unhappy.get_layer("logits").get_weights()
    bias[0] = 50
    unhappy.get_layer("logits").set_weights([kernel, bias])
    assert 0 not in models.sample(unhappy, PROMPT, 50, seed=0)


def test_sampling_ends_before_a_stop_token(decisive_model):
    greedy = models.sample(decisive_model, PROMPT, 30, temperature=0)
    stop = greedy[-1]
    expected = greedy[: greedy.index(stop)]
    assert models.sample(decisive_model, PROMPT, 30, temperature=0, stop=stop) == expected
    assert models.sample(decisive_model, PROMPT, 30, temperature=0, stop=set(greedy)) == []


def test_a_length_of_zero_returns_no_text(model):
    assert models.sample(model, PROMPT, 0) == []


def test_a_loaded_model_samples_the_same(decisive_model, tmp_path):
    decisive_model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    texts = [models.sample(each, PROMPT, 20, seed=3) for each in (decisive_model, loaded)]
    assert texts[0] == texts[1]


def test_a_half_precision_model_samples_text():
    outside = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = models.language_model(units=4, vocabulary=9, seed=0)
    finally:
        keras.config.set_dtype_policy(outside)
    assert len(models.sample(model, [1, 2], 5, seed=0)) == 5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"prompt_ids": []}, "'prompt_ids': expected a list of at least one token"),
        ({"prompt_ids": [1.5]}, "'prompt_ids': expected a list of at least one token"),
        ({"prompt_ids": [0]}, "'prompt_ids': expected tokens from 1 to 11, got 0"),
        ({"prompt_ids": [12]}, "'prompt_ids': expected tokens from 1 to 11, got 12"),
        ({"length": -1}, "'length': expected at least 0, got -1"),
        ({"temperature": -0.1}, "'temperature': expected a finite number of at least 0"),
        ({"temperature": float("nan")}, "'temperature': expected a finite number of at least 0"),
        ({"top_k": 0}, "'top_k': expected at least 1"),
        ({"stop": 12}, "'stop': expected tokens from 1 to 11, got 12"),
    ],
)
def test_bad_arguments_are_rejected(model, arguments, sentence):
    with pytest.raises(UserError, match=sentence):
        models.sample(model, **{"prompt_ids": PROMPT, "length": 3, **arguments})


@pytest.mark.parametrize("temperature", [0, 1])
def test_a_diverged_model_is_rejected(temperature):
    diverged = models.language_model(units=2, vocabulary=9)
    diverged.set_weights([weights * np.nan for weights in diverged.get_weights()])
    with pytest.raises(UserError, match="expected finite outputs"):
        models.sample(diverged, [1], 3, temperature=temperature)


def test_another_kind_of_model_is_rejected():
    with pytest.raises(UserError, match="got 'tagger'"):
        models.sample(models.tagger(units=2, tags=2, features=3), [1], 3)
