"""What a message proposes where a user wrote what another program would read."""

import pytest

from keras_gru.errors import UserError
from keras_gru.experiments.configuration.problems import dotted_name
from keras_gru.experiments.configuration.synonyms import _OTHER_NAMES
from keras_gru.experiments.configuration.yaml_files import load_experiment


def refusal(source, *overrides):
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
def test_a_synonym_is_known(name, proposed):
    said = refusal("quickstart", f"{name}=3")
    assert f"unknown setting. Did you mean {proposed}?" in said


def test_every_synonym_is_of_a_setting():
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
def test_how_a_list_is_written(override, written):
    assert refusal("quickstart", override).endswith(f"A list is written {written}")


@pytest.mark.parametrize(
    "name, content, kind",
    [
        ("sales.csv", b"date,sold\n2023-01-01,5\n", "csv_series"),
        ("SALES.CSV", b"date,sold\n" + b"2023-01-01,5\n" * 10_000, "csv_series"),
        ("a.npz", b"PK\x03\x04\xff\xfe", "npz"),
        ("novel.txt", b"Once upon a time.\n", "text_file"),
    ],
)
def test_a_file_of_data_is_no_config(tmp_path, name, content, kind):
    (tmp_path / name).write_bytes(content)
    said = refusal(tmp_path / name)
    assert "got a file of data" in said and f"kind: {kind}" in said


def test_a_config_may_have_any_ending(tmp_path):
    (tmp_path / "mine.txt").write_text("base: quickstart\n")
    assert load_experiment(tmp_path / "mine.txt").name == "quickstart"


def test_a_run_directory_is_no_config(tmp_path):
    (tmp_path / "experiment.yaml").write_text("base: quickstart\n")
    assert f"--resume {tmp_path}" in refusal(tmp_path)


def test_another_kind_of_model_keeps_what_every_model_has():
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
