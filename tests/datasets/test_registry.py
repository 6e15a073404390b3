"""A dataset that a script registers can be listed, checked and compared like a built-in one."""

import json
from typing import ClassVar

import numpy as np
import pytest
from typer.testing import CliRunner

from keras_gru import datasets
from keras_gru.cli import app
from keras_gru.datasets import registry
from keras_gru.errors import UserError
from keras_gru.experiments.compare import compare
from keras_gru.experiments.configuration.editor_schema import editor_schema
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.yaml_files import load_experiment

EXPERIMENT = """
name: signs
cells: [gru]
seeds: [0]
dataset: {kind: sign_of_the_sum, size: 12}
model: {kind: classifier, size: {units: 2}}
training: {epochs: 1, batch_size: 4, jit_compile: false}
"""


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A config of a dataset that is registered for one test."""
    monkeypatch.setattr(registry, "_REGISTERED", registry.dataset_kinds())

    @datasets.register_dataset("sign_of_the_sum")
    class SignOfTheSum(datasets.DatasetSettings):
        """Is the sum of five numbers positive?"""

        task: ClassVar[str] = "classification"
        size: int = 8

        def load(self, preprocessing=None):
            x = np.random.default_rng(0).normal(size=(self.size, 5, 1))
            split = datasets.Split({"features": x}, (x.sum((1, 2)) > 0).astype(int))
            return datasets.SequenceDataset(
                name="Signs",
                spec=datasets.TaskSpec("classification", outputs=2, features=1, length=5),
                metric=datasets.Metric("accuracy", "max", "accuracy"),
                splits=dict.fromkeys(("train", "validation", "test"), split),
            )

    path = tmp_path / "signs.yaml"
    path.write_text(EXPERIMENT + f"runs: {tmp_path / 'runs'}\n")
    yield path
    monkeypatch.undo()
    Experiment.model_rebuild(force=True)


def test_a_registered_dataset_is_listed_with_its_docstring(config):
    lines = CliRunner().invoke(app, ["list"]).output.splitlines()
    (line,) = [line for line in lines if line.split()[:1] == ["sign_of_the_sum"]]
    assert line.endswith("Is the sum of five numbers positive?")


def test_a_registered_dataset_is_in_the_json_schema(config):
    schema = editor_schema()
    kinds = {
        definition["properties"].get("kind", {}).get("const"): definition
        for definition in schema["$defs"].values()
        if "properties" in definition
    }
    assert kinds["sign_of_the_sum"]["properties"]["size"]["default"] == 8
    json.dumps(schema)


def test_a_registered_dataset_can_be_compared(config):
    experiment = load_experiment(str(config))
    assert experiment.dataset.size == 12
    comparison = compare(experiment)
    assert [run.status for run in comparison.runs] == ["finished"]
    assert comparison.metadata.sequences.train == 12


def test_mistakes_in_a_registered_dataset_have_line_numbers(config):
    config.write_text(config.read_text().replace("size: 12", "siz: many"))
    with pytest.raises(UserError, match=r"signs\.yaml:5: dataset\.siz.*'size'"):
        load_experiment(str(config))


def test_two_modules_cannot_register_one_kind():
    with pytest.raises(ValueError, match="adding"):
        registry.register_dataset("adding")(type("Other", (registry.DatasetSettings,), {}))
