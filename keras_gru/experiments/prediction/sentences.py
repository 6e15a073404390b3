"""Read sentences to tag, from texts and CoNLL-U files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_gru.datasets.own import tagged
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

_EXPECTS = "a sentence, a text file of one sentence a line, or a file of tagged sentences"


def read_sentences(data: Any, config: Any, preprocessing: Preprocessing) -> Inputs:
    """Read sentences and encode their words.

    Args:
        data: a sentence, or a list of sentences, of words separated by spaces; lists of words;
            `"-"` for the standard input; the path of a text file (one sentence a line) or of
            tagged sentences: CoNLL-U, or a word and one of the network's tags on each line.
        config: the settings of the data that the network was trained on.

    Raises:
        UserError: if there are no words.
    """
    column = config.tags if isinstance(config, tagged.Tagged) else None
    labels = present(preprocessing.target_vocabulary)
    words, truth, annotated, source = _find_sentences(data, column, labels)
    if not any(words):
        raise UserError(f"{source}: expected {_EXPECTS}, found no word. Give one or more.")
    ids = {word: number for number, word in enumerate(present(preprocessing.vocabulary))}
    lower = [[word.lower() for word in sentence] for sentence in words]
    tokens = [[ids.get(word, UNKNOWN) for word in sentence] for sentence in lower]
    numbers = np.array([number for number, sentence in enumerate(words) if sentence])
    encoded = [tokens[number] for number in numbers]
    notes = count_unknown(encoded, [lower[number] for number in numbers], "word")
    rows = [{"sentence": n, "words": sentence} for n, sentence in enumerate(words, 1)]
    tag_column = _conllu_column(column)
    if annotated is not None:
        truth = [[token[tag_column] for token in words_of(sentence)] for sentence in annotated]
        if not all(tag and tag != "_" for tags in truth for tag in tags):
            truth = None
    if truth is not None:
        rows = [{**row, "truth": tags} for row, tags in zip(rows, truth, strict=True)]
        notes += encode_labels([tag for tags in truth for tag in tags], preprocessing)[1]
    dataset = with_split(preprocessing, token_split(encoded))
    return Inputs(dataset, rows, numbers, tuple(notes), annotated, tag_column)


def words_of(sentence: Any) -> list[Any]:
    """Return the words of an annotated sentence, without multiword tokens and empty nodes."""
    return [token for token in sentence if isinstance(token["id"], int)]


def write_conllu(sentences: Sequence[Any], tags: Sequence[Sequence[str]], column: str) -> str:
    """Return annotated sentences as CoNLL-U with these tags in a column."""
    for sentence, its_tags in zip(sentences, tags, strict=True):
        for token, tag in zip(words_of(sentence), its_tags, strict=True):
            token[column] = tag
    return "".join(sentence.serialize() for sentence in sentences)


def _conllu_column(tags: str | int | None) -> str:
    """Return the name of the column of CoNLL-U that has the network's tags."""
    if isinstance(tags, int) or (tags is not None and tags.isdigit()):
        tags = dict(enumerate(tagged.CONLLU)).get(int(tags))
    return tags if tags in ("xpos", "deprel") else "upos"


def _find_sentences(data: Any, column: str | int | None, labels: Sequence[str]):
    """Return the words of each sentence, their tags, CoNLL-U annotations, and the source."""
    path = find_path(data, _EXPECTS)
    if path is not None and path.is_dir():
        raise UserError(f"{path}: expected {_EXPECTS}, found a folder. Give the path of a file.")
    if path is not None:
        return _parse(path, read_text(path), column, labels)
    if isinstance(data, str):
        if data != STANDARD_INPUT:
            return [data.split()], None, None, "the sentence"
        return _parse(Path("standard input"), standard_input(), column, labels)
    sentences = [
        sentence.split() if isinstance(sentence, str) else list(sentence) for sentence in data
    ]
    for number, sentence in enumerate(sentences):
        if not all(isinstance(word, str) for word in sentence):
            raise UserError(f"sentence {number}: expected words, found {sentence[:5]!r}.")
    return sentences, None, None, "the list"


def _parse(source: Path, text: str, column: str | int | None, labels: Sequence[str]):
    lines = [line for line in lines_of(text) if line.strip()]
    first = next((line for line in lines if line[0] != "#"), "")
    if source.suffix.lower() == ".conllu" or first.count("\t") == 9:
        sentences = _parse_conllu(source, text)
        words = [[token["form"] for token in words_of(sentence)] for sentence in sentences]
        return words, None, sentences, source
    place = int(str(column)) if str(column).isdigit() else -1
    cells = [tagged.cells_of(line) for line in lines]
    has_tag = [len(row) > max(1, place) and row[place] in labels for row in cells]
    if sum(has_tag) <= len(lines) / 2:
        return [line.split() for line in lines], None, None, source
    pairs, _ = tagged.parse_sentences(source, text, column if place > 0 else None)
    return [words for words, _ in pairs], [tags for _, tags in pairs], None, source


def _parse_conllu(source: Path, text: str) -> Sequence[Any]:
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
    return sentences
