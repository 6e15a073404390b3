"""The temporal order problem, which is generated without a download."""

import re

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.published.source import DATA_DIR
from keras_gru.datasets.synthetic.temporal_order import TemporalOrder
from tests.datasets.samples import texts

SETTINGS = {"kind": "temporal_order", "train": 800, "validation": 80, "test": 160}
PLACES = {2: [(10, 20), (50, 60)], 3: [(10, 20), (33, 43), (66, 76)]}  # from the paper


@pytest.fixture(scope="module", params=PLACES)
def temporal_order(data_dir, request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_DIR, str(data_dir))
        return datasets.load(TemporalOrder(**SETTINGS, marked=request.param))


def test_sequences_are_as_the_paper_describes(temporal_order):
    classes = temporal_order.target_vocabulary
    places = PLACES[len(classes[0])]
    assert [temporal_order.size(s) for s in temporal_order.splits] == [800, 80, 160]
    for split, content in temporal_order.splits.items():
        for text, label in zip(texts(temporal_order, split), content.targets, strict=True):
            assert re.fullmatch("E[abcdXY]*B", text) and 100 <= len(text) <= 110
            marked = [(index, letter) for index, letter in enumerate(text) if letter in "XY"]
            assert "".join(letter for _, letter in marked) == classes[label]
            for (index, _), (first, last) in zip(marked, places, strict=True):
                assert first <= index <= last


def test_all_allowed_lengths_letters_and_positions_occur(temporal_order):
    found = texts(temporal_order, "train")
    assert {len(text) for text in found} == set(range(100, 111))
    assert {text[30] for text in found} == set("abcd")
    for number, (first, last) in enumerate(PLACES[len(temporal_order.target_vocabulary[0])]):
        index = {[i for i, letter in enumerate(text) if letter in "XY"][number] for text in found}
        assert index == set(range(first, last + 1))


def test_chance_is_one_over_the_number_of_classes(temporal_order):
    classes = len(temporal_order.target_vocabulary)
    assert classes == 2 ** len(temporal_order.target_vocabulary[0])
    (chance,) = temporal_order.baselines
    assert chance.label == f"Always {temporal_order.target_vocabulary[0]!r} (chance)"
    assert chance.validation == chance.test
    assert chance.test["accuracy"] == chance.test["balanced_accuracy"] == 1 / classes


@pytest.mark.parametrize("marked", PLACES)
@pytest.mark.parametrize("length", [10, 37])
def test_other_lengths_are_generated(length, marked):
    dataset = datasets.load(TemporalOrder(**SETTINGS, length=length, marked=marked))
    for text, label in zip(texts(dataset, "train"), dataset.splits["train"].targets, strict=True):
        assert length <= len(text) <= length * 1.1
        assert re.sub("[^XY]", "", text[1:-1]) == dataset.target_vocabulary[label]


def test_the_same_seed_gives_the_same_sequences_in_another_folder(
    temporal_order, monkeypatch, tmp_path
):
    monkeypatch.setenv(DATA_DIR, str(tmp_path))
    marked = len(temporal_order.target_vocabulary[0])
    again = datasets.load(TemporalOrder(**SETTINGS, marked=marked))
    other = datasets.load(TemporalOrder(**SETTINGS, marked=marked, seed=1))
    for split, content in temporal_order.splits.items():
        np.testing.assert_array_equal(
            again.splits[split].inputs["tokens"], content.inputs["tokens"]
        )
        assert texts(other, split) != texts(temporal_order, split)
