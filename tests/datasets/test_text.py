"""Tokenizing words, characters and subwords, and vocabularies."""

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from keras_gru.datasets.text import characters
from keras_gru.datasets.text.labelled_texts import LabelledTexts, classification_dataset
from keras_gru.datasets.text.subwords import learn_subwords, split_pieces
from keras_gru.datasets.text.tokenizer import Tokenizer
from keras_gru.datasets.text.tokens import UNKNOWN, build_vocabulary, encode_all, split_words
from keras_gru.datasets.text.units import blocks_of_texts, split_texts
from keras_gru.errors import UserError


def films(examples) -> LabelledTexts:
    return LabelledTexts.of_splits(examples, ("bad", "good"))


@pytest.mark.parametrize(
    "text, words",
    [
        ("A film.<br /><br />It's GOOD!", ["a", "film", "its", "good"]),
        ("¿Dónde está el tren-bus?", ["dónde", "está", "el", "tren", "bus"]),
        ("...", []),
    ],
)
def test_texts_are_split_into_words(text, words):
    assert split_words(text) == words


def test_a_vocabulary_is_sorted_by_frequency_then_alphabet_and_limited():
    sentences = [["b", "a", "c"], ["c", "a"], ["c"]]
    assert build_vocabulary(sentences, 5) == ("", "[UNK]", "c", "a", "b")
    assert build_vocabulary(sentences, 3) == ("", "[UNK]", "c")
    assert build_vocabulary(sentences, 5, special=("go",)) == ("", "[UNK]", "go", "c", "a")


def test_unknown_words_and_padding_have_their_own_tokens():
    tokens, lengths = encode_all([["a", "z"], ["b"]], ["", "[UNK]", "a", "b"])
    np.testing.assert_array_equal(tokens, [[2, UNKNOWN], [3, 0]])
    np.testing.assert_array_equal(lengths, [2, 1])


def test_words_of_validation_and_test_alone_are_unknown():
    examples = {
        "train": (["good film", "bad film"], np.array([1, 0])),
        "validation": (["splendid film"], np.array([1])),
        "test": (["dreadful film"], np.array([0])),
    }
    dataset = classification_dataset("films", films(examples), 100, 10)
    assert set(dataset.vocabulary) == {"", "[UNK]", "good", "bad", "film"}
    film = dataset.vocabulary.index("film")
    for split in ("validation", "test"):
        np.testing.assert_array_equal(dataset.splits[split].inputs["tokens"], [[UNKNOWN, film]])


def test_a_text_without_a_word_is_left_out_and_noted():
    part = (["good", "!!!", "bad"], np.array([1, 0, 0]))
    examples = dict.fromkeys(("train", "validation", "test"), part)
    dataset = classification_dataset("films", films(examples), 100, 10)
    assert dataset.size("train") == 2
    assert dataset.notes[0] == "Left out 1 train texts without a word."


def test_a_class_of_punctuation_alone_is_rejected():
    part = (["good", "!!!"], np.array([1, 0]))
    examples = dict.fromkeys(("train", "validation", "test"), part)
    with pytest.raises(UserError, match="all 3 texts of the class 'bad'"):
        classification_dataset("films", films(examples), 100, 10)


@hypothesis.given(st.lists(st.text(max_size=30), max_size=20), st.sampled_from([None, 2]))
def test_many_texts_are_tokenized_as_a_single_one(texts, max_length):
    for level, split in (("word", split_words), ("character", list)):
        units = split_texts(blocks_of_texts(texts), level, max_length)
        expected = [split(text)[:max_length] for text in texts]
        assert [units.words[code] for code in units.codes] == [
            u for units_of_text in expected for u in units_of_text
        ]
        assert units.lengths.tolist() == list(map(len, expected))
        words = [split(text)[:max_length] for text in texts]
        assert units.vocabulary(np.ones(len(texts), bool), 10) == build_vocabulary(words, 10)


