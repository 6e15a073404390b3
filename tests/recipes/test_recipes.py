"""The recipes, run as a user runs them."""

import contextlib
import io
import json
import runpy
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from tests.cli.test_verbs import keras_gru

ROOT = Path(__file__).resolve().parents[2]
SMALL = [
    "dataset.length=5",
    "dataset.train=64",
    "dataset.validation=32",
    "dataset.test=32",
    "model.size.units=4",
    "training.epochs=2",
    "training.batch_size=16",
    "training.jit_compile=false",
    "seeds=[0]",
]


def run(folder, recipe, *words, code=0):
    """Run a recipe that must exit with `code`; return stdout, or stderr if it fails."""
    path = str(ROOT / "recipes" / recipe)
    out, error, exit_code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.setattr(sys, "argv", [path, *map(str, words)])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            try:
                runpy.run_path(path, run_name="__main__")
            except SystemExit as end:
                exit_code = end.code
    assert exit_code == code, out.getvalue() + error.getvalue()
    return error.getvalue() if code else out.getvalue()


def run_process(folder, *words):
    completed = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout


def results(folder, name="quickstart"):
    """Return the results in the newest run directory, without times and memory."""
    newest = max((folder / "runs" / name).iterdir())
    rows = [json.loads(line) for line in (newest / "results.jsonl").read_text().splitlines()]
    columns = [k for k in rows[0] if "second" not in k and k != "peak_memory"] if rows else []
    return newest, [{k: row[k] for k in columns} for row in rows]


@pytest.fixture(scope="module")
def text_run(tmp_path_factory):
    """A language model of ten letters, trained by the recipe."""
    folder = tmp_path_factory.mktemp("text")
    (folder / "abc.txt").write_text("abcdefghij" * 400)
    (folder / "abc.yaml").write_text(
        "name: abc\n"
        "cells: [gru, lstm]\n"
        "seeds: [0]\n"
        "dataset: {kind: text_file, path: abc.txt, window: 20}\n"
        "model: {kind: language_model, size: {units: 16}, embedding: 8}\n"
        "training: {epochs: 12, batch_size: 16, learning_rate: 0.03, jit_compile: false}\n"
    )
    run(folder, "compare.py", "abc.yaml")
    return folder


def test_the_script_and_the_command_give_the_same_results(tmp_path):
    (tmp_path / "script").mkdir()
    (tmp_path / "command").mkdir()
    words = ["quickstart", *SMALL, "cells=[gru,lstm]"]
    printed = run_process(tmp_path / "script", str(ROOT / "recipes" / "compare.py"), *words)
    with contextlib.chdir(tmp_path / "command"):
        keras_gru("compare", *words, "--jobs", 1)
    folder, script = results(tmp_path / "script")
    _, command = results(tmp_path / "command")
    assert script == command and [row["cell"] for row in script] == ["gru", "lstm"]
    assert "GRU has the best test" in printed or "LSTM has the best test" in printed
    assert (folder / "report.html").stat().st_size > 10_000


def test_train_shows_its_steps_and_saves_a_network_that_loads(tmp_path):
    printed = run(tmp_path, "train.py", "quickstart", *SMALL, "cells=[lstm]")
    assert "lstm: best epoch" in printed
    model = keras.models.load_model(tmp_path / "quickstart-lstm-seed0.keras")
    assert model.count_params() == 4 * 4 * (2 + 4 + 1) + 5


def test_evaluate_equals_the_recorded_value(text_run):
    folder, rows = results(text_run, "abc")
    for line, row in zip(run(text_run, "evaluate.py", folder).splitlines(), rows, strict=True):
        now, then = (word.split()[-1] for word in line.split(", recorded:"))
        assert float(now) == float(then) == pytest.approx(row["test"]["accuracy"], rel=1e-4)


def test_generate_continues_the_text(text_run):
    folder, _ = results(text_run, "abc")
    printed = run(text_run, "generate.py", folder, "abc", "--length", "9")
    assert "abcdefghijab" in printed  # at the lowest temperature
    options = ["--prompt", "abc", "--stop", "g", "--temperature", "0"]
    command = keras_gru("generate", folder, *options)
    assert command.strip() in ("abcdef", "abcdefg")


def test_a_mistake_in_a_script_is_reported_in_one_sentence(tmp_path):
    output = run(tmp_path, "compare.py", "quickstart", "training.epochss=3", code=2)
    assert "training.epochss" in output and "'epochs'" in output and "Traceback" not in output
    output = run(tmp_path, "compare.py", code=2)
    assert "config: expected a config" in output and "Traceback" not in output
    output = run(tmp_path, "evaluate.py", tmp_path, code=2)
    assert "expected a run directory" in output and "Traceback" not in output


def test_a_custom_cell_is_compared_with_the_others(tmp_path):
    printed = run(tmp_path, "own_cell.py", "quickstart", *SMALL)
    assert "My light GRU" in printed
    assert [row["status"] for row in results(tmp_path)[1]] == ["finished"] * 2


def test_every_recipe_is_short():
    for recipe in (ROOT / "recipes").glob("*.py"):
        lines = recipe.read_text().splitlines()
        longest = 220 if recipe.name == "serve.py" else 150  # it has a function for each task
        assert len(lines) <= longest and lines[0].startswith('"""'), recipe.name
