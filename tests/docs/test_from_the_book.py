"""Coming from the book: every line of the table is a valid configuration and model."""

import re
import shlex
from pathlib import Path

import pytest

from keras_gru import models
from keras_gru.experiments.configuration.yaml_files import load_experiment

PAGE = Path(__file__).parents[2] / "docs/tutorials/from_the_book.md"
LINES = [
    [cell.strip() for cell in line.strip("|\n ").split(" | ")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and "---" not in line
][1:]
SERIES = {"units": 8, "features": 1, "length": 56}


def commands():
    """Yield each `keras-gru compare` with its overrides; … repeats the config of the line above."""
    config, found = None, []
    for _, command, _ in LINES:
        for code in re.findall("`(.*?)`", command):
            program, *words = shlex.split(code)
            if program == "keras-gru" and words[0] == "compare":
                config = words[1]
                found.append((config, words[2:]))
            elif program == "…":
                found.append((config, words))
    return found


@pytest.mark.parametrize(("config", "overrides"), commands())
def test_the_command_line_is_valid(config, overrides):
    assert load_experiment(config, overrides).tuning is None


@pytest.mark.parametrize("code", [
    code for *_, python in LINES for code in re.findall("`([a-z_]+=.*?)`", python)
    if "attention" not in code and not code.startswith("bidirectional")
])  # fmt: skip
def test_the_forecaster_is_built(code):
    options = eval(f"dict({code})")  # code from our own documentation
    model = models.forecaster(**(SERIES | options))
    horizon = options.get("horizon", 1)
    steps = (56,) if options.get("every_step") else ()
    assert model.output_shape == (None, *steps, horizon)
