"""Sums and differences with distracting letters, which are generated without a download."""

import dataclasses
import re
from collections import Counter

import keras
import numpy as np
import pytest

from keras_gru import datasets, models
from keras_gru.datasets.published.source import DATA_DIR
from keras_gru.datasets.synthetic.arithmetic import Arithmetic
from tests.datasets.samples import epoch, texts

SETTINGS = {"kind": "arithmetic", "train": 1_000, "validation": 50, "test": 200}
PROBLEM = re.compile(r"(\d[\da-z]*)([+-])([a-z]*\d[\da-z]*)=(-?\d+)\.")


@pytest.fixture(scope="module")
def arithmetic(data_dir):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_DIR, str(data_dir))
        return datasets.load(Arithmetic(**SETTINGS))


def problems(dataset, split="train"):
    """Return the problems as strings; the final point is only in the targets."""
    return [text + "." for text in texts(dataset, split)]


def number(text):
    return int(re.sub("[a-z]", "", text))


def test_the_answers_are_right(arithmetic):
    signs = Counter()
    for split in arithmetic.splits:
        for problem in problems(arithmetic, split):
            one, sign, other, answer = PROBLEM.fullmatch(problem).groups()
            right = number(one) + number(other) * (1 if sign == "+" else -1)
            assert int(answer) == right
            signs[sign] += 1
    assert signs["+"] / signs.total() == pytest.approx(0.5, abs=0.05)


def test_numbers_have_one_to_eight_digits_and_no_leading_zero(arithmetic):
    found = []
    for problem in problems(arithmetic):
        one, _, other, _ = PROBLEM.fullmatch(problem).groups()
        found += [re.sub("[a-z]", "", text) for text in (one, other)]
    assert not any(len(text) > 1 and text[0] == "0" for text in found)
    counts = Counter(len(text) for text in found)
    assert set(counts) == set(range(1, 9))
    np.testing.assert_allclose([counts[n] / len(found) for n in counts], 1 / 8, atol=0.04)


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.5])
def test_the_fraction_of_letters_is_the_configured_one(fraction):
    dataset = datasets.load(Arithmetic(**SETTINGS, distractors=fraction))
    questions = "".join(problem.partition("=")[0] for problem in problems(dataset))
    assert sum(c.isalpha() for c in questions) / len(questions) == pytest.approx(
        fraction, abs=0.015
    )
    assert not re.search("=[^.]*[a-z]", "".join(problems(dataset)))


def test_only_the_characters_of_the_answer_have_weight(arithmetic):
    """The answer is what follows the equals sign: sign, digits and the point."""
    seen = 0
    for x, y, weight in epoch(arithmetic, "test", 32):
        for tokens, targets, counts in zip(x["tokens"], y, weight, strict=True):
            text = "".join(arithmetic.vocabulary[token] for token in tokens) + "."
            answer = "".join(np.array(arithmetic.vocabulary)[targets[counts > 0]])
            assert answer == text.partition("=")[2]
            assert set(counts) <= {0, 1}
            seen += 1
    assert seen == 200


def test_targets_are_the_next_characters_and_weights_do_not_change_the_padding(arithmetic):
    for split in arithmetic.splits.values():
        tokens, lengths = split.inputs["tokens"], split.lengths["tokens"]
        real = np.arange(tokens.shape[1]) < lengths[:, None]
        np.testing.assert_array_equal(tokens > 0, real)
        np.testing.assert_array_equal(split.targets > 0, real)
        inner = real[:, 1:]
        np.testing.assert_array_equal(split.targets[:, :-1][inner], tokens[:, 1:][inner])
    without = {name: dataclasses.replace(s, weights=None) for name, s in arithmetic.splits.items()}
    plain = dataclasses.replace(arithmetic, splits=without)
    assert arithmetic.padding("train", 32) == plain.padding("train", 32) < 0.1


def test_the_loss_ignores_the_question(arithmetic):
    """The loss is zero if the answer is right and everything else is wrong."""
    options = models.compile_options(arithmetic.spec)
    (_, y, weight), *_ = epoch(arithmetic, "validation", 50)
    predicted = np.where(weight > 0, y, (y + 1) % arithmetic.spec.outputs)
    logits = 100.0 * np.eye(arithmetic.spec.outputs, dtype=np.float32)[predicted]
    loss = options["loss"](y, logits, sample_weight=weight)
    assert float(keras.ops.convert_to_numpy(loss)) == pytest.approx(0, abs=1e-6)
    (accuracy,) = options["weighted_metrics"]
    accuracy.update_state(y, logits, sample_weight=weight)
    assert float(accuracy.result()) == 1


def test_chance_is_computed_from_the_answers_alone(arithmetic):
    """Compare with the same baselines computed from the strings."""
    pairs = {}
    for split in ("train", "test"):
        tails = ["=" + problem.partition("=")[2] for problem in problems(arithmetic, split)]
        pairs[split] = [(tail[i - 1], tail[i]) for tail in tails for i in range(1, len(tail))]
    always, chance = arithmetic.baselines
    ends = np.mean([after == "." for _, after in pairs["test"]])
    assert always.label == "Always '.'" and always.test["accuracy"] == pytest.approx(ends)
    counts = Counter(pairs["train"])
    best = {
        before: max((after for b, after in counts if b == before), key=lambda a: counts[before, a])
        for before in {before for before, _ in counts}
    }
    right = np.mean([best[before] == after for before, after in pairs["test"]])
    assert chance.label.endswith("(chance)")
    assert chance.test["accuracy"] == pytest.approx(
        right, abs=0.01
    )  # ties may be broken in another way
    assert arithmetic.metric.label == "accuracy per character of the answer"


def test_one_digit_problems():
    dataset = datasets.load(Arithmetic(**{**SETTINGS, "digits": 1, "distractors": 0}))
    assert all(re.fullmatch(r"\d[+-]\d=-?\d+\.", problem) for problem in problems(dataset))
    assert {problem[0] for problem in problems(dataset)} == set("0123456789")


def test_the_same_seed_gives_the_same_problems_in_another_folder(arithmetic, monkeypatch, tmp_path):
    monkeypatch.setenv(DATA_DIR, str(tmp_path))
    again = datasets.load(Arithmetic(**SETTINGS))
    other = datasets.load(Arithmetic(**SETTINGS, seed=1))
    for split in arithmetic.splits:
        assert texts(again, split) == texts(arithmetic, split) != texts(other, split)
