"""The embedded Reber grammar, compared with a regular expression written from its diagram."""

import re

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.published.source import DATA_DIR
from keras_gru.datasets.synthetic.embedded_reber import EmbeddedReber
from tests.datasets.samples import texts

SETTINGS = {"kind": "embedded_reber", "train": 2_000, "validation": 200, "test": 300}

_LOWER = "(?:T*VPX)*T*V(?:V|PS)"  # from the lower left state of the diagram to the final one
REBER = f"B(?:TS*X(?:S|X{_LOWER})|P{_LOWER})E"


@pytest.fixture(scope="module")
def reber(data_dir):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_DIR, str(data_dir))
        return datasets.load(EmbeddedReber(**SETTINGS))


def embedded(depth):
    pattern = REBER
    for _ in range(depth):
        pattern = f"(?:BT{pattern}TE|BP{pattern}PE)"
    return re.compile(pattern)


def check(dataset, grammar):
    for split, content in dataset.splits.items():
        for text, label in zip(texts(dataset, split), content.targets, strict=True):
            assert bool(grammar.fullmatch(text)) == label, text


@pytest.mark.parametrize("text", ["BTXSE", "BPVVE", "BTSSXXTTVVE", "BPTVPXVPSE"])
def test_the_regular_expression_matches_the_diagram(text):
    """Strings read off Hochreiter and Schmidhuber's figure, and each with one wrong letter."""
    assert re.fullmatch(REBER, text)
    assert not any(
        re.fullmatch(REBER, text[:place] + letter + text[place + 1 :])
        for place in range(len(text))
        for letter in "BEPSTVX".replace(text[place], "")
    )


def test_labels_say_which_strings_are_grammatical(reber):
    assert [reber.size(s) for s in reber.splits] == [2_000, 200, 300]
    check(reber, embedded(1))


def test_a_corrupted_string_has_one_wrong_letter(reber):
    """Any letter may be wrong, including the first and the last."""
    train = reber.splits["train"]
    assert set(train.inputs["tokens"][:, 0][train.targets == 1]) == {reber.vocabulary.index("B")}
    assert len(set(train.inputs["tokens"][:, 0][train.targets == 0])) == 7
    grammar = embedded(1)
    corrupted = texts(reber, "test")[::2]
    assert (reber.splits["test"].targets[::2] == 0).all()
    for text in corrupted[:30]:
        assert any(
            grammar.fullmatch(text[:place] + letter + text[place + 1 :])
            for place in range(len(text))
            for letter in "BEPSTVX"
        ), text


def test_a_long_range_corruption_is_visible_only_with_the_second_letter():
    dataset = datasets.load(EmbeddedReber(**SETTINGS, corruption="long_range"))
    check(dataset, embedded(1))
    inner = re.compile(f"B[TP]{REBER}[TP]E")
    for text, label in zip(texts(dataset, "train"), dataset.splits["train"].targets, strict=True):
        assert inner.fullmatch(text) and (text[1] == text[-2]) == label


def test_depth_and_loop_lengthen_the_strings(reber):
    deep = datasets.load(EmbeddedReber(**SETTINGS, depth=3))
    check(deep, embedded(3))
    assert min(map(len, texts(deep, "train"))) == 5 + 3 * 4
    long = datasets.load(EmbeddedReber(**SETTINGS, loop=0.8))
    check(long, embedded(1))
    lengths = [np.mean([len(t) for t in texts(dataset, "train")]) for dataset in (reber, long)]
    assert lengths[1] > 1.5 * lengths[0]


def test_the_fraction_of_test_strings_seen_in_training_is_reported(reber):
    train = set(texts(reber, "train"))
    seen = np.mean([text in train for text in texts(reber, "test")])
    assert 0.3 < seen < 0.9
    assert reber.notes == (f"{seen:.0%} of the test strings are in train.",)
    rare = datasets.load(EmbeddedReber(**SETTINGS, depth=5, loop=0.9))
    assert rare.notes == ("0% of the test strings are in train.",)


def test_chance_is_one_half(reber):
    (chance,) = reber.baselines
    assert chance.label.endswith("(chance)")
    assert chance.validation == chance.test
    assert chance.test["accuracy"] == chance.test["balanced_accuracy"] == 0.5


def test_the_same_seed_gives_the_same_strings_in_another_folder(reber, monkeypatch, tmp_path):
    monkeypatch.setenv(DATA_DIR, str(tmp_path))
    again = datasets.load(EmbeddedReber(**SETTINGS))
    other = datasets.load(EmbeddedReber(**SETTINGS, seed=1))
    for split in reber.splits:
        assert texts(again, split) == texts(reber, split) != texts(other, split)
