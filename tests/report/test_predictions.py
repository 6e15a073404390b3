"""The section "Predictions": every cell on the same stored examples."""

import dataclasses

import numpy as np
import pytest
from matplotlib.figure import Figure as Canvas
from pydantic import TypeAdapter

from keras_gru.analysis import analyse
from keras_gru.experiments.configuration.yaml_writer import dump_experiment
from keras_gru.experiments.examples import (
    FILE,
    Attention,
    Classes,
    Examples,
    GeneratedText,
    PianoRolls,
    Series,
    TaggedSentence,
    Tags,
    Translations,
    WrongClass,
)
from keras_gru.report.blocks import Figure, Table
from keras_gru.report.sections.predictions import section

from .samples import comparison
from .test_html import EVIL, Outline, render

CELLS = ("gru", "lstm")
CONTENT = {
    "classes": Classes(
        ("neg", "pos"),
        10,
        {"gru": [[4, 1], [2, 3]], "lstm": [[5, 0], [5, 0]]},
        {"gru": (WrongClass("A fine film", "pos", "neg", 0.91),), "lstm": ()},
    ),
    "series": Series(
        "sold",
        [1.0, 2.0, 3.0, 4.0],
        {"gru": [1.1, 2.1, 3.5, 4.0], "lstm": [1.0, 2.0, 3.0, 9.0]},
        {"gru": [0.2] * 4, "lstm": [0.5] * 4},
        "Last value",
        [0.0, 1.0, 2.0, 3.0],
    ),
    "tags": Tags(
        (
            TaggedSentence(
                ("a", "dog"), ("DET", "NOUN"), {"gru": ("DET", "NOUN"), "lstm": ("X", "X")}
            ),
        )
    ),
    "text": GeneratedText("Once", {cell: {"0.3": " upon", "1": " if"} for cell in CELLS}),
    "music": PianoRolls(1, 21, [[3], [4]], {cell: [[5], []] for cell in CELLS}),
    "translations": Translations(
        ("I run",),
        ("Corro",),
        {"gru": ("Corro",), "lstm": ("Voy",)},
        1,
        {"gru": {"BLEU": 41.2}},
        {"gru": Attention(("I", "run"), ("Corro", "(end)"), [[0.25, 0.75], [0.5, 0.5]])},
    ),
}


def with_examples(path, content):
    """Return a comparison whose run directory stores examples."""
    compared = dataclasses.replace(comparison(CELLS, (0,)), path=path)
    (path / "experiment.yaml").write_text(dump_experiment(compared.experiment))
    text = TypeAdapter(Examples).dump_json(Examples(dict.fromkeys(CELLS, 0), content))
    (path / FILE).write_bytes(text)
    return compared


def rows(blocks, name):
    (table,) = [block for block in blocks if isinstance(block, Table) and block.name == name]
    return {row.label: list(row.values) for row in table.rows}


@pytest.mark.parametrize("content", CONTENT.values(), ids=CONTENT)
def test_every_task_has_its_examples_on_the_page(tmp_path, content):
    compared = with_examples(tmp_path, content)
    found = section(analyse(compared))
    assert found.name == "predictions" and len(found.blocks) > 1
    page = render(compared)
    assert Outline(page).open == [] and 'id="predictions"' in page
    for label in ("GRU", "LSTM"):
        assert label in page[page.index('id="predictions"') :]


def test_classes_have_their_scores_and_the_most_confident_errors(tmp_path):
    blocks = section(analyse(with_examples(tmp_path, CONTENT["classes"]))).blocks
    # F1 of neg: GRU 2·4 / (5 + 6), LSTM 2·5 / (5 + 10).
    assert rows(blocks, "scores")["neg"] == ["5", "0.727", "0.667"]
    assert rows(blocks, "errors") == {"GRU": ["pos", "neg", "0.910", "A fine film"]}


def test_a_forecast_states_the_coverage_of_its_band(tmp_path):
    blocks = section(analyse(with_examples(tmp_path, CONTENT["series"]))).blocks
    (figure,) = [block for block in blocks if isinstance(block, Figure)]
    assert "75% of the truth within the band of GRU" in figure.caption
    canvas = Canvas()
    figure.draw(canvas)
    gru, _ = canvas.axes
    drawn = [line.get_ydata() for line in gru.lines]
    for values in (CONTENT["series"].truth, CONTENT["series"].forecasts["gru"]):
        assert any(np.array_equal(line, values) for line in drawn)


def test_a_correct_tag_is_shown_as_a_dot(tmp_path):
    blocks = section(analyse(with_examples(tmp_path, CONTENT["tags"]))).blocks
    assert rows(blocks, "tags-0") == {"a": ["DET", "·", "X"], "dog": ["NOUN", "·", "X"]}


def test_attention_is_drawn_and_has_a_text_for_screen_readers(tmp_path):
    blocks = section(analyse(with_examples(tmp_path, CONTENT["translations"]))).blocks
    (figure,) = [block for block in blocks if isinstance(block, Figure)]
    assert "Corro attends to run (0.75)" in figure.description
    canvas = Canvas()
    figure.draw(canvas)
    (drawn,) = canvas.axes[0].images
    np.testing.assert_array_equal(drawn.get_array(), [[0.25, 0.75], [0.5, 0.5]])


def test_texts_are_escaped(tmp_path):
    page = render(with_examples(tmp_path, GeneratedText(EVIL, {"gru": {"1": EVIL}})))
    assert EVIL not in page and Outline(page).open == []


def test_without_examples_there_is_no_section(tmp_path):
    compared = with_examples(tmp_path, CONTENT["tags"])
    (tmp_path / FILE).unlink()
    assert section(analyse(compared)) is None and section(analyse(comparison())) is None
