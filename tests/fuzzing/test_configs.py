"""Mutated configs and overrides give one sentence, or an experiment that can be written."""

import os
from pathlib import Path

import pytest

from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.configuration.yaml_writer import dump_experiment
from keras_gru.experiments.run_directory import RunDirectory
from tests.fuzzing import configs
from tests.fuzzing.campaign import CONFIGS, Campaign, rng_of

GOOD = "name: a\ndataset: {kind: adding}\nmodel: {kind: forecaster, size: {units: 3}}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(file: str, overrides: list[str]) -> None:
    """Load a config as every command does, and create a run directory with it."""
    experiment = load_experiment(file, overrides)
    Path("again.yaml").write_text(dump_experiment(experiment), encoding="utf-8")
    assert load_experiment("again.yaml") == experiment
    if not os.path.isabs(os.path.expanduser(experiment.runs)):
        assert RunDirectory.create(experiment).experiment() == experiment


def test_mutated_configs_are_accepted_or_rejected_in_one_sentence():
    campaign = Campaign("mutated configs")
    for number in range(CONFIGS):
        data, overrides = configs.bad_config(number, rng_of("config", number))
        Path(f"{number}.yaml").write_bytes(data)
        case = f"{number}: {[override[:60] for override in overrides]}"
        campaign.call(case, lambda n=number, o=overrides: read(f"{n}.yaml", o))
    campaign.check()


def test_the_command_line_prints_the_same_messages():
    campaign = Campaign("keras-gru check")
    for number in range(0, CONFIGS, 20):
        data, overrides = configs.bad_config(number, rng_of("config", number))
        Path("a.yaml").write_bytes(data)
        campaign.command(str(number), "check", "a.yaml", "--", *overrides)
    campaign.check()


@pytest.mark.parametrize(
    "text",
    [
        "base: ~nobody\n",
        "base: ~nobody/x.yaml\n" + GOOD,
        'base: "a\\0b"\n' + GOOD,
        'base: "\\ud800"\n' + GOOD,
        GOOD.replace("{kind: adding}", "{kind: text_file, path: ~nobody/x}"),
        GOOD.replace("{kind: adding}", '{kind: text_file, path: "a\\0b"}'),
        GOOD.replace("{kind: adding}", '{kind: texts, path: x, label: "\\ud800"}'),
        GOOD + 'runs: "a\\0b"\n',
        GOOD + 'description: "\\udfff"\n',
        GOOD + 'cells: ["gru\\0"]\n',
        GOOD + 'training: {"\\ud800": {grid: [1]}}\n',
        GOOD + '"\\ud800": 1\n',
    ],
)
def test_impossible_paths_and_labels_are_rejected(text):
    Path("a.yaml").write_text(text)
    campaign = Campaign("named configs")
    assert campaign.call(text, lambda: load_experiment("a.yaml"))
    assert campaign.command(text, "check", "a.yaml").startswith("a.yaml:")
    campaign.check()


@pytest.mark.parametrize("name", ["~nobody", "~nobody/x.yaml", "x" * 5_000, "a/b", "\udcff", "."])
def test_names_that_are_not_configs_are_rejected(name):
    campaign = Campaign("names")
    for verb in ("check", "compare", "train"):
        assert campaign.command(name[:20], verb, name)
    campaign.check()
