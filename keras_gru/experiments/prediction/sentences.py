"""Read sentences to tag, from texts and CoNLL-U files."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_gru.datasets.own.files import lines_of, read_text
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.text.tokens import UNKNOWN
from keras_gru.errors import UserError
from keras_gru.experiments.prediction.inputs import (
    STANDARD_INPUT,
    Inputs,
    find_path,
    standard_input,
    with_split,
)
from keras_gru.experiments.prediction.texts import count_unknown, encode_labels, token_split
from keras_gru.settings import present

_EXPECTS = "a sentence, a text file of one sentence a line, or a CoNLL-U file"


def read_sentences(data: Any, preprocessing: Preprocessing) -> Inputs:
    """Read sentences and encode their words.

    Args:
        data: a sentence, or a list of sentences, of words separated by spaces; lists of words;
            `"-"` for the standard input; the path of a text file (one sentence a line) or of a
            CoNLL-U file (`.conllu`).

    Raises:
        UserError: if there are no words.
    """
    words, annotated, source = _find_sentences(data)
    if not any(words):
        raise UserError(f"{source}: expected {_EXPECTS}, found no word. Give one or more.")
    ids = {word: number for number, word in enumerate(present(preprocessing.vocabulary))}
    lower = [[word.lower() for word in sentence] for sentence in words]
    tokens = [[ids.get(word, UNKNOWN) for word in sentence] for sentence in lower]
    numbers = np.array([number for number, sentence in enumerate(words) if sentence])
    encoded = [tokens[number] for number in numbers]
    notes = count_unknown(encoded, [lower[number] for number in numbers], "word")
    rows = [{"sentence": n, "words": sentence} for n, sentence in enumerate(words, 1)]
    truth = None
    if annotated is not None:
        truth = [[token["upos"] for token in words_of(sentence)] for sentence in annotated]
        if not all(tag and tag != "_" for tags in truth for tag in tags):
            truth = None
    if truth is not None:
        rows = [{**row, "truth": tags} for row, tags in zip(rows, truth, strict=True)]
        notes += encode_labels([tag for tags in truth for tag in tags], preprocessing)[1]
    dataset = with_split(preprocessing, token_split(encoded))
    return Inputs(dataset, rows, numbers, tuple(notes), annotated)


def words_of(sentence: Any) -> list[Any]:
    """Return the words of an annotated sentence, without multiword tokens and empty nodes."""
    return [token for token in sentence if isinstance(token["id"], int)]


def write_conllu(sentences: Sequence[Any], tags: Sequence[Sequence[str]]) -> str:
    """Return annotated sentences as CoNLL-U with these universal part-of-speech tags."""
    for sentence, its_tags in zip(sentences, tags, strict=True):
        for token, tag in zip(words_of(sentence), its_tags, strict=True):
            token["upos"] = tag
    return "".join(sentence.serialize() for sentence in sentences)


def _find_sentences(data: Any) -> tuple[list[list[str]], list[Any] | None, str]:
    """Return the words of each sentence, CoNLL-U annotations, and the name of the source."""
    path = find_path(data, _EXPECTS)
    if path is not None and path.is_dir():
        raise UserError(f"{path}: expected {_EXPECTS}, found a folder. Give the path of a file.")
    if path is not None:
        return _parse(read_text(path), path.suffix.lower() == ".conllu", str(path))
    if isinstance(data, str):
        if data != STANDARD_INPUT:
            return [data.split()], None, "the sentence"
        text = standard_input()
        first = next((line for line in lines_of(text) if line and line[0] != "#"), "")
        return _parse(text, first.count("\t") == 9, "standard input")
    sentences = [
        sentence.split() if isinstance(sentence, str) else list(sentence) for sentence in data
    ]
    for number, sentence in enumerate(sentences):
        if not all(isinstance(word, str) for word in sentence):
            raise UserError(f"sentence {number}: expected words, found {sentence[:5]!r}.")
    return sentences, None, "the list"


def _parse(text: str, is_conllu: bool, source: str):
    if not is_conllu:
        return [line.split() for line in lines_of(text) if line.strip()], None, source
    import conllu
    from conllu.exceptions import ParseException

    try:
        sentences = conllu.parse(text)
    except (ParseException, ValueError) as error:
        raise UserError(
            f"{source}: expected CoNLL-U, ten columns separated by tabs, found something else "
            f"({str(error).splitlines()[0][:100]})."
        ) from None
    for number, sentence in enumerate(sentences, 1):
        if any(not {"id", "form", "upos"} <= token.keys() for token in sentence):
            raise UserError(
                f"{source}, sentence {number}: expected ten columns separated by tabs, found "
                "fewer. Separate the columns by tabs."
            )
    return (
        [[token["form"] for token in words_of(sentence)] for sentence in sentences],
        sentences,
        source,
    )
