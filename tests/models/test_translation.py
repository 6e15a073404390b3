"""Greedy decoding and beam search with an encoder–decoder."""

import itertools

import keras
import numpy as np
import pytest

from keras_gru import models
from keras_gru.errors import UserError

from .helpers import predict

START, END, VOCABULARY, LONGEST = 1, 2, 6, 4
SOURCES = np.array([[3, 4, 5, 0, 0], [5, 5, 3, 4, 2], [2, 0, 0, 0, 0]])


@pytest.fixture(
    scope="module",
    params=[
        (9, {"cell": "gru"}),
        (8, {"cell": "lstm", "layers": 2, "bidirectional": True, "attention": True}),
    ],
    ids=["gru", "lstm_attention"],
)
def model(request):
    """An untrained model with large weights, which are equal on every backend."""
    seed, options = request.param
    model = models.encoder_decoder(
        units=8, embedding=8, source_vocabulary=6, target_vocabulary=VOCABULARY, **options
    )
    random = np.random.default_rng(seed)
    model.set_weights([random.normal(size=weight.shape) for weight in model.get_weights()])
    return model


def log_probabilities(model, sources, targets):
    """Return `(N, T, V)` with teacher forcing, excluding tokens that are never decoded."""
    logits = predict(model, {"source": sources, "target": targets}).astype("float64")
    logits[..., [0, START]] = -np.inf
    logits -= logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def scores(model, source, targets):
    """Return mean log-probabilities of targets, including the end token unless it is cut off."""
    written = [[*target, END][:LONGEST] for target in targets]
    lengths = np.array([len(tokens) for tokens in written])
    seen = np.arange(LONGEST) < lengths[:, None]
    y = np.array([tokens + [0] * (LONGEST - len(tokens)) for tokens in written])
    x = np.concatenate([np.full((len(y), 1), START), y[:, :-1]], axis=1)
    sources = np.repeat(source[None], len(y), axis=0)
    log_p = np.take_along_axis(log_probabilities(model, sources, x), y[:, :, None], -1)[:, :, 0]
    return np.where(seen, log_p, 0).sum(1) / lengths


def by_running_again(model, source, longest):
    tokens = [START]
    while len(tokens) <= longest:
        best = int(log_probabilities(model, source[None], np.array([tokens]))[0, -1].argmax())
        if best == END:
            break
        tokens.append(best)
    return tokens[1:]


def translate(model, **options):
    return models.translate(
        model, SOURCES, start=START, end=END, **{"max_length": LONGEST, **options}
    )


def test_carrying_the_state_equals_rerunning_the_full_sequence(model):
    expected = [by_running_again(model, source, 8) for source in SOURCES]
    assert len({tuple(tokens) for tokens in expected}) > 1
    assert translate(model, max_length=8) == expected


def test_enough_beams_find_the_best_of_all_targets(model):
    words = [token for token in range(VOCABULARY) if token not in (0, START, END)]
    all_targets = [
        list(tokens)
        for length in range(LONGEST + 1)
        for tokens in itertools.product(words, repeat=length)
    ]
    found = translate(model, beams=len(all_targets))
    for source, tokens in zip(SOURCES, found, strict=True):
        assert tokens == all_targets[int(np.argmax(scores(model, source, all_targets)))]


def test_more_beams_score_higher(model):
    found = zip(SOURCES, *(translate(model, beams=beams) for beams in (1, 3, 50)), strict=True)
    greedy, few, many = np.mean([scores(model, source, targets) for source, *targets in found], 0)
    assert greedy <= few + 1e-6
    assert few <= many + 1e-6


def test_beams_are_sorted_by_their_scores(model):
    options = {"start": START, "end": END, "max_length": LONGEST, "beams": 3}
    for source, found in zip(SOURCES, models.search_beams(model, SOURCES, **options), strict=True):
        tokens, given = zip(*found, strict=True)
        np.testing.assert_allclose(given, scores(model, source, tokens), atol=1e-5)
        assert list(given) == sorted(given, reverse=True) and len({*map(tuple, tokens)}) == 3