def test_windows_of_characters_and_their_targets():
    texts = {"train": "abcabcabc", "validation": "abxab", "test": "cbacb"}
    dataset = characters.language_model_dataset("letters", texts, window=4)
    assert dataset.vocabulary == ("", "\ufffd", "a", "b", "c")
    ((x, y, weight),) = dataset.batches("train", 8).as_numpy_iterator()
    np.testing.assert_array_equal(x["tokens"], [[2, 3, 4, 2], [3, 4, 2, 3]])
    np.testing.assert_array_equal(y, [[3, 4, 2, 3], [4, 2, 3, 4]])
    assert weight.min() == 1
    ((x, y, _),) = dataset.batches("validation", 8).as_numpy_iterator()
    np.testing.assert_array_equal(x["tokens"], [[2, 3, UNKNOWN, 2]])  # x is not in train
    assert dataset.decode(dataset.encode("cab!")) == "cab\ufffd"


def test_a_text_shorter_than_a_window_is_rejected():
    texts = {"train": "abcabcabc", "validation": "abca", "test": "cbacb"}
    with pytest.raises(UserError, match="the validation split is empty"):
        characters.language_model_dataset("letters", texts, window=4)


def test_the_tokenizer_stores_whether_it_lowers_the_case():
    texts = {"train": "Ab aB b" * 9, "validation": "A Baab ba" * 3, "test": "AB ab AB a" * 3}
    dataset = characters.language_model_dataset(
        "letters", texts, 4, tokenizer=Tokenizer("character", True)
    )
    assert dataset.vocabulary[2:] == (" ", "a", "b")
    assert dataset.encode("aB") == dataset.encode("Ab")
    again = characters.language_model_dataset(
        "letters", {"test": texts["test"]}, 4, dataset.preprocessing
    )
    np.testing.assert_array_equal(
        again.splits["test"].inputs["tokens"], dataset.splits["test"].inputs["tokens"]
    )


def test_training_windows_overlap_if_the_stride_is_shorter():
    texts = {name: "abcdefghijklmnopqrstuvwxyz" for name in ("train", "validation", "test")}
    dataset = characters.language_model_dataset("letters", texts, window=4, stride=3)
    train, test = dataset.splits["train"], dataset.splits["test"]
    tokens = train.inputs["tokens"]
    spelled = ["".join(dataset.vocabulary[token] for token in row) for row in tokens]
    assert spelled[:3] == ["abcd", "defg", "ghij"] and len(spelled) == 8
    np.testing.assert_array_equal(train.targets[:, :-1], tokens[:, 1:])
    assert train.overlapping and not test.overlapping and test.size == 6


WORDS = ("lower lowest newer newest wider widest low new wide " * 30).split()


def some_films(count=60):
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, 6)) + "\nSo, Señor?" for _ in range(count)]
    part = texts, np.arange(count) % 2
    return films({"train": part, "validation": part, "test": part})


def test_subwords_are_learnt_from_train_and_cover_the_text():
    dataset = classification_dataset("films", some_films(), 60, 100, level="subword")
    assert dataset.tokenizer.level == "subword" and len(dataset.vocabulary) <= 60
    text = "the lowest  of\nslower, Señor?"
    units = dataset.tokenizer.split(text)
    assert len(units) < len(text) and dataset.tokenizer.join(units) != text  # h is unknown
    known = "so lowest  new\nslower, señor?"
    assert dataset.tokenizer.join(dataset.tokenizer.split(known)) == known
    assert dataset.encode("NEWEST") == dataset.encode("newest")
    # A single text is encoded like many texts, with the preprocessing that a run directory stores.
    for number, text in enumerate(next(iter(some_films().texts())).to_pylist()[:5]):
        row = dataset.splits["train"].inputs["tokens"][number]
        assert dataset.encode(text) == [token for token in row.tolist() if token]


def test_subwords_do_not_depend_on_the_order_of_texts():
    pieces, counts = ["low", "er", "lower", "new"], np.array([5, 3, 9, 2])
    model = learn_subwords(pieces, counts, 20)
    order = [2, 0, 3, 1]
    assert learn_subwords([pieces[index] for index in order], counts[order], 20) == model


def test_a_long_text_of_subwords_is_cut():
    dataset = classification_dataset("films", some_films(), 30, 5, level="subword")
    assert dataset.splits["train"].lengths["tokens"].max() == 5
    assert "100.0% of the texts" in dict(dataset.facts)["Cut"]


@hypothesis.given(st.text(alphabet="ab \n\0é", max_size=20))
def test_joined_pieces_are_the_text(text):
    pieces = split_pieces(text)
    units = split_texts(blocks_of_texts([text, ""]), "subword")
    assert [units.words[code] for code in units.codes] == pieces
    assert Tokenizer("subword").join(pieces) == text.replace("\0", " ")
