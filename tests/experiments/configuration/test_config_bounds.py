"""Oversized configs and overrides are rejected at once."""

import itertools
import os
import time

import pytest

from keras_gru.errors import UserError
from keras_gru.experiments.configuration.yaml_files import load_experiment

BASE = "name: x\ndataset: {kind: adding}\nmodel: {kind: forecaster, size: {units: 4}}\n"


def listed(values):
    return "[" + ", ".join(map(str, values)) + "]"


def message_of(path, *overrides):
    """Return the message of a rejected config; rejecting takes at most 2 s of processor time."""
    begin = time.process_time()
    with pytest.raises(UserError) as error:
        load_experiment(path, overrides)
    assert time.process_time() - begin < 2
    assert len(str(error.value)) < 20_000
    return str(error.value)


@pytest.mark.parametrize(
    "text, part",
    [
        ("".join(f"key{i}: {i}\n" for i in range(20_000)), "32,000 bytes"),
        ("".join(f"k{i}: 1\n" for i in range(2_500)), "4,000 values"),
        ("".join(f"k{i}: 1\n" for i in range(1_900)), "and more"),
        ("cells: " + listed(f"c{i}" for i in range(3_000)), "at most 100"),
        ("cells: " + listed(["c" * 20_000]), "at most 100 characters"),
        ("seeds: " + listed(range(3_000)), "at most 1,000"),
        ("training: {learning_rate: {grid: " + listed(range(11, 900)) + "}}", "and more"),
        ("training: {" + ", ".join(f"k{i}: {{grid: [1]}}" for i in range(500)) + "}", "and more"),
        ("x: " + "[" * 5_000 + "]" * 5_000, "20 levels"),
        ("seeds: [0x" + "f" * 20_000 + "]", "expected a number"),
        ("description: " + "x" * 20_000, "at most 10,000 characters"),
    ],
    ids=itertools.count(),
)
def test_a_config_that_is_too_large_is_rejected(tmp_path, text, part):
    (tmp_path / "large.yaml").write_text(BASE + text + "\n")
    assert part in message_of(tmp_path / "large.yaml")


def test_bases_that_double_at_every_level_are_rejected(tmp_path):
    for number in range(100):
        (tmp_path / f"chain{number}.yaml").write_text(f"base: chain{number + 1}.yaml\n")
        included = f"twice{number + 1}.yaml"
        (tmp_path / f"twice{number}.yaml").write_text(f"base: [{included}, {included}]\n")
    (tmp_path / "twice100.yaml").write_text(BASE)
    assert "at most 20 included files" in message_of(tmp_path / "chain0.yaml")
    assert "at most 20 included files" in message_of(tmp_path / "twice90.yaml")


def test_bases_that_are_too_large_together_are_rejected(tmp_path):
    for number in range(5):
        (tmp_path / f"{number}.yaml").write_text("description: " + "x" * 9_900 + "\n")
    (tmp_path / "all.yaml").write_text("base: [0.yaml, 1.yaml, 2.yaml, 3.yaml, 4.yaml]\n")
    assert "32,000 bytes together" in message_of(tmp_path / "all.yaml")


def test_a_pipe_is_rejected_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "got a pipe" in message_of(tmp_path / "pipe")
    (tmp_path / "above.yaml").write_text("base: pipe\n")
    assert "got a pipe" in message_of(tmp_path / "above.yaml")


def test_too_many_or_too_deep_overrides_are_rejected():
    assert "at most 200 overrides" in message_of("quickstart", *["seeds=[0]"] * 201)
    assert "NAME=VALUE" in message_of("quickstart", ".".join("a" * 9_000) + "=1")


def test_allowed_values_are_not_rejected(tmp_path):
    seeds, rates = listed(range(1_000)), listed(f"{i + 1}e-3" for i in range(1_000))
    (tmp_path / "x.yaml").write_text(
        f"{BASE}seeds: {seeds}\ntraining: {{learning_rate: {{grid: {rates}}}}}\n"
    )
    assert len(load_experiment(tmp_path / "x.yaml").seeds) == 1_000