def test_a_forbidden_token_is_never_decoded(model):
    (banned,) = {token for row in translate(model, beams=3)[:1] for token in row[:1]}
    found = translate(model, beams=3, never=[banned])
    assert not any(banned in tokens for tokens in found)


def test_padding_and_batch_size_do_not_matter(model):
    together = translate(model, beams=3)
    padded = np.pad(SOURCES, [(0, 0), (0, 3)])
    options = {"start": START, "end": END, "max_length": LONGEST, "beams": 3}
    assert models.translate(model, padded, **options) == together
    assert models.translate(model, SOURCES, batch_size=1, **options) == together


def test_a_loaded_model_decodes_the_same(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert translate(loaded, beams=2) == translate(model, beams=2)


def test_an_empty_source_gives_an_empty_result(model):
    empty = np.zeros((0, 4), "int32")
    assert models.translate(model, empty, start=START, end=END, max_length=3) == []


def test_a_model_learns_to_copy():
    random = np.random.default_rng(0)
    words = random.integers(3, 8, (64, 3))
    lengths = random.integers(1, 4, 64)
    words = words * (np.arange(3) < lengths[:, None])
    y = np.concatenate([words, np.zeros((64, 1), int)], axis=1)
    y[np.arange(64), lengths] = END
    target = np.concatenate([np.full((64, 1), START), words], axis=1)
    weight = (np.arange(4) <= lengths[:, None]).astype("float32")
    model = models.encoder_decoder(
        units=32,
        source_vocabulary=8,
        target_vocabulary=8,
        embedding=16,
        seed=0,
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss, jit_compile=False)
    x = {"source": words.astype("int32"), "target": target.astype("int32")}
    model.fit(x, y, sample_weight=weight, epochs=100, batch_size=64, verbose=0)
    options = {"start": START, "end": END, "max_length": 6}
    copied = [row[:length].tolist() for row, length in zip(words, lengths, strict=True)]
    assert models.translate(model, words, **options) == copied
    assert models.translate(model, words, beams=4, **options) == copied


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"source_ids": [3, 4]}, r"'source_ids': expected integers \(sentences, steps\)"),
        ({"source_ids": [[3.5]]}, r"'source_ids': expected integers \(sentences, steps\)"),
        ({"source_ids": [[3, 4], [5]]}, "'source_ids': expected rows of one length"),
        ({"source_ids": [[6]]}, "'source_ids': expected tokens from 0 to 5, got 6"),
        ({"start": 0}, "'start': expected a target token from 1 to 5, got 0"),
        ({"end": 6}, "'end': expected a target token from 1 to 5, got 6"),
        ({"end": START}, "'start' and 'end': expected two different tokens"),
        ({"max_length": 0}, "'max_length': expected at least 1, got 0"),
        ({"beams": 0}, "'beams': expected at least 1, got 0"),
        ({"never": [END]}, "'never': expected target tokens"),
    ],
)
def test_bad_arguments_are_rejected(model, arguments, sentence):
    good = {"source_ids": SOURCES, "start": START, "end": END, "max_length": 3}
    with pytest.raises(UserError, match=sentence):
        models.translate(model, **{**good, **arguments})


def test_a_diverged_model_is_rejected():
    sizes = {"source_vocabulary": 6, "target_vocabulary": VOCABULARY}
    diverged = models.encoder_decoder(units=2, **sizes)
    diverged.set_weights([weights * np.nan for weights in diverged.get_weights()])
    with pytest.raises(UserError, match="expected finite outputs"):
        translate(diverged)


def test_another_kind_of_model_is_rejected():
    model = models.tagger(units=2, tags=2, features=3)
    with pytest.raises(UserError, match="got 'tagger'"):
        models.translate(model, SOURCES, start=START, end=END, max_length=3)
