"""Example predictions on test that a run directory stores for the page, from untrained networks."""

import dataclasses

import numpy as np
import pytest

from keras_gru.datasets.text.tagged_words import tagging_dataset
from keras_gru.experiments.examples import read_examples
from keras_gru.experiments.predict_examples import TEMPERATURES, save_examples
from keras_gru.experiments.prediction.model import TrainedModel
from keras_gru.experiments.training_data import load_data

from .prediction.runs import series_csv, untrained_run, words

CELLS = ("gru", "simple_rnn")


def examples_of(folder, dataset, model, data=None):
    """Return the examples of two networks, the networks and their data."""
    run = untrained_run(folder, dataset, model, seeds=(0,), cells=CELLS, data=data)
    data = data or load_data(run)
    save_examples(run, data)
    models = {record.cell: TrainedModel(run, [record]) for record in run.records()}
    return read_examples(run).content, models, data


def test_classes_have_a_confusion_matrix_and_errors_their_texts(tmp_path):
    path = tmp_path / "texts.csv"
    rows = [f"{text},{'xyz'[n % 3]}" for n, text in enumerate(words(60))]
    path.write_text("text,label\n" + "\n".join(rows) + "\n")
    dataset = {"kind": "texts", "path": str(path), "max_length": 5}
    content, models, data = examples_of(tmp_path, dataset, {"kind": "classifier", "embedding": 4})
    test = data.splits["test"]
    for cell, model in models.items():
        counts = np.array(content.confusion[cell])
        np.testing.assert_array_equal(counts.sum(1), np.bincount(test.targets, minlength=3))
        predicted = model.outputs(data, "test").argmax(-1)
        assert np.trace(counts) == (predicted == test.targets).sum()
        probabilities = [error.probability for error in content.errors[cell]]
        assert probabilities == sorted(probabilities, reverse=True)
        texts = {row.partition(",")[0] for row in rows}
        assert {error.sequence for error in content.errors[cell]} <= texts
    assert content.labels == ("x", "y", "z") and content.sequences == test.size


@pytest.mark.parametrize("lead", [1, 3])
def test_forecasts_have_the_true_values_in_the_same_unit(tmp_path, lead):
    path = tmp_path / "series.csv"
    path.write_text(series_csv(200))
    dataset = {"kind": "csv_series", "path": str(path), "targets": ("b",), "window": 6}
    dataset["lead"] = lead
    content, models, data = examples_of(tmp_path, dataset, {"kind": "forecaster"})
    run = models["gru"].run_directory
    save_examples(run, dataclasses.replace(data, baselines=data.baselines[:1]))
    last_value = read_examples(run).content
    assert last_value.baseline == "Last value"
    assert content.truth[-1] == 100 + 199 and content.variable == "b"
    assert len(content.truth) == data.splits["test"].size - lead
    # On a straight line, a linear model is exact, and the last value is `lead` steps behind.
    for best, behind in ((content, 0), (last_value, lead)):
        gaps = np.subtract(best.truth, best.baseline_forecast)
        np.testing.assert_allclose(gaps, behind, atol=1e-3)
    assert all(
        min(half) > 0 and len(half) == len(content.truth) for half in content.half_width.values()
    )
    assert set(content.forecasts) == set(CELLS)


def test_forecasts_of_several_series_are_those_of_the_last(tmp_path):
    path = tmp_path / "series.csv"
    lines = [f"{name},{first + n}" for name, first in (("x", 5), ("y", 90)) for n in range(60)]
    path.write_text("shop,b\n" + "\n".join(lines) + "\n")
    dataset = {"kind": "csv_series", "path": str(path), "targets": ("b",), "series": "shop"}
    dataset |= {"window": 6, "lead": 3}
    content, _, data = examples_of(tmp_path, dataset, {"kind": "forecaster"})
    data = dataclasses.replace(data, baselines=data.baselines[:1])
    content, *_ = examples_of(tmp_path, dataset, {"kind": "forecaster"}, data)
    assert len(content.truth) == data.splits["test"].size / 2 - 3
    gaps = np.subtract(content.truth, content.baseline_forecast)
    np.testing.assert_allclose(gaps, gaps[0], atol=1e-4)


def test_sentences_have_their_words_and_tags(tmp_path):
    sentences = [[word.encode() for word in text.split()] for text in words(30)]
    tags = [np.arange(len(sentence)) % 4 for sentence in sentences]
    parts = {"train": slice(0, 20), "validation": slice(20, 25), "test": slice(25, 30)}
    data = {name: (sentences[rows], tags[rows]) for name, rows in parts.items()}
    data = tagging_dataset("tags", data, ("NOUN", "VERB", "DET", "X"), 20)
    content, *_ = examples_of(tmp_path, {"kind": "en_atis"}, {"kind": "tagger"}, data)
    first = content.sentences[0]
    assert first.words == tuple(word.decode() for word in sentences[25])
    assert first.truth[:4] == ("NOUN", "VERB", "DET", "X")
    assert all(len(tags) == len(first.words) for tags in first.tags.values())


@pytest.mark.parametrize(
    ("dataset", "model"),
    [
        ({"kind": "adding", "length": 4}, {"kind": "forecaster"}),
        ({"kind": "arithmetic", "digits": 1}, {"kind": "language_model", "embedding": 4}),
        ({"kind": "copy_memory", "delay": 2}, {"kind": "tagger", "embedding": 4}),
        ({"kind": "embedded_reber"}, {"kind": "classifier", "embedding": 4}),
        ({"kind": "temporal_order", "length": 10}, {"kind": "classifier", "embedding": 4}),
        ({"kind": "xml", "steps": 4, "window": 9}, {"kind": "language_model", "embedding": 4}),
    ],
    ids=lambda settings: settings["kind"],
)
def test_every_generated_dataset_has_examples_or_none(tmp_path, dataset, model):
    dataset = dataset | {"train": 8, "validation": 8, "test": 8}
    run = untrained_run(tmp_path, dataset, model, seeds=(0,), cells=CELLS)
    data = load_data(run)
    save_examples(run, data)
    if model["kind"] == "tagger":  # sequences of one length, without padding
        tagged = read_examples(run).content.sentences[0]
        assert len(tagged.words) == data.splits["test"].targets.shape[1]


def test_text_is_generated_at_three_temperatures(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("abc " * 100)
    dataset = {"kind": "text_file", "path": str(path), "window": 8, "validation_fraction": 0.2}
    content, *_ = examples_of(
        tmp_path, dataset | {"test_fraction": 0.2}, {"kind": "language_model"}
    )
    assert "abc" in content.prompt
    for texts in content.texts.values():
        assert [float(temperature) for temperature in texts] == list(TEMPERATURES)
        assert all(texts.values())


def test_translations_have_scores_where_sacrebleu_is(tmp_path):
    pytest.importorskip("sacrebleu")
    from keras_gru.experiments.predict_examples import _scores

    assert _scores(["a b c d e"], ["a b c d e"]) == {"BLEU": 100.0, "chrF": 100.0}
    assert _scores(["x y z u v"], ["a b c d e"])["chrF"] == 0.0
