"""Suggestions in messages: synonyms of settings, lists, and files that are not configs."""

import pytest

from keras_gru.errors import UserError
from keras_gru.experiments.configuration.problems import dotted_name
from keras_gru.experiments.configuration.synonyms import _OTHER_NAMES
from keras_gru.experiments.configuration.yaml_files import load_experiment


def message_of(source, *overrides):
    with pytest.raises(UserError) as caught:
        load_experiment(source, overrides)
    return str(caught.value)


@pytest.mark.parametrize(
    "name, proposed",
    {
        "training.lr": "'learning_rate'",
        "training.batch": "'batch_size'",
        "training.num_epochs": "'epochs'",
        "model.hidden_size": "'size: {units: …}'",
        "model.num_layers": "'layers'",
        "lr": "'training.learning_rate'",
        "hidden": "'model.size: {units: …}'",
        "seed": "'seeds'",
        "data": "'dataset'",
    }.items(),
)
def test_a_synonym_of_a_setting_is_suggested(name, proposed):
    message = message_of("quickstart", f"{name}=3")
    assert f"unknown setting. Did you mean {proposed}?" in message


def test_every_synonym_stands_for_an_existing_setting():
    for synonym, name in _OTHER_NAMES.items():
        assert dotted_name(name) is not None, name
        assert dotted_name(f"--{synonym}").split(".")[-1] == name


@pytest.mark.parametrize(
    "override, written",
    [
        ("cells=gru,lstm", "[gru, lstm]"),
        ("cells=gru", "[gru]"),
        ("seeds=3", "[3]"),
        ("seeds=0, 1", "[0, 1]"),
    ],
)
def test_the_message_shows_how_a_list_is_written(override, written):
    assert message_of("quickstart", override).endswith(f"A list is written {written}")


@pytest.mark.parametrize(
    "name, content, kind",
    [
        ("sales.csv", b"date,sold\n2023-01-01,5\n", "csv_series"),
        ("SALES.CSV", b"date,sold\n" + b"2023-01-01,5\n" * 10_000, "csv_series"),
        ("a.npz", b"PK\x03\x04\xff\xfe", "npz"),
        ("novel.txt", b"Once upon a time.\n", "text_file"),
    ],
)
def test_a_data_file_is_recognized_as_data(tmp_path, name, content, kind):
    (tmp_path / name).write_bytes(content)
    message = message_of(tmp_path / name)
    assert "got a file of data" in message and f"kind: {kind}" in message


def test_a_config_may_have_any_ending(tmp_path):
    (tmp_path / "mine.txt").write_text("base: quickstart\n")
    assert load_experiment(tmp_path / "mine.txt").name == "quickstart"


def test_a_run_directory_is_rejected_as_a_config(tmp_path):
    (tmp_path / "experiment.yaml").write_text("base: quickstart\n")
    assert f"--resume {tmp_path}" in message_of(tmp_path)


def test_another_kind_of_model_inherits_the_settings_common_to_all_models():
    before = load_experiment("imdb_reviews").model
    changed = load_experiment("imdb_reviews", ["model.kind=tagger", "dataset.kind=en_atis"]).model
    assert (changed.kind, changed.size, changed.dropout) == (
        "tagger",
        before.size,
        before.dropout,
    )
    changed = load_experiment(
        "imdb_reviews", ["model.kind=tagger", "model.size.parameters=900", "dataset.kind=en_atis"]
    ).model
    assert changed.size.model_dump() == {"parameters": 900}
