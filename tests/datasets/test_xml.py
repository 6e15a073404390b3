"""Documents of random XML tags, which are generated without a download."""

import re
import xml.etree.ElementTree

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.published.source import DATA_DIR
from keras_gru.datasets.synthetic.xml import Xml
from tests.datasets.samples import texts

SETTINGS = {"kind": "xml", "train": 300, "validation": 30, "test": 100, "window": 50}


@pytest.fixture(scope="module")
def documents(data_dir):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_DIR, str(data_dir))
        return datasets.load(Xml(**SETTINGS))


def tags(dataset):
    """Return the complete tags of the training text, in order."""
    return re.findall(r"</?[a-z]+>", "".join(texts(dataset, "train")))


def test_the_text_is_xml(documents):
    """Python's parser reads it, after the tags that the last window cuts off are closed."""
    found, still_open = tags(documents), []
    assert "".join(found) == "".join(texts(documents, "train"))[: len("".join(found))]
    for tag in found:
        if tag.startswith("</"):
            assert tag == f"</{still_open.pop()}>"
        else:
            still_open.append(tag[1:-1])
    ends = "".join(f"</{name}>" for name in reversed(still_open))
    root = xml.etree.ElementTree.fromstring(f"<all>{''.join(found)}{ends}</all>")
    assert len(list(root.iter())) == 1 + sum(not tag.startswith("</") for tag in found)


def test_names_have_two_to_ten_letters_and_half_of_the_tags_close(documents):
    found = tags(documents)
    opening = [tag[1:-1] for tag in found if not tag.startswith("</")]
    assert {len(name) for name in opening} == set(range(2, 11))
    assert set("".join(opening)) == set("abcdefghijklmnopqrstuvwxyz")
    assert np.mean([len(name) for name in opening]) == pytest.approx(6, abs=0.1)
    assert len(opening) / len(found) == pytest.approx(0.5, abs=0.01)


def test_targets_are_the_next_characters(documents):
    for split in documents.splits.values():
        tokens = split.inputs["tokens"]
        np.testing.assert_array_equal(split.targets[:, :-1], tokens[:, 1:])
        np.testing.assert_array_equal(split.targets[:-1, -1], tokens[1:, 0])


def test_chance_predicts_from_the_previous_character(documents):
    always, chance, n_gram = documents.baselines
    assert always.label in ("Always '<'", "Always '>'")
    assert always.test["accuracy"] == pytest.approx(1 / 8.5, abs=0.005)
    assert chance.label.endswith("(chance)") and n_gram.test["accuracy"] >= chance.test["accuracy"]
    assert chance.test["accuracy"] == pytest.approx((2.5 + 1 / 52) / 8.5, abs=0.01)


def test_shorter_names_and_documents_are_generated():
    dataset = datasets.load(Xml(**{**SETTINGS, "steps": 1, "longest": 2}))
    assert re.match("(?:<(..)></\\1>)+$", "".join(tags(dataset)[:-1][:100]))


def test_the_same_seed_gives_the_same_text_in_another_folder(documents, monkeypatch, tmp_path):
    monkeypatch.setenv(DATA_DIR, str(tmp_path))
    again = datasets.load(Xml(**SETTINGS))
    other = datasets.load(Xml(**SETTINGS, seed=1))
    for split in documents.splits:
        assert texts(again, split) == texts(documents, split) != texts(other, split)
