"""Settings that would be misread or ignored are rejected."""

import pytest

from keras_gru.errors import UserError
from keras_gru.experiments.configuration.yaml_files import load_experiment

BASE = "name: x\ndataset: {kind: adding}\nmodel: {kind: forecaster, size: {units: 4}}\n"
MODELS = {
    "csv_series": "forecaster",
    "texts": "classifier",
    "tfds_texts": "classifier",
    "imdb_reviews": "classifier",
    "adding": "forecaster",
}


def dataset(kind, settings):
    model = f"model: {{kind: {MODELS[kind]}, size: {{units: 4}}}}"
    return f"name: x\n{model}\ndataset: {{kind: {kind}, {settings}}}\n"


@pytest.mark.parametrize(
    "text, where",
    [
        (dataset("csv_series", "path: a.csv, targets: [a, a]"), "dataset.targets"),
        (dataset("csv_series", "path: a.csv, targets: [a], inputs: [b, b]"), "dataset.inputs"),
        (dataset("csv_series", "path: a.csv, targets: [a], inputs: []"), "dataset.inputs"),
        (dataset("csv_series", "path: a.csv, targets: ['']"), "dataset.targets.0"),
        (dataset("texts", "path: a.csv, text: a, label: a"), "dataset"),
        (dataset("texts", "path: a.csv, vocabulary: 9000000"), "dataset.vocabulary"),
        (dataset("adding", "train: 9000000000"), "dataset.train"),
        (dataset("tfds_texts", "name: imdb_reviews, test: train"), "dataset"),
        (dataset("tfds_texts", "name: imdb_reviews, validation: test"), "dataset"),
        (dataset("tfds_texts", "name: imdb_reviews, validation: '0.1'"), "dataset.validation"),
        (dataset("tfds_texts", "name: imdb_reviews, validation: 10%"), "dataset.validation"),
        (dataset("imdb_reviews", "vocabulary: 100") + "training: {loss: mae}\n", "training.loss"),
        (BASE + "training: {momentum: 0.9}\n", "training.momentum"),
        (BASE + "training: {clip_norm: 1e300}\n", "training.clip_norm"),
    ],
)
def test_a_misleading_setting_is_rejected(tmp_path, text, where):
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(UserError) as caught:
        load_experiment(tmp_path / "x.yaml")
    assert f": {where}: " in str(caught.value) or f": {where} " in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        BASE + "training: {momentum: 0.9, optimizer: sgd}\n",
        BASE + "training: {loss: mae}\n",
        BASE.replace(
            "}}", "}, layer_normalization: {grid: [true, false]}, layers: {grid: [1, 2]}}"
        ),
        dataset(
            "tfds_texts", "name: imdb_reviews, train: 'train[:80%]', validation: 'train[80%:]'"
        ),
    ],
)
def test_a_similar_valid_setting_is_accepted(tmp_path, text):
    (tmp_path / "x.yaml").write_text(text)
    load_experiment(tmp_path / "x.yaml")


def test_a_tilde_in_runs_is_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    runs = load_experiment("quickstart", ["runs='~/runs'"]).runs
    assert runs == str(tmp_path / "runs")
